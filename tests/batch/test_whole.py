"""The whole that lies in files packed by place: read once, and of each layer a district reads what is near."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow.parquet as pq
import pyproj
import pytest
import shapely
from wholes import write_whole

from planner.batch import whole as whole_module
from planner.batch.districts import WHOLE, districts_of
from planner.batch.portfolio import read_portfolio
from planner.batch.whole import ORDER, Whole, _file, _pack, keep_whole, read_whole
from planner.config.study import read_study

SPOTS = 4_000


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Whole, gpd.GeoDataFrame]:
    """Return a layer of random boxes, in files, and as it was; of nothing else is made use."""
    folder, random = tmp_path_factory.mktemp("packed"), np.random.default_rng(3)
    corners = random.uniform(0, 1000, (SPOTS, 2))
    boxes = shapely.box(*corners.T, *(corners + random.uniform(0, 9, (SPOTS, 2))).T)
    layer = gpd.GeoDataFrame({"id": [f"b{n}" for n in range(SPOTS)]}, geometry=boxes, crs=32648)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(whole_module, "GROUP", 100)
        rows = _pack(layer, random.choice(["A", "B"], SPOTS).astype(object))
    rows.to_parquet(_file(folder, "spots"), index=False, write_covering_bbox=True, row_group_size=100)
    about = dict.fromkeys(("study", "content", "layers", "names", "sources", "service_columns"))
    made = Whole(folder=folder, crs=pyproj.CRS(32648), margins_m={}, overrides={}, **about)  # type: ignore[arg-type]
    return made, layer


@pytest.mark.parametrize(
    "window", [(100, 100, 200, 180), (0, 0, 2000, 2000), (5000, 0, 6000, 1), (500, 0, 500, 900)]
)
def test_rows_near_a_place_are_those_whose_boxes_meet_it(
    packed: tuple[Whole, gpd.GeoDataFrame], window: tuple[float, float, float, float]
) -> None:
    whole, layer = packed
    found = whole.rows("spots", window)
    assert found["id"].tolist() == layer["id"][shapely.intersects(shapely.box(*window), layer.geometry)].tolist()
    assert found[ORDER].is_monotonic_increasing


def test_groups_far_away_are_not_read(packed: tuple[Whole, gpd.GeoDataFrame]) -> None:
    """Of 40 groups of rows less than a third may hold anything of a hundredth of the ground."""
    whole, _ = packed
    file = pq.ParquetFile(_file(whole.folder, "spots")).metadata
    assert file.num_row_groups == SPOTS // 100
    names = [file.schema.column(n).path for n in range(file.num_columns)]
    sides = {side: names.index(f"bbox.{side}") for side in ("xmin", "ymin", "xmax", "ymax")}
    met = 0
    for number in range(file.num_row_groups):
        group = file.row_group(number)
        least, most = (
            {side: getattr(group.column(at).statistics, end) for side, at in sides.items()}
            for end in ("min", "max")
        )
        met += least["xmin"] <= 200 and most["xmax"] >= 100 and least["ymin"] <= 200 and most["ymax"] >= 100
    assert 0 < met <= 12


def test_the_layers_are_read_once_for_all_districts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    portfolio = read_portfolio(write_whole(tmp_path, 1))
    read, original = list[object](), whole_module.metric_layers

    def counted(*given: object) -> object:
        read.append(given)
        return original(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(whole_module, "metric_layers", counted)
    cut = districts_of(portfolio, tmp_path / "out", "")
    assert len(cut.districts) > 1
    assert len(read) == 1
    # The copy serves the cut alone.
    assert not [*(tmp_path / "out/cut").glob(f"{WHOLE}*")]


def test_what_is_kept_of_a_whole_is_read_back(tmp_path: Path) -> None:
    portfolio = read_portfolio(write_whole(tmp_path, 0))
    study = read_study(tmp_path / "study.toml")
    result = keep_whole(study, portfolio, tmp_path / "cut", tmp_path / "whole")
    whole = read_whole(tmp_path / "whole")
    assert whole.crs == gpd.read_file(tmp_path / "whole.gpkg", layer="streets").crs
    for name in ("streets", "communities", "facilities"):
        layer = gpd.read_file(tmp_path / "whole.gpkg", layer=name)
        found = whole.rows(name)
        assert found[ORDER].tolist() == list(range(len(layer)))
        assert found.geometry.to_wkb().tolist() == layer.geometry.to_wkb().tolist()
    assert {*whole.names} == {one.code for one in result.districts}
