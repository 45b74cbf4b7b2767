"""The modules of the map's page without a browser: their own tests, their oracles, and the script made of them."""

from __future__ import annotations

import json
import math
import os
import random
import re
import shutil
import subprocess
from pathlib import Path

import pyproj
import pytest
from page_script import MODULES, engine, run_script

from planner.messages.catalogue import Texts
from planner.reporting.map.packing import bundle_modules, page_modules

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "planner" / "reporting" / "map" / "js"
MOST_LINES = 450


def test_the_modules_pass_their_own_tests() -> None:
    tests = sorted(map(str, (Path(__file__).parent / "page").glob("*.test.mjs")))
    done = subprocess.run([engine(), "--test", *tests], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout
    assert int(re.search(r"pass (\d+)", done.stdout)[1]) >= len(tests) > 2  # type: ignore[index]


def test_lint_and_types_of_the_modules() -> None:
    """Biome and TypeScript, where `make page` has installed them."""
    npm = shutil.which("npm")
    if npm is None or not (SCRIPTS / "node_modules").is_dir():
        if os.environ.get("CI"):
            pytest.fail("CI needs Node.js: apt-get install npm, then make page")
        pytest.skip("no Node.js packages here: make page installs them")
    done = subprocess.run(
        [npm, "run", "--silent", "check"], cwd=SCRIPTS, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_lock_names_no_host() -> None:
    packages = json.loads((SCRIPTS / "package-lock.json").read_text("utf-8"))["packages"]
    assert not [name for name, package in packages.items() if "resolved" in package]
    assert all(package.get("integrity", "").startswith("sha512-") for name, package in packages.items() if name)


def test_the_script_declares_each_module_before_those_that_import_it() -> None:
    script = bundle_modules("main.js")
    modules = page_modules()
    declared = re.findall(r"^const (\w+)_js = \(\(\) => \{$", script, re.MULTILINE)
    assert sorted(f"{name}.js" for name in declared) == sorted(modules)
    for name, text in modules.items():
        for other in re.findall(r'from "\./(\w+)\.js";', text):
            assert declared.index(other) < declared.index(name.removesuffix(".js")), (name, other)
        assert text.count("\n") <= MOST_LINES, name
    assert "</script" not in script
    assert set(MODULES) <= set(declared)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('import { a } from "./a.js";\n', "in a circle: a.js → a.js"),
        ('import * as b from "./b.js";\n', "a.js: import"),
        ("export default 1;\n", "a.js: export default"),
        ("export { a };\n", "a.js: export {"),
        ('import { b } from "leaflet";\n', "a.js: import"),
    ],
)
def test_what_the_script_cannot_hold_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        bundle_modules("a.js", {"a.js": text, "b.js": "export const b = 1;\n"})


def test_numbers_are_written_as_the_planner_writes_them() -> None:
    source = random.Random(5)  # noqa: S311 - cases, not secrets
    values = [source.uniform(-1, 1) * 10 ** source.randint(-3, 9) for _ in range(3000)]
    values += [source.randint(-9999, 9999) / 4 for _ in range(500)] + [
        source.randint(0, 10**9) / 8 for _ in range(500)
    ]
    shares = [abs(math.remainder(value, 1.0)) for value in values]
    texts = Texts("en")
    shown = run_script(
        f"return [{json.dumps(values)}.map(formats_js.whole), {json.dumps(shares)}.map(formats_js.percent)];"
    )
    assert shown[0] == [
        texts.whole(value).replace("-0", "0") if abs(value) < 1 else texts.whole(value) for value in values
    ]
    assert shown[1] == [texts.percent(share) for share in shares]


def test_lengths_are_those_of_the_ellipsoid() -> None:
    pairs = [((0, 0), (0, 0)), ((0, 0), (1, 0)), ((106.8, 39.6), (-51.2, -30.0)), ((12, 89.9), (-100, 89.95))]
    geod = pyproj.Geod(ellps="WGS84")
    for (lon0, lat0), (lon1, lat1) in pairs:
        metres = run_script(
            f"return geodesic_js.geodesic({{lng: {lon0}, lat: {lat0}}}, {{lng: {lon1}, lat: {lat1}}})"
        )
        assert metres == pytest.approx(geod.inv(lon0, lat0, lon1, lat1)[2], abs=1e-3)


def test_places_are_shifted_as_amap_shifts_them() -> None:
    """The provider's own example of the shift, to a decimetre; outside mainland China there is none."""
    shown = run_script(
        "return [{lat: 39.990475, lng: 116.481499}, {lat: 60.17, lng: 24.94}].map(gcj02_js.toGcj02)"
    )
    assert shown[0]["lng"] == pytest.approx(116.487585177952, abs=1e-6)
    assert shown[0]["lat"] == pytest.approx(39.991754014757, abs=1e-6)
    assert shown[1] == {"lat": 60.17, "lng": 24.94}
