"""The command line's answers: run it as a user does, and see that a refusal leaves everything as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner.commands.main import main
from planner.reporting.write import PRODUCTS, files_of

EARLIER = {**{name: f"earlier {name}".encode() for name in PRODUCTS}, "notes.txt": b"the user's own"}


def content(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, hidden ones too."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def earlier(folder: Path) -> Path:
    """Make a folder with the products of an earlier run and a file of the user's."""
    folder.mkdir(parents=True)
    for name, written in EARLIER.items():
        (folder / name).write_bytes(written)
    return folder


def refused(study: Path, capsys: pytest.CaptureFixture[str], *, code: int) -> str:
    """Run a study that cannot be carried out; return what is said, once nothing else has happened."""
    out = earlier(study.parent / "out")
    capsys.readouterr()
    assert main(["run", str(study), "--out", str(out)]) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err
    assert content(out) == EARLIER
    return said.err


def done(study: Path, capsys: pytest.CaptureFixture[str], *products: str) -> str:
    """Run a study that can be carried out, for all products or some; return what is said besides."""
    capsys.readouterr()
    chosen = ["--products", ",".join(products)] if products else []
    assert main(["run", str(study), "--out", str(study.parent / "out"), *chosen]) == 0
    said = capsys.readouterr()
    assert [Path(line).name for line in said.out.splitlines()] == list(files_of(products or None))
    return said.err
