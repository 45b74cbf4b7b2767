"""Damaged files of every format: read, or refused as a user's error; no other error, no abort, no endless read."""

from __future__ import annotations

import faulthandler
import io
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import rasterio
import shapely

from planner.config.sections.layers import Layer
from planner.inputs.population_raster import read_raster
from planner.io.formats import VECTOR
from planner.io.layers import read_layer
from planner.messages.errors import DataError
from planner.schemas.tables import COMMUNITIES, Communities

SECONDS_AT_MOST = 10.0
CASES = 6
"""Damaged files of each format and kind of damage; by hand, run this file with a number: python … 500."""

BOX = shapely.box(106.8, 39.6, 106.81, 39.61)
LAYER = gpd.GeoDataFrame(
    {"id": ["001", "2", "3"], "name": ["东风社区", "西园社区", "c"], "people": [1000.0, 2000.0, 3.0]},
    geometry=[BOX, shapely.affinity.translate(BOX, 0.01), shapely.affinity.translate(BOX, 0.02)],
    crs=4326,
)
HOME = Communities(LAYER.to_crs(32648))


def sources(folder: Path) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Yield each format: the file to open, and the bytes of all its parts."""
    made = {
        "c.gpkg": {"driver": "GPKG"},
        "c.geojson": {"driver": "GeoJSON"},
        "c.geojsonl": {"driver": "GeoJSONSeq"},
        "c.fgb": {"driver": "FlatGeobuf"},
        "c.shp": {"driver": "ESRI Shapefile", "encoding": "UTF-8"},
        "c.kml": {"driver": "LIBKML"},
        "c.gml": {"driver": "GML"},
        "c.tab": {"driver": "MapInfo File"},
        "c.mif": {"driver": "MapInfo File"},
        "c.gdb": {"driver": "OpenFileGDB"},
    }
    for name, options in made.items():
        home = folder / name.replace(".", "_")
        home.mkdir()
        pyogrio.write_dataframe(LAYER, home / name, layer="c", **options)
        yield (
            name,
            {str(file.relative_to(home)): file.read_bytes() for file in sorted(home.rglob("*")) if file.is_file()},
        )
    LAYER.to_parquet(folder / "c.parquet")
    yield "c.parquet", {"c.parquet": (folder / "c.parquet").read_bytes()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted((folder / "c_shp").iterdir()):
            archive.writestr(file.name, file.read_bytes())
    yield "c.zip", {"c.zip": buffer.getvalue()}
    with rasterio.open(
        folder / "c.tif",
        "w",
        driver="GTiff",
        height=20,
        width=40,
        count=1,
        dtype="float32",
        crs=4326,
        compress="deflate",
        nodata=-1,
        transform=rasterio.Affine(0.001, 0, 106.795, 0, -0.001, 39.615),
    ) as raster:
        raster.write(np.ones((1, 20, 40), dtype="float32"))
    yield "c.tif", {"c.tif": (folder / "c.tif").read_bytes()}


def damaged(content: bytes, draw: np.random.Generator) -> bytes:
    """Return bytes with one kind of damage."""
    harm = bytearray(content)
    if not harm:
        return content
    kind = draw.integers(6)
    at = int(draw.integers(len(harm)))
    if kind == 0:
        return bytes(harm[:at])
    if kind == 1:
        harm[at : at + int(draw.integers(1, 64))] = b""
    elif kind == 2:
        harm[at:at] = draw.bytes(int(draw.integers(1, 64)))
    elif kind == 3:
        harm[at : at + 4] = draw.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f", b"\0\0\0\x80"])
    else:
        for place in draw.integers(min(len(harm), 600 if kind == 4 else len(harm)), size=int(draw.integers(1, 9))):
            harm[place] = int(draw.integers(256))
    return bytes(harm)


def read(path: Path) -> None:
    """Read a file as a study does."""
    if path.suffix == ".tif":
        read_raster(path, HOME, unit="people", band=None, nodata=None, crs=None, source="r")
        return
    layer = read_layer(path, Layer(path=path), setting="inputs.communities", schema=COMMUNITIES)
    COMMUNITIES.check(layer.frame, source="c", reader_issues=layer.issues)


def attack(seed: int, name: str, parts: dict[str, bytes]) -> None:
    """Damage one part of a file, and read it."""
    draw = np.random.default_rng(seed)
    chosen = str(draw.choice(sorted(parts)))
    with tempfile.TemporaryDirectory() as folder:
        for part, content in parts.items():
            (Path(folder) / part).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / part).write_bytes(damaged(content, draw) if part == chosen else content)
        # A read that does not end would stop the tests for good.
        faulthandler.dump_traceback_later(SECONDS_AT_MOST * 6, exit=True)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                read(Path(folder) / name)
        except DataError:
            pass
        finally:
            faulthandler.cancel_dump_traceback_later()


@pytest.mark.filterwarnings("ignore")
def test_damaged_files(tmp_path: Path) -> None:
    for name, parts in sources(tmp_path):
        for seed in range(CASES * 5):
            try:
                attack(seed, name, parts)
            except Exception as error:
                error.add_note(f"{name}, seed {seed}")
                raise


def test_every_format_is_damaged(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tried = {Path(name).suffix for name, _ in sources(tmp_path)}
    like = {".json": ".geojson", ".geojsons": ".geojsonl", ".ndjson": ".geojsonl", ".shz": ".zip", ".kmz": ".zip"}
    assert {like.get(ending, ending) for ending in VECTOR if not ending.endswith(".gz")} <= tried


if __name__ == "__main__":
    import time
    import traceback

    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as made:
        for name, parts in sources(Path(made)):
            slowest, failed = 0.0, 0
            for seed in range(1000, 1000 + int(sys.argv[1])):
                begun = time.monotonic()
                try:
                    attack(seed, name, parts)
                except Exception:  # noqa: BLE001 - what it is, is told
                    failed += 1
                    sys.stdout.write(f"{name} {seed}\n{traceback.format_exc()[-600:]}\n")
                slowest = max(slowest, time.monotonic() - begun)
            sys.stdout.write(f"{name}: {sys.argv[1]} tried, {failed} failed, slowest {slowest:.1f} s\n")
            sys.stdout.flush()
