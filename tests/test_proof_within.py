"""A proof says what it is of: the budget, the candidates, what is left out; the comparison keeps to the same."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
import toy
from phrases import phrase

import planner
from planner.commands.site import solve_study
from planner.commands.site_card import solution_text
from planner.config.study import read_study
from planner.messages.catalogue import Texts
from planner.siting.candidates.builder import CandidateSet, SourceSummary

BUDGET = toy.STUDY.replace("sites = 1", "sites = 3") + "new_cost = 40.0\nbudget = 40.0\n"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toy.write_study(tmp_path_factory.mktemp("budget"), study=BUDGET)


@pytest.fixture(scope="module")
def plan(study: Path) -> planner.Plan:
    return planner.run(study)


def test_clustering_keeps_to_the_budget(plan: planner.Plan) -> None:
    clustering, best = plan.siting.proposals
    assert (len(clustering.sites), len(best.sites)) == (1, 1)
    assert clustering.people_gained <= best.people_gained == best.bound
    (notice,) = [one for one in plan.notices if one.key == "clustering_beyond_budget"]
    assert notice.values["count"] == len(notice.rows) == 2
    # Money for two: the two that add the most.
    assert all(step.people_gained == best.people_gained for step in plan.sites.comparison.curve)


def test_every_sentence_of_a_proof_names_the_budget(plan: planner.Plan, tmp_path: Path) -> None:
    planner.write(plan, tmp_path)
    text = html.unescape(re.sub("<[^>]+>", "\n", (tmp_path / "report.html").read_text("utf-8")))
    proofs = [
        line for line in text.splitlines() if re.search(r"no choice of (as many|at most)|any such choice", line)
    ]
    assert len(proofs) >= 4
    assert [line for line in proofs if "within the budget of 40" not in line] == []


def test_the_card_names_the_budget(study: Path) -> None:
    said = solution_text(solve_study(study, "maximal_covering"), Texts("en"))
    assert phrase("cli.site_budget", budget="40") in said
    assert "no choice among these candidates within the budget of 40 × 10,000 CNY gains more than" in said
    # The fewest for everybody has no budget: it is told, with what the sites cost.
    fewest = solution_text(solve_study(study, "set_covering"), Texts("zh"))
    assert "不受 `siting.budget`（40 万元）约束" in fewest
    assert "超出预算" in fewest


def test_without_a_budget_none_is_named(tmp_path: Path) -> None:
    said = solution_text(solve_study(toy.write_study(tmp_path), "maximal_covering"), Texts("en"))
    assert "budget" not in said


@pytest.mark.parametrize(("model", "everywhere"), [("maximal_covering", True), ("p_median", False)])
def test_street_positions_suffice_for_covering_only(model: str, *, everywhere: bool, tmp_path: Path) -> None:
    study = toy.STUDY.replace("sites = 1", "sites = 2") + 'sources = ["streets"]\n'
    said = solution_text(solve_study(toy.write_study(tmp_path, study=study), model), Texts("en"))
    assert ("so the bound holds for every street position" in said) == everywhere
    assert ("better street positions may lie between them" in said) != everywhere


def test_a_position_left_out_ends_the_proof_for_all_streets() -> None:
    """Another place on the same stretch might have been far enough from a centre."""
    assert CandidateSet((), (), (SourceSummary("streets", 9, 9, 9),)).every_street
    assert not CandidateSet((), (), (SourceSummary("streets", 9, 8, 9),)).every_street
    assert not CandidateSet((), (), (SourceSummary("streets", 9, 9, 12),)).every_street


def test_apart_m_leaves_positions_out_and_the_proof_with_them(tmp_path: Path) -> None:
    study = toy.STUDY + 'sources = ["streets"]\napart_m = 350\n'
    answered = solve_study(read_study(toy.write_study(tmp_path, study=study)), "maximal_covering")
    (streets,) = [one for one in answered.run.pool.sources if one.source == "streets"]
    assert streets.kept < streets.proposed
    assert not answered.run.pool.every_street


def test_services_are_not_called_people(tmp_path: Path) -> None:
    tiers = "".join(
        f'[[siting.tiers]]\ntier = "{tier}"\nsites = 1\nminutes = 5\n' for tier in ("community", "station")
    )
    said = solution_text(
        solve_study(toy.write_study(tmp_path, study=toy.STUDY + tiers), "hierarchical_covering"), Texts("en")
    )
    (answer,) = [line for line in said.splitlines() if line.startswith("Result:")]
    assert "people × services" in answer
