"""Toy cities in which something is empty, zero or left out, drawn from a seed; and all that is done with one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
import toy

import planner
from planner.cache import Cache
from planner.commands.explain import explain
from planner.commands.programme import _lines
from planner.commands.site import solve_study, write_answer
from planner.commands.site_card import solution_text
from planner.config.study import Study, read_study
from planner.messages.catalogue import Texts
from planner.messages.errors import SitingError
from planner.reporting.document.build import build_document
from planner.reporting.map.sheet import write_static_map
from planner.reporting.programme_text import programme_statements
from planner.reporting.report.area_report import write_area_report
from planner.reporting.report.blocks import Translator
from planner.results import Plan
from planner.siting.models import model_names

Layers = dict[str, gpd.GeoDataFrame]

PEOPLE = (
    *("as they are", "all covered", "hardly anybody", "one place"),
    *("no street", "two places left", "most without street"),
)
CENTRES = ("both", "one", "unknown area", "far away")
DRY = [shapely.box(x - 20, y - 20, x + 20, y + 20) for x, y in ((200, 200), (800, 400), (300, 300))]
"""Where centres stand: an error says so where one stands in water."""

REFUSED = (
    *("siting_one_kind", "siting_no_tiers", "siting_no_m2_per_household", "siting_infeasible"),
    *("siting_unsupported", "siting_one_limit", "siting_no_households", "siting_no_area", "siting_half_a_limit"),
)
"""A question that the study does not give the parts of has no answer, and is refused in words."""


def with_people(how: str, people: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the demand: nobody to be gained, few, or some whom no street reaches."""
    xy = shapely.get_coordinates(people.geometry.array) - toy.ORIGIN
    near = (abs(xy - [200, 200]).sum(axis=1) <= 200) | (abs(xy - [800, 400]).sum(axis=1) <= 200)
    off = shapely.transform(people.geometry.array, lambda at: at + np.array([30, 30]))
    few = near | people["id"].isin(["P700-0", "P800-0"]).to_numpy()
    found = {
        "as they are": people,
        "all covered": people[near],
        "hardly anybody": people.assign(people=0.25 * (np.arange(len(people)) == 0)),
        "one place": people[~near].iloc[:1],
        "two places left": people.assign(people=people["people"] * few),
        "no street": people.set_geometry(off),
        "most without street": people.set_geometry(np.where(near, people.geometry.array, off)),
    }
    return gpd.GeoDataFrame(found[how]).set_crs(toy.CRS, allow_override=True).reset_index(drop=True)


def with_centres(how: str, centres: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the centres: one, without floor area, or where nobody walks to."""
    if how == "one":
        return centres.iloc[:1]
    if how == "unknown area":
        return centres.assign(floor_area_m2=None)
    if how == "far away":
        return centres.set_geometry([shapely.Point(*(toy.ORIGIN + 300))] * len(centres), crs=toy.CRS)
    return centres


class Chance:
    """What is left out, by a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 -- a test draws cases

    def pick(self, *given: object) -> object:
        """Return one of several."""
        return self.random.choice(given)

    def some(self, share: float, *lines: str) -> Iterator[str]:
        """Yield lines, or none of them."""
        if self.random.random() < share:
            yield from lines


def drawn(seed: int) -> tuple[Layers, str]:
    """Return layers and study file of a toy city in which chance leaves much out."""
    chance, layers = Chance(seed), toy.layers()
    pick, some = chance.pick, chance.some
    layers["people"] = with_people(str(pick(*PEOPLE)), layers["people"])
    layers["centres"] = with_centres(str(pick(*CENTRES)), layers["centres"])
    if [*some(0.3, "one community")]:
        whole = shapely.union_all(layers["communities"].geometry.array)
        layers["communities"] = layers["communities"].iloc[:1].set_geometry([whole], crs=toy.CRS)
    if [*some(0.3, "all in the west")]:
        layers["centres"] = layers["centres"].assign(community="W")
    study = toy.STUDY.replace('language = "en"', f'language = "{pick("en", "zh")}"')
    study = study.replace("sites = 1", f"sites = {pick(0, 1, 2, 5, 60)}")
    study = study.replace("candidates = 8", f"candidates = {pick(1, 2, 8)}")
    study += "\n".join([*_siting(chance, list(layers["centres"]["id"])), *_further(chance, layers), ""])
    return layers, study


def _siting(chance: Chance, centres: list[str]) -> Iterator[str]:
    pick, some = chance.pick, chance.some
    sources = pick("[]", '["streets"]', '["clusters", "density", "business_areas", "parcels", "streets"]')
    free = str(pick(centres, centres[:1])).replace("'", '"')
    yield f"seconds = 3.0\nalternatives = {pick(0, 2)}"
    yield from some(0.4, f"budget = {pick(0.0, 10.0, 45.0)}")
    yield from some(0.6, f"new_cost = {pick(0.0, 40.0)}")
    yield from some(0.2, f"min_spacing_m = {pick(300, 5000)}")
    yield from some(0.3, f"sources = {sources}")
    yield from some(0.3, f"relocatable = {free}")
    yield from some(0.3, f"new_area_m2 = 200\nm2_per_household = {pick(0.3, 100)}")
    town = f'[[siting.tiers]]\ntier = "community"\nsites = {pick(0, 1)}\nminutes = 10'
    yield from some(0.3, town, f'[[siting.tiers]]\ntier = "station"\nsites = {pick(0, 2, 90)}\nminutes = 5')
    yield from some(
        0.3,
        '[siting.robust]\nwalking = ["elderly_measured"]',
        '[[siting.robust.people]]\nname = "none"\npeople = { "*" = 0.0 }',
    )
    yield from some(0.3, "[siting.fair]\ncommunities = true")


def _further(chance: Chance, layers: Layers) -> Iterator[str]:
    pick, some = chance.pick, chance.some
    residents = pick(0.0, 1.0)
    old = pick(0.0, 0.5) if residents else 0.5
    yield from some(
        0.3,
        f"[demand]\nresidents_weight = {residents}",
        f'[[demand.groups]]\nid = "old"\nname = "Old"\nshare = 0.1\nweight = {old}',
    )
    if [*some(0.3, "water")]:
        lake = shapely.box(-500, -500, 2000, 2000).difference(shapely.union_all(DRY))
        lake = shapely.transform(lake, lambda xy: xy + toy.ORIGIN)
        layers["water"] = gpd.GeoDataFrame({"name": ["Lake"]}, geometry=[lake], crs=toy.CRS)
        yield '[inputs.water]\npath = "toy.gpkg"\nlayer = "water"'
    if [*some(0.3, "places")]:
        layers["places"] = toy.places().iloc[: int(str(pick(1, 7)))]
        yield '[inputs.places]\npath = "toy.gpkg"\nlayer = "places"\n[business_areas]\nwithin_m = 90.0\n'
        yield "least_places = 4"
    if [*some(0.6, "money")]:
        yield "[costs]\nfloor_area_per_m2 = 0.5\n[programme]\nfirst_year = 2024"
        yield from some(0.6, f"new_cost = {pick(0.0, 40.0)}")
        yield from some(0.2, "max_starts_per_subdistrict = 0")
        yield f'[[programme.funds]]\nid = "a"\namounts = [{pick(0.0, 60.0, 500.0)}, {pick(0.0, 60.0)}]'
        yield from some(0.2, "most_share = 0.5")
        yield from some(0.3, "carry_over = false")
        yield from some(0.2, 'pays_for = ["upgrade"]')


def everything_is_made(file: Path, *, answers: bool = True) -> Plan:
    """Carry out a study and make everything of it that there is, with kept results; return its plan."""
    study, kept = read_study(file), Cache(file.parent / "kept")
    texts = Texts(study.language)
    plan = planner.run(study, cache=kept)
    products = planner.write(plan, file.parent / "out")
    assert len(products) == 6
    assert all(product.stat().st_size for product in products)
    t = Translator(build_document(plan), texts)
    if study.programme.funds:
        assert list(_lines(t.content["programme"], t))
        assert list(programme_statements(t))
    write_static_map(plan, file.parent / "sheet.svg")
    for wanted in ("", "North town", *plan.inputs.communities["name"]):
        write_area_report(plan, file.parent / "cut.html", wanted=wanted)
    assert explain(file, plan.inputs.facilities["id"].iloc[0], texts, cache=kept)
    with pytest.MonkeyPatch.context() as patch:
        # The inputs are read and the streets built as for the run.
        patch.setattr("planner.commands.site.prepare", lambda *_, **__: plan.prepared)
        for model in model_names() if answers else ():
            answer_is_given(study, model, file.parent / "answer")
    return plan


def answer_is_given(study: Study, model: str, folder: Path) -> None:
    """Put one question; it is answered, or refused for what the study does not say."""
    folder.mkdir(exist_ok=True)
    try:
        answered = solve_study(study, model)
    except SitingError as error:
        if not {issue.key for issue in error.issues} <= set(REFUSED):
            raise
        return
    assert solution_text(answered, Texts(study.language))
    assert write_answer(answered, folder)
