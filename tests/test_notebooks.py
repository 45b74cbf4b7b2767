"""The notebooks run from top to bottom, and are stored without what came out."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
SECONDS = 300

RUNNER = """
import sys
import nbformat
from nbclient import NotebookClient

notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=int(sys.argv[2]), kernel_name="python3").execute(cwd=sys.argv[3])
outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
for output in outputs:
    if output.get("name") == "stderr":
        sys.exit("a cell wrote to stderr: " + output["text"])
if not outputs:
    sys.exit("nothing came out")
"""

AT_HAND = """
def _know(tests, plan):
    import sys
    from pathlib import Path

    sys.path.append(tests)
    import planner
    from sharing import known_run, read

    planner.run = known_run([read(Path(plan))])


_know({tests!r}, {plan!r})
del _know
"""
"""What the kernel does first: the study as it ships has been run already."""


def test_there_are_these_notebooks() -> None:
    names = [name.removesuffix(".ipynb") for name in NOTEBOOKS]
    assert names == [
        *("01_first_study", "02_reading_coverage", "03_choosing_sites", "04_weak_centres"),
        *("05_judging_a_proposal", "06_programme", "07_coming_from", "08_services"),
    ]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebook_is_stored_without_outputs(name: str) -> None:
    notebook = nbformat.read(ROOT / "notebooks" / name, as_version=4)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert [cell.id for cell in notebook.cells] == [f"{name[:2]}-{i + 1:02d}" for i in range(len(notebook.cells))]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebook_says_it_in_chinese_too(name: str) -> None:
    notebook = nbformat.read(ROOT / "notebooks" / name, as_version=4)
    assert "**中文**" in notebook.cells[0].source


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebook_runs(name: str, tmp_path: Path, haibowan_pickle: Path) -> None:
    # In a process of its own, because the kernel's sockets and event loop warn about what is not ours; and in a
    # copy, so that nothing is written beside the originals.
    folder = tmp_path / "notebooks"
    folder.mkdir()
    shutil.copy(ROOT / "notebooks" / name, folder)
    shutil.copytree(ROOT / "data", tmp_path / "data", ignore=shutil.ignore_patterns("model", "__pycache__"))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    if name != "01_first_study.ipynb":  # which is about running a study
        startup = scratch / "profile_default" / "startup"
        startup.mkdir(parents=True)
        known = AT_HAND.format(tests=str(ROOT / "tests"), plan=str(haibowan_pickle))
        (startup / "at_hand.py").write_text(known, "utf-8")
    own = {key: str(scratch) for key in ("TMPDIR", "TEMP", "TMP", "IPYTHONDIR", "JUPYTER_CONFIG_DIR")}
    done = subprocess.run(
        [sys.executable, "-c", RUNNER, str(folder / name), str(SECONDS), str(folder)],
        env={**os.environ, **own, "JUPYTER_RUNTIME_DIR": str(scratch), "JUPYTER_PLATFORM_DIRS": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=2 * SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert [path.name for path in folder.iterdir()] == [name]
