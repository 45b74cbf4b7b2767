"""Put new products in place of the old, all or none, whatever ends the process in between.

New products are made in a *room*, a hidden folder beside their places whose name states which process made it.
Before the first one is moved, a journal in the room lists what is to be moved. A process that is killed half way
leaves the journal; the next one that starts in the folder finishes what it states. Rooms without a journal whose
process has ended hold nothing that anybody needs, and are removed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from planner.messages.errors import Issue, OutputError, UnfinishedError, system_reason
from planner.reporting.files.input_protection import check_databases_closed
from planner.reporting.files.locking import Owner, clear_traces, is_running, lock_folder, this_process
from planner.signals import cleanup_on_abort, defer_signals, mark_results_in_place

ROOM = ".planner-"
JOURNAL = "exchange.json"
ASIDE = "earlier"

UNKNOWN_S = 86_400.0
"""After a day a room whose name does not state its process counts as left over."""

Direction = Literal["forward", "back"]


@dataclass(frozen=True, slots=True)
class _Journal:
    """What is moved: the products, those that stood there before, and whether they are brought or taken back."""

    names: tuple[str, ...]
    had: tuple[str, ...]
    direction: Direction

    def write(self, room: Path) -> None:
        """Write it whole or not at all."""
        record = {"names": self.names, "had": self.had, "direction": self.direction}
        draft = room / f"{JOURNAL}.new"
        with draft.open("w", encoding="utf-8") as file:
            json.dump(record, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, room / JOURNAL)  # noqa: PTH105 - not one of the steps that tests count

    @classmethod
    def read(cls, room: Path) -> _Journal | None:
        """Read it; None where it is none of ours: a name in it must not lead out of the folder."""
        try:
            record = json.loads((room / JOURNAL).read_text("utf-8"))
            names, had, direction = record["names"], record["had"], record["direction"]
            plain = all(isinstance(name, str) and _is_plain(name) for name in [*names, *had])
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return None
        return cls(tuple(names), tuple(had), direction) if plain and direction in ("forward", "back") else None


@contextmanager
def staging_folder(folder: Path) -> Iterator[Path]:
    """Give a room in which products are made; it is removed at the end, whatever happened.

    Raises
    ------
    OSError
        The folder cannot be written.
    """
    room = Path(tempfile.mkdtemp(prefix=f"{ROOM}{this_process().token}-", dir=folder))

    def clear() -> None:
        # What could not be undone stays, for the next process.
        if not (room / JOURNAL).exists():
            shutil.rmtree(room, ignore_errors=True)

    with cleanup_on_abort(clear):
        try:
            yield room
        finally:
            clear()


def replace_files(room: Path, folder: Path, names: Sequence[str]) -> None:
    """Put new files in place of the old; if one cannot be, put all the old ones back.

    Nobody interrupts it, and one process at a time does it in a folder. Killed, it is finished by the next.

    Parameters
    ----------
    room
        Where the new files are, a folder in `folder`.
    folder
        Where they go.
    names
        The files, in their order.

    Raises
    ------
    OSError
        One cannot be put there; everything is as it was.
    OutputError
        Another process is at it, another program has a GeoPackage open, or a folder stands in a file's place;
        everything is as it was.
    UnfinishedError
        One cannot be put there, and the old files could not be put back either: the next run does that.
    """
    for name in names:
        _settle_on_disk(room / name)
    with lock_folder(folder), defer_signals():
        _settle_all(folder, but=room)
        _refuse_folders(folder, names)
        check_databases_closed(folder, names)
        journal = _Journal(tuple(names), tuple(name for name in names if _is_there(folder / name)), "forward")
        journal.write(room)
        try:
            _bring(room, folder, journal)
        except BaseException as error:
            _undo(room, folder, journal, error)
            raise
        mark_results_in_place()
        (room / JOURNAL).unlink()


def finish_interrupted(folder: Path) -> None:
    """Finish what a killed process has left in a folder, and remove what nobody needs.

    Raises
    ------
    OSError
        The folder cannot be written.
    OutputError
        Another process is at it.
    UnfinishedError
        What was left can be neither finished nor undone.
    """
    if any(_is_done_with(room) or (room / JOURNAL).exists() for room in _rooms(folder)):
        with lock_folder(folder), defer_signals():
            _settle_all(folder)


def _settle_all(folder: Path, *, but: Path | None = None) -> None:
    """Settle all rooms; whoever holds the lock knows that no other process is moving anything."""
    for room in _rooms(folder):
        if room == but:
            continue
        if (room / JOURNAL).exists():
            _settle(room, folder)
        elif _is_done_with(room):
            shutil.rmtree(room, ignore_errors=True)
    clear_traces(folder)


def _settle(room: Path, folder: Path) -> None:
    journal = _Journal.read(room)
    if journal is None:
        # Not ours, or damaged: it may hold the only copy of something, so it stays.
        return
    try:
        _refuse_folders(folder, journal.names)
        check_databases_closed(folder, journal.names)
        if journal.direction == "back":
            _take_back(room, folder, journal)
        else:
            try:
                _bring(room, folder, journal)
            except OSError as error:
                _undo(room, folder, journal, error)
    except OSError as error:
        raise _unfinished(room, folder, error) from error
    (room / JOURNAL).unlink(missing_ok=True)
    shutil.rmtree(room, ignore_errors=True)


def _bring(room: Path, folder: Path, journal: _Journal) -> None:
    """Set the old files aside and put the new ones in their place; done again, it goes on where it stopped."""
    aside = room / ASIDE
    aside.mkdir(exist_ok=True)
    for name in journal.names:
        new, target, old = room / name, folder / name, aside / name
        if not _is_there(new):
            continue
        if name in journal.had and not _is_there(old) and _is_there(target):
            _set_aside(target, old)
        new.replace(target)


def _set_aside(target: Path, old: Path) -> None:
    """Keep the old file; where the file system can, it stays in its place as well until the new one is there."""
    try:
        os.link(target, old, follow_symlinks=os.link not in os.supports_follow_symlinks)
    except OSError:
        target.replace(old)


def _undo(room: Path, folder: Path, journal: _Journal, error: BaseException) -> None:
    """Put the old files back; where that cannot be done either, the journal tells the next process to."""
    back = _Journal(journal.names, journal.had, "back")
    try:
        back.write(room)
        _take_back(room, folder, back)
        (room / JOURNAL).unlink()
    except OSError as second:
        raise _unfinished(room, folder, second) from error


def _take_back(room: Path, folder: Path, journal: _Journal) -> None:
    for name in reversed(journal.names):
        old = room / ASIDE / name
        if name in journal.had:
            if _is_there(old):
                old.replace(folder / name)
        elif not _is_there(room / name):
            (folder / name).unlink(missing_ok=True)


def _unfinished(room: Path, folder: Path, error: OSError) -> UnfinishedError:
    values = {"reason": system_reason(error), "kept": room / ASIDE}
    return UnfinishedError(str(folder), [Issue("exchange_unfinished", values)])


def _refuse_folders(folder: Path, names: Sequence[str]) -> None:
    """Refuse to move a folder that stands in a file's place: it holds what the planner has not made."""
    issues = [Issue("product_is_folder", {"name": name}) for name in names if (folder / name).is_dir()]
    if issues:
        raise OutputError(str(folder), issues)


def _rooms(folder: Path) -> list[Path]:
    return sorted(room for room in folder.glob(f"{ROOM}*") if room.is_dir() and not room.is_symlink())


def _is_done_with(room: Path) -> bool:
    """Return whether the process of a staging folder has ended, or, without its name, whether it is old."""
    match = re.fullmatch(rf"{re.escape(ROOM)}([0-9a-f]{{12}})-(\d+)-(\d+)-\w+", room.name)
    here = this_process()
    if match and match[1] == Owner(here.host, here.machine, 0, "").token.partition("-")[0]:
        return not is_running(int(match[2]), "" if match[3] == "0" else match[3])
    try:
        return time.time() - room.stat().st_mtime > UNKNOWN_S
    except OSError:
        return False


def _is_plain(name: str) -> bool:
    """Return whether a name may be a product: a file of the folder itself, and no internal one of the planner."""
    return name not in ("", ".", "..") and not re.search(r"[/\\:\0]", name) and not name.startswith(ROOM)


def _is_there(path: Path) -> bool:
    return path.is_symlink() or path.exists()


def _settle_on_disk(file: Path) -> None:
    """Have a new file written out before an old one makes way for it; a system that cannot need not."""
    try:
        with file.open("rb+") as opened:
            os.fsync(opened.fileno())
    except OSError:
        return
