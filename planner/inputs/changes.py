"""Changes of a scenario to centres, gates and streets: upgrades, branches, gates opened and passages built."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Annotated, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from planner.inputs.study_inputs import Inputs
from planner.messages.catalogue import Texts
from planner.messages.errors import Issue
from planner.population.demand_points import community_at
from planner.schemas.tables import FACILITIES, Facilities, Gates, Streets

ChangeKind = Literal[
    "extend_hours", "add_functions", "step_free", "add_area", "open_station", "open_gate", "build_crossing"
]

Name = Annotated[str, Field(strict=True, min_length=1)]
Place = tuple[Annotated[float, Field(strict=True)], Annotated[float, Field(strict=True)]]

BRANCH_TIER = "station"
ON_STREET_M = 0.01
"""An end of a passage that is as near to a street, or to a vertex of one, as this lies on it, metres."""


class Change(BaseModel):
    """One change, as the programme proposes it."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)

    kind: ChangeKind
    """What is done."""
    centre: Name
    """Id of the centre that is upgraded or gets the branch; of a passage, the centre for which it is built."""
    id: Annotated[str, Field(strict=True)] = ""
    """Of a branch: its own id; of a gate: the gate's."""
    amount: Annotated[float, Field(ge=0)] = 0.0
    """m² (``add_area``, ``open_station``) or hours a week (``extend_hours``)."""
    functions: tuple[Name, ...] = ()
    """Ids of the functions that are added."""
    place: Place | None = None
    other: Place | None = None
    """`place`, `other`: Where a branch stands, or a passage begins and ends, in the study's system, metres."""

    @property
    def is_passage(self) -> bool:
        """Whether it changes the walks of everybody."""
        return self.kind in ("open_gate", "build_crossing")


def change_issues(changes: Sequence[Change], inputs: Inputs) -> Iterator[Issue]:
    """Yield what is wrong with changes: unknown centres and gates, ids taken, places that are missing or far."""
    facilities = inputs.facilities
    ids = set(facilities["id"])
    gates = set() if inputs.gates is None else set(inputs.gates["id"])
    branches = [change.id for change in changes if change.kind == "open_station"]
    outline = shapely.union_all(inputs.communities.geometry.array)
    checks = (
        ("scenario_change_centre", [one.centre for one in changes if one.centre not in ids]),
        ("scenario_change_gate", [one.id for one in changes if one.kind == "open_gate" and one.id not in gates]),
        (
            "scenario_change_id",
            [branch for branch in branches if not branch or branch in ids or branches.count(branch) > 1],
        ),
        (
            "scenario_change_place",
            [
                one.id or one.centre
                for one in changes
                if one.kind in ("open_station", "build_crossing")
                and any(
                    place is None or shapely.distance(shapely.Point(place), outline) > inputs.margin_m
                    for place in ((one.place, one.other) if one.kind == "build_crossing" else (one.place,))
                )
            ],
        ),
    )
    for key, rows in checks:
        if rows:
            yield Issue(key, {"metres": f"{inputs.margin_m:,.0f}"}, tuple(dict.fromkeys(rows)))


def apply_changes(changes: Sequence[Change], inputs: Inputs, language: str) -> Inputs:
    """Return the inputs as they are after changes, carried out in their order.

    Parameters
    ----------
    changes
        Checked by `change_issues`; those of a centre that is closed are left out.
    inputs
        The tables.
    language
        Of the names of branches.
    """
    made = inputs
    for change in changes:
        if change.centre in set(made.facilities["id"]) or change.is_passage:
            made = CHANGES[change.kind](change, made, Texts(language))
    return made


def _extend_hours(change: Change, inputs: Inputs, _: Texts) -> Inputs:
    return _with_column(change, inputs, "open_hours_week", lambda hours: hours + change.amount)


def _add_area(change: Change, inputs: Inputs, _: Texts) -> Inputs:
    # What is added is for residents' activities.
    wider = _with_column(change, inputs, "floor_area_m2", lambda area: area + change.amount)
    return _with_column(change, wider, "activity_area_m2", lambda area: area + change.amount)


def _add_functions(change: Change, inputs: Inputs, _: Texts) -> Inputs:
    added = "、".join(change.functions)
    return _with_column(change, inputs, "functions", lambda cell: f"{cell}、{added}" if cell else added)


def _step_free(change: Change, inputs: Inputs, _: Texts) -> Inputs:
    return _with_column(change, inputs, "step_free", lambda _: "yes")


def _with_column(change: Change, inputs: Inputs, name: str, then: Callable[..., object]) -> Inputs:
    facilities = inputs.facilities
    row = list(facilities["id"]).index(change.centre)
    values = facilities[name].tolist()
    values[row] = then(values[row])
    column = pd.Series(values, index=facilities.index, dtype=facilities[name].dtype)
    return replace(inputs, facilities=Facilities(facilities.assign(**{name: column})))


def _open_station(change: Change, inputs: Inputs, texts: Texts) -> Inputs:
    facilities = inputs.facilities
    of = facilities["name"][facilities["id"] == change.centre].iloc[0]
    row = {
        "id": [change.id],
        "name": [texts("words.scenario_branch", centre=of)],
        "tier": [BRANCH_TIER],
        "floor_area_m2": [change.amount],
        "branch_of": [change.centre],
    }
    spot = [shapely.Point(change.place)]
    added = FACILITIES.check(gpd.GeoDataFrame(row, geometry=spot, crs=inputs.crs), source="scenario")
    added = Facilities(added.assign(community=community_at(added, inputs.communities)))
    together = gpd.GeoDataFrame(pd.concat([facilities, added], ignore_index=True), crs=inputs.crs)
    return replace(inputs, facilities=Facilities(together))


def _open_gate(change: Change, inputs: Inputs, _: Texts) -> Inputs:
    if inputs.gates is None:
        return inputs
    is_open = np.where(inputs.gates["id"] == change.id, "yes", inputs.gates["open"])
    return replace(inputs, gates=Gates(inputs.gates.assign(open=is_open)))


def _build_crossing(change: Change, inputs: Inputs, _: Texts) -> Inputs:
    """Draw a street between two places; the streets on which these lie get a vertex there."""
    streets = inputs.streets
    shapes = np.array(streets.geometry.array, dtype=object)
    ends = []
    for place in (change.place, change.other):
        end = shapely.Point(place)
        near = np.flatnonzero(shapely.dwithin(shapes, end, ON_STREET_M))
        vertices = shapely.points(shapely.get_coordinates(shapes[near]))
        nearest = vertices[np.argmin(shapely.distance(vertices, end))] if len(vertices) else end
        # Where a vertex is already, the passage begins at it.
        end = nearest if shapely.distance(nearest, end) <= ON_STREET_M else end
        for number in near.tolist():
            shapes[number] = _with_vertex(shapes[number], end)
        ends.append(end)
    passage = shapely.LineString(ends)
    blank = {
        name: [column.dtype.type(0) if column.dtype.kind in "biuf" else ""]
        for name, column in streets.drop(columns="geometry").items()
    }
    row = gpd.GeoDataFrame(blank, geometry=[passage], crs=inputs.crs)
    together = pd.concat([streets.set_geometry(shapes, crs=inputs.crs), row], ignore_index=True)
    return replace(inputs, streets=Streets(gpd.GeoDataFrame(together, crs=inputs.crs)))


def _with_vertex(line: shapely.Geometry, end: shapely.Point) -> shapely.Geometry:
    """Return a line, or each part of one, with a vertex at a point that lies on it."""
    if line.geom_type == "MultiLineString":
        return shapely.MultiLineString([_with_vertex(part, end) for part in line.geoms])
    if shapely.distance(line, end) > ON_STREET_M:
        return line
    xy = shapely.get_coordinates(line)
    steps: NDArray[np.float64] = np.hypot(*np.diff(xy, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    at_m = shapely.line_locate_point(line, end)
    if np.abs(along - at_m).min() <= ON_STREET_M:
        return line
    place = int(np.searchsorted(along, at_m))
    return shapely.LineString(np.insert(xy, place, shapely.get_coordinates(end)[0], axis=0))


CHANGES: dict[str, Callable[[Change, Inputs, Texts], Inputs]] = {
    "extend_hours": _extend_hours,
    "add_functions": _add_functions,
    "step_free": _step_free,
    "add_area": _add_area,
    "open_station": _open_station,
    "open_gate": _open_gate,
    "build_crossing": _build_crossing,
}
"""How each kind of change is carried out on the tables."""
