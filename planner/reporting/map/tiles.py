"""Background tiles, only where a study asks for them: the one thing that a map may load, from one host."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from planner.config.sections.map import MapSettings

OSM = "https://tile.openstreetmap.org/{z}/{x}/{y}.png"
AMAP = "https://webrd01.is.autonavi.com/appmaptile?lang=zh_cn&size=1&scale=1&style=8&x={x}&y={y}&z={z}"
TIANDITU = (
    "https://t0.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={layer}&STYLE=default"
    "&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={key}"
)


@dataclass(frozen=True, slots=True)
class Tiles:
    """Where tiles come from.

    Attributes
    ----------
    urls
        Templates with z, x and y, the lowest layer first.
    credit
        Who must be named on the map.
    datum
        ``"wgs84"``, or ``"gcj02"``: the tiles are then moved under the drawing, not the drawing.
    deepest
        The largest zoom that there are tiles for.
    """

    urls: tuple[str, ...]
    credit: str
    datum: str
    deepest: int

    @property
    def origin(self) -> str:
        """The scheme and host that the page may ask for images, and no other."""
        parts = urlsplit(self.urls[0])
        return f"{parts.scheme}://{parts.netloc}"


def tile_source(settings: MapSettings) -> Tiles | None:
    """Return the tiles that a study asks for, None where it asks for none.

    Examples
    --------
    >>> tiles_of(MapSettings()) is None
    True
    >>> tiles_of(MapSettings(tiles="osm")).origin
    'https://tile.openstreetmap.org'
    """
    match settings.tiles:
        case "none":
            return None
        case "osm":
            return Tiles((OSM,), "© OpenStreetMap contributors", "wgs84", 19)
        case "amap":
            return Tiles((AMAP,), "© 高德地图", "gcj02", 18)
        case "tianditu":
            urls = tuple(TIANDITU.format(layer=layer, key=settings.key) for layer in ("vec", "cva"))
            return Tiles(urls, "© 天地图", "wgs84", 18)
    return Tiles((settings.tiles,), urlsplit(settings.tiles).netloc, settings.datum, 19)
