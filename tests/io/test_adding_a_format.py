"""An input format is added in the files that docs/extending.md names: it is read, and its endings are listed."""

from __future__ import annotations

from pathlib import Path

import pytest
from scratch_package import ScratchPackage

MOST_FILES = 3
BESIDES = {"tests/explore/input_samples.py"}

GPX = '    FileFormat("GPX", "layer", (".gpx",), drivers=("GPX",), beginnings=_XML_BEGINS),\n'
GPX_FILE = """<?xml version="1.0"?>
<gpx version="1.1" creator="t" xmlns="http://www.topografix.com/GPX/1/1">
<wpt lat="39.7" lon="106.8"><name>East</name></wpt></gpx>"""

WKT_LINES = '    FileFormat("WKT, one shape a line", "layer", (".wktl",), read_wkt_lines, has_one_layer=True),\n'
IMPORT = "from planner.io.vector.wkt_lines import read_wkt_lines\n"
READER = '''"""Text files with a name and a shape in WKT on each line."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd

from planner.io.tables.coordinates import read_wkt
from planner.io.vector.readers import VectorRead


def read_wkt_lines(path: Path, _layer: str | None, _setting: str, _placed: bool) -> VectorRead:
    """Read a name and a shape in degrees from each line."""
    rows = [line.partition(";")[::2] for line in path.read_text("utf-8").splitlines()]
    shapes = [read_wkt(text) for _, text in rows]
    return VectorRead(gpd.GeoDataFrame({"name": [name for name, _ in rows]}, geometry=shapes, crs=4326))
'''

CHECK = """
import sys
from pathlib import Path
from planner.config.sections.layers import Layer
from planner.io.formats import readable_endings
from planner.io.layers import read_layer
from planner.schemas.tables import FACILITIES

file = Path(sys.argv[1])
frame = read_layer(file, Layer(path=file), setting="inputs.facilities", schema=FACILITIES).frame
print(frame["name"].tolist(), frame.geometry[0].wkt, file.suffix in readable_endings().split(", "))
"""


@pytest.mark.parametrize("name", ["centres.gpx", "centres.wktl"])
def test_a_format_is_one_entry_and_at_most_one_reader(tmp_path: Path, name: str) -> None:
    scratch = ScratchPackage.copy(tmp_path / "scratch")
    file = tmp_path / name
    if name.endswith(".gpx"):
        scratch.insert("io/formats.py", '    FileFormat("file geodatabase (folder)"', GPX)
        file.write_text(GPX_FILE, "utf-8")
    else:
        scratch.insert("io/formats.py", '    FileFormat("file geodatabase (folder)"', WKT_LINES)
        scratch.insert("io/formats.py", "from planner.messages.errors import ", IMPORT)
        (scratch.package / "io" / "vector" / "wkt_lines.py").write_text(READER, "utf-8")
        scratch.touched.add("io/vector/wkt_lines.py")
        file.write_text("East;POINT (106.8 39.7)\n", "utf-8")
    assert len(scratch.touched | BESIDES) <= MOST_FILES
    if name.endswith(".gpx"):
        # GPX holds five layers by its format; the points are the only ones with rows.
        check = CHECK.replace("Layer(path=file)", 'Layer(path=file, layer="waypoints")')
    else:
        check = CHECK
    assert scratch.run("-c", check, str(file)).split("\n")[0] == "['East'] POINT (106.8 39.7) True"
