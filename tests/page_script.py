"""The map's modules, carried out by the JavaScript engine that Playwright brings, without a browser."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from playwright._impl._driver import compute_driver_executable

import planner
from planner.reporting.document.build import build_document
from planner.reporting.map.whatif_data import what_if_data
from planner.results import Plan

MODULES = ("formats", "gcj02", "geodesic", "model", "rules", "scenario_file", "search", "spot")
"""Modules that need no browser; a script has each as the page has it, `rules_js`."""


def engine() -> str:
    """Return the path of Node.js."""
    return compute_driver_executable()[0]


def computed(plan: Plan, body: str) -> Any:  # noqa: ANN401 - whatever the script returns
    """Return what a function body gives in the page's modules; `model` computes with the plan."""
    sets = json.dumps(what_if_data(plan, build_document(plan)))
    return run_script(f"const model = model_js.openModel({sets});\n{body}")


def run_script(body: str, *, package: Path | None = None) -> Any:  # noqa: ANN401 - whatever the script returns
    """Return what a function body gives in the page's modules; of a copy of the package where named."""
    folder = (package or Path(planner.__file__).parent) / "reporting" / "map" / "js"
    imports = [f"import * as {name}_js from {json.dumps((folder / f'{name}.js').as_uri())};" for name in MODULES]
    text = "\n".join([*imports, f"console.log(JSON.stringify((() => {{ {body} }})()));\n"])
    done = subprocess.run(
        [engine(), "--input-type=module", "-"], input=text, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
