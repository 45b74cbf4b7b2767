"""What a run must not depend on, and what a disk may do to it: the same bytes, old results untouched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import toy
from answers import EARLIER, content, earlier
from forks import carried_out, needs_fork

from planner.commands.main import main
from planner.reporting.report.pictures import render_png
from planner.reporting.write import PRODUCTS

PLANNER = (sys.executable, "-m", "planner")
NOBODY = 65_534
"""A user without rights, as every system has one: the administrator may write everywhere."""

OTHERWISE: Mapping[str, Mapping[str, str]] = {
    "hash_and_time_zone": {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LC_ALL": "C", "LANG": "C"},
    "locale_and_threads": {
        "PYTHONHASHSEED": "77",
        "TZ": "America/St_Johns",
        "LANG": "zh_CN.UTF-8",
        "OMP_NUM_THREADS": "1",
        "NUMBA_NUM_THREADS": "1",
        "COLUMNS": "20",
    },
}


def run(study: Path, out: Path, **ways: object) -> subprocess.CompletedProcess[bytes]:
    command = [*PLANNER, "run", str(study), "--out", str(out)]
    return subprocess.run(command, capture_output=True, check=False, **ways)  # type: ignore[call-overload]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    """Return a study, and the products of a run in this process."""
    home = tmp_path_factory.mktemp("plain")
    study = toy.write_study(home / "toy")
    with pytest.MonkeyPatch.context() as patch:
        # As fine as those of a process of its own.
        patch.setattr("planner.reporting.report.pictures.render_png", render_png)
        assert main(["run", str(study), "--out", str(home / "out")]) == 0
    products = content(home / "out")
    assert sorted(products) == sorted(PRODUCTS)
    return study, products


@pytest.mark.parametrize("name", OTHERWISE)
def test_products_are_equal_to_the_byte(tmp_path: Path, plain: tuple[Path, dict[str, bytes]], name: str) -> None:
    """Hash seed, time zone, locale, threads, umask and working folder differ at once: a difference is a fault."""
    study, products = plain
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    done = run(study, tmp_path / "out", env={**os.environ, **OTHERWISE[name]}, cwd=elsewhere, umask=0o077)
    assert done.returncode == 0, done.stderr
    assert [name for name in PRODUCTS if content(tmp_path / "out").get(name) != products[name]] == []
    assert list(elsewhere.iterdir()) == []


def untouched(done: subprocess.CompletedProcess[bytes], out: Path, said: str) -> None:
    assert done.returncode == 6, done.stderr
    assert done.stdout == b""
    assert said in done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert content(out) == EARLIER
    assert sorted(path.name for path in out.iterdir()) == sorted(EARLIER)


@needs_fork
@pytest.mark.parametrize("kilobytes", [60, 150])
def test_a_file_that_may_not_grow(tmp_path: Path, kilobytes: int) -> None:
    """A quota ends files in the middle, those of native libraries, too."""
    out = earlier(tmp_path / "out")
    words = ["run", toy.write_study(tmp_path / "toy"), "--out", out]
    done = carried_out(words, tmp_path, most_bytes=kilobytes * 1024)
    untouched(done, out, "File too large")


FULL = """
import subprocess, sys
from pathlib import Path
import planner
from planner.messages.errors import OutputError
study, folder, *sizes = sys.argv[1:]
plan = planner.run(study)
for size in sizes:
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}k", "none", folder]).returncode:
        sys.exit(99)
    (Path(folder) / "plan.json").write_text("earlier")
    try:
        planner.write(plan, folder)
        print(size, "written")
    except OutputError as error:
        kept = {path.name: path.read_text() for path in Path(folder).iterdir()}
        print(size, "refused", kept == {"plan.json": "earlier"}, error.in_words("en").replace(chr(10), " "))
    subprocess.run(["umount", folder], check=True)
"""


@pytest.mark.skipif(shutil.which("unshare") is None, reason="no name spaces here")
def test_a_full_disk(tmp_path: Path) -> None:
    """File systems of so many kilobytes, in memory: each is full at another product."""
    sizes = [str(size) for size in range(60, 900, 100)]
    (tmp_path / "out").mkdir()
    command = ["unshare", "-rm", sys.executable, "-c", FULL, toy.write_study(tmp_path / "toy"), tmp_path / "out"]
    done = subprocess.run([*map(str, command), *sizes], capture_output=True, check=False, text=True)
    if done.returncode == 99 or "unshare" in done.stderr:
        pytest.skip("no name spaces here")
    assert done.returncode == 0, done.stderr
    told = [line.split(maxsplit=3) for line in done.stdout.splitlines() if line.split()[0].isdigit()]
    assert [line[0] for line in told] == sizes
    refused = [line for line in told if line[1] == "refused"]
    assert len(refused) > 3
    assert [line[2] for line in refused] == ["True"] * len(refused)
    assert all("cannot be written; earlier results are untouched" in line[3] for line in refused)
    # SQLite's writer at times says what it lacks instead.
    assert sum("No space left on device" in line[3] or "is full" in line[3] for line in refused) > len(refused) / 2
    assert "Exception ignored" not in done.stderr


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Return a folder that every user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="planner-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="rights of another kind")
def test_a_folder_that_may_only_be_read(open_folder: Path) -> None:
    study, out = toy.write_study(open_folder / "toy"), earlier(open_folder / "out")
    out.chmod(0o555)
    other = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}
    try:
        subprocess.run([sys.executable, "-c", "import planner"], check=True, capture_output=True, **other)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("another user cannot read the planner here")
    # Nobody has no home to keep what is compiled in.
    done = run(study, out, env={**os.environ, "HOME": str(open_folder)}, **other)
    untouched(done, out, "Permission denied")
    out.chmod(0o755)


@pytest.mark.parametrize("deeper", ["", "deeper", "deeper/still"])
def test_a_file_in_the_place_of_the_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], deeper: str
) -> None:
    study = toy.write_study(tmp_path / "toy")
    (tmp_path / "out").write_bytes(b"mine")
    for place in (tmp_path / "out" / deeper, Path("/dev/null") / deeper):
        assert main(["run", str(study), "--out", str(place)]) == 6, place
        said = capsys.readouterr()
        assert said.out == ""
        assert str(place) in said.err
    assert (tmp_path / "out").read_bytes() == b"mine"
