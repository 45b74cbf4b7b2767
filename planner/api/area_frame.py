"""Areas by walking time as a GeoDataFrame that is drawn in the colours of the map."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
from geopandas.plotting import GeoplotAccessor
from matplotlib.patches import Patch

from planner.reporting.notebook_maps import tell_offline
from planner.reporting.style import shades


class AreaFrame(gpd.GeoDataFrame):
    """GeoDataFrame with `minutes`, drawn by them: the shortest walk darkest.

    Its operations return plain GeoDataFrames.
    """

    def explore(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401 - a folium map
        """Draw an interactive map; options are those of `GeoDataFrame.explore`, such as `tiles`."""
        if not (args or {"column", "color"} & options.keys()):
            style = {"fillOpacity": 0.45, "weight": 1, "color": "#ffffff"}
            looks = {"column": "minutes", "categorical": True, "cmap": [*self.shades().values()]}
            options = looks | {"style_kwds": style} | options
        return tell_offline(super().explore(*args, **options))

    @property
    def plot(self) -> GeoplotAccessor:
        """Draw the areas with matplotlib; options are those of `GeoDataFrame.plot`."""
        return _AreaPlot(self)

    def shades(self) -> dict[float, str]:
        """Return the colour of each limit, the shortest first."""
        limits = sorted(self["minutes"].unique())
        return dict(zip(limits, shades(len(limits)), strict=True))


class _AreaPlot(GeoplotAccessor):
    def __init__(self, frame: AreaFrame) -> None:
        super().__init__(frame)
        self._frame = frame

    def __call__(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401 - matplotlib axes
        if args or {"column", "color", "kind"} & options.keys():
            return super().__call__(*args, **options)  # type: ignore[no-untyped-call]
        # Classes of geopandas are drawn in their order, the largest areas on top: rows keep theirs.
        of_limit = self._frame.shades()
        looks = {"color": [of_limit[limit] for limit in self._frame["minutes"]], "edgecolor": "white"}
        axes: Any = super().__call__(**looks | options)  # type: ignore[no-untyped-call]
        axes.legend(handles=[Patch(color=of_limit[limit], label=f"{limit:g} min") for limit in of_limit])
        return axes
