"""What a run must not depend on, and what a disk may do to it: the same bytes everywhere; old results untouched."""

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

from planner.outputs.writing import PRODUCTS

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
    """Return a study, and the products of a run as any."""
    home = tmp_path_factory.mktemp("plain")
    study = toy.write_study(home / "toy")
    done = run(study, home / "out", env={**os.environ, "PYTHONHASHSEED": "0", "TZ": "UTC", "LANG": "C.UTF-8"})
    assert done.returncode == 0, done.stderr
    products = content(home / "out")
    assert sorted(products) == sorted(PRODUCTS)
    return study, products


@pytest.mark.parametrize("name", OTHERWISE)
def test_products_are_equal_to_the_byte(
    tmp_path: Path, plain: tuple[Path, dict[str, bytes]], name: str
) -> None:
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


@pytest.mark.parametrize("kilobytes", [4, 60, 150])
def test_a_file_that_may_not_grow(tmp_path: Path, kilobytes: int) -> None:
    """A quota ends files in the middle, those of native libraries, too."""
    resource = pytest.importorskip("resource")
    out = earlier(tmp_path / "out")
    limit = kilobytes * 1024

    def bounded() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = run(toy.write_study(tmp_path / "toy"), out, preexec_fn=bounded)
    untouched(done, out, "File too large")


def test_a_full_disk(tmp_path: Path) -> None:
    """A file system of 400 kB in memory, in a name space of its own: the products do not fit beside the old ones."""
    out = tmp_path / "out"
    out.mkdir()
    study = toy.write_study(tmp_path / "toy")
    earlier(tmp_path / "kept")
    inside = (
        'mount -t tmpfs -o size=400k none "$2" || exit 99; cp "$3"/* "$2"; '
        f'"{sys.executable}" -m planner run "$1" --out "$2"; code=$?; cp -a "$2"/. "$4"; exit $code'
    )
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("no name spaces here")
    (tmp_path / "after").mkdir()
    done = subprocess.run(
        [unshare, "-rm", "/bin/sh", "-c", inside, "sh", study, out, tmp_path / "kept", tmp_path / "after"],
        capture_output=True,
        check=False,
    )
    if done.returncode in (1, 99) and b"unshare" in done.stderr or b"mount" in done.stderr:
        pytest.skip("no name spaces here")
    untouched(done, tmp_path / "after", "No space left on device")


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


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    study = toy.write_study(tmp_path / "toy")
    (tmp_path / "out").write_bytes(b"mine")
    for place in (tmp_path / "out", tmp_path / "out" / "deeper", Path("/dev/null"), Path("/dev/null/out")):
        done = run(study, place)
        assert done.returncode == 6, place
        assert done.stdout == b""
        assert b"Traceback" not in done.stderr
        assert str(place).encode() in done.stderr
    assert (tmp_path / "out").read_bytes() == b"mine"
