"""Damaged inputs of every format, as many as asked for: none may end in a traceback, an abort or a wait.

``make explore-inputs N=20000 SEED=7``, or ``python tests/explore/damaged_inputs.py 20000 7 progress.txt``. Samples
of every format are damaged and read, each fortieth by `planner check` as a layer of a whole study, the others by
the reader of their kind. All this happens in a process of its own: an abort or a wait costs that process, and is
reported with the sample and the seed. ``… damaged_inputs.py --again toy-people.csv 123`` repeats one, with its
traceback (``--checked`` where the line says ``is_checked``). A small fixed slice is a test.
"""

from __future__ import annotations

import multiprocessing
import random
import shutil
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

import pyproj
import toy
from damages import damaged, restructured
from input_samples import TABLES_OF_CELLS, Sample, samples, written

from planner.commands.exit import EXHAUSTED
from planner.commands.main import main
from planner.config.sections.layers import Layer
from planner.config.study import make_study, read_study
from planner.evaluation.rule_files import read_rules
from planner.inputs.population_raster import read_raster
from planner.inputs.scenario import read_scenario
from planner.io.layers import read_layer
from planner.io.raster import read_elevation
from planner.io.study_area import reproject_layer
from planner.io.study_layers import TABLES
from planner.messages.errors import PlannerError
from planner.schemas.tables import DEMAND, FACILITIES, Communities

LONGEST_S = 10.0
IMPORTS_S = 120.0
"""How long a new process may take for its imports."""

EACH_CHECKED = 40
"""One of so many is read by `planner check`, which takes some ten times as long as reading a file."""

MEMORY_AT_MOST = 12 * 2**30
"""Bytes of addresses of the reading process: what asks for more fails there, and not the machine."""

FAULTS = (1, EXHAUSTED)
"""Exit codes of a fault of the planner's own; nothing that a file holds may lead to one."""

SCHEMAS = {
    **{schema.name: schema for schema in TABLES},
    "centres": FACILITIES,
    "people": DEMAND,
}
HOME = (117.0, 39.65)


@dataclass(frozen=True, slots=True)
class Damage:
    """One damaged input: which sample, the seed of what is done to it, and whether a whole study is checked."""

    sample: str
    seed: int
    is_checked: bool = False


@dataclass(slots=True)
class Found:
    """What became of many damaged inputs: how many of each format, those read, what went wrong, the longest."""

    tried: Counter[str] = field(default_factory=Counter)
    read: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    longest: tuple[float, str] = (0.0, "")


def damages(names: list[str], count: int, seed: int) -> Iterator[Damage]:
    """Yield so many, all samples in turn."""
    for number in range(count):
        # Each sample has its turn of being checked.
        is_checked = (number + number // len(names)) % EACH_CHECKED == 0
        yield Damage(names[number % len(names)], seed * 1_000_003 + number, is_checked)


def put(sample: Sample, seed: int | None, folder: Path) -> Path:
    """Write a sample, damaged as the seed says, sound where that is None; return the file to name."""
    folder.mkdir(parents=True, exist_ok=True)
    dice = random.Random(seed)  # noqa: S311 - the same damage each time
    files = sample.files
    if seed is not None:
        is_whole = True
        if sample.frame is not None and dice.random() < 0.3:
            # Some odd tables cannot be written in a format.
            with suppress(Exception), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                files = written(restructured(sample.frame, dice), sample.ending, folder / "made")
                is_whole = dice.random() < 0.3
        if is_whole:
            chosen = dice.choice(list(files))
            files = {name: damaged(body, dice) if name == chosen else body for name, body in files.items()}
            if len(files) > 1 and dice.random() < 0.1:
                del (files := dict(files))[dice.choice(list(files)[1:])]
    for name, body in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(body)
    return folder / next(iter(files))


def read(sample: Sample, path: Path) -> None:
    """Read an input as a study does."""
    match sample.reads:
        case "raster":
            read_raster(path, toy_communities(), unit="people", band=None, nodata=None, crs=None, source=path.name)
        case "elevation":
            streets = toy.layers()["streets"]
            read_elevation(
                path,
                bounds=streets.total_bounds,
                crs=pyproj.CRS(toy.CRS),
                smoothing_m=30.0,
                setting="inputs.elevation",
                source=path.name,
            )
        case "study":
            read_study(path)
        case "rules":
            read_rules(path.name, folder=path.parent)
        case "scenario":
            read_scenario(path, make_study({"name": "Toy city", "inputs": {}} | SOUND))
        case layer:
            schema = SCHEMAS[layer]
            named = Layer(path=path, crs=toy.CRS if sample.ending in TABLES_OF_CELLS else None)
            found = read_layer(path, named, setting=f"inputs.{layer}", schema=schema, home=HOME)
            table = schema.check(found.frame, source=path.name, reader_issues=found.issues)
            if table.crs is not None and len(table):
                reproject_layer(table, pyproj.CRS(toy.CRS), source=path.name)


def toy_communities() -> Communities:
    """Return the toy city's communities."""
    return Communities(toy.layers()["communities"])


SOUND = {
    "inputs": {name: {"path": "toy.gpkg", "layer": name} for name in ("communities", "streets")}
    | {"facilities": {"path": "toy.gpkg", "layer": "centres"}}
}

LINES = {
    "people": ('path = "toy.gpkg"\nlayer = "people"\n', "{}"),
    "communities": ('path = "toy.gpkg"\nlayer = "communities"\n', "{}"),
    "centres": ('path = "toy.gpkg"\nlayer = "centres"\n', "{}"),
    "streets": ('path = "toy.gpkg"\nlayer = "streets"\n', "{}"),
    "raster": ('\n[inputs.demand]\npath = "toy.gpkg"\nlayer = "people"\n', "\n[inputs.population]\n{}"),
    "elevation": ("\n[walking]\n", "\n[inputs.elevation]\n{}\n[walking.costs]\nslope = true\n\n[walking]\n"),
    "rules": ("\n[walking]\n", "\n[rules]\n{}\n[walking]\n"),
    **{
        name: ("\n[walking]\n", f"\n[inputs.{name}]\n{{}}\n[walking]\n")
        for name in ("buildings", "places", "water", "barriers")
    },
}
"""What stands in the toy study, and what names the damaged file there instead."""


def check(sample: Sample, path: Path) -> int:
    """Check a study with an input in it; return the exit code."""
    home = path.parent
    study = toy.write_study(home)
    if sample.reads == "study":
        return main(["check", str(path)])
    if sample.reads == "scenario":
        return main(["run", str(study), "--out", str(home / "out"), "--scenario", str(path)])
    text = study.read_text("utf-8")
    old, new = LINES[sample.reads]
    key = "profile" if sample.reads == "rules" else "path"
    if old not in text:
        raise LookupError(sample.reads)
    named = f'{key} = "{path.name}"\n' + (f'crs = "{toy.CRS}"\n' if sample.ending in TABLES_OF_CELLS else "")
    study.write_text(text.replace(old, new.format(named)), "utf-8")
    return main(["check", str(study)])


def outcome(sample: Sample, each: Damage, folder: Path, *, seed: int | None) -> str:
    """Damage and read one input; return ``"read"``, ``"refused"``, or what went wrong."""
    path = put(sample, seed, folder)
    try:
        if each.is_checked:
            code = main_code(sample, path)
            return f"exit code {code}" if code in FAULTS else "refused" if code else "read"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read(sample, path)
    except PlannerError as error:
        said = [error.in_words(language) for language in ("zh", "en")]
        strange = [one for one in said if "Traceback" in one or "\x1b" in one or not one.strip()]
        return f"said {strange[0]!r:.200}" if strange else "refused"
    except Exception as error:  # noqa: BLE001 - what must not be is what is looked for
        return f"{type(error).__name__}: {error!s:.200}\n{''.join(traceback.format_tb(error.__traceback__)[-4:])}"
    return "read"


def main_code(sample: Sample, path: Path) -> int:
    """Check a study; what leaves the command line as an exit is its code."""
    try:
        return check(sample, path)
    except SystemExit as left:
        return int(left.code or 0)


def _work(asked: Connection, folder: str) -> None:
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_AT_MOST, MEMORY_AT_MOST))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    known = all_samples(Path(folder) / "sound")
    for each in (Damage("toy-people.gpkg", 0, is_checked=True), Damage("toy-people.xlsx", 0)):
        # The first compiles and imports what the others only use.
        with Path("/dev/null").open("w") as sys.stdout:
            outcome(known[each.sample], each, Path(folder) / "first", seed=None)
    asked.send("ready")
    with Path("/dev/null").open("w") as nowhere:
        sys.stdout = sys.stderr = nowhere
        while (each := asked.recv()) is not None:
            room = Path(folder) / f"{each.sample}-{each.seed}"
            told = outcome(known[each.sample], each, room, seed=each.seed)
            shutil.rmtree(room, ignore_errors=True)
            asked.send(told)


def all_samples(folder: Path) -> Mapping[str, Sample]:
    """Return all samples by name."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {sample.name: sample for sample in samples(folder)}


class Worker:
    """A process that reads damaged inputs, and is replaced by another where one costs it."""

    def __init__(self, folder: Path) -> None:
        spawning = multiprocessing.get_context("spawn")
        self._ours, theirs = spawning.Pipe()
        self._process = spawning.Process(target=_work, args=(theirs, str(folder)), daemon=True)
        self._process.start()
        theirs.close()
        if not self._ours.poll(IMPORTS_S) or self._ours.recv() != "ready":
            raise RuntimeError(self._process.exitcode)

    def ask(self, each: Damage) -> str:
        """Return what became of an input; the worker is gone afterwards where that is an abort or a wait."""
        try:
            self._ours.send(each)
            if self._ours.poll(LONGEST_S):
                return str(self._ours.recv())
        except (EOFError, OSError):
            self._process.join()
            return f"the process was lost ({self._process.exitcode})"
        return f"no answer within {LONGEST_S:g} s"

    @property
    def is_alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.is_alive()

    def end(self) -> None:
        """End it."""
        self._process.kill()
        self._process.join()


def explore(each_of: Iterator[Damage], folder: Path, *, progress: Path | None = None) -> Found:
    """Read damaged inputs; say how many were read and what went wrong, and write both to a file as it goes."""
    found, worker = Found(), Worker(folder)
    for number, each in enumerate(each_of, 1):
        began = time.monotonic()
        told = worker.ask(each)
        seconds = time.monotonic() - began
        found.longest = max(found.longest, (seconds, f"{each}"))
        ending = each.sample.partition(".")[2]
        found.tried[ending] += 1
        found.read[ending] += told == "read"
        if told not in ("read", "refused"):
            found.wrong.append(f"{each}: {told}")
            _note(progress, found.wrong[-1])
        if told.startswith("no answer") or not worker.is_alive:
            worker.end()
            worker = Worker(folder)
        if number % 500 == 0:
            _note(progress, f"{number} tried, {found.read.total()} read, {len(found.wrong)} wrong")
    worker.end()
    return found


def _note(progress: Path | None, line: str) -> None:
    if progress is not None:
        with progress.open("a", encoding="utf-8") as file:
            file.write(f"{time.strftime('%H:%M:%S')} {line}\n")


def again(name: str, seed: int, *, is_checked: bool) -> str:
    """Repeat one in this process."""
    folder = Path(tempfile.mkdtemp(prefix="damaged-"))
    return f"{folder}\n" + outcome(
        all_samples(folder / "sound")[name], Damage(name, seed, is_checked), folder / "it", seed=seed
    )


def told_at_the_end(found: Found, seed: int, seconds: float) -> str:
    """Return the numbers of a series."""
    formats = ", ".join(f"{ending} {found.read[ending]}/{count}" for ending, count in sorted(found.tried.items()))
    longest, which = found.longest
    return (
        f"{found.tried.total()} damaged inputs (seed {seed}), {found.read.total()} read, "
        f"{len(found.wrong)} faults; {seconds / 60:.0f} min, the longest {longest:.1f} s ({which})\n"
        f"read of each format: {formats}"
    )


if __name__ == "__main__":
    words = sys.argv[1:]
    if "--again" in words:
        place = words.index("--again")
        print(again(words[place + 1], int(words[place + 2]), is_checked="--checked" in words))  # noqa: T201 - a script
        sys.exit()
    how_many, which_seed = (int(word) for word in (words + ["200", "1"][len(words) :])[:2])
    home_of_all = Path(tempfile.mkdtemp(prefix="damaged-"))
    start = time.monotonic()
    all_names = sorted(all_samples(home_of_all / "sound"))
    result = explore(
        damages(all_names, how_many, which_seed), home_of_all, progress=Path(words[2]) if len(words) > 2 else None
    )
    shutil.rmtree(home_of_all, ignore_errors=True)
    print(*result.wrong, told_at_the_end(result, which_seed, time.monotonic() - start), sep="\n")  # noqa: T201 - a script
    sys.exit(bool(result.wrong))
