"""Studies that many tests share: a toy city that can be reckoned by hand, and the embedded Haibowan study."""

from __future__ import annotations

from pathlib import Path

import pytest
import toy

import planner

ROOT = Path(__file__).parent.parent


@pytest.fixture
def toy_study(tmp_path: Path) -> Path:
    """Return the study file of the toy city, in a folder of its own."""
    return toy.write_study(tmp_path / "toy")


@pytest.fixture(scope="session")
def toy_plan(tmp_path_factory: pytest.TempPathFactory) -> planner.Plan:
    """Return the plan of the toy city."""
    return planner.run(toy.write_study(tmp_path_factory.mktemp("toy_plan")))


@pytest.fixture(scope="session")
def rich_toy_plan(tmp_path_factory: pytest.TempPathFactory) -> planner.Plan:
    """Return the plan of the toy city with further kinds of people and a business circle."""
    folder = tmp_path_factory.mktemp("rich_toy_plan")
    return planner.run(toy.write_study(folder, changed={"places": toy.places()}, study=toy.RICH))


@pytest.fixture(scope="session")
def haibowan_plan() -> planner.Plan:
    """Return the plan of the embedded Haibowan study."""
    return planner.run(ROOT / "data" / "haibowan" / "study.toml")


@pytest.fixture(scope="session")
def haibowan_folder(haibowan_plan: planner.Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the products of the Haibowan study."""
    folder = tmp_path_factory.mktemp("haibowan")
    planner.write(haibowan_plan, folder)
    return folder
