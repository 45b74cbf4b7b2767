"""The cases that `make test` draws do not depend on what else is loaded; `make explore` prints what to add."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

TESTS = Path(__file__).parent

DRAWING = """
import sys
sys.path.insert(0, {tests!r})
import seeds
seeds.choose_cases()
{loaded}
from hypothesis import given, strategies as st
drawn = []
@given(seeds.SEEDS, st.integers(), st.floats(), st.text())
def law(seed, whole, number, text):
    drawn.append((seed, whole, number, text))
law()
print(ascii(drawn))
"""


def drawn(tmp_path: Path, loaded: str) -> str:
    """Return the cases that a law is tried on in a process in which a module is loaded."""
    (tmp_path / "of_this_project.py").write_text(
        'NUMBERS = (1234567, 7654321, 0.123456)\nTEXT = "a text of this project"\n'
    )
    drawing = tmp_path / "drawing.py"
    drawing.write_text(DRAWING.format(tests=str(TESTS), loaded=loaded))
    run = subprocess.run(
        [sys.executable, str(drawing)], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=120
    )
    return run.stdout


def test_cases_do_not_depend_on_what_is_loaded(tmp_path: Path) -> None:
    plain = drawn(tmp_path, "")
    assert plain == drawn(tmp_path, "import of_this_project")
    assert len(plain) > 1000


def test_a_broken_case_is_printed_as_an_example() -> None:
    spec = spec_from_file_location("new_cases", TESTS / "explore" / "new_cases.py")
    assert spec is not None
    assert spec.loader is not None
    new_cases = module_from_spec(spec)
    spec.loader.exec_module(new_cases)
    output = """
E       AssertionError
E       Falsifying example: test_a_crossing_built(
E           seed=3474,
E           one=4096,  # or any other generated value
E           hill=True,
E       )
=========== short test summary info ===========
FAILED tests/laws/test_link_additions.py::test_a_crossing_built - AssertionError
FAILED tests/test_other.py::test_plain - AssertionError
"""
    assert new_cases.examples(output) == [
        "test_a_crossing_built: @example(seed=3474, one=4096, hill=True)",
        "tests/test_other.py::test_plain",
    ]
