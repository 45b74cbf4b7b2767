"""Draw docs/images/library.png: what the six lines of the README give for central Helsinki."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import matplotlib as mpl
import matplotlib.pyplot as plt

import planner as pl

ROOT = Path(__file__).parent.parent
DATA = ROOT / "data" / "helsinki"


def main() -> None:
    """Draw isochrones beside coverage and new sites."""
    mpl.use("Agg")
    centres = gpd.read_file(DATA / "helsinki.gpkg", layer="centres")
    homes = gpd.read_file(DATA / "helsinki.gpkg", layer="buildings")
    people = homes.set_geometry(homes.representative_point())
    net = pl.walk_network(DATA / "Helsinki.osm.pbf")
    streets = net.to_frame().to_crs(people.crs)
    areas = pl.isochrones(net, centres, minutes=[5, 10, 15])
    cover = pl.coverage(net, centres, people, minutes=5)
    sites = pl.locate(net, people, model="maximal_covering", sites=5, existing=centres)
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.6, 6.0), layout="constrained")
    areas.plot("minutes", ax=left, cmap="YlGnBu_r", vmin=2, vmax=20)
    streets.plot(ax=left, linewidth=0.3, color="#222222")
    centres.plot(ax=left, color="#d95f02", markersize=18)
    left.set_title("isochrones: 5, 10, 15 minutes", fontsize=9)
    left.set_axis_off()
    streets.plot(ax=right, linewidth=0.4, color="#bbbbbb")
    sites.plot(ax=right)
    served = (sites.objective - sites.before) / people["people"].sum()
    right.set_title(f"coverage {cover.share:.1%}; five new sites: {served:+.1%}, {sites.status}", fontsize=9)
    west, south, east, north = people.total_bounds
    for axes in (left, right):
        axes.set_xlim(west, east)
        axes.set_ylim(south, north)
    figure.savefig(ROOT / "docs" / "images" / "library.png", dpi=100, metadata={"Software": None})


if __name__ == "__main__":
    main()
