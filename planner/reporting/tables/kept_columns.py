"""Which of the user's own columns results.gpkg carries: those that the study asks for, and no other.

A table of centres may hold the names and telephone numbers of people, a table of households much more. Results are
handed on; so they carry what the planner itself says of each row, and besides that only what `keep` names.
"""

from __future__ import annotations

import geopandas as gpd

from planner.io.tables.columns import Vocabulary, unlettered
from planner.reporting.tables.layer_schemas import LAYERS
from planner.results import Plan

KEEPING = {"centres": "facilities", "communities": "communities", "demand": "demand", "places": "places"}
"""The layers of results.gpkg that may carry columns of the user's, and the input that these come from."""

SHIFTED = {"gcj02": "_GCJ02", "bd09": "_BD09"}
"""What is added to the name of coordinates as they were given: beside the geometry they are 0.1 to 1.2 km off."""


def keep_columns(table: gpd.GeoDataFrame, layer: str, plan: Plan) -> gpd.GeoDataFrame:
    """Return a layer with its own columns and those that the study keeps.

    Parameters
    ----------
    table
        The layer with all columns of its input.
    layer
        Its name in results.gpkg, one of `KEEPING`.
    plan
        Whose study says what is kept, and in which datum the input was given.
    """
    name = KEEPING[layer]
    given = getattr(plan.study.inputs, name)
    kept = () if given is None else given.keep
    # A column whose name is one of the planner's stands beside it as <name>_given.
    kept = tuple(f"{one}_given" if f"{one}_given" in table.columns else one for one in kept)
    own = [column for column in table.columns if column == "geometry" or LAYERS[layer].kind_of(str(column))]
    datums = {source.layer: source.datum for source in plan.inputs.sources}
    renamed = {column: _told(column, datums.get(name, "")) for column in kept if column in table.columns}
    chosen = table[[*own, *(column for column in renamed if column not in own)]]
    return gpd.GeoDataFrame(chosen.rename(columns=renamed))


def _told(column: str, datum: str) -> str:
    """Name the datum of coordinates that stand in another one than the geometry."""
    is_place = Vocabulary.of("", (), {}).where(unlettered(column)) is not None
    return column + SHIFTED.get(datum, "") if is_place else column
