"""Studies that many tests share: a toy city that can be reckoned by hand, and the embedded Haibowan study.

In CI the laws try the same cities each time, so that a change is judged by itself and never by a rare city that
chance dealt it: Hypothesis draws from a hash of each test. On a developer's machine every run tries others, and a
city that broke a law is tried again first in the next run; once it is mended it becomes an `example` of the test.
No example has a deadline: the machine may be busy.
"""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest
import toy
from sharing import known_run, made_once, pickled_once, read

import planner

ROOT = Path(__file__).parent.parent
HAIBOWAN, HELSINKI = (ROOT / "data" / name / "study.toml" for name in ("haibowan", "helsinki"))

hypothesis.settings.register_profile("developer", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, database=None, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "developer")


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
    """Return the plan of the toy city with further kinds of people and a business circle."""
    folder = tmp_path_factory.mktemp("rich_toy_plan")
    return made_once(
        tmp_path_factory,
        "rich_toy_plan",
        lambda: planner.run(toy.write_study(folder, changed={"places": toy.places()}, study=toy.RICH)),
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
    """Return a folder with the products of the Haibowan study; they are only read."""
    folder = tmp_path_factory.mktemp("haibowan")
    return made_once(tmp_path_factory, "haibowan_folder", lambda: planner.write(haibowan_plan, folder))[0].parent


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
    for place in ("planner.run", "planner.pipeline.run", "planner.phasing.run"):
        monkeypatch.setattr(place, answer, raising=False)
