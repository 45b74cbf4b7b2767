"""Records: the schema, the columns and the entries follow from the fields."""

from __future__ import annotations

from typing import Annotated, TypedDict

import geopandas as gpd
import numpy as np
import pandas as pd

from planner.reporting.tables.spec import TableColumn, TableSpec
from planner.schemas.records import RecordField, Spread, document_entries, json_schema, layer_fields, record_fields

BY_LIMIT = Spread((RecordField("centres_<limit>min", int, "centres within the limit"),))


class Walk(TypedDict):
    walk_min: Annotated[float | None, "the walk"]
    cost: Annotated[float, "in money", "money"]


class Row(Walk):
    walks: Annotated[list[Walk], "list of walks"]
    tiers: Annotated[dict[str, int], "by tier"]
    centres: Annotated[dict[str, int], "within each limit", BY_LIMIT]


def test_a_unit_follows_from_the_name_or_stands_behind_the_meaning() -> None:
    assert [(one.unit, one.nullable) for one in record_fields(Walk).values()] == [("min", True), ("money", False)]


def test_entries_of_a_document_have_their_paths() -> None:
    assert [path for path, _ in document_entries(Row)] == [
        *("walk_min", "cost", "walks", "walks[].walk_min", "walks[].cost", "tiers", "tiers.<name>"),
        *("centres", "centres.centres_<limit>min"),
    ]


def test_the_schema_says_type_unit_and_null() -> None:
    schema = json_schema(Row, title="rows")
    assert schema["required"] == ["walk_min", "cost", "walks", "tiers", "centres"]
    assert schema["properties"]["walks"]["items"] == {"$ref": "#/$defs/Walk"}
    assert schema["$defs"]["Walk"]["properties"]["walk_min"] == {
        "description": "the walk",
        "x-unit": "min",
        "anyOf": [{"type": "number"}, {"type": "null"}],
    }


def test_a_layer_has_every_column_of_its_type_and_keeps_further_ones() -> None:
    class Columns(Walk):
        name: Annotated[str, "its name"]
        centres: Annotated[dict[str, int], "within each limit", BY_LIMIT]

    assert list(layer_fields(Columns)) == ["walk_min", "cost", "name", "centres_<limit>min"]
    table = pd.DataFrame({"walk_min": [1, np.inf], "centres_5min": [1.0, 2.0], "own": ["a", None]})
    layer = TableSpec.of(Columns).layer(table)
    assert dict(layer.dtypes.astype(str)) == {
        "walk_min": "float64",
        "centres_5min": "int64",
        "own": "object",
        "cost": "float64",
        "name": "object",
    }
    assert layer["walk_min"].isna().tolist() == [False, True]


def test_one_column_renders_to_a_sheet_and_to_a_layer() -> None:
    column = TableColumn.of(record_fields(Walk)["walk_min"], "Walk")
    assert column.value({"walk_min": 3.5}) == 3.5
    empty = gpd.GeoDataFrame(geometry=[], crs=4326)
    assert dict(TableSpec((column,)).layer(empty).dtypes.astype(str))["walk_min"] == "float64"
