"""Sentences and notes of the meeting, by figures put into a document."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, cast

import pytest
import toy

import planner
from planner.messages.catalogue import Texts
from planner.reporting.document.build import build_document
from planner.reporting.document.records.plan import PlanDocument
from planner.reporting.map.scenes import MOST_NAMED, scenes

LANGUAGES = ("zh", "en")


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> PlanDocument:
    folder = tmp_path_factory.mktemp("scenes")
    return build_document(planner.run(toy.write_study(folder, changed=toy.every_layer(), study=toy.EVERYTHING)))


def left_out(content: PlanDocument, people: list[int], texts: Texts) -> str:
    """Return the second sentence where so many people of each community are left out."""
    changed = cast("Any", deepcopy(content))
    coverage = changed["coverage"]
    first = next(one for one in coverage["by_community"] if one["limit_min"] == coverage["standard_min"])
    coverage["by_community"] = [
        {**first, "name": f"C{place}", "shown": {"people": 1000 + left, "people_covered": 1000}}
        for place, left in enumerate(people)
    ]
    return scenes(changed, texts)[1]["text"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("people", "key"),
    [
        ([0, 0], "left_out_none"),
        ([20, 30], "left_out"),
        ([20, 20, 1], "left_out_tied"),
        ([7] * (MOST_NAMED + 1), "left_out_even"),
    ],
)
def test_who_is_left_out(content: PlanDocument, people: list[int], key: str, language: str) -> None:
    texts, most = Texts(language), max(people)
    names = [f"C{place}" for place, left in enumerate(people) if left == most]
    values = {
        "minutes": f"{content['coverage']['standard_min']:g}",
        "people": texts.whole(sum(people)),
        "most": texts.whole(most),
        "community": texts("maps.comma").join(names),
        "count": len(names),
    }
    template = texts.template(f"maps.scene_{key}_text")
    assert left_out(content, people, texts) == texts(
        f"maps.scene_{key}_text", **{name: value for name, value in values.items() if f"{{{name}}}" in template}
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_decision_tells_the_money_for_weak_centres_apart(content: PlanDocument, language: str) -> None:
    changed, texts = cast("Any", deepcopy(content)), Texts(language)
    programme = changed["programme"]
    one = programme["projects"][0]
    programme["projects"] = [
        {**one, "cost": 1234.5, "resolves": ["C1"]},
        {**one, "cost": 4321.0, "resolves": []},
        {**one, "cost": 0.5, "resolves": ["C2"]},
    ]
    programme["years"][-1]["resolved"] = ["C1", "C2"]
    assert "1,235" in scenes(changed, texts)[-1]["text"]
    programme["years"][-1]["resolved"] = []
    assert "1,235" not in scenes(changed, texts)[-1]["text"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_notes_say_what_is_assumed_and_modelled(content: PlanDocument, language: str) -> None:
    changed, texts = cast("Any", deepcopy(content)), Texts(language)
    costs = texts("maps.scene_costs_modelled")
    changed["data"]["modelled"], changed["programme"]["costs_modelled"] = [], False
    assert {scene["note"] for scene in scenes(changed, texts)} == {""}
    changed["programme"]["costs_modelled"] = True
    assert [scene["note"] for scene in scenes(changed, texts)] == ["", "", "", costs, costs]
    changed["data"]["modelled"] = ["demand"]
    modelled = texts("maps.scene_modelled", layers=texts("words.input_demand"))
    assert [scene["note"] for scene in scenes(changed, texts)] == [modelled] * 3 + [
        texts.paragraph([costs, modelled])
    ] * 2
