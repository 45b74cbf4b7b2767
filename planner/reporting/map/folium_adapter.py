"""Leaflet without a network, and the few elements that folium draws only with a network or with random names.

No word of a study passes through a folium template: branca compiles what a template gave once more, so that a
community called ``{{ 1 + 1 }}`` would be evaluated. Words travel in one block of JSON, and elements refer to them
by number.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from threading import Lock
from typing import Any

import branca.element
import folium
import jinja2
from branca.element import Element, Figure
from folium.map import Class
from folium.template import Template
from folium.utilities import JsCode

POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
"""What the page may load: nothing but itself, and tiles from one host where the study asks for them."""

WORDS_ID, SETS_ID = "planner-words", "planner-sets"

PAGE = Template(
    """<!DOCTYPE html>
<html>
<head>
<title>{{ this.title }}</title>
{{ this.header.render(**kwargs) }}
</head>
<body>
<main>
{{ this.html.render(**kwargs) }}
</main>
{{ this.around }}
<script type="module">
{{ this.modules }}
main_js.run((planner) => {
{{ this.script.render(**kwargs) }}
});
</script>
</body>
</html>
"""
)
"""The page: Leaflet, the map's elements, and one module that draws it once its blocks are unpacked."""

TEMPLATE_SIGNS = ("{{", "{%", "{#", "\r")
_ONE_AT_A_TIME = Lock()

MARK = "\x00"
"""A sign that no text of a study can hold begins what stands in the place of a geometry while the page is made."""

FeatureGroup = folium.FeatureGroup
Layer = folium.map.Layer
Marker = folium.Marker
DESCRIBE = JsCode("(feature, layer) => planner.describe(feature, layer)")
"""Function of the page that binds tooltip and card to a feature."""

Feature = dict[str, Any]
Corners = list[list[float]]
"""The south-west and the north-east corner of a view, latitude first."""


class Verbatim(Element):
    """Text that stands in the page as it is."""

    _template = Template("{{ this.text }}")

    def __init__(self, text: str) -> None:
        super().__init__()
        self._name = "Verbatim"
        self.text = text


class Call(Class):
    """A call of the page's own script."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # branca declares no types for it
        self._name = type(self).__name__


class Note(Call):
    """The tooltip and the card of a marker, by their number among the page's words; its station by number."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            planner.note({{ this._parent.get_name() }}, {{ this.number }}, {{ this.station|tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, number: int, station: int | None = None) -> None:
        super().__init__()
        self.number = number
        self.station = station


class Labels(Call):
    """Names written on the map: latitude, longitude and the number of each among the page's words."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            planner.labels({{ this._parent.get_name() }}, {{ this.places|tojson }}, {{ this.look|tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, places: list[tuple[float, float, int]], look: str) -> None:
        super().__init__()
        self.places = places
        self.look = look


class Live(Layer):
    """Layer that the page draws from the coverage sets, again with every choice: painter `kind` of js/painters.js.

    Its pane lies at `level`: above those of lower levels; Leaflet's shapes are at 400, its markers at 600.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = planner.live(
                {{- this.kind|tojson }}, {{ this.look|tojson }}, {{ this.level }});
        {% endmacro %}
        """
    )

    def __init__(self, kind: str, look: dict[str, object], *, level: int, name: str, show: bool) -> None:
        super().__init__(name=name, overlay=True, control=True, show=show)
        self._name = "Live"
        self.kind = kind
        self.level = level
        self.look = look


class YearLayer(FeatureGroup):
    """Signs that are shown from one of the page's scenarios on, by its place among them: the end of a year."""

    def __init__(self, scenario: int, *, name: str) -> None:
        super().__init__(name=name, show=False)
        self.scenario = scenario


class Shapes(folium.GeoJson):
    """A layer of shapes whose geometries are written already: the page takes their text as it is."""

    def __init__(self, features: list[Feature], geometries: list[str], **look: Any) -> None:  # noqa: ANN401 - folium's
        super().__init__({"type": "FeatureCollection", "features": features}, **look)
        self.geometries = geometries

    def marked(self) -> dict[str, str]:
        """Put a mark in the place of every geometry, and return what stands for each."""
        marks = [f"{MARK}{self.get_name()}-{place}" for place in range(len(self.geometries))]
        for feature, mark in zip(self.data["features"], marks, strict=True):
            feature["geometry"] = mark
        return {json.dumps(mark): text for mark, text in zip(marks, self.geometries, strict=True)}


class Begin(Call):
    """First view of the map."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            planner.begin({{ this._parent.get_name() }}, {{ this.core|tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, core: Corners) -> None:
        super().__init__()
        self.core = core


class Start(Call):
    """The page's handles, once every layer is there; they show the whole or the core."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            planner.start([
                {%- for layer in this.layers %}{{ layer.get_name() }}, {% endfor -%}
            ], [
                {%- for layer in this.years %}[{{ layer.scenario }}, {{ layer.get_name() }}], {% endfor -%}
            ], {{ this.whole|tojson }}, {{ this.core|tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, layers: list[Layer], *, whole: Corners, core: Corners) -> None:
        super().__init__()
        self.layers = layers
        self.years = [layer for layer in layers if isinstance(layer, YearLayer)]
        self.whole = whole
        self.core = core


def offline_page(  # noqa: PLR0913 - a page has so many parts, each by name
    drawing: folium.Map,
    *,
    title: str,
    style: str,
    script: str,
    body: str,
    words: object,
    sets: str,
    images_from: str = "",
) -> str:
    """Return the page of a folium map that loads nothing from anywhere.

    Parameters
    ----------
    drawing
        The map; its links to scripts and styles on the network are taken off.
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
    page = drawing.get_root()
    if not isinstance(page, Figure):
        message = "a folium map stands in a figure"
        raise TypeError(message)
    drawing.default_js, drawing.default_css = [], []
    policy = f"{POLICY} {images_from}".rstrip()
    elements = name_elements(page)
    blocks = (
        f'<script type="application/json" id="{WORDS_ID}">{script_json(words)}</script>'
        f'<script type="text/plain" id="{SETS_ID}">{sets}</script>'
    )
    for text in (
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        f"<style>{leaflet_style()}</style><style>{style}</style>",
        f"<script>{leaflet_script()}</script>",
    ):
        page.header.add_child(Verbatim(text))
    # branca's own template writes a classic script, which cannot wait until the blocks are unpacked.
    page._template, page.modules, page.around = PAGE, script, body + blocks  # type: ignore[attr-defined]  # noqa: SLF001 - folium has no public way
    page.title = title
    geometries: dict[str, str] = {}
    for element in elements:
        if isinstance(element, Shapes):
            geometries |= element.marked()
    with _as_it_stands():
        rendered = page.render()
    html = re.sub(r'"\\u0000[^"]*"', lambda mark: geometries[mark[0]], rendered)
    # folium forbids to enlarge the page, which those need who see little.
    viewport = '<meta name="viewport" content="width=device-width, initial-scale=1">'
    return re.sub(r'<meta name="viewport"[^>]*>', viewport, html, count=1)


class _Text:
    """What jinja2 makes of a template without its signs: the text, without the end of its last line."""

    def __init__(self, text: str) -> None:
        self.text = text.removesuffix("\n")

    def render(self, **_: object) -> str:
        return self.text


def _template(text: str) -> Any:  # noqa: ANN401 - a text or a template of jinja2
    # Carriage returns are left to jinja2, which turns them into line ends.
    return jinja2.Template(text) if any(sign in text for sign in TEMPLATE_SIGNS) else _Text(text)


@contextmanager
def _as_it_stands() -> Iterator[None]:
    """Let branca take what a template gave as it stands, instead of compiling it as a template once more."""
    elements: Any = branca.element
    with _ONE_AT_A_TIME:
        elements.Template, before = _template, elements.Template
        try:
            yield
        finally:
            elements.Template = before


def name_elements(page: Figure) -> list[Element]:
    """Give every element of a folium page a name by its place, instead of the random one, and return them."""
    named: list[Element] = []
    waiting: list[Element] = [page]
    number = 0
    while waiting:
        element = waiting.pop()
        element._id = f"{number:04d}"  # noqa: SLF001 - folium has no public way
        number += 1
        named.append(element)
        waiting.extend(reversed(element._children.values()))  # noqa: SLF001 - the same
    return named


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


def base_map(corner: Sequence[float]) -> folium.Map:
    """Return an empty map without tiles and controls, which opens at a corner: latitude, longitude."""
    return folium.Map(
        location=list(corner),
        tiles=None,
        prefer_canvas=True,
        zoom_control=False,
        zoom_snap=0.25,
        max_zoom=19,
        attribution_control=False,
    )


def html_marker(
    position: tuple[float, float], html: str, size: tuple[int, int], *, foot: int, class_name: str
) -> folium.Marker:
    """Return a marker drawn by HTML, which stands at a position (latitude, longitude) by its foot."""
    icon = folium.DivIcon(html=html, icon_size=size, icon_anchor=(size[0] // 2, foot), class_name=class_name)
    return folium.Marker(position, icon=icon, rise_on_hover=True)
