"""Toy cities in which something is empty, zero or left out, drawn from a seed; and everything that is done with one."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import shapely
import toy

import planner
from planner.answer_card import card
from planner.answering import site, write_answer
from planner.errors import SitingError
from planner.explaining import explain
from planner.outputs.document import document
from planner.outputs.programme_words import statements
from planner.outputs.report_blocks import Wording
from planner.outputs.report_cuts import write_cut
from planner.outputs.static_maps import write_static_map
from planner.phasing import _lines
from planner.plan import Plan
from planner.siting.models import MODELS
from planner.study import Study, read_study
from planner.texts import Texts

Layers = dict[str, gpd.GeoDataFrame]

MONEY = """
[costs]
floor_area_per_m2 = 0.5
[programme]
first_year = 2024
{settings}
[[programme.funds]]
id = "a"
amounts = [{first}, {second}]
{fund}
"""

PEOPLE = ("as they are", "all covered", "hardly anybody", "one place", "no street", "two places left", "most without street")
CENTRES = ("both", "one", "unknown area", "far away")
ORIGINS = ("[]", '["streets"]', '["clusters", "density", "circles", "parcels", "streets"]')


def with_people(how: str, people: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the demand: nobody, all within five minutes of a centre, or few and far."""
    xy = shapely.get_coordinates(people.geometry.array) - toy.ORIGIN
    near = (abs(xy - [200, 200]).sum(axis=1) <= 200) | (abs(xy - [800, 400]).sum(axis=1) <= 200)
    if how == "all covered":
        return people[near].reset_index(drop=True)
    if how == "hardly anybody":
        return people.assign(people=0.25 * (people.index == 0))
    if how == "one place":
        return people[~near].iloc[:1].reset_index(drop=True)
    if how == "two places left":
        return gpd.GeoDataFrame(people.assign(people=people["people"] * (near | (people.index < 2)))).reset_index(
            drop=True
        )
    off = shapely.transform(people.geometry.array, lambda at: at + [30, 30])
    if how == "no street":
        return people.set_geometry(off)
    if how == "most without street":
        return people.set_geometry([one if keep else other for one, other, keep in zip(people.geometry, off, near)])
    return people


def with_centres(how: str, centres: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the centres: one, without floor area, or where nobody walks to."""
    if how == "one":
        return centres.iloc[:1]
    if how == "unknown area":
        return centres.assign(floor_area_m2=None)
    if how == "far away":
        return centres.set_geometry(shapely.transform(centres.geometry.array, lambda at: at * 0 + toy.ORIGIN + 300))
    return centres


def drawn(seed: int) -> tuple[Layers, str]:
    """Return layers and study file of a toy city in which chance leaves much out."""
    chance = random.Random(seed)
    pick: Callable[..., object] = lambda *given: chance.choice(given)  # noqa: E731
    layers = toy.layers()
    layers["people"] = with_people(chance.choice(PEOPLE), layers["people"])
    layers["centres"] = with_centres(chance.choice(CENTRES), layers["centres"])
    if chance.random() < 0.3:
        layers["communities"] = layers["communities"].iloc[:1].set_geometry([shapely.union_all(layers["communities"].geometry.array)])
    if chance.random() < 0.3:
        layers["centres"] = layers["centres"].assign(community="W")
    study = toy.STUDY.replace('language = "en"', f'language = "{pick("en", "zh")}"')
    siting = [f"seconds = 3.0\nalternatives = {pick(0, 2)}"]
    study = study.replace("sites = 1", f"sites = {pick(0, 1, 2, 5, 60)}").replace(
        "candidates = 8", f"candidates = {pick(1, 2, 8)}"
    )
    some = lambda share: chance.random() < share  # noqa: E731
    if some(0.4):
        siting.append(f"budget = {pick(0.0, 10.0, 45.0)}")
    if some(0.6):
        siting.append(f"new_cost = {pick(0.0, 40.0)}")
    if some(0.2):
        siting.append(f"apart_m = {pick(300, 5000)}")
    if some(0.3):
        siting.append(f"origins = {pick(*ORIGINS)}")
    ids = list(layers["centres"]["id"])
    if some(0.3):
        siting.append(f"free = {pick(ids, ids[:1])}".replace("'", '"'))
    if some(0.3):
        siting.append(f"new_area_m2 = 200\nm2_per_household = {pick(0.3, 100)}")
    if some(0.3):
        siting.append(f'[[siting.tiers]]\ntier = "community"\nsites = {pick(0, 1)}\nminutes = 10\n[[siting.tiers]]\ntier = "station"\nsites = {pick(0, 2, 90)}\nminutes = 5')
    if some(0.3):
        siting.append('[siting.robust]\nwalking = ["elderly_measured"]\n[[siting.robust.people]]\nname = "none"\npeople = { "*" = 0.0 }')
    if some(0.3):
        siting.append("[siting.fair]\ncommunities = true")
    study += "\n".join(siting) + "\n"
    if some(0.3):
        weight = pick(0.0, 1.0)
        study += f'\n[demand]\nresidents_weight = {weight}\n[[demand.kinds]]\nid = "old"\nname = "Old"\nshare = 0.1\nweight = {pick(0.0, 0.5) if weight else 0.5}\n'
    if some(0.3):
        layers["water"] = toy._frame({"name": ["Lake"]}, [shapely.box(-500, -500, 2000, 2000).difference(shapely.union_all(DRY))])
        study += '\n[inputs.water]\npath = "toy.gpkg"\nlayer = "water"\n'
    if some(0.3):
        layers["places"] = toy.places().iloc[: chance.choice((1, 7))]
        study += '\n[inputs.places]\npath = "toy.gpkg"\nlayer = "places"\n[circles]\nwithin_m = 90.0\nleast_places = 4\n'
    if some(0.6):
        settings = "\n".join(
            line for line, share in ((f"new_cost = {pick(0.0, 40.0)}", 0.6), ("starts_per_street = 0", 0.2)) if some(share)
        )
        fund = "\n".join(
            line for line, share in (("most_share = 0.5", 0.2), ("carry_over = false", 0.3), ('pays_for = ["upgrade"]', 0.2)) if some(share)
        )
        first, second = pick(0.0, 60.0, 500.0), pick(0.0, 60.0)
        study += MONEY.format(settings=settings, first=first, second=second, fund=fund)
    return layers, study


def everything_is_made(file: Path, *, answers: bool = True) -> Plan:
    """Carry out a study and make everything of it that there is; return its plan."""
    study = read_study(file)
    texts = Texts(study.language)
    plan = planner.run(study)
    products = planner.write(plan, file.parent / "out")
    assert len(products) == 6
    assert all(product.stat().st_size for product in products)
    say = Wording(document(plan), texts)
    if study.programme.funds:
        assert list(_lines(say.content["programme"], say))
        assert list(statements(say))
    write_static_map(plan, file.parent / "sheet.svg")
    for wanted in ("", "North town", *plan.inputs.communities["name"]):
        write_cut(plan, file.parent / "cut.html", wanted=wanted)
    assert explain(file, plan.inputs.facilities["id"].iloc[0], texts)
    if answers:
        for model in MODELS:
            answer_is_given(study, model, file.parent / "answer")
    return plan


DRY = [shapely.box(x - 20, y - 20, x + 20, y + 20) for x, y in ((200, 200), (800, 400), (300, 300))]

REFUSED = ("siting_one_kind", "siting_no_tiers", "siting_no_m2_per_household", "siting_infeasible", "siting_unsupported", "siting_one_limit", "siting_no_households", "siting_no_area", "siting_half_a_limit")
"""A question that is not the study's, and so has no answer, is refused in words."""


def answer_is_given(study: Study, model: str, folder: Path) -> None:
    """Put one question; it is answered, or refused for what the study does not say."""
    texts = Texts(study.language)
    folder.mkdir(exist_ok=True)
    try:
        answered = site(study, model)
    except SitingError as error:
        assert all(breach.key in REFUSED for breach in error.breaches), error
        return
    assert card(answered, texts)
    assert write_answer(answered, folder)
