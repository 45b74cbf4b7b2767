"""What is read from a map that is open in a browser: its figures, and the boxes of its handles."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

Box = tuple[str, float, float, float, float]

SHOWN = """() => ({
    ...Object.fromEntries([...document.querySelectorAll("[data-figure]")].map((one) =>
        [one.dataset.figure, (one.querySelector("b") ?? one).textContent])),
    limits: [...document.querySelectorAll("[data-limit] .value")].map((one) => one.textContent),
})"""

NARROW = 800

ALWAYS = (
    *(".leaflet-control-layers", ".leaflet-control-zoom", "#tools", ".north", "#fold"),
    *(".leaflet-control-scale", ".leaflet-control-attribution"),
)
HANDLES = ("#panel", *ALWAYS, "#inset")
"""What lies on the map or beside it; panel and inset where there is room."""

BOXES = """(names) => names.flatMap((name) => {
    const { left, top, right, bottom } = document.querySelector(name).getBoundingClientRect();
    return right > left && bottom > top ? [[name, left, top, right, bottom]] : [];
})"""


def check_handles_apart(boxes: Sequence[Box], size: tuple[int, int]) -> None:
    """Assert that no handle covers another or leaves the screen; boxes as `BOXES` returns them."""
    assert {*ALWAYS, *(["#panel"] if size[0] > NARROW else [])} <= {name for name, *_ in boxes}
    for name, left, top, right, bottom in boxes:
        assert left >= 0 and top >= 0 and right <= size[0] + 1 and bottom <= size[1] + 1, name  # noqa: PT018
    for (one, *a), (other, *b) in itertools.combinations(boxes, 2):
        apart = a[2] <= b[0] + 0.5 or b[2] <= a[0] + 0.5 or a[3] <= b[1] + 0.5 or b[3] <= a[1] + 0.5
        assert apart, (one, other)
