"""`planner explain`: the rating of one centre, as text."""

from __future__ import annotations

import difflib
from argparse import Namespace
from collections.abc import Iterator, Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from planner.accessibility.reachable import list_reachable
from planner.cache import NO_CACHE, Cache
from planner.commands.caching import cache_of
from planner.commands.streams import StageReport, print_results
from planner.config.study import read_study
from planner.evaluation.diagnosis import diagnose
from planner.inputs.services import own_centres
from planner.messages.catalogue import Texts
from planner.messages.errors import CommandError, Issue
from planner.messages.progress import Progress, silent
from planner.network.walk import is_within
from planner.prepare import prepare
from planner.reporting.document.build import to_plain_values
from planner.reporting.document.diagnosis import centre_entries, pair_entries, rule_entries
from planner.reporting.document.records.facilities import Facility, Rule
from planner.reporting.document.records.plan import PlanDocument
from planner.reporting.facility_text import (
    distinguishing_digits,
    facility_notes,
    failure_reasons,
    improvement_text,
    requirement,
    rule_basis,
)
from planner.reporting.report.blocks import DASH, Translator

NEAREST = 5


def run_command(options: Namespace, texts: Texts) -> None:
    """Print the card of one centre."""
    progress = StageReport(texts)
    with progress:
        cache = cache_of(options, texts)
        if options.at is not None:
            card = explain_place(options.study, options.at, texts, progress=progress, cache=cache)
        else:
            card = explain(options.study, options.centre, texts, progress=progress, cache=cache)
    print_results(card)


def explain(path: Path, centre: str, texts: Texts, *, progress: Progress = silent, cache: Cache = NO_CACHE) -> str:
    """Return the rating of a centre with its reasons, unknown values, and the improvement that makes it compliant.

    Parameters
    ----------
    path
        The study file.
    centre
        The centre's id or name.
    texts
        The language.
    progress
        Called with the name of each stage when it starts.
    cache
        Results of earlier runs.

    Raises
    ------
    PlannerError
        As `planner.run`; or no centre, or several, have this name.
    """
    study = read_study(path)
    prepared = prepare(study, progress=progress, cache=cache)
    inputs = prepared.inputs
    progress("diagnosis")
    access = prepared.measure_access()
    diagnosis = diagnose(access, rule_set=prepared.rules, date=study.date)
    improvements = prepared.find_improvements(access, diagnosis)
    position = _position(inputs.facilities, centre, str(path))
    row = inputs.facilities.iloc[position]
    names = dict(zip(inputs.communities["id"], inputs.communities["name"], strict=True))
    found = centre_entries(diagnosis, improvements.plans, improvements.pairs_near, inputs.crs)[row["id"]]
    profile = diagnosis.rule_set
    # A document of which this command shows only these parts.
    content: PlanDocument = to_plain_values(
        {
            "study": study.model_dump(mode="json"),
            "diagnosis": {
                "rules": rule_entries(profile),
                "functions": [function.model_dump(mode="json") for function in profile.functions],
                "blocked_pairs": pair_entries(improvements.severance_pairs),
            },
        }
    )
    t = Translator(content, texts)
    verdict = diagnosis.centres["verdict"].iloc[position] or "none"
    head = texts(
        "cli.explain_head",
        name=row["name"],
        id=row["id"],
        tier=texts(f"words.tier_{row['tier']}"),
        community=names.get(row["community"], DASH),
    )
    title = profile.title(texts.language)
    judged = texts("cli.explain_verdict", verdict=texts(f"words.verdict_{verdict}"), profile=title)
    rules = {rule["id"]: rule for rule in content["diagnosis"]["rules"]}
    return "\n".join([head, judged, *_lines(to_plain_values(found), rules, t)])


def explain_place(
    path: Path, place: tuple[float, float], texts: Texts, *, progress: Progress = silent, cache: Cache = NO_CACHE
) -> str:
    """Return everything that an address reaches on foot within the limits of a study, with minutes.

    Parameters
    ----------
    path
        The study file.
    place
        Longitude and latitude, WGS 84.
    texts
        The language.
    progress
        Called with the name of each stage when it starts.
    cache
        Results of earlier runs.

    Raises
    ------
    PlannerError
        As `planner.run`; or no street is within `walking.access_m` of the address: nothing is missing there.
    """
    study = read_study(path)
    prepared = prepare(study, progress=progress, cache=cache)
    inputs, limits = prepared.inputs, study.limits.minutes
    services = inputs.services or (own_centres(study, inputs.facilities),)
    xy = gpd.GeoSeries.from_xy([place[0]], [place[1]], crs=4326).to_crs(inputs.crs)
    progress("services")
    spot, lon, lat = shapely.get_coordinates(xy.array)[0], f"{place[0]:.6f}", f"{place[1]:.6f}"
    if not prepared.walker.snap(spot.reshape(1, 2)).reaches_street[0]:
        away = shapely.distance(prepared.walked_streets.geometry.array, shapely.Point(spot)).min()
        values = {"lon": lon, "lat": lat, "access_m": f"{prepared.walker.access_m:g}", "away": f"{away:,.0f}"}
        raise CommandError(str(path), [Issue("place_off_streets", values)])
    reachable = list_reachable(services, prepared.walker, spot, limits)
    t = Translator(to_plain_values({"study": study.model_dump(mode="json")}), texts)
    lines = [texts("cli.at_head", lon=lon, lat=lat, minutes=t.exact(limits[-1]))]
    for service in services:
        rows = reachable[reachable["service"] == service.standard.id]
        name, minutes = service.standard.title(texts.language), t.exact(service.standard.minutes)
        if not service.is_known:
            lines.append(texts("cli.at_unknown", service=name))
            continue
        enough = (
            int(is_within(rows["minutes"].to_numpy(), service.standard.minutes).sum()) >= service.standard.count
        )
        # Beyond the longest limit of the study nothing was looked for.
        is_open = service.standard.minutes > limits[-1] and not enough
        state = "at_open" if is_open else "at_served" if enough else "at_missing"
        lines.append(texts(f"cli.{state}", service=name, minutes=minutes, count=service.standard.count))
        hours = service.places["opening_hours"]
        for row in rows.itertuples():
            opening = f" · {hours.iloc[row.place]}" if hours.iloc[row.place] else ""
            lines.append(f"  {t.number(row.minutes, 1)} min  {row.name or row.facility}{opening}")
    return "\n".join(lines)


def _lines(facility: Facility, rules: Mapping[str, Rule], t: Translator) -> Iterator[str]:
    if not facility["findings"]:
        yield t.texts("cli.explain_no_rules")
    elif facility["score"] is not None:
        yield t.texts("cli.explain_score", score=t.percent(facility["score"]))
    yield from (f"- {reason}" for reason in failure_reasons(facility, rules, t))
    for finding in facility["findings"]:
        if finding["passed"]:
            rule = rules[finding["rule"]]
            digits = distinguishing_digits(finding)
            value = t.quantity(finding["value"], finding["unit"], digits)
            required = requirement(finding, t, digits)
            told = {"rule": t.localized(rule), "value": value, "asked": required, "basis": rule_basis(rule, t)}
            yield t.texts("cli.explain_passed", **told)
    yield from facility_notes(facility, t)
    if facility["remedy"] is not None:
        yield improvement_text(facility["remedy"], rules, t)


def _position(facilities: pd.DataFrame, wanted: str, source: str) -> int:
    if not wanted:
        raise CommandError(source, [Issue("centre_or_place")])
    ids, names = list(facilities["id"]), list(facilities["name"])
    if wanted in ids:
        return ids.index(wanted)
    called = [position for position, name in enumerate(names) if name == wanted]
    if len(called) > 1:
        values = {"name": wanted, "ids": ", ".join(ids[position] for position in called)}
        raise CommandError(source, [Issue("several_centres", values)])
    if not called:
        near = difflib.get_close_matches(wanted, [*names, *ids], n=NEAREST, cutoff=0.0)
        raise CommandError(
            source, [Issue("unknown_centre", {"name": wanted, "near": ", ".join(dict.fromkeys(near))})]
        )
    return called[0]
