"""The map's computing script, carried out by the JavaScript engine that Playwright brings, without a browser."""

from __future__ import annotations

import json
import subprocess
from importlib import resources
from pathlib import Path
from typing import Any

from playwright._impl._driver import compute_driver_executable

from planner.reporting.document.build import build_document
from planner.reporting.map.whatif_data import what_if_data
from planner.results import Plan


def computed(plan: Plan, body: str) -> Any:  # noqa: ANN401 - whatever the script returns
    """Return what a function body gives in the page's script; `model` is what it computes with."""
    sets = json.dumps(what_if_data(plan, build_document(plan)))
    return run_script(f"const model = whatIf.open({sets});\n{body}")


def run_script(body: str, *, package: Path | None = None) -> Any:  # noqa: ANN401 - whatever the script returns
    """Return what a function body gives in the page's script, `whatIf`; of a copy of the package where named."""
    folder = resources.files("planner.reporting") if package is None else package / "reporting"
    script = folder.joinpath("map/js/whatif_engine.js").read_text("utf-8")
    text = f"{script}\nconsole.log(JSON.stringify((() => {{ {body} }})()));\n"
    engine = compute_driver_executable()[0]
    done = subprocess.run([engine, "-"], input=text, capture_output=True, encoding="utf-8", check=True)
    return json.loads(done.stdout)
