"""Programmes with other funds, and the tables of a plan."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyogrio
import pytest

import planner as pl


def test_the_same_money_gives_the_programme_of_the_plan(haibowan_plan: pl.Plan) -> None:
    again = pl.fund_programme(haibowan_plan)
    ours = haibowan_plan.programme
    assert ours is not None
    assert again.projects == ours.projects
    assert (again.resolved, again.people, again.bound) == (ours.resolved, ours.people, ours.bound)


def test_less_money_resolves_no_more(haibowan_plan: pl.Plan) -> None:
    ours = haibowan_plan.programme
    assert ours is not None
    poor = pl.fund_programme(haibowan_plan, 0.2)
    assert poor.cost <= 0.2 * sum(fund.amount for fund in ours.funds) * (1 + 1e-9)
    assert poor.resolved <= ours.resolved
    nothing = pl.fund_programme(haibowan_plan, 0)
    assert (nothing.cost, nothing.people) == (0.0, 0.0)


def test_wrong_shares_and_studies_without_funds_are_refused(toy_plan: pl.Plan, haibowan_plan: pl.Plan) -> None:
    with pytest.raises(pl.PlannerError, match=r"programme\.funds"):
        pl.fund_programme(toy_plan)
    with pytest.raises(pl.PlannerError, match="`share`"):
        pl.fund_programme(haibowan_plan, -0.5)


def test_tables_are_the_layers_of_the_geopackage(haibowan_plan: pl.Plan, tmp_path: Path) -> None:
    haibowan_plan.to_file(tmp_path / "results.gpkg")
    layers = dict(pyogrio.list_layers(tmp_path / "results.gpkg"))
    for name in layers.keys() - {"layer_styles"}:
        table = haibowan_plan.to_frame(name)
        assert isinstance(table, pd.DataFrame)
        assert len(table) == pyogrio.read_info(tmp_path / "results.gpkg", layer=name)["features"]
    with pytest.raises(pl.PlannerError, match="Did you mean `projects`"):
        haibowan_plan.to_frame("project")
    assert len(repr(haibowan_plan.programme)) < 200
