"""The second process carries out no code of the folder that the planner was started in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import toy

from planner.io import second_process

LAYING_OUT = "[__import__(name) for name in ('planner.reporting.report.pictures', 'docx', 'numpy', 'shapely')]"
"""What the second process imports for the pictures, and more."""


def modules_of_the_second_process() -> list[str]:
    """Return every module that the second process has loaded by the time its work is done."""
    with second_process.start_in_process(eval, f"({LAYING_OUT}, sorted(__import__('sys').modules))[1]") as wait:
        return wait()


def test_no_module_of_the_working_folder_is_imported(tmp_path: Path) -> None:
    names = {name.partition(".")[0] for name in modules_of_the_second_process()}
    assert {"planner", "docx", "pickle", "numpy", "subprocess"} <= names
    hostile = tmp_path / "data"
    hostile.mkdir()
    mark = f"open({str(tmp_path / 'run')!r}, 'a').write(__name__ + '\\n')\n"
    for name in [*names - {"__main__"}, "sitecustomize", "usercustomize"]:
        (hostile / f"{name}.py").write_text(mark, "utf-8")
    (hostile / "planner").mkdir()
    (hostile / "planner" / "__init__.py").write_text(mark, "utf-8")
    # The first process begins safely, as the installed script does; then it works in the folder.
    code = (
        "import os, sys\nfrom planner.io.second_process import start_in_process\n"
        f"{LAYING_OUT}\nos.chdir(sys.argv[1])\nsys.path.insert(0, '')\nsys.path.insert(0, os.getcwd())\n"
        "os.environ['PYTHONPATH'] = sys.argv[2]\n"
        f"with start_in_process(eval, \"({LAYING_OUT}, __import__('os').getpid())[1]\") as wait:\n"
        "    assert wait() != os.getpid()\n"
    )
    for path in ("", ":", str(hostile)):
        done = subprocess.run(
            [sys.executable, "-c", code, str(hostile), path], cwd=tmp_path, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert not (tmp_path / "run").exists(), (tmp_path / "run").read_text("utf-8")


def test_a_run_in_a_folder_with_a_planner_of_its_own(tmp_path: Path) -> None:
    """The installed script, with the data's folder as the working folder."""
    study = toy.write_study(tmp_path / "toy")
    mark = f"open({str(tmp_path / 'run')!r}, 'a').write(__name__ + '\\n')\n"
    (study.parent / "planner").mkdir()
    for name in ("planner/__init__.py", "subprocess.py", "docx.py", "signal.py", "pickle.py", "numpy.py"):
        (study.parent / name).write_text(mark, "utf-8")
    script = Path(sys.executable).with_name("planner")
    if not script.exists():
        pytest.skip("the script is not installed beside the interpreter")
    done = subprocess.run(
        [str(script), "run", study.name, "--out", "out"], cwd=study.parent, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "run").exists(), (tmp_path / "run").read_text("utf-8")
    assert (study.parent / "out" / "report.docx").exists()
