"""Every location model as `siting.model` of a study: against brute force, and in every product."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape
from itertools import combinations
from pathlib import Path

import docx
import numpy as np
import openpyxl
import pyogrio
import pytest
import toy
from scipy.optimize import linprog

import planner
from planner.messages.errors import StudyError
from planner.network.walk import FloatArray
from planner.network.walker import point_coordinates
from planner.reporting.document.build import build_document
from planner.siting.candidates.candidate import candidate_xy
from planner.siting.model_spec import get_spec
from planner.siting.models import model_names
from planner.siting.solvers import deadline

SETTINGS = """
model = "{model}"
m2_per_household = 30.0
new_area_m2 = 100.0

[[siting.tiers]]
tier = "community"
sites = 1
minutes = 10.0

[[siting.tiers]]
tier = "station"
sites = 1
minutes = 3.0

[[demand.groups]]
id = "old"
share = 0.1
weight = 2.0
"""
SITES, STANDARD_MIN, FADE_MIN, BACKUP = 2, 5.0, 15.0, 0.5


@dataclass
class Toy:
    """The toy city's walks: one row a demand point and group, one column a candidate or centre."""

    minutes: FloatArray
    weight: FloatArray
    households: FloatArray
    capacity: FloatArray
    candidates: int
    tier: list[str]

    @classmethod
    def of(cls, plan: planner.Plan) -> Toy:
        facilities, residents, old = plan.inputs.facilities, plan.inputs.demand, plan.groups[0].demand
        new = candidate_xy(plan.siting.pool.candidates)
        sites = plan.walker.snap(np.vstack([new, point_coordinates(facilities)]))
        walks = [
            plan.walker.time_matrix(sites, plan.walker.snap(points), within_min=plan.walker.upper_bound_min).T
            for points in (residents, old)
        ]
        area = np.concatenate([np.full(len(new), 100.0), facilities["floor_area_m2"].fillna(0.0)])
        return cls(
            np.vstack(walks),
            np.concatenate([residents["people"], old["people"] * 2.0]),
            np.concatenate([residents["households"], np.zeros(len(old))]),
            area / 30.0,
            len(new),
            list(facilities["tier"]),
        )

    def opened(self, sites: tuple[int, ...]) -> list[int]:
        return [*sites, *range(self.candidates, self.minutes.shape[1])]

    def choices(self) -> Iterator[list[int]]:
        for count in range(SITES + 1):
            yield from (self.opened(some) for some in combinations(range(self.candidates), count))

    def nearest(self, opened: list[int]) -> FloatArray:
        return self.minutes[:, opened].min(axis=1)

    def served(self, opened: list[int], limit_min: float = STANDARD_MIN) -> FloatArray:
        return (self.minutes[:, opened] <= limit_min).sum(axis=1)

    def maximal_covering(self) -> float:
        return max(float(self.weight[self.served(opened) > 0].sum()) for opened in self.choices())

    def set_covering(self) -> float:
        needed = (self.weight > 0) & (self.minutes <= STANDARD_MIN).any(axis=1)
        for count in range(self.candidates + 1):
            for some in combinations(range(self.candidates), count):
                if self.served(self.opened(some))[needed].all():
                    return count
        raise AssertionError

    def p_median(self) -> float:
        reachable = np.isfinite(self.minutes).any(axis=1)
        return min(float((self.nearest(some) * self.weight)[reachable].sum()) for some in self.choices())

    def p_center(self) -> float:
        counts = np.isfinite(self.minutes).any(axis=1) & (self.weight > 0)
        return min(float(self.nearest(opened)[counts].max()) for opened in self.choices())

    def backup_covering(self) -> float:
        counts = [self.served(opened) for opened in self.choices()]
        return max(float(self.weight @ ((1 - BACKUP) * (some > 0) + BACKUP * (some > 1))) for some in counts)

    def gradual_covering(self) -> float:
        share = [(FADE_MIN - self.nearest(opened)) / (FADE_MIN - STANDARD_MIN) for opened in self.choices()]
        return max(float(self.weight @ np.clip(some, 0.0, 1.0)) for some in share)

    def capacitated_covering(self) -> float:
        return max(self.allocated(opened) for opened in self.choices())

    def allocated(self, opened: list[int]) -> float:
        """Return the most people with a place: a linear programme over the shares of each row and column."""
        row, place = np.nonzero(self.minutes[:, opened] <= STANDARD_MIN)
        once = (row[None, :] == np.arange(len(self.weight))[:, None]).astype(float)
        within = (place[None, :] == np.arange(len(opened))[:, None]) * self.households[row][None, :]
        limit = np.concatenate([np.ones(len(once)), self.capacity[opened]])
        return -float(linprog(-self.weight[row], np.vstack([once, within]), limit).fun)

    def hierarchical_covering(self) -> float:
        """Community sites offer both services, stations one; the centres stay with the tier that they have."""
        centres = range(self.candidates, self.minutes.shape[1])
        high = [column for column, tier in zip(centres, self.tier, strict=True) if tier != "station"]
        best = 0.0
        for community in range(self.candidates):
            for station in range(self.candidates):
                both = self.served([community, *high], 10.0) > 0
                basic = self.served([community, station, *centres], 3.0) > 0
                best = max(best, float(self.weight @ both + self.weight @ basic))
        return best


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], planner.Plan]:
    plans: dict[str, planner.Plan] = {}

    def plan_by(model: str) -> planner.Plan:
        if model not in plans:
            study = toy.STUDY.replace("sites = 1", f"sites = {SITES}") + SETTINGS.format(model=model)
            plans[model] = planner.run(toy.write_study(tmp_path_factory.mktemp(model), study=study))
        return plans[model]

    return plan_by


@pytest.mark.parametrize("model", model_names())
def test_the_model_of_a_study_finds_the_optimum(planned: Callable[[str], planner.Plan], model: str) -> None:
    plan = planned(model)
    city, found = Toy.of(plan), build_document(plan)["siting"]["model"]
    expected = getattr(city, "maximal_covering" if model == "kinds" else model)()
    assert (found["name"], found["status"], found["gap"]) == (model, "optimal", 0.0)
    assert found["value"] == pytest.approx(expected, rel=1e-6)
    assert found["bound"] == pytest.approx(expected, rel=1e-6)
    spec = get_spec(model)
    assert (found["unit"], found["sense"], found["formula"], found["source"]) == (
        *(spec.unit, spec.sense, spec.formula, spec.source),
    )
    assert spec.formula
    assert spec.source


@pytest.mark.parametrize("model", model_names())
def test_every_product_shows_the_model(planned: Callable[[str], planner.Plan], model: str, tmp_path: Path) -> None:
    plan = planned(model)
    planner.write(plan, tmp_path, products=["map", "report", "tables", "gpkg"])
    siting = build_document(plan)["siting"]
    name, best = siting["model"]["en"], siting["proposals"][-1]
    assert best["method"] == model
    assert [one["chosen"] for one in siting["proposals"]] == [*[False] * (len(siting["proposals"]) - 1), True]
    ids = [site["id"] for site in best["sites"]]
    sites = pyogrio.read_dataframe(tmp_path / "results.gpkg", layer="sites")
    assert sites[sites["method"] == model].sort_values("rank")["id"].tolist() == ids
    report, page = (unescape((tmp_path / file).read_text("utf-8")) for file in ("report.html", "map.html"))
    assert name in report
    sheet = openpyxl.load_workbook(tmp_path / "tables.xlsx")["Proposed sites"]
    assert name in {str(row[0].value) for row in sheet.iter_rows()} or not ids
    if model != "maximal_covering":
        assert siting["model"]["objective"]["en"] in report
        assert siting["model"]["formula"].split(";")[0] in report
        assert best["objective"]["en"] in page
        word = docx.Document(str(tmp_path / "report.docx"))
        assert any(name in paragraph.text for paragraph in word.paragraphs)


def test_an_unknown_model_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="maximal_covering, backup_covering"):
        planner.run(toy.write_study(tmp_path, study=toy.STUDY + 'model = "best"\n'))


@pytest.mark.parametrize(("model", "seconds"), [("maximal_covering", 2.0), ("p_median", 5.0), ("kinds", 10.0)])
def test_all_searches_of_the_stage_share_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str, seconds: float
) -> None:
    """A clock moves by 1 ms at every reading; without a limit the searches read it some 27,000 times."""
    budgets: list[deadline.TimeBudget] = []
    counted = deadline.TimeBudget.share

    class Clock:
        now = 0.0

        def __call__(self) -> float:
            self.now += 0.001
            return self.now

    def recorded(budget: deadline.TimeBudget, share: float = 1.0) -> object:
        budgets.append(budget)
        return counted(budget, share)

    monkeypatch.setattr(deadline, "clock", Clock())
    monkeypatch.setattr(deadline.TimeBudget, "share", recorded)
    study = toy.EVERYTHING.replace("sites = 2", f'sites = 2\nmodel = "{model}"\nseconds = {seconds}')
    plan = planner.run(toy.write_study(tmp_path, study=study, changed=toy.every_layer()))
    assert plan.siting.proposals
    assert len(budgets) >= len(["optimum", "curve", "alternatives", "scenarios", "robust", "communities", "old"])
    assert len({id(budget) for budget in budgets}) == 1
    assert 0 < budgets[0].spent_s <= 1.1 * seconds


def test_a_model_that_finds_its_number_of_sites_needs_none_requested(tmp_path: Path) -> None:
    """The curve of maximal covering gains 130, 140, 150 and, with the fourth site, all 160 people."""
    study = toy.STUDY.replace("sites = 1", 'sites = 0\nmodel = "set_covering"')
    found = build_document(planner.run(toy.write_study(tmp_path, study=study)))["siting"]
    assert [(one["method"], len(one["sites"]), one["people_gained"]) for one in found["proposals"]] == [
        *(("clustering", 0, 0.0), ("maximal_covering", 0, 0.0), ("set_covering", 4, 160.0)),
    ]
    assert (found["model"]["value"], found["model"]["bound"], found["model"]["unit"]) == (4.0, 4.0, "sites")
