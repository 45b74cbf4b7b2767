"""Records of the inputs: sources, walking and population."""

from __future__ import annotations

from typing import Annotated, TypedDict

from planner.reporting.document.records.shared import STANDARD, Localized


class WalkLimit(TypedDict):
    """A walking limit."""

    minutes: Annotated[float, "the limit, minutes", "min"]
    metres: Annotated[float, "how far that is at this speed, m", "m"]


class WalkCost(Localized):
    """A cost of walking besides the length on level, open ground."""

    name: Annotated[str, "name of the cost"]
    source: Annotated[str, "where it comes from"]
    evidence: Annotated[str, "how sure that is"]


class Walking(Localized):
    """Walking speed, access and limits."""

    profile: Annotated[str | None, "name of the walking profile; null where the study gives its own speed"]
    speed_kmh: Annotated[float, "km/h"]
    access_m: Annotated[float, "longest straight walk between a door and a street, m"]
    source: Annotated[str, "where the speed comes from"]
    evidence: Annotated[str, "how sure that is: measured, excerpt, quoted, or own"]
    direction: Annotated[str, "direction of walking: to_centre or from_centre"]
    costs: Annotated[list[WalkCost], "list of what counts besides metres on level, open ground"]
    limits: Annotated[list[WalkLimit], "list, one a limit"]
    standard_min: Annotated[float, STANDARD]


class SourceColumn(TypedDict):
    """A column that a layer was read from."""

    field: Annotated[str, "the planner's name"]
    column: Annotated[str, "the file's name"]
    factor: Annotated[float, "what its numbers were multiplied by (10000 for 万)"]


class UnreadColumn(TypedDict):
    """A column that nothing reads."""

    column: Annotated[str, "the file's name"]
    near: Annotated[str, "the field that it may have meant; empty where none is near"]


class DroppedRows(Localized):
    """Rows of a layer that are not in the results."""

    key: Annotated[str, "the reason"]
    count: Annotated[int, "how many rows"]
    rows: Annotated[list[str], "list of their numbers, as ranges: in sheets as shown, else counted from 0"]


class Source(TypedDict):
    """An input layer."""

    layer: Annotated[str, "its name in the study"]
    file: Annotated[str, "the file, as the study names it, and the layer in it"]
    sha256: Annotated[str, "SHA-256 of the file; of a shapefile, of all its files together"]
    encoding: Annotated[str, "of its texts; empty where the format fixes it"]
    columns: Annotated[list[SourceColumn], "list: which column of the file is which field"]
    unread: Annotated[list[UnreadColumn], "list: columns of the file that nothing reads"]
    rows: Annotated[int, "rows read"]
    used: Annotated[int, "of these, rows that are in the results"]
    dropped: Annotated[list[DroppedRows], "list: the other rows, by the reason; rows = used + the counts"]
    crs: Annotated[str, "the coordinate system of the file"]
    datum: Annotated[str, "whose coordinates it has: wgs84, gcj02 or bd09; converted where it is not wgs84"]
    datum_by: Annotated[
        str,
        "elsewhere (not in mainland China), declared, known (OpenStreetMap), stated (by its coordinate "
        "system), found (by evidence), alike (all layers fit one another), follows (that of its file) or "
        "untested (rasters; water and barriers of another file)",
    ]
    source: Annotated[str, "where it comes from, in the study's words"]
    modelled: Annotated[bool, "whether the study declares it as modelled"]
    attribution: Annotated[str, "whose data it is, where that must be named; else empty"]


class ExcludedLines(TypedDict):
    """Lines of the streets' file that are not walked."""

    reason: Annotated[str, "class, access, foot, motorroad or tunnel"]
    words: Annotated[list[str], "list: what the file says of them, the longest first"]
    count: Annotated[int, "how many lines"]
    length_m: Annotated[float, "how long they are, m"]


class Data(TypedDict):
    """The input data."""

    crs: Annotated[str, "the projected coordinate system that everything is measured in"]
    margin_m: Annotated[float, "how far beyond the communities streets are kept, m"]
    demand_method: Annotated[str, "points (as given) or along_streets (community totals spread)"]
    people: Annotated[float, "people at all demand points inside communities"]
    households: Annotated[float | None, "households at these points; null where not known"]
    demand_points: Annotated[int, "how many there are"]
    demand_no_street_share: Annotated[
        float | None, "share of them without a street within `walking.access_m`, 0–1"
    ]
    communities: Annotated[int, "how many there are"]
    facilities: Annotated[dict[str, int], "centres by tier, branches left out; a tier without centres is left out"]
    branches: Annotated[int, "facilities that are branches of another"]
    modelled: Annotated[list[str], "list of the layers that the study declares as modelled"]
    attribution: Annotated[str, "whose data must be named in everything made of it; empty where nobody's"]
    sources: Annotated[list[Source], "list, one an input layer"]
    left_out: Annotated[
        list[ExcludedLines],
        "list: lines of the streets' file within the margin that are not walked, one entry a reason",
    ]


class Balance(TypedDict):
    """People of a community: given, found, placed and lost."""

    community: Annotated[str, "id of the community; empty: outside every community"]
    name: Annotated[str, "of the community"]
    given: Annotated[float | None, "people as the communities table has them; empty where it has none", "people"]
    found: Annotated[float, "people that the source holds for it, before any scaling", "people"]
    placed: Annotated[float, "people at its demand points", "people"]
    lost: Annotated[float, "people found and not placed", "people"]
    method: Annotated[
        str, "how they were placed: points, raster, buildings, along_streets or one_point; empty: nobody"
    ]
    reason: Annotated[str, "why people were lost: demand_outside; empty: nobody was"]


class DemandBalance(Balance):
    """People of a community, with those far from streets."""

    without_street: Annotated[float, "of those placed, people farther than access_m from every street", "people"]


class Demand(TypedDict):
    """Source of the population, and its balance."""

    method: Annotated[str, "points, raster, buildings or along_streets"]
    calibrated: Annotated[bool, "whether points or raster were scaled to the communities' totals"]
    household_size: Annotated[float | None, "people a household, as the study sets it; null where it does not"]
    household_size_source: Annotated[str, "where that comes from"]
    people_given: Annotated[float | None, "people of the communities table in all; null where it has none"]
    people_found: Annotated[float, "people that the source holds, inside and outside the communities"]
    people_placed: Annotated[float, "people at demand points"]
    people_lost: Annotated[float, "people found and not placed"]
    balance: Annotated[list[DemandBalance], "list, one a community, the last for those outside all of them"]


class Network(TypedDict):
    """The walking network in figures."""

    nodes: Annotated[int, "junctions and street ends"]
    edges: Annotated[int, "stretches of street between them"]
    length_m: Annotated[float, "length of all streets kept, m; lines across squares are no streets"]
    pieces: Annotated[int, "connected pieces"]
    longest_pieces_m: Annotated[list[float], "the lengths of the ten longest of them, m"]
    outside_share: Annotated[float | None, "share of the length outside the longest piece, 0–1"]
    dead_ends: Annotated[int, "nodes where a single edge ends"]
    crossings: Annotated[int, "pairs of straight segments that cross without a common vertex"]
    unexplained_crossings: Annotated[int, "those of them of which none is said to be a bridge or a tunnel"]
    near_misses: Annotated[int, "street ends within 2 m of another street that they do not join"]
    overlaps: Annotated[int, "pairs of straight segments that lie on one another"]
    overlap_m: Annotated[float, "how long these lie on one another, m"]
