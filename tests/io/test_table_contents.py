"""A table of a GeoPackage is told from the others in its file, and by all that it holds."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from planner.io.vector.readers import table_contents


def layer(name: str = "A", east: float = 0.0) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"name": [name, "B"]}, geometry=shapely.points([(east, 0), (1, 2)]), crs=32648)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "city.gpkg"
    layer().to_file(path, layer="streets", driver="GPKG")
    layer().to_file(path, layer="homes", driver="GPKG")
    return path


@pytest.mark.parametrize("changed", [layer("C"), layer(east=0.5), layer().iloc[:1], layer().to_crs(4326)])
def test_it_differs_with_any_value_shape_row_or_system_of_its_own_only(
    file: Path, changed: gpd.GeoDataFrame
) -> None:
    before = [table_contents(file, name) for name in ("streets", "homes")]
    assert None not in before
    assert before[0] != before[1]
    changed.to_file(file, layer="streets", driver="GPKG")
    assert table_contents(file, "streets") != before[0]
    if changed.crs == layer().crs and len(changed) == len(layer()) and changed.total_bounds[0] == 0:
        assert table_contents(file, "homes") == before[1]


def test_the_date_of_the_last_change_is_no_content(file: Path) -> None:
    before = table_contents(file, "streets")
    with closing(sqlite3.connect(file)) as base, base:
        base.execute("UPDATE gpkg_contents SET last_change = '2001-01-01T00:00:00.000Z'")
    assert table_contents(file, "streets") == before


def test_a_new_column_is_content(file: Path) -> None:
    before = table_contents(file, "streets")
    with closing(sqlite3.connect(file)) as base, base:
        base.execute("ALTER TABLE streets ADD COLUMN width REAL")
    assert table_contents(file, "streets") != before


def test_nothing_is_said_of_what_the_whole_file_tells_alone(file: Path) -> None:
    assert table_contents(file, None) is None
    assert table_contents(file, "not there") is None
    assert table_contents(file.with_suffix(".shp"), "streets") is None
    with closing(sqlite3.connect(file)) as base, base:
        base.execute("CREATE VIEW some AS SELECT * FROM streets")
    assert table_contents(file, "some") is None
    file.with_name("city.gpkg-wal").write_bytes(b"pending")
    assert table_contents(file, "streets") is None
    damaged = file.with_name("damaged.gpkg")
    damaged.write_bytes(b"no base at all")
    assert table_contents(damaged, "streets") is None
