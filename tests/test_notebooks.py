"""The notebooks run from top to bottom, and are stored without what came out."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from forks import carried_out, needs_fork

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

IN_A_COPY = """
import os
import sys
from pathlib import Path

notebook, plan, scratch = sys.argv[1:]
os.environ.update(TMPDIR=scratch, IPYTHONDIR=scratch, MPLBACKEND="agg")

import nbformat
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

import planner
from sharing import known_run, read

planner.run = known_run([read(Path(plan))])
shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
outputs = []
for cell in nbformat.read(notebook, as_version=4).cells:
    if cell.cell_type == "code":
        with capture_output() as found:
            done = shell.run_cell(cell.source)
        done.raise_error()
        if found.stderr:
            sys.exit("a cell wrote to stderr: " + found.stderr)
        outputs += [*found.outputs, found.stdout] if found.stdout else found.outputs
if not outputs:
    sys.exit("nothing came out")
"""
"""What carries a notebook out by IPython in a copy of a process that has loaded the planner; the study as it ships
has been run already."""


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


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """Return a folder with notebooks and data as the project's own, so that nothing is written beside those."""
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    shutil.copytree(ROOT / "data", tmp_path / "data", ignore=shutil.ignore_patterns("model", "__pycache__"))
    (tmp_path / "scratch").mkdir()
    return tmp_path


def assert_nothing_left(room: Path) -> None:
    names = {path.name for path in (ROOT / "notebooks").iterdir()}
    assert {path.name for path in (room / "notebooks").iterdir()} == names


def test_the_first_notebook_runs_in_jupyter(room: Path) -> None:
    """It is about running a study. The kernel's sockets and event loop warn about what is not ours: a process."""
    scratch = str(room / "scratch")
    names = ("TMPDIR", "TEMP", "TMP", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR")
    own = dict.fromkeys(names, scratch)
    folder = room / "notebooks"
    done = subprocess.run(
        [sys.executable, "-c", RUNNER, str(folder / NOTEBOOKS[0]), str(SECONDS), str(folder)],
        env={**os.environ, **own, "JUPYTER_PLATFORM_DIRS": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=2 * SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert_nothing_left(room)


@needs_fork
@pytest.mark.parametrize("name", NOTEBOOKS[1:])
def test_notebook_runs(name: str, room: Path, haibowan_pickle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(room / "notebooks")
    done = carried_out([name, haibowan_pickle, room / "scratch"], room, program=IN_A_COPY)
    assert done.returncode == 0, done.stderr.decode()[-4000:]
    assert_nothing_left(room)
