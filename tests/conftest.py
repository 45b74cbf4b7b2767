"""Studies that many tests share: a toy city that can be computed by hand, and the embedded Haibowan study."""

from __future__ import annotations

import functools
import gc
import os
import pkgutil
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import markers
import pytest
import seeds
import toy
from pyproj.database import query_utm_crs_info
from sharing import known_run, made_once, pickled_once, read

import planner
from planner import pipeline
from planner.commands.main import GC_THRESHOLDS
from planner.io.second_process import run_here
from planner.reporting.report import pictures

ROOT = Path(__file__).parent.parent
HAIBOWAN, HELSINKI = (ROOT / "data" / name / "study.toml" for name in ("haibowan", "helsinki"))

# A fault of the planner ends a command in a sentence; a test that meets one is to show where.
os.environ.setdefault("PLANNER_TRACEBACK", "1")
# Nothing that one test computes may serve another: tests of the cache name a folder of their own.
os.environ["PLANNER_CACHE"] = "off"
# Interpreters keep what they compile, as those of users do: each that a test starts begins a second earlier.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# Nobody cuts the power while tests run: SQLite need not wait for the disk at each of some hundred thousand writes.
os.environ.setdefault("OGR_SQLITE_SYNCHRONOUS", "OFF")

seeds.choose_cases()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests by what they need, and let property tests be brief where that is asked."""
    markers.apply(items)
    if config.getoption("--hypothesis-profile") == markers.QUICK:
        markers.limit_examples(items)


def pytest_collection_finish() -> None:
    """Leave what is loaded by now out of searches for garbage: it stays, and is most of what they go through."""
    gc.set_threshold(*GC_THRESHOLDS)
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _one_process() -> Iterator[None]:
    """Write the products of `main(["run", …])` in this process: a second one takes longer to start than to work.

    Equal drawings become pictures once, and of a ninth of the dots: those of users take a tenth of a second each.
    That two processes write what one writes, and how fine pictures are, is for `tests/io/test_second_process.py`;
    commands that tests start in processes of their own are as users have them.
    """
    drawn = functools.cache(functools.partial(pictures.render_png, dots_a_px=pictures.DOTS_A_PX / 3))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("planner.reporting.report.pictures.start_in_process", run_here)
        # As for SQLite, above.
        patch.setattr(os, "fsync", lambda _: None)
        # PROJ searches its database for half a tenth of a second; the zone of an area is the same each time.
        patch.setattr("pyproj.database.query_utm_crs_info", functools.cache(query_utm_crs_info))
        for module in ("pictures", "docx"):
            patch.setattr(f"planner.reporting.report.{module}.render_png", drawn)
        yield


@pytest.fixture
def toy_study(tmp_path: Path) -> Path:
    """Return the study file of the toy city, in a folder of its own."""
    return toy.write_study(tmp_path / "toy")


@pytest.fixture(scope="session")
def toy_plan(tmp_path_factory: pytest.TempPathFactory) -> planner.Plan:
    """Return the plan of the toy city."""
    folder = tmp_path_factory.mktemp("toy_plan")
    return made_once(
        tmp_path_factory,
        "toy_plan",
        lambda: planner.run(toy.write_study(folder, study=toy.STUDY + toy.HAIBOWAN_RULES)),
    )


@pytest.fixture(scope="session")
def rich_toy_plan(tmp_path_factory: pytest.TempPathFactory) -> planner.Plan:
    """Return the plan of the toy city with further kinds of people and a business area."""
    folder = tmp_path_factory.mktemp("rich_toy_plan")
    return made_once(
        tmp_path_factory,
        "rich_toy_plan",
        lambda: planner.run(toy.write_study(folder, changed={"places": toy.places()}, study=toy.RICH)),
    )


@pytest.fixture(scope="session")
def everything_plan(tmp_path_factory: pytest.TempPathFactory) -> planner.Plan:
    """Return the plan of the toy city with all parts of a study at once."""
    folder = tmp_path_factory.mktemp("everything_plan")
    return made_once(
        tmp_path_factory,
        "everything_plan",
        lambda: planner.run(toy.write_study(folder, changed=toy.every_layer(), study=toy.EVERYTHING)),
    )


@pytest.fixture(scope="session")
def haibowan_pickle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the pickled plan of the embedded Haibowan study, for processes of other programs too."""
    return pickled_once(tmp_path_factory, "haibowan_plan", lambda: planner.run(HAIBOWAN))


@pytest.fixture(scope="session")
def haibowan_plan(haibowan_pickle: Path) -> planner.Plan:
    """Return the plan of the embedded Haibowan study."""
    plan: planner.Plan = read(haibowan_pickle)
    return plan


@pytest.fixture(scope="session")
def haibowan_folder(haibowan_plan: planner.Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with map, tables and plan of the Haibowan study; they are only read."""
    folder = tmp_path_factory.mktemp("haibowan")
    some = ["map", "tables", "plan"]
    paths = made_once(
        tmp_path_factory, "haibowan_folder", lambda: planner.write(haibowan_plan, folder, products=some)
    )
    return paths[0].parent


@pytest.fixture(scope="session")
def helsinki_plan(tmp_path_factory: pytest.TempPathFactory) -> planner.Plan:
    """Return the plan of the embedded Helsinki study, streets from its extract."""
    return made_once(tmp_path_factory, "helsinki_plan", lambda: planner.run(HELSINKI))


@pytest.fixture
def known_runs(haibowan_plan: planner.Plan, helsinki_plan: planner.Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer runs of the embedded studies as they ship, and of copies of them, by the plans that are known.

    For tests of what is done with a plan: that the studies run, and what comes of it, others tell.
    """
    answer = known_run((haibowan_plan, helsinki_plan))
    # Whoever imports the function holds a name of its own for it. All modules are loaded first, so that none keeps
    # the substitute for later tests.
    for module in pkgutil.walk_packages(planner.__path__, "planner."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    original = pipeline.run
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "planner" and vars(module).get("run") is original:
            monkeypatch.setattr(module, "run", answer)
    assert pipeline.run is answer
