"""Rooms and services compete with stations in the programme of the toy city: brute force, rules and products."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, product
from pathlib import Path

import life_circle
import numpy as np
import pytest
import toy

import planner
from planner.evaluation.improvements.actions import Action
from planner.messages.catalogue import Texts
from planner.network.walk import is_within
from planner.reporting.document.build import build_document
from planner.reporting.document.programme import spots_of
from planner.reporting.report.blocks import Translator
from planner.reporting.tables.services import mend_text
from planner.results import Plan
from planner.siting.study_bundles import ROOM

TOTAL = 25.0


def plan_with(folder: Path, study: str = life_circle.WITH_MONEY) -> Plan:
    return planner.run(life_circle.write_study(folder, study))


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return plan_with(tmp_path_factory.mktemp("services"))


def choices_of_rooms(plan: Plan) -> dict[tuple[float, frozenset[str]], float]:
    """Return the most weighted people with services by cost and rooms taken, over all that is allowed."""
    problem, best = plan.bundles.problem, dict[tuple[float, frozenset[str]], float]()
    rooms, services = problem.allowed.shape
    near = np.zeros((services, rooms, len(problem.weight[0])), dtype=bool)
    for service, (room, row) in enumerate(problem.reach):
        near[service, room, row] = True
    taken, ids = (plan.bundles.rooms["kind"] == ROOM).to_numpy(), plan.bundles.rooms["id"].to_numpy()
    for bits in product((False, True), repeat=rooms * services):
        inside = np.array(bits).reshape(rooms, services)
        used = inside @ problem.needed_m2
        if (inside & ~problem.allowed).any() or (inside.sum(axis=1) > problem.most_services).any():
            continue
        if (used[taken] > problem.area_m2[taken]).any():
            continue
        some = inside.any(axis=1)
        cost = problem.opening_cost[some].sum() + problem.fitting_cost[inside].sum()
        people = sum(
            problem.weight[service][near[service][inside[:, service]].any(axis=0)].sum()
            for service in range(services)
        )
        key = float(cost), frozenset(ids[some & taken])
        best[key] = max(best.get(key, 0.0), float(people))
    return best


def choices_of_stations(plan: Plan) -> list[tuple[float, frozenset[str], float]]:
    """Return cost, sites and people newly covered of every choice of stations that money allows."""
    standard, times, walks = plan.study.limits.standard_min, plan.times, plan.candidate_times
    people = plan.inputs.demand["people"].to_numpy().copy()
    people[times.demand[is_within(times.minutes, standard)]] = 0.0
    near = np.zeros((walks.n_facilities, walks.n_demand), dtype=bool)
    reached = is_within(walks.minutes, standard)
    near[walks.facility[reached], walks.demand[reached]] = True
    row = {ident: number for number, ident in enumerate(plan.siting.candidates["id"])}
    cost = {site.id: site.cost for site in plan.programme.sites}
    found = []
    for number in range(len(cost) + 1):
        for some in combinations(cost, number):
            total = sum(cost[site] for site in some)
            if total <= TOTAL:
                gained = float(people[near[[row[site] for site in some]].any(axis=0)].sum())
                found.append((total, frozenset(some), gained))
    return found


def test_services_stations_and_money_equal_brute_force(plan: Plan) -> None:
    rooms, stations = choices_of_rooms(plan), choices_of_stations(plan)
    best = max(
        people + others
        for cost, sites, people in stations
        for (more, taken), others in rooms.items()
        if cost + more <= TOTAL and not sites & {f"P:{room}" for room in taken}
    )
    found = plan.programme
    assert found.people == pytest.approx(best)
    assert found.bound == pytest.approx(best)
    assert found.status == found.order_status == "optimal"
    assert {one.kind for one in found.projects} >= {"room", "service", "new"}
    assert found.cost <= TOTAL


def test_rooms_come_first_and_hold_what_goes_into_them(plan: Plan) -> None:
    taken = {one.room: one.year for one in plan.programme.projects if one.kind == "room"}
    areas = dict(zip(plan.bundles.rooms["id"], plan.bundles.rooms["area_m2"], strict=True))
    used = dict.fromkeys(taken, 0.0)
    for one in plan.programme.projects:
        if one.kind == "service" and not one.centre:
            assert one.year >= taken[one.room]
            used[one.room] += {"canteen": 120.0, "clinic": 80.0}[one.service]
    ids = [one.option for one in plan.programme.projects]
    in_rooms = [one for one in plan.programme.projects if one.service and not one.centre]
    assert all(ids.index(f"room:{one.room}") < ids.index(one.option) for one in in_rooms)
    assert all(0 < used[room] <= areas[room] for room in taken)
    assert sum(one.people_services for one in plan.programme.projects) == pytest.approx(
        plan.programme.years[-1].people_services
    )
    assert all(one.people_covered == 0 for one in plan.programme.projects if one.room)


def test_the_products_state_rooms_and_services(plan: Plan, tmp_path: Path) -> None:
    found = build_document(plan)["programme"]
    for entry, one in zip(found["projects"], plan.programme.projects, strict=True):
        assert (entry["room"], entry["service"]) == (one.room, one.service)
        assert entry["people_services"] == pytest.approx(one.people_services)
        assert (entry["lon"] is not None) or not one.room
    assert found["years"][-1]["people_services"] == pytest.approx(plan.programme.years[-1].people_services)
    paths = planner.write(plan, tmp_path, products=["map", "report", "tables", "gpkg"])
    assert all(path.exists() for path in paths)


def projects_of_gaps(plan: Plan, gives: dict[str, set[str]]) -> dict[tuple[str, str], set[str]]:
    """Return who lacks a service and walks along the grid to a project that gives it, by community and service."""
    results: dict[tuple[str, str], set[str]] = {}
    spots = spots_of(plan)
    for one in plan.services.access:
        least, limit = one.service.standard.count, one.service.standard.minutes
        lacking = ~np.isin(one.reason, ["", "full"]) & (one.people > 0) & (one.within + 1 >= least)
        for project in gives.get(one.id, ()):
            spot = np.array(spots[project].coords[0]) - toy.ORIGIN
            near = life_circle.walk_m(one.points, tuple(spot)) / 60 <= limit + 1e-6
            for community in one.points["community"][lacking & near]:
                results.setdefault((community, one.id), set()).add(project)
    return results


def named_projects(plan: Plan) -> dict[tuple[str, str], set[str]]:
    rows = build_document(plan)["services"]["ledger"]
    return {(row["community"], row["service"]): set(row["projects"]) for row in rows if row["projects"]}


def test_a_gap_names_the_projects_that_give_the_service(plan: Plan) -> None:
    """Rooms and premises their service, new stations that of the study's own centres, and no other."""
    projects = plan.programme.projects
    gives = {name: {one.id for one in projects if one.service == name} for name in ("canteen", "clinic")}
    gives["centres"] = {one.id for one in projects if one.kind == "new"}
    expected = projects_of_gaps(plan, gives)
    assert {service for _, service in expected} == {"canteen", "centres"}
    assert named_projects(plan) == expected
    content = build_document(plan)
    row = next(row for row in content["services"]["ledger"] if (row["community"], row["service"]) in expected)
    assert row["projects"][0] in mend_text(row, Translator(content, Texts("en")))


def test_a_gap_names_stations_and_premises_that_are_large_enough(tmp_path: Path) -> None:
    """C1 has 320 of 700 m²: 380 more are enough, 379 are not; nothing is known of S1."""
    study = life_circle.WITH_MONEY.replace("[bundles]\nbudget = 30.0\n", "").replace(
        'tier = ["community"] }',
        'tier = ["community", "station"] }\ncapacity = "floor_area_m2"\nleast_capacity = 700',
    )
    plan = plan_with(tmp_path, study)
    new = {one.id for one in plan.programme.projects if one.kind == "new"}
    expected = projects_of_gaps(plan, {"premises": new, "centres": new})
    assert any(service == "premises" for _, service in expected)
    assert named_projects(plan) == expected
    for number, (centre, amount) in enumerate((("C1", 380.0), ("C1", 379.0), ("S1", 380.0))):
        more = Action("add_area", amount, None)
        first = replace(plan.programme.projects[0], kind="upgrade", site="", centre=centre, actions=(more,))
        larger = replace(plan, programme=replace(plan.programme, projects=(first,)))
        expected = projects_of_gaps(larger, {"premises": {first.id}} if number == 0 else {})
        assert bool(expected) == (number == 0)
        assert named_projects(larger) == expected


def test_a_study_without_bundles_says_nothing_of_services(tmp_path: Path) -> None:
    study = life_circle.WITH_MONEY.replace("[bundles]\nbudget = 30.0\n", "")
    found = build_document(plan_with(tmp_path, study))["programme"]
    assert not any("people_services" in one for one in (*found["years"], *found["projects"]))
    assert {one["kind"] for one in found["projects"]} <= {"new", "upgrade"}


def test_funds_choose_what_they_pay_for(tmp_path: Path) -> None:
    study = life_circle.WITH_MONEY + 'pays_for = ["new"]\n'
    assert {one.kind for one in plan_with(tmp_path, study).programme.projects} <= {"new"}
    study = life_circle.WITH_MONEY + 'pays_for = ["service"]\n'
    found = plan_with(tmp_path, study).programme.projects
    assert {one.kind for one in found} == {"service"}
    assert all(one.centre for one in found)


def test_no_money_starts_nothing(tmp_path: Path) -> None:
    study = life_circle.WITH_MONEY.replace("[12.0, 13.0]", "[0.0, 0.0]")
    found = plan_with(tmp_path, study).programme
    assert (found.projects, found.people, found.bound) == ((), 0.0, 0.0)


def test_no_room_may_be_taken(tmp_path: Path) -> None:
    study = life_circle.WITH_MONEY.replace("budget = 30.0", "most_rooms = 0\nmost_added = 0")
    assert {one.kind for one in plan_with(tmp_path, study).programme.projects} <= {"new"}
