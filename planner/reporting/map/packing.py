"""What the map page carries: data as steps in compressed JSON (js/packing.js reads it), modules as one script."""

from __future__ import annotations

import base64
import gzip
import json
import re
from importlib import resources

import numpy as np
import shapely
from numpy.typing import NDArray

DEGREE_DIGITS = 6
"""Decimals of a degree: 0.1 m."""


def pack(content: object) -> str:
    """Return content as JSON, compressed with gzip, in base 64: the same for the same content.

    Examples
    --------
    >>> json.loads(gzip.decompress(base64.b64decode(pack({"a": [1, 2]}))))
    {'a': [1, 2]}
    """
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # Half a character, left by damaged bytes, is no UTF-8: its escape is what JSON writes for it.
    packed = text.encode("utf-8", "backslashreplace")
    return base64.b64encode(gzip.compress(packed, compresslevel=9, mtime=0)).decode("ascii")


def pack_steps(values: NDArray[np.int64]) -> list[int]:
    """Return the step from each number to the next, the first from 0.

    Examples
    --------
    >>> pack_steps(np.array([5, 7, 4]))
    [5, 2, -3]
    """
    taken: list[int] = np.diff(values, prepend=0).tolist()
    return taken


def degree_steps(degrees: NDArray[np.float64]) -> list[int]:
    """Return degrees, in millionths, by their steps."""
    return pack_steps(np.rint(degrees * 10**DEGREE_DIGITS).astype(np.int64))


def polygon_steps(shapes: NDArray[np.object_]) -> dict[str, list[int]]:
    """Return polygons in degrees: rings in each shape, places in each ring, and the places.

    The first place of a ring is not repeated. Rings of one shape follow one another, holes like outlines: filled
    by the even-odd rule they give the shape.
    """
    parts, shape_of_part = shapely.get_parts(shapes, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    n_rings = np.bincount(shape_of_part[part_of_ring], minlength=len(shapes))
    places, ring_of_place = shapely.get_coordinates(rings, return_index=True)
    # Every ring ends where it began; the page closes it.
    last = np.concatenate([ring_of_place[1:] != ring_of_place[:-1], [True]])[: len(places)]
    kept = places[~last]
    return {
        "rings": n_rings.tolist(),
        "places": np.bincount(ring_of_place[~last], minlength=len(rings)).tolist(),
        "lon": degree_steps(kept[:, 0]),
        "lat": degree_steps(kept[:, 1]),
    }


IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w.]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async function|function|const|class) (\w+))", re.MULTILINE)
JSDOC = re.compile(r"^[ \t]*/\*\*(?:(?!\*/).)*\*/\n", re.MULTILINE | re.DOTALL)
OTHER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def bundle_modules(entry: str, modules: dict[str, str] | None = None) -> str:
    r"""Return a module and all that it imports as one script, in which `entry` holds its exports.

    Parameters
    ----------
    entry
        The file name of the module.
    modules
        The text of each module by its file name; those of the map's page if None.

    Returns
    -------
    script
        Declares each module by its name without ending, its dependencies first.

    Raises
    ------
    ValueError
        A module imports itself in a circle, or has an import or export of another form than
        ``import { a } from "./b.js";`` and ``export const a``, ``function`` or ``class``.

    Examples
    --------
    >>> a = 'import { b } from "./b.js";\nexport const a = b + 1;\n'
    >>> print(bundle_modules("a.js", {"a.js": a, "b.js": "export const b = 1;\n"}))
    const b_js = (() => {
    const b = 1;
    return { b };
    })();
    const a_js = (() => {
    const { b } = b_js;
    const a = b + 1;
    return { a };
    })();
    """
    texts = page_modules() if modules is None else modules
    parts: dict[str, str] = {}
    _add(entry, texts, parts, ())
    return "\n".join(parts.values())


def page_modules() -> dict[str, str]:
    """Return the text of each module of the map's page by its file name."""
    folder = resources.files("planner.reporting").joinpath("map", "js")
    return {one.name: one.read_text("utf-8") for one in folder.iterdir() if one.name.endswith(".js")}


def _add(name: str, texts: dict[str, str], parts: dict[str, str], above: tuple[str, ...]) -> None:
    """Add a module behind those that it imports."""
    if name in above:
        message = f"modules import one another in a circle: {' → '.join((*above, name))}"
        raise ValueError(message)
    text = texts[name]
    for _, other in IMPORT.findall(text):
        if other not in parts:
            _add(other, texts, parts, (*above, name))
    exports = EXPORT.findall(text)
    plain = EXPORT.sub("", JSDOC.sub("", text))
    body = IMPORT.sub(lambda found: f"const {{{found[1]}}} = {_variable(found[2])};\n", plain)
    if left := OTHER.search(body):
        message = f"{name}: {left[0]}"
        raise ValueError(message)
    parts[name] = f"const {_variable(name)} = (() => {{\n{body}return {{ {', '.join(exports)} }};\n}})();"


def _variable(name: str) -> str:
    return name.replace(".", "_")
