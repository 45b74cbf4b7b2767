"""A part of the district: which one a name means, and the document of that part alone."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from planner.accessibility.access_data import PREMISES
from planner.messages.errors import Issue, StudyError
from planner.reporting.document.build import Document
from planner.reporting.shown_counts import sum_shown_counts

NEAREST = 5
COUNTS = ("people", "people_covered", "people_overlap", "points", "points_covered", "area_m2", "area_covered_m2")
SHARES = {
    "people_share": ("people_covered", "people"),
    "overlap_share": ("people_overlap", "people"),
    "points_share": ("points_covered", "points"),
    "area_share": ("area_covered_m2", "area_m2"),
}


@dataclass(frozen=True, slots=True)
class DistrictPart:
    """The whole district, one street (or town) with its communities, or one community."""

    kind: Literal["district", "street", "community"]
    name: str
    communities: tuple[str, ...]


def find_part(content: Document, wanted: str, *, source: str) -> DistrictPart:
    """Return what a name means: the study's name, a street's, or a community's name or id.

    Raises
    ------
    StudyError
        Nothing is called so (the nearest names are given), or several parts are.
    """
    names = {row["community"]: (row["name"], row["street"]) for row in content["coverage"]["by_community"]}
    streets = list(dict.fromkeys(street for _, street in names.values() if street))
    wanted = wanted.strip()
    found: list[DistrictPart] = []
    if wanted == content["study"]["name"]:
        found.append(DistrictPart("district", wanted, tuple(names)))
    if wanted in streets:
        inside = tuple(community for community, (_, street) in names.items() if street == wanted)
        found.append(DistrictPart("street", wanted, inside))
    if wanted in names:
        found.append(DistrictPart("community", names[wanted][0], (wanted,)))
    else:
        called = [community for community, (name, _) in names.items() if name == wanted]
        found += [DistrictPart("community", wanted, (community,)) for community in called]
    if len(found) == 1:
        return found[0]
    if found:
        ids = [one.communities[0] for one in found if one.kind == "community"]
        raise StudyError(source, [Issue("several_parts", {"name": wanted, "ids": ", ".join(ids)})])
    known = [content["study"]["name"], *streets, *(name for name, _ in names.values()), *names]
    near = difflib.get_close_matches(wanted, known, n=NEAREST, cutoff=0.0)
    raise StudyError(source, [Issue("unknown_part", {"name": wanted, "near": ", ".join(dict.fromkeys(near))})])


def filter_document(content: Document, communities: Collection[str]) -> Document:
    """Return the document of some communities alone: their people, their centres, their totals.

    Who is covered is covered by any centre of the district, also one outside these communities. Proposed sites,
    business circles and what is told of the district only are left out.
    """
    coverage, diagnosis = content["coverage"], content["diagnosis"]
    inside = [row for row in coverage["by_community"] if row["community"] in communities]
    centres = [centre for centre in content["centres"] if centre["community"] in communities]
    tiers = [centre["tier"] for centre in centres]
    total = [
        _together([row for row in inside if row["limit_min"] == whole["limit_min"]], whole["limit_min"])
        for whole in coverage["total"]
    ]
    weak = [one for one in diagnosis["weak_communities"] if one in communities]
    without = [one for one in diagnosis["communities_without_centre"] if one in communities]
    standard = next(row for row in total if row["limit_min"] == coverage["standard_min"])
    return {
        **content,
        "data": {**content["data"], "facilities": {tier: tiers.count(tier) for tier in dict.fromkeys(tiers)}}
        | {"communities": len(communities), "people": standard["people"]},
        "coverage": {
            **coverage,
            "total": total,
            "by_community": inside,
            "by_tier": [],
            "people_uncovered": standard["people"] - standard["people_covered"],
        },
        "centres": centres,
        "diagnosis": {
            **diagnosis,
            "rates": _rates(centres),
            "weak_communities": weak,
            "communities_without_centre": without,
        },
        "siting": {**content["siting"], "proposals": []},
        "circles": None,
    }


def _together(rows: Sequence[Document], limit_min: float) -> Document:
    counts = {name: sum(row[name] for row in rows) for name in COUNTS}
    shares = {
        name: counts[part] / counts[whole] if counts[whole] else None for name, (part, whole) in SHARES.items()
    }
    return {"limit_min": limit_min, **counts, **shares, "shown": sum_shown_counts(rows)}


def _rates(centres: Sequence[Document]) -> Document:
    """Return the rates of the premises among some centres, reckoned as the diagnosis does for all."""
    verdicts = [centre["verdict"] for centre in centres if centre["tier"] in PREMISES and centre["verdict"]]
    counts = {name: verdicts.count(name) for name in ("excellent", "compliant", "weak", "undetermined")}
    determined = len(verdicts) - counts["undetermined"]
    return {
        "assessed": len(verdicts),
        **counts,
        "perhaps_excellent": 0,
        "compliant_share": (counts["excellent"] + counts["compliant"]) / determined if determined else None,
        "excellent_share": counts["excellent"] / determined if determined else None,
    }
