"""Make the demo study of Haibowan: real communities and totals on a modelled city.

Run `python data/haibowan/make.py`; it writes `haibowan.gpkg` beside this file, the same bytes each time.
"""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
from model.amenities import found_organisations, open_amenities
from model.blocks import build_block, hang_footbridge
from model.centres import stand_centres
from model.country import pave_country
from model.ground import Ground
from model.layers import draw_amenities, draw_layers, draw_organisations, settle_buildings
from model.places import open_shops
from model.plan import FOOTBRIDGE, STREET_LETTERS, draw_grids

HERE = Path(__file__).parent
GEOPACKAGE = HERE / "haibowan.gpkg"


def read_communities() -> pd.DataFrame:
    """Read the official list and give each community its token on the plan, such as F3."""
    listed = pd.read_csv(HERE / "communities.csv", dtype=str)
    letters = listed["street"].map(STREET_LETTERS)
    # The plan counts the town's communities before its villages.
    order = listed.assign(letter=letters).sort_values(["letter", "kind", "code"])
    order["token"] = order["letter"] + (order.groupby("letter").cumcount() + 1).astype(str)
    return order.set_index("token").sort_values("code")


def write(layers: dict[str, gpd.GeoDataFrame]) -> None:
    """Write all layers to one GeoPackage, whole or not at all, the same bytes every time."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2023-06-30T00:00:00.000Z"})
    unfinished = GEOPACKAGE.with_name("haibowan.unfinished.gpkg")
    unfinished.unlink(missing_ok=True)
    # No spatial index: it would double the file, and every reader builds its own.
    for name, layer in layers.items():
        pyogrio.write_dataframe(layer, unfinished, layer=name, append=unfinished.exists(), SPATIAL_INDEX="NO")
    unfinished.replace(GEOPACKAGE)


def main() -> None:
    """Draw the city, settle its people, place its centres and write the layers."""
    communities = read_communities()
    grids, ground = draw_grids(), Ground()
    cells = [cell for grid in grids.values() for cell in grid.cells()]
    for cell in cells:
        build_block(ground, cell)
    west, east = FOOTBRIDGE
    hang_footbridge(ground, ground.stubs[west], ground.stubs[east])
    village_lanes = pave_country(ground, grids)
    # The arterials come last: only now has every block opened its doors on them.
    for grid in grids.values():
        grid.pave(ground)
    buildings = settle_buildings(ground.homes)
    centres = stand_centres(communities, cells, buildings, ground, village_lanes)
    amenities = open_amenities(communities["name"].to_dict(), cells, village_lanes)
    layers = draw_layers(communities, grids, buildings, centres, ground, open_shops(cells))
    write(
        {
            **layers,
            "amenities": draw_amenities(amenities),
            "organisations": draw_organisations(found_organisations(cells)),
        }
    )


if __name__ == "__main__":
    main()
