"""Scenes of the meeting: today, who is left out, weak centres and why, year by year, and what is to be decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from planner.config.own_tables import OwnScene, OwnScenes, placeholders
from planner.messages.catalogue import Texts, localized, unit_of_amount
from planner.messages.notices import input_kinds
from planner.reporting.document.records.plan import Entry, PlanDocument
from planner.reporting.facility_text import scenario_name, scenario_notice
from planner.reporting.programme_text import money_text
from planner.reporting.report.blocks import Translator, at_standard, headcount
from planner.reporting.report.outcome import outcome_of

SHOWN = {
    "today": ("reached", "centres"),
    "left_out": ("uncovered", "without"),
    "weak": ("weak", "without", "centres"),
    "years": ("reached", "centres", "proposals"),
    "after": ("reached", "uncovered", "centres", "proposals"),
}
"""Painters and groups of layers that a scene shows besides the ground."""

NO_FIGURE = "—"

MOST_NAMED = 3
"""Largest number of communities with the same people left out that a sentence names."""


def scenes(content: PlanDocument, texts: Texts, own: OwnScenes | None = None) -> list[Entry]:
    """Return the scenes: title, sentence, note, the scenarios it plays by their number, and what it shows.

    Parameters
    ----------
    content
        The document: every number in the sentences is one of its.
    texts
        Language.
    own
        Titles and sentences of the office, which take the place of those made from the document; figures of the
        document take the place of their placeholders.
    """
    own, figures = own or OwnScenes(), scene_figures(content, texts)
    places = {one["key"]: place for place, one in enumerate(content["scenarios"])}
    years = content["programme"]["years"] if content["programme"] else []
    steps = [places[f"year_{year['year']}"] for year in years] or [len(places) - 1]
    scenario = content["scenario"]
    played = {"years": steps, "after": steps[-1:]}
    sentences = {
        "today": _today(content, texts),
        "left_out": _left_out(content, texts),
        "weak": _weak(content, texts),
        **_proposed(content, texts),
    }
    titles = {name: texts(f"maps.scene_{name}") for name in SHOWN}
    if scenario:
        titles["today"] = texts("words.scenario_assumed")
    result: list[Entry] = []
    for name, shown in SHOWN.items():
        mine: OwnScene = getattr(own, name)
        text = mine.text or sentences.get(name, "")
        if not text:
            continue
        if mine.text:
            text = mine.text.format_map(figures)
        notes = _notes(content, texts, is_of_costs=name in played, own=mine, figures=figures)
        result.append(
            {
                "title": mine.title.format_map(figures) or titles[name],
                "text": text,
                "note": texts.paragraph(notes),
                "scenarios": played.get(name, [0]),
                "show": list(shown),
            }
        )
    return result


def scene_figures(content: PlanDocument, texts: Texts) -> dict[str, str]:
    """Return the figure of each placeholder (`planner.config.own_tables.FIGURES`); a dash where there is none."""
    total, rates, programme = at_standard(content), content["diagnosis"]["rates"], content["programme"]
    heads, outcome = headcount(total), outcome_of(Translator(content, texts))
    weak = sum(centre["verdict"] == "weak" for centre in content["centres"])
    figures: dict[str, object] = {
        "study": content["study"]["name"],
        "minutes": f"{content['coverage']['standard_min']:g}",
        "people": texts.whole(heads.people),
        "people_covered": texts.whole(heads.covered),
        "people_uncovered": texts.whole(heads.uncovered),
        "people_share": _percent(total["people_share"], texts),
        "weak_centres": weak if rates["assessed"] else NO_FIGURE,
        "weak_communities": len(content["diagnosis"]["weak_communities"]) if rates["assessed"] else NO_FIGURE,
        "communities_without_centre": len(content["diagnosis"]["communities_without_centre"]),
        **dict.fromkeys(("when", "sites", "resolved", "people_added", "people_share_after"), NO_FIGURE),
        **dict.fromkeys(("cost", "unit"), NO_FIGURE),
    }
    if outcome:
        figures |= {
            "when": outcome.when,
            "sites": len(outcome.sites),
            "resolved": len(outcome.resolved),
            "people_added": texts.whole(heads.uncovered - outcome.uncovered),
            "people_share_after": texts.percent(outcome.share),
        }
    if outcome and programme:
        figures["cost"] = money_text(sum(year["spent"] for year in programme["years"]))
        figures["unit"] = unit_of_amount(programme["unit"], texts)
    return {name: str(figure) for name, figure in figures.items()}


def _today(content: PlanDocument, texts: Texts) -> str:
    coverage = content["coverage"]
    row = next(one for one in coverage["total"] if one["limit_min"] == coverage["standard_min"])
    said = {
        "minutes": f"{coverage['standard_min']:g}",
        "share": _percent(row["people_share"], texts),
        "covered": texts.whole(row["shown"]["people_covered"]),
        "people": texts.whole(row["shown"]["people"]),
    }
    scenario = scenario_name(content, texts)
    return (
        texts("maps.scene_assumed_text", scenario=scenario, **said)
        if scenario
        else texts("maps.scene_today_text", **said)
    )


def _left_out(content: PlanDocument, texts: Texts) -> str:
    coverage = content["coverage"]
    rows = [one for one in coverage["by_community"] if one["limit_min"] == coverage["standard_min"]]
    left = [row["shown"]["people"] - row["shown"]["people_covered"] for row in rows]
    most = max(left)
    names = [one["name"] for one, people in zip(rows, left, strict=True) if people == most]
    minutes = f"{coverage['standard_min']:g}"
    if not most:
        return texts("maps.scene_left_out_none_text", minutes=minutes)
    said = {"people": texts.whole(sum(left)), "minutes": minutes, "most": texts.whole(most)}
    if len(names) > MOST_NAMED:
        return texts("maps.scene_left_out_even_text", count=len(names), **said)
    key = "scene_left_out_tied_text" if len(names) > 1 else "scene_left_out_text"
    return texts(f"maps.{key}", community=texts("maps.comma").join(names), **said)


def _weak(content: PlanDocument, texts: Texts) -> str:
    """Return how many centres are weak, and the rule that most of them fail."""
    rules = {rule["id"]: rule for rule in content["diagnosis"]["rules"]}
    weak = [centre for centre in content["centres"] if centre["verdict"] == "weak"]
    failed = Counter(
        finding["rule"]
        for centre in weak
        for finding in centre["findings"]
        if finding["passed"] is False and rules[finding["rule"]]["grade"] == "compliant"
    )
    if not failed:
        return texts("maps.scene_no_weak_text")
    rule, count = max(failed.items(), key=lambda item: (item[1], item[0]))
    reason = localized(rules[rule], texts.language)
    return texts("maps.scene_weak_text", count=len(weak), reason=reason, of=count)


def _proposed(content: PlanDocument, texts: Texts) -> dict[str, str]:
    """Return the sentences on what is proposed and what is to be decided; none where nothing is."""
    coverage, programme = content["coverage"], content["programme"]
    row = next(one for one in coverage["total"] if one["limit_min"] == coverage["standard_min"])
    before, minutes = _percent(row["people_share"], texts), f"{coverage['standard_min']:g}"
    if programme:
        if not programme["projects"]:
            return {}
        last = programme["years"][-1]
        (name,) = (scenario for scenario in content["scenarios"] if scenario["key"] == f"year_{last['year']}")
        shares = [
            texts.percent((row["people_covered"] + year["people_covered"]) / row["people"])
            for year in programme["years"]
        ]
        said = {
            "when": localized(name, texts.language),
            "sites": len(last["sites"]),
            "resolved": len(last["resolved"]),
            "shares": " → ".join([before, *shares]),
            "after": shares[-1],
            "minutes": minutes,
            "cost": money_text(sum(year["spent"] for year in programme["years"])),
            "unit": unit_of_amount(programme["unit"], texts),
        }
        # The money of projects that bring weak centres to standard buys that, not the coverage alone.
        for_standard = [project["cost"] for project in programme["projects"] if project["resolves"]]
        said["standard_cost"] = money_text(sum(for_standard))
        after = "after_resolved" if last["resolved"] else "after"
        return {
            "years": texts("maps.scene_years_text", **said),
            "after": texts(f"maps.scene_{after}_text", **said),
        }
    proposals = content["siting"]["proposals"]
    if not proposals or not proposals[-1]["sites"]:
        return {}
    said = {"sites": len(proposals[-1]["sites"]), "before": before, "minutes": minutes}
    said["after"] = _percent(proposals[-1]["people_share_after"], texts)
    return {name: texts(f"maps.scene_{name}_sites_text", **said) for name in ("years", "after")}


def _notes(
    content: PlanDocument, texts: Texts, *, is_of_costs: bool, own: OwnScene, figures: Mapping[str, str]
) -> Iterator[str]:
    """Yield what stands below the sentences: figures not of the plan, the run's scenario, what is assumed."""
    programme, modelled = content["programme"], content["data"]["modelled"]
    # Between the placeholders: their figures are the plan's.
    if any(sign.isnumeric() for sign in own.text.format_map(dict.fromkeys(figures, ""))):
        yield texts("maps.scene_own_text")
    missing = [name for name in placeholders(own.title + own.text) if figures[name] == NO_FIGURE]
    if missing:
        named = texts("maps.comma").join(f"{{{name}}}" for name in dict.fromkeys(missing))
        yield texts("maps.scene_own_missing", names=named)
    if content["scenario"]:
        yield scenario_notice(content, texts)
    if is_of_costs and programme and programme["costs_modelled"]:
        yield texts("maps.scene_costs_modelled")
    if modelled:
        layers = texts("maps.comma").join(input_kinds(modelled, texts))
        yield texts("maps.scene_modelled", layers=layers)


def _percent(share: float | None, texts: Texts) -> str:
    return texts("maps.unknown") if share is None else texts.percent(share)
