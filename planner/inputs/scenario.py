"""Scenarios: which centres stay open and which new sites stand, saved by the map or written by hand.

A scenario file is JSON::

    {"format": "planner.scenario/1", "study": "…", "crs": "EPSG:32648",
     "closed": ["C07"], "sites": [{"id": "K3F9Q2M", "x": 483213.42, "y": 4391207.1}],
     "changes": [{"kind": "add_area", "centre": "C20", "amount": 158}]}

`changes` may be left out. Places are in the system of the study, of sites to the centimetre, so that walks are
measured from exactly the place that the map showed.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pyproj.exceptions import CRSError

from planner.config.study import Study, wrong_because
from planner.inputs.changes import Change, apply_changes, change_issues
from planner.inputs.study_inputs import Inputs
from planner.messages.catalogue import Texts
from planner.messages.errors import Issue, ScenarioError, system_reason
from planner.messages.notices import Notice
from planner.population.demand_points import community_at
from planner.schemas.tables import FACILITIES, Facilities

FORMAT = "planner.scenario/1"

NEW_TIER = "station"
"""What a site becomes when it stands: a centre of this tier."""

Name = Annotated[str, Field(strict=True, min_length=1)]
Metres = Annotated[float, Field(strict=True)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)


class Site(_Frozen):
    """A new station: its id, and where it stands in the study's system, metres."""

    id: Name
    x: Metres
    y: Metres


class _File(_Frozen):
    format: Literal["planner.scenario/1"]
    study: Name
    crs: Name
    closed: tuple[Name, ...]
    sites: tuple[Site, ...]
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Scenario:
    """Today's centres without some, with some new sites, and with upgrades, branches and passages."""

    closed: tuple[str, ...]
    """Ids of centres that are closed."""
    sites: tuple[Site, ...]
    """New stations."""
    crs: str
    """The system of the sites."""
    file: str = ""
    sha256: str = ""
    """`file`, `sha256`: The file that it was read from, by its name, and its hash; empty for one made by the
    planner."""
    changes: tuple[Change, ...] = ()
    """Changes to centres, gates and streets."""


def read_scenario(path: str | Path, study: Study) -> Scenario:
    """Read a scenario file.

    Parameters
    ----------
    path
        The file that the map saved.
    study
        The study that it must be meant for.

    Returns
    -------
    scenario
        Not yet held against the tables; `apply_scenario` does so.

    Raises
    ------
    ScenarioError
        The file cannot be read, is no scenario, names an id twice, or belongs to another study: all at once.
    """
    path = Path(path)
    try:
        raw = path.read_bytes()
        content = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_each_once)
    except OSError as error:
        raise ScenarioError(str(path), [Issue("unreadable_scenario", {"reason": system_reason(error)})]) from error
    except _TwiceError as error:
        raise ScenarioError(str(path), [Issue("scenario_key_twice", {"keys": error})]) from error
    except (ValueError, RecursionError) as error:
        raise ScenarioError(str(path), [Issue("scenario_not_json", {"reason": error})]) from error
    try:
        scenario_file = _File.model_validate(content)
    except ValidationError as error:
        issues = [
            Issue(
                "wrong_scenario",
                {"path": ".".join(map(str, detail["loc"])) or "{}", "reason": wrong_because(detail)},
            )
            for detail in error.errors()
        ]
        raise ScenarioError(str(path), issues) from error
    issues = []
    if scenario_file.study != study.name:
        issues.append(Issue("scenario_other_study", {"found": scenario_file.study, "study": study.name}))
    for setting, ids in (
        ("closed", scenario_file.closed),
        ("sites", tuple(site.id for site in scenario_file.sites)),
    ):
        twice = sorted({ident for ident in ids if ids.count(ident) > 1})
        if twice:
            issues.append(Issue("scenario_twice", {"setting": setting}, twice))
    if issues:
        raise ScenarioError(str(path), issues)
    return Scenario(
        scenario_file.closed,
        scenario_file.sites,
        scenario_file.crs,
        path.name,
        hashlib.sha256(raw).hexdigest(),
        scenario_file.changes,
    )


def apply_scenario(scenario: Scenario, inputs: Inputs, study: Study) -> Inputs:
    """Return the inputs as the scenario has them: without closed centres, with stations at its sites, changed.

    A site becomes a centre of tier station in the community that it stands in; its floor area is not known.

    Raises
    ------
    ScenarioError
        The scenario is in another system, closes a centre that there is not or all of them, or has a site with
        a centre's id or farther outside the communities than any walk leads: all at once.
    """
    facilities, source = inputs.facilities, scenario.file or "scenario"
    ids = set(facilities["id"])
    spots = shapely.points([(site.x, site.y) for site in scenario.sites] or np.empty((0, 2)))
    outline = shapely.union_all(inputs.communities.geometry.array)
    far = shapely.distance(spots, outline) > inputs.margin_m
    of_site = [site.id for site in scenario.sites]
    nobody_left = not of_site and ids <= set(scenario.closed)
    checks = (
        ("scenario_crs", not _is_system(scenario.crs, inputs.crs), ()),
        ("scenario_unknown_centre", True, [centre for centre in scenario.closed if centre not in ids]),
        ("scenario_site_is_centre", True, [one for one in of_site if one in ids]),
        ("scenario_site_far", True, [one for one, is_far in zip(of_site, far, strict=True) if is_far]),
    )
    values = {"found": scenario.crs, "crs": inputs.crs.to_string(), "metres": f"{inputs.margin_m:,.0f}"}
    issues = [Issue(key, values, rows) for key, wrong, rows in checks if rows or (wrong and rows == ())]
    issues += change_issues(scenario.changes, inputs)
    if nobody_left:
        issues.append(Issue("scenario_closes_all"))
    if issues:
        raise ScenarioError(source, issues)
    # A branch closes with its centre.
    kept = facilities[~facilities["id"].isin(scenario.closed) & ~facilities["branch_of"].isin(scenario.closed)]
    together = kept if not of_site else _with_sites(kept, scenario, spots, inputs, Texts(study.language))
    notice = Notice(
        "scenario",
        "facilities",
        (*scenario.closed, *of_site),
        values={"file": source, "closed": len(scenario.closed), "sites": len(of_site)},
    )
    stands = replace(
        inputs, facilities=Facilities(together.reset_index(drop=True)), notices=(notice, *inputs.notices)
    )
    return apply_changes(scenario.changes, stands, study.language)


class _TwiceError(ValueError):
    """A key stands twice in one object: which of both is meant cannot be known."""


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    keys = [key for key, _ in pairs]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise _TwiceError(", ".join(twice))
    return dict(pairs)


def _is_system(named: str, crs: pyproj.CRS) -> bool:
    """Whether a name, however it is written, is that of a system."""
    try:
        system = pyproj.CRS.from_user_input(named.strip())
    except CRSError:
        return False
    return system == crs or (system.to_epsg() is not None and system.to_epsg() == crs.to_epsg())


def _with_sites(
    kept: Facilities, scenario: Scenario, spots: object, inputs: Inputs, texts: Texts
) -> gpd.GeoDataFrame:
    names = [texts("words.scenario_site", id=site.id) for site in scenario.sites]
    rows = {"id": [site.id for site in scenario.sites], "name": names, "tier": NEW_TIER}
    added = FACILITIES.check(gpd.GeoDataFrame(rows, geometry=spots, crs=inputs.crs), source="scenario")
    added = Facilities(added.assign(community=community_at(added, inputs.communities)))
    # A column that only the user's table has stays empty for new stations.
    return gpd.GeoDataFrame(pd.concat([kept, added], ignore_index=True), crs=inputs.crs)
