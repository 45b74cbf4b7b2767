"""Where a facility belongs: the community that it declares, else where it stands; and its main centre."""

from __future__ import annotations

from collections.abc import Sequence

import shapely

from planner.inputs.community_matching import Unmatched, match_communities
from planner.messages.errors import DataError, Issue
from planner.messages.notices import Notice
from planner.population.demand_points import community_at
from planner.schemas.tables import Communities, Facilities, Water


def resolve_communities(
    facilities: Facilities, communities: Communities
) -> tuple[Facilities, list[Issue], tuple[Notice, ...]]:
    """Find the community that each facility declares, by id, code or name."""
    joined = match_communities(facilities["community"], list(facilities["id"]), communities)
    issues = []
    for key, rows in (("unknown_community", joined.unmatched), ("ambiguous_community", joined.ambiguous)):
        if rows:
            issues.append(Issue(key, {"found": _candidates(rows)}, [one.row for one in rows]))
    issues += _lost_branches(facilities)
    count = {"count": joined.by_name}
    notices = (Notice("joined_by_name", "facilities", values=count),) if joined.by_name else ()
    return Facilities(facilities.assign(community=joined.ids)), issues, notices


def assign_communities(
    facilities: Facilities,
    communities: Communities,
    water: Water | None,
    unknown: Sequence[Issue],
    *,
    source: str,
) -> tuple[Facilities, tuple[Notice, ...]]:
    """Give each facility its community: the declared one, else the one that it stands in."""
    issues = list(unknown)
    if water is not None:
        wet = facilities.geometry.within(shapely.union_all(water.geometry.array))
        if wet.any():
            issues.append(Issue("centre_in_water", {}, list(facilities["id"][wet])))
    if issues:
        raise DataError(source, issues)
    stands_in = community_at(facilities, communities)
    declared = facilities["community"]
    elsewhere = (declared != "") & (declared != stands_in)
    # Where communities overlap, a centre stands in both.
    outlines = communities.set_index("id").geometry
    for row in facilities.index[elsewhere]:
        elsewhere[row] = not outlines[declared[row]].covers(facilities.geometry[row])
    notices: tuple[Notice, ...] = ()
    if elsewhere.any():
        notices = (Notice("facility_elsewhere", "facilities", tuple(facilities["id"][elsewhere])),)
    return Facilities(facilities.assign(community=declared.where(declared != "", stands_in))), notices


def _lost_branches(facilities: Facilities) -> list[Issue]:
    """Return what is wrong with branches: of a centre that is not there, of themselves, or of another branch."""
    main = facilities["branch_of"]
    centres = set(facilities["id"][main == ""])
    lost = (main != "") & ~main.isin(centres)
    references = ", ".join(sorted(set(main[lost])))
    return [Issue("unknown_main", {"found": references}, list(facilities["id"][lost]))] if lost.any() else []


def _candidates(rows: Sequence[Unmatched]) -> str:
    """Return what rows state, each with what it may mean."""
    return ", ".join(sorted({one.given + (f" (→ {one.nearest}?)" if one.nearest else "") for one in rows}))
