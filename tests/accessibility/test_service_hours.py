"""Services of the toy city at times of the week, by hand: a walk is |dx| + |dy| at 60 m a minute."""

from __future__ import annotations

import json
from pathlib import Path

import life_circle
import numpy as np
import pandas as pd
import pytest
import toy
from life_circle import walk_m
from phrases import phrase

import planner
from planner.config.study import make_study
from planner.messages.errors import StudyError
from planner.results import Plan

TIMES = 'service_times = ["weekday 12:00", "Sunday 10:00", "工作日 19:00"]\n'
NOON, SUNDAY, EVENING = "Mo-Fr 12:00", "Su 10:00", "Mo-Fr 19:00"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hours")


@pytest.fixture(scope="module")
def plan(folder: Path) -> Plan:
    return planner.run(life_circle.write_study(folder, TIMES + life_circle.STUDY))


def row(plan: Plan, service: str, time: str, community: str = "") -> pd.Series:
    assert plan.service_hours is not None
    rows = plan.service_hours.table.set_index(["service", "time", "community"])
    return rows.loc[service, time, community]


def test_a_canteen_is_open_at_noon_and_closed_in_the_evening(plan: Plan) -> None:
    people = life_circle.layers()["people"]
    served = people["people"][walk_m(people, (0, 0)) <= 300].sum()
    names = ["people_served", "people_open", "people_closed", "people_hours_unknown"]
    assert row(plan, "canteen", NOON)[names].tolist() == [served, served, 0, 0]
    for time in (SUNDAY, EVENING):
        assert row(plan, "canteen", time)[names].tolist() == [served, 0, served, 0]


def test_two_clinics_of_which_hours_are_unknown(plan: Plan) -> None:
    """Two are asked for. On Sunday H1 is open, H2 closed, H3 not known: H1 and H3 may be enough."""
    people = life_circle.layers()["people"]
    within = {
        name: walk_m(people, spot) <= 300
        for name, spot in (("H1", (200, 200)), ("H2", (400, 200)), ("H3", (800, 0)))
    }
    old = people["people_65"].to_numpy(dtype=float)
    served = sum(within.values()) >= 2
    maybe = served & (within["H1"].astype(int) + within["H3"] >= 2)
    found = row(plan, "clinic", SUNDAY)
    assert found["people_open"] == 0
    assert found["people_closed"] == pytest.approx(old[served & ~maybe].sum())
    assert found["people_hours_unknown"] == pytest.approx(old[maybe].sum())
    noon = row(plan, "clinic", NOON)
    assert noon["people_open"] == pytest.approx(old[served & within["H1"] & within["H2"]].sum())


def test_those_served_are_open_closed_or_unknown(plan: Plan) -> None:
    table = plan.service_hours.table.dropna()
    parts = table[["people_open", "people_closed", "people_hours_unknown"]].sum(axis=1)
    assert parts.to_numpy() == pytest.approx(table["people_served"].to_numpy())
    total = plan.services.total.set_index("service")["people_served"].dropna()
    whole = table[table["community"] == ""]
    assert whole["people_served"].to_numpy() == pytest.approx(total[whole["service"]].to_numpy())
    by_community = table[table["community"] != ""].groupby(["service", "time"])["people_open"].sum()
    assert by_community.to_numpy() == pytest.approx(
        whole.set_index(["service", "time"])["people_open"].sort_index().to_numpy()
    )


def test_services_without_hours_or_facilities_are_not_known(plan: Plan) -> None:
    assert np.isnan(row(plan, "park", NOON)["people_open"])
    own = row(plan, "centres", NOON)
    assert (own["people_open"], own["people_closed"]) == (0, 0)
    assert own["people_hours_unknown"] == own["people_served"] > 0


def test_the_ledger_of_hours_names_times_and_facility(plan: Plan) -> None:
    ledger = plan.service_hours.ledger.set_index(["service", "community"])
    served = row(plan, "canteen", NOON, "W")["people_served"]
    canteen = ledger.loc["canteen", "W"]
    assert (canteen["closed_at"], canteen["facility"]) == (f"{SUNDAY}; {EVENING}", "K1")
    assert canteen["people_closed"] == canteen["mend_people"] == served
    assert canteen["people_closed_at"] == f"{served:g}; {served:g}"
    assert plan.service_hours.ledger["priority"].tolist() == list(range(1, 1 + len(ledger)))
    assert "park" not in ledger.index.get_level_values("service")


def test_nobody_is_sufficient_when_the_canteen_is_closed(plan: Plan) -> None:
    found = plan.service_hours.sufficiency.set_index(["time", "community"])
    whole = plan.services.completeness_total["people_sufficient"]
    for time in (NOON, SUNDAY, EVENING):
        assert found.loc[(time, ""), "people_sufficient"] == whole
        assert found.loc[(time, ""), "people_sufficient_open"] == 0  # hours of the centres are not known
    assert found.loc[(SUNDAY, ""), "people_sufficient_unknown"] == 0


def test_the_plain_measures_are_as_without_times(plan: Plan, tmp_path: Path) -> None:
    layers = {**life_circle.layers(), "pois": life_circle.pois().assign(opening_hours=life_circle.HOURS)}
    plain = planner.run(toy.write_study(tmp_path, changed=layers, study=life_circle.STUDY))
    pd.testing.assert_frame_equal(plain.services.by_community, plan.services.by_community)
    pd.testing.assert_frame_equal(plain.ledger.rows, plan.ledger.rows)
    assert plain.service_hours is None


def test_notices_name_the_rows(plan: Plan) -> None:
    notices = {(one.key, one.rows) for one in plan.notices if one.key.startswith("service_hours")}
    assert notices == {
        ("service_hours_not_given", ("centres",)),
        ("service_hours_not_given", ("premises",)),
        ("service_hours_unread", ("H3",)),
    }


def test_centres_have_opening_hours_too(tmp_path: Path) -> None:
    centres = toy.layers()["centres"].assign(开放时间=["周一至周五 9:00-17:00", "Mo-Su 08:00-20:00"])
    layers = {**life_circle.layers(), "centres": centres}
    found = planner.run(toy.write_study(tmp_path, changed=layers, study=TIMES + life_circle.STUDY))
    served = found.services.total.iloc[0]["people_served"]
    assert row(found, "centres", NOON)["people_open"] == served
    people = life_circle.layers()["people"]
    late = people["people"][walk_m(people, (800, 400)) <= 300].sum()
    assert row(found, "centres", EVENING)["people_open"] == late


def test_products_hold_the_hours(plan: Plan, tmp_path: Path) -> None:
    planner.write(plan, tmp_path, products=["report", "tables", "plan", "gpkg"])
    found = json.loads((tmp_path / "plan.json").read_text("utf-8"))["services"]["hours"]
    assert found["times"] == [NOON, SUNDAY, EVENING]
    gap = next(row for row in found["ledger"] if (row["service"], row["community"]) == ("canteen", "W"))
    assert gap["facility_name"] == "canteen K1"
    page = (tmp_path / "report.html").read_text("utf-8")
    assert phrase("services.hours_title") in page
    assert phrase("services.mend_hours", name="canteen K1") in page


@pytest.mark.parametrize("text", ["evening", "Sunday 30:00"])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(StudyError) as error:
        make_study({"name": "x", "service_times": [text]})
    assert any("service_times" in str(issue.values) for issue in error.value.issues)
