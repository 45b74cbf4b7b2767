"""The exchange of products: a kill between any two steps, two runs at once, locks of the dead and the living."""

from __future__ import annotations

import json
import multiprocessing
import os
import platform
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from forks import carried_out, needs_fork
from phrases import phrase

from planner.messages.errors import OutputError, UnfinishedError
from planner.reporting import write as writing
from planner.reporting.files import exchange as exchanging
from planner.reporting.files import locking
from planner.reporting.files.exchange import JOURNAL, finish_interrupted, replace_files, staging_folder
from planner.reporting.files.locking import LOCK, lock_folder, this_process

NAMES = ("a.html", "b.json", "c.gpkg")
pytestmark = needs_fork

KILLED = """
import os, shutil, signal, sys
from pathlib import Path
from planner.reporting.files import exchange as exchanging
step, work, folder, *names = sys.argv[1:]
folder, counted = Path(folder), 0

def counting(call):
    def counted_call(*args, **kwargs):
        global counted
        counted += 1
        if counted == int(step):
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*args, **kwargs)
    return counted_call

os.fsync = lambda *given: None  # nobody cuts the power: the order of steps counts
for home, name in [(Path, "replace"), (Path, "unlink"), (Path, "mkdir"), (os, "link"), (os, "replace"),
                   (os, "open"), (os, "fsync"), (os, "unlink"), (os, "rmdir"), (os, "mkdir")]:
    setattr(home, name, counting(getattr(home, name)))
if work == "settle":
    exchanging.finish_interrupted(folder)
else:
    with exchanging.staging_folder(folder) as room:
        for name in names:
            (room / name).write_text("new")
        exchanging.replace_files(room, folder, names)
"""


def killed_at(step: int, folder: Path, work: str = "exchange") -> bool:
    """Do the work in a process that is killed before a step; tell whether it had as many steps."""
    done = carried_out([step, work, folder, *NAMES], folder.parent, program=KILLED)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode != 0


def fill(folder: Path, before: tuple[str, ...] = NAMES) -> Path:
    folder.mkdir()
    for name in before:
        (folder / name).write_text("old", "utf-8")
    (folder / "mine.txt").write_text("mine", "utf-8")
    return folder


def state_of(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") if path.is_file() else "a folder" for path in folder.iterdir()}


def without_locks(state: dict[str, str]) -> dict[str, str]:
    """Return a folder's state without the lock of a killed process, which nobody waits for."""
    return {name: content for name, content in state.items() if not name.startswith(LOCK)}


@pytest.mark.parametrize("before", [NAMES, (), NAMES[1:2]], ids=["all_there", "none_there", "one_there"])
def test_a_kill_at_any_step_is_settled_by_the_next_run(tmp_path: Path, before: tuple[str, ...]) -> None:
    old = {**dict.fromkeys(before, "old"), "mine.txt": "mine"}
    new = {**dict.fromkeys(NAMES, "new"), "mine.txt": "mine"}
    seen, step = [], 1
    while killed_at(step, folder := fill(tmp_path / str(step), before)):
        writing.check_writable(folder, NAMES)
        left = without_locks(state_of(folder))
        assert left in (old, new), step
        seen.append(left == new)
        with staging_folder(folder) as room:
            for name in NAMES:
                (room / name).write_text("newer", "utf-8")
            replace_files(room, folder, NAMES)
        assert state_of(folder) == {**dict.fromkeys(NAMES, "newer"), "mine.txt": "mine"}, step
        step += 1
    assert state_of(folder) == new
    # Before the journal the old results stay, from then on the new ones come.
    assert seen == sorted(seen)
    assert {True, False} == set(seen)
    assert len(seen) > 10


def test_a_kill_of_the_repair_is_repaired(tmp_path: Path) -> None:
    new = {**dict.fromkeys(NAMES, "new"), "mine.txt": "mine"}
    # In the middle of the exchange: the journal stands, and some of the products are in place.
    first = next(step for step in range(1, 60) if _is_mixed_after(step, tmp_path / f"try{step}"))
    again, step = True, 1
    while again:
        folder = fill(tmp_path / f"repair{step}")
        assert killed_at(first, folder)
        again = killed_at(step, folder, "settle")
        finish_interrupted(folder)
        assert without_locks(state_of(folder)) == new, step
        with staging_folder(folder) as room:
            replace_files(room, folder, ())
        assert state_of(folder) == new, step
        step += 1
    assert step > 8


def _is_mixed_after(step: int, folder: Path) -> bool:
    killed_at(step, fill(folder))
    return len({(folder / name).read_text("utf-8") for name in NAMES if (folder / name).exists()}) > 1


def test_an_undoing_that_is_killed_is_undone(tmp_path: Path) -> None:
    """The journal says which way; an old product that is back in its place is not removed with the new ones."""
    folder = fill(tmp_path / "out", NAMES[:2])
    room = folder / ".planner-test"
    (room / "earlier").mkdir(parents=True)
    (folder / NAMES[2]).write_text("new", "utf-8")
    (folder / NAMES[1]).replace(room / "earlier" / NAMES[1])
    (folder / NAMES[1]).write_text("new", "utf-8")
    journal = {"names": NAMES, "had": NAMES[:2], "direction": "back"}
    (room / JOURNAL).write_text(json.dumps(journal), "utf-8")
    finish_interrupted(folder)
    assert state_of(folder) == {**dict.fromkeys(NAMES[:2], "old"), "mine.txt": "mine"}


@pytest.mark.parametrize(
    "names",
    [
        ["../stolen"],
        ["/etc/x"],
        [""],
        ["."],
        [".."],
        ["a/b"],
        ["a\\b"],
        ["C:x"],
        [".planner-lock"],
        [7],
        "ab",
        None,
    ],
)
def test_a_journal_never_leads_out_of_its_folder(tmp_path: Path, names: object) -> None:
    folder = fill(tmp_path / "out")
    room = folder / ".planner-test"
    room.mkdir()
    (room / "stolen").write_text("new", "utf-8")
    (tmp_path / "stolen").write_text("mine", "utf-8")
    journal = {"names": names, "had": [], "direction": "sideways" if names == "ab" else "forward"}
    (room / JOURNAL).write_text(json.dumps(journal), "utf-8")
    finish_interrupted(folder)
    assert (tmp_path / "stolen").read_text("utf-8") == "mine"
    assert (room / "stolen").read_text("utf-8") == "new"


def test_what_a_killed_run_was_making_is_cleared(tmp_path: Path) -> None:
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom planner.reporting.files.exchange import staging_folder\n"
        "with staging_folder(Path(sys.argv[1])) as room:\n    (room / 'half').write_text('x')\n"
        "    os.kill(os.getpid(), 9)"
    )
    folder = fill(tmp_path / "out")
    subprocess.run([sys.executable, "-c", code, str(folder)], check=False)
    assert len(list(folder.glob(".planner-*"))) == 1
    with staging_folder(folder) as living:
        finish_interrupted(folder)
        assert list(folder.glob(".planner-*")) == [living]
    assert state_of(folder) == {**dict.fromkeys(NAMES, "old"), "mine.txt": "mine"}


def test_a_folder_behind_a_link_is_not_cleared(tmp_path: Path) -> None:
    folder = fill(tmp_path / "out")
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "precious").write_text("theirs", "utf-8")
    (folder / f".planner-{'0' * 12}-1-1-x").symlink_to(tmp_path / "theirs")
    finish_interrupted(folder)
    assert (tmp_path / "theirs" / "precious").exists()


def test_old_files_that_cannot_be_put_back_are_never_called_untouched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, replace = fill(tmp_path / "out"), Path.replace

    def held(self: Path, target: Path) -> Path:
        if self.name == NAMES[1] or (self.parent.name == "earlier" and self.name == NAMES[0]):
            raise PermissionError(13, "Permission denied")
        return replace(self, target)

    makers = {name: lambda path: path.write_text("new", "utf-8") for name in NAMES}
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", held)
        with pytest.raises(UnfinishedError) as told:
            writing.write_all_or_none(folder, makers)
        for language in ("en", "zh"):
            said = told.value.in_words(language)
            assert "untouched" not in said
            assert "未改动" not in said
            assert {"en": "Permission denied", "zh": "没有权限"}[language] in said
        with pytest.raises(UnfinishedError):
            writing.check_writable(folder)
    # The program that held the file is closed: the next run puts everything back.
    finish_interrupted(folder)
    assert state_of(folder) == {**dict.fromkeys(NAMES, "old"), "mine.txt": "mine"}


def test_a_folder_in_a_products_place_is_never_moved(tmp_path: Path) -> None:
    folder = fill(tmp_path / "out", NAMES[1:])
    (folder / NAMES[0]).mkdir()
    with pytest.raises(OutputError, match=phrase("errors.product_is_folder")):
        writing.write_all_or_none(folder, {name: lambda path: path.write_text("new", "utf-8") for name in NAMES})
    assert state_of(folder) == {NAMES[0]: "a folder", **dict.fromkeys(NAMES[1:], "old"), "mine.txt": "mine"}


def write_often(tag: str, folder: Path, barrier: multiprocessing.synchronize.Barrier) -> None:
    """Put one's own products into a folder at the same moments as another process."""
    for turn in range(40):
        barrier.wait()
        made = f"{tag}{turn}"
        writing.write_all_or_none(folder, {name: lambda path, m=made: path.write_text(m) for name in NAMES})
        barrier.wait()


def test_two_runs_into_one_folder_leave_one_whole_result(tmp_path: Path) -> None:
    spawning = multiprocessing.get_context("spawn")
    barrier = spawning.Barrier(3)
    folder = fill(tmp_path / "out")
    both = [spawning.Process(target=write_often, args=(tag, folder, barrier)) for tag in "AB"]
    for process in both:
        process.start()
    for turn in range(40):
        barrier.wait(120)
        barrier.wait(120)
        written = {(folder / name).read_text("utf-8") for name in NAMES}
        assert written in ({f"A{turn}"}, {f"B{turn}"})
    for process in both:
        process.join(60)
        assert process.exitcode == 0
    assert sorted(state_of(folder)) == sorted([*NAMES, "mine.txt"])


def signed(**changed: object) -> str:
    owner = this_process()
    said = {"host": owner.host, "machine": owner.machine, "pid": owner.pid, "started": owner.started}
    return json.dumps({**said, "since": "2026-11-30 08:00:00", "id": "x", **changed})


def a_dead_process() -> int:
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


@pytest.mark.parametrize(
    ("written", "aged_s"),
    [
        (lambda: signed(pid=a_dead_process()), 0),
        (lambda: signed(started="1"), 0),
        (lambda: signed(host="another machine"), locking.FOREIGN_S + 60),
        (lambda: "", locking.UNSIGNED_S + 60),
        (lambda: "[" * 100_000, locking.UNSIGNED_S + 60),
    ],
    ids=["dead", "number_given_anew", "another_machine_long_ago", "unsigned", "nonsense"],
)
def test_a_lock_that_nobody_holds_is_taken_over(tmp_path: Path, written: object, aged_s: float) -> None:
    lock = tmp_path / LOCK
    lock.write_text(written(), "utf-8")
    at = time.time() - aged_s
    os.utime(lock, (at, at))
    began = time.monotonic()
    with lock_folder(tmp_path, wait_s=5.0):
        assert json.loads(lock.read_text("utf-8"))["pid"] == os.getpid()
    assert time.monotonic() - began < 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("changed", [{}, {"host": "another machine"}], ids=["living", "another_machine"])
def test_a_lock_that_is_held_is_waited_for_and_named(tmp_path: Path, changed: dict[str, object]) -> None:
    (tmp_path / LOCK).write_text(signed(**changed), "utf-8")
    with pytest.raises(OutputError) as told, lock_folder(tmp_path, wait_s=0.2):
        pass
    said = told.value.in_words("en")
    assert f"process {os.getpid()} on {changed.get('host', platform.node())}, since 2026-11-30 08:00:00" in said
    assert str(tmp_path / LOCK) in said
    assert (tmp_path / LOCK).exists()


def test_a_half_exchange_is_finished_before_a_newer_one(tmp_path: Path) -> None:
    """The journal of a killed run must not bring its products over those of a later run."""
    folder = fill(tmp_path / "out")
    room = folder / ".planner-test"
    (room / "earlier").mkdir(parents=True)
    for name in NAMES:
        (room / name).write_text("new", "utf-8")
    journal = {"names": NAMES, "had": NAMES, "direction": "forward"}
    (room / JOURNAL).write_text(json.dumps(journal), "utf-8")
    with staging_folder(folder) as mine:
        for name in NAMES:
            (mine / name).write_text("newest", "utf-8")
        replace_files(mine, folder, NAMES)
    finish_interrupted(folder)
    assert state_of(folder) == {**dict.fromkeys(NAMES, "newest"), "mine.txt": "mine"}


def test_without_links_the_old_files_are_moved_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object, **__: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(exchanging.os, "link", no_links)
    folder = fill(tmp_path / "out")
    writing.write_all_or_none(folder, {name: lambda path: path.write_text("new", "utf-8") for name in NAMES})
    assert state_of(folder) == {**dict.fromkeys(NAMES, "new"), "mine.txt": "mine"}
