"""The page's modules as one script: a page opened from a file may not import others.

Each module becomes a function that is called once, before those that import from it, and returns what it exports.
Types, which stand in comments, are for development and left out.
"""

from __future__ import annotations

import re
from importlib import resources

IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w.]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async function|function|const|class) (\w+))", re.MULTILINE)
JSDOC = re.compile(r"^[ \t]*/\*\*(?:(?!\*/).)*\*/\n", re.MULTILINE | re.DOTALL)
OTHER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def bundle(entry: str, modules: dict[str, str] | None = None) -> str:
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
    >>> print(bundle("a.js", {"a.js": a, "b.js": "export const b = 1;\n"}))
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
