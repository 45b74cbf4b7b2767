"""Valhalla in an interpreter of its own: builds its tiles of an extract, then draws isochrones when asked.

    python benchmarks/valhalla_worker.py EXTRACT FOLDER

It reads longitudes and latitudes, the speed and the limits as one line of JSON, and answers every further line
with the number of bytes of the polygons that it has drawn once more. pyvalhalla has wheels for fewer versions of
Python than the planner, so that this file imports nothing of it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path


def main() -> None:
    """Build the tiles, draw, and draw again for every line of stdin."""
    import valhalla
    from valhalla.config import get_config

    extract, folder = sys.argv[1], Path(sys.argv[2])
    tiles = folder / "tiles"
    tiles.mkdir()
    config = get_config(tile_extract="", tile_dir=str(tiles))
    settings = folder / "valhalla.json"
    settings.write_text(json.dumps(config), "utf-8")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    subprocess.run(  # noqa: S603 -- its own tile builder, on the extract
        ["valhalla_build_tiles", "-c", str(settings), extract],  # noqa: S607 -- that of this environment
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PATH": path},
    )
    order = json.loads(sys.stdin.readline())
    actor = valhalla.Actor(config)
    queries = [
        json.dumps(
            {
                "locations": [{"lon": lon, "lat": lat}],
                "costing": "pedestrian",
                "costing_options": {"pedestrian": {"walking_speed": order["speed_kmh"]}},
                "contours": [{"time": limit} for limit in order["limits_min"]],
                "polygons": True,
                "denoise": 0,
                "generalize": 0,
            }
        )
        for lon, lat in order["lonlat"]
    ]
    print(valhalla.__version__, flush=True)
    for _ in sys.stdin:
        print(sum(len(actor.isochrone(query)) for query in queries), flush=True)


if __name__ == "__main__":
    main()
