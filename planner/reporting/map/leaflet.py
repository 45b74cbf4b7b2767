"""The map's page and its script for Leaflet, which loads nothing from a network.

No word of a study stands in the script: words travel in one block of JSON, and elements refer to them by number.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import count
from typing import Any, ClassVar, Self

POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
"""What the page may load: nothing but itself, and tiles from one host where the study asks for them."""

WORDS_ID, SETS_ID = "planner-words", "planner-sets"
SMOOTH = 0.8
"""How far Leaflet may simplify lines while it draws them, pixels."""

Feature = dict[str, Any]
Corners = list[list[float]]
"""The south-west and the north-east corner of a view, latitude first."""


class Element:
    """An object of the page's script, in the order in which it is made; those that stand in it follow it."""

    kind: ClassVar[str] = "element"

    def __init__(self) -> None:
        self.children: list[Element] = []
        self.parent: Element | None = None
        self.number = 0

    def add_to(self, parent: Element) -> Self:
        """Stand in another element."""
        parent.children.append(self)
        self.parent = parent
        return self

    @property
    def variable(self) -> str:
        """Its name in the script: the same for the same page."""
        return f"{self.kind}_{self.number:04d}"

    @property
    def target(self) -> str:
        """The name of what it stands in."""
        return self.parent.variable if self.parent is not None else ""

    def numbered(self, numbers: Iterator[int]) -> None:
        """Assign its number, then those of what stands in it."""
        self.number = next(numbers)
        for child in self.children:
            child.numbered(numbers)

    def statements(self) -> Iterator[str]:
        """Yield its statements, then those of what stands in it."""
        yield from self.begin()
        for child in self.children:
            yield from child.statements()
        yield from self.end()

    def begin(self) -> Iterable[str]:
        """Return the statements before those of what stands in it."""
        return ()

    def end(self) -> Iterable[str]:
        """Return the statements after them."""
        return ()


class Map(Element):
    """The map without tiles and controls, which opens at a corner: latitude, longitude."""

    kind = "map"

    def __init__(self, corner: Sequence[float]) -> None:
        super().__init__()
        self.corner = list(corner)

    def begin(self) -> Iterable[str]:  # noqa: D102 - as the base states
        options = {
            "center": self.corner,
            "zoom": 10,
            "zoomControl": False,
            "preferCanvas": True,
            "zoomSnap": 0.25,
            "attributionControl": False,
        }
        yield f'const {self.variable} = L.map("map", {script_json(options)});'


class Marker(Element):
    """A marker drawn by HTML, with tooltip and card by their number among the page's words.

    It stands at a position (latitude, longitude) by its `foot`, pixels below its top; `station` is its number
    among those that the page switches on and off.
    """

    kind = "marker"

    def __init__(
        self,
        position: tuple[float, float],
        html: str,
        size: tuple[int, int],
        *,
        foot: int,
        class_name: str,
        number: int,
        station: int | None,
    ) -> None:
        super().__init__()
        self.position, self.note, self.station = position, number, station
        self.icon = {
            "html": html,
            "iconSize": size,
            "iconAnchor": (size[0] // 2, foot),
            "className": class_name,
        }

    def begin(self) -> Iterable[str]:  # noqa: D102 - as the base states
        icon = f'{{"riseOnHover": true, "icon": L.divIcon({script_json(self.icon)})}}'
        place = script_json(self.position)
        yield f"const {self.variable} = L.marker({place}, {icon}).addTo({self.target});"
        yield f"planner.note({self.variable}, {self.note}, {script_json(self.station)});"


class Labels(Element):
    """Names written on the map: latitude, longitude and the number of each among the page's words."""

    def __init__(self, places: list[tuple[float, float, int]], look: str) -> None:
        super().__init__()
        self.places = places
        self.look = look

    def begin(self) -> Iterable[str]:  # noqa: D102 - as the base states
        yield f"planner.labels({self.target}, {script_json(self.places)}, {script_json(self.look)});"


class MapLayer(Element):
    """A layer of the map with its name in the legend, HTML; it is `show`n at first or not."""

    def __init__(self, *, name: str = "", show: bool = True) -> None:
        super().__init__()
        self.name = name
        self.show = show

    def end(self) -> Iterable[str]:  # noqa: D102 - as the base states
        if self.show:
            yield f"{self.variable}.addTo({self.target});"


class FeatureGroup(MapLayer):
    """Elements that are switched on and off together."""

    kind = "feature_group"

    def begin(self) -> Iterable[str]:  # noqa: D102 - as the base states
        yield f"const {self.variable} = L.featureGroup();"


class YearLayer(FeatureGroup):
    """Signs that are shown from one of the page's scenarios on, by its place among them: the end of a year."""

    def __init__(self, scenario: int, *, name: str) -> None:
        super().__init__(name=name, show=False)
        self.scenario = scenario


class Live(MapLayer):
    """Layer that the page draws from the coverage sets, again with every choice, by a painter of js/painters.js.

    Its pane lies at `level`: above those of lower levels; Leaflet's shapes are at 400, its markers at 600.
    """

    kind = "live"

    def __init__(self, painter: str, look: dict[str, object], *, level: int, name: str, show: bool) -> None:
        super().__init__(name=name, show=show)
        self.painter = painter
        self.level = level
        self.look = look

    def begin(self) -> Iterable[str]:  # noqa: D102 - as the base states
        given = f"{script_json(self.painter)}, {script_json(self.look)}, {self.level}"
        yield f"const {self.variable} = planner.live({given});"


class Shapes(MapLayer):
    """A layer of shapes, numbered in their order, with geometries that are written as text already.

    Parameters
    ----------
    geometries
        GeoJSON of each shape.
    properties
        What the page's `describe` reads of each.
    looks
        The style of each.
    """

    kind = "shapes"

    def __init__(
        self,
        geometries: Sequence[str],
        properties: Sequence[Mapping[str, object]],
        looks: Sequence[Mapping[str, object]],
        *,
        name: str,
        show: bool,
    ) -> None:
        super().__init__(name=name, show=show)
        self.geometries, self.properties, self.looks = geometries, properties, looks

    def begin(self) -> Iterable[str]:  # noqa: D102 - as the base states
        features = ",\n".join(
            f'{{"type":"Feature","id":{place},"properties":{script_json(own)},"geometry":{geometry}}}'
            for place, (geometry, own) in enumerate(zip(self.geometries, self.properties, strict=True))
        )
        looks = [script_json(look) for look in self.looks]
        kinds = {look: place for place, look in enumerate(dict.fromkeys(looks))}
        styles, of_shapes = f"{self.variable}_styles", script_json([kinds[look] for look in looks])
        yield f"const {styles} = [[{', '.join(kinds)}], {of_shapes}];"
        yield (
            f'const {self.variable} = L.geoJson({{"type":"FeatureCollection","features":[{features}]}}, {{'
            f"smoothFactor: {SMOOTH}, onEachFeature: (feature, layer) => planner.describe(feature, layer),"
            f" style: (feature) => {styles}[0][{styles}[1][feature.id]]}});"
        )


def page_text(  # noqa: PLR0913 - a page has so many parts, each by name
    drawing: Map,
    *,
    whole: Corners,
    core: Corners,
    language: str,
    title: str,
    style: str,
    script: str,
    body: str,
    words: object,
    sets: str,
    images_from: str = "",
) -> str:
    """Return the page of a map, which loads nothing from anywhere.

    Parameters
    ----------
    drawing
        The map with its layers, from the bottom up.
    whole, core
        What the page shows as the whole, and at first.
    language
        The code of its language.
    title, style, script, body
        The page's own title and parts, as HTML, CSS and JavaScript; the script declares ``main_js``.
    words
        What the elements refer to by number, as JSON can hold it.
    sets
        The coverage sets, packed.
    images_from
        The one origin that images may come from; none where empty.

    Returns
    -------
    html
        The same for the same map: every element is named by its place.
    """
    drawing.numbered(count(1))
    layers = [layer for layer in drawing.children if isinstance(layer, MapLayer)]
    years = [f"[{layer.scenario}, {layer.variable}]" for layer in layers if isinstance(layer, YearLayer)]
    shown = ", ".join(layer.variable for layer in layers)
    first, *further = drawing.statements()
    statements = "\n".join(
        (
            first,
            f"planner.begin({drawing.variable}, {script_json(core)});",
            *further,
            f"planner.start([{shown}], [{', '.join(years)}], {script_json(whole)}, {script_json(core)});",
        )
    )
    return f"""\
<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{f"{POLICY} {images_from}".rstrip()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{leaflet_style()}</style>
<style>{style}</style>
<script>{leaflet_script()}</script>
</head>
<body>
<main>
<div id="map"></div>
</main>
{body}
<script type="application/json" id="{WORDS_ID}">{script_json(words)}</script>
<script type="text/plain" id="{SETS_ID}">{sets}</script>
<script type="module">
{script}
main_js.run((planner) => {{
{statements}
}});
</script>
</body>
</html>
"""


def script_json(value: object) -> str:
    r"""Write a value as JSON that no text in it can end the script around it.

    Examples
    --------
    >>> script_json(["</script>"])
    '["\\u003c/script\\u003e"]'
    >>> script_json(['a"b\\\\'])
    '["a\\u0022b\\\\\\\\"]'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    # A quote inside a text, told from the one that ends it: what a backslash begins has two signs.
    return re.sub(r"\\(.)", lambda found: "\\u0022" if found[1] == '"' else found[0], text)


@cache
def leaflet_script() -> str:
    """Return Leaflet's script with its licence line, and without the pointer to its source map."""
    text = _data().joinpath("leaflet.js").read_text("utf-8")
    return re.sub(r"//# sourceMappingURL=.*", "", text).replace("</script", "<\\/script")


@cache
def leaflet_style() -> str:
    """Return Leaflet's style sheet with its images inside."""
    text = _data().joinpath("leaflet.css").read_text("utf-8")
    return re.sub(r"url\((images/[\w.-]+)\)", lambda found: f"url({_image(found[1])})", text)


def _image(path: str) -> str:
    picture = base64.b64encode(_data().joinpath(path).read_bytes()).decode("ascii")
    return f"data:image/png;base64,{picture}"


def _data() -> Traversable:
    return resources.files("xstatic.pkg.leaflet").joinpath("data")
