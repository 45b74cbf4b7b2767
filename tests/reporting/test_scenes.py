"""Sentences and notes of the meeting, by figures put into a document."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any, cast

import pytest
from plans import with_settings

from planner.config.own_tables import FIGURES, TEXT_SIGNS, OwnScene, OwnScenes, read_own_scenes
from planner.config.sections.map import MapSettings
from planner.config.study import Study
from planner.messages.catalogue import Texts
from planner.messages.errors import StudyError
from planner.prepare import prepare
from planner.reporting.document.build import build_document
from planner.reporting.document.records.plan import PlanDocument
from planner.reporting.map.page import draw_map
from planner.reporting.map.scenes import MOST_NAMED, NO_FIGURE, scene_figures, scenes
from planner.results import Plan

LANGUAGES = ("zh", "en")


@pytest.fixture(scope="module")
def plan(everything_plan: Plan) -> Plan:
    return everything_plan


@pytest.fixture(scope="module")
def content(plan: Plan) -> PlanDocument:
    return build_document(plan)


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


def named(study: Study, folder: Path, text: str) -> Study:
    """Return a study with scenes of its own."""
    (folder / "scenes.toml").write_text(text, "utf-8")
    return study.model_copy(update={"map": MapSettings(scenes=folder / "scenes.toml")})


@pytest.mark.parametrize("language", LANGUAGES)
def test_own_words_take_the_place_of_those_made_from_the_plan(content: PlanDocument, language: str) -> None:
    texts = Texts(language)
    own = OwnScenes(
        today=OwnScene(title="T"), weak=OwnScene(text="Nobody waits."), after=OwnScene(text="4 sites.")
    )
    made, shown = scenes(content, texts), scenes(content, texts, own)
    assert [one["title"] for one in shown] == ["T", *(one["title"] for one in made[1:])]
    assert [one["text"] for one in shown] == [
        *(one["text"] for one in made[:2]),
        "Nobody waits.",
        made[3]["text"],
        "4 sites.",
    ]
    # Figures of one's own are no figures of the plan.
    remark = texts("maps.scene_own_text")
    assert [remark in one["note"] for one in shown] == [False, False, False, False, True]
    assert [one["show"] for one in shown] == [one["show"] for one in made]


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_are_the_figures_of_the_plan(content: PlanDocument, toy_plan: Plan, language: str) -> None:
    texts = Texts(language)
    figures = scene_figures(content, texts)
    assert tuple(figures) == FIGURES
    assert NO_FIGURE not in figures.values()
    coverage, programme = content["coverage"], cast("Any", content["programme"])
    row = next(one for one in coverage["total"] if one["limit_min"] == coverage["standard_min"])
    assert figures["people_covered"] == texts.whole(row["shown"]["people_covered"])
    assert figures["people_share"] == texts.percent(row["people_share"])
    assert figures["weak_centres"] == str(sum(one["verdict"] == "weak" for one in content["centres"]))
    last = programme["years"][-1]
    assert figures["sites"] == str(len(last["sites"]))
    assert figures["people_share_after"] == texts.percent(
        (row["people_covered"] + last["people_covered"]) / row["people"]
    )
    own = OwnScenes(after=OwnScene(title="{sites}", text="{people} / {{x}}"), today=OwnScene(text="3 of {people}"))
    shown = scenes(content, texts, own)
    assert (shown[4]["title"], shown[4]["text"]) == (figures["sites"], f"{figures['people']} / {{x}}")
    # Only what is written by hand does not follow the plan.
    assert [texts("maps.scene_own_text") in one["note"] for one in shown] == [True, False, False, False, False]
    # A study without funds has no cost: a dash, and a remark that names it.
    alone = build_document(toy_plan)
    shown = scenes(alone, texts, OwnScenes(after=OwnScene(text="{cost} {unit} {sites}")))
    assert shown[4]["text"] == f"{NO_FIGURE} {NO_FIGURE} 1"
    assert (
        texts("maps.scene_own_missing", names=texts("maps.comma").join(["{cost}", "{unit}"])) in shown[4]["note"]
    )


def test_a_scene_without_a_proposal_is_shown_with_a_sentence_of_its_own(content: PlanDocument) -> None:
    changed, texts = cast("Any", deepcopy(content)), Texts("en")
    changed["programme"], changed["siting"]["proposals"] = None, []
    assert len(scenes(changed, texts)) == 3
    own = OwnScenes(after=OwnScene(text="Wait for the census."))
    assert [one["text"] for one in scenes(changed, texts, own)][3:] == ["Wait for the census."]


def test_the_map_holds_the_sentence_of_the_file(plan: Plan, content: PlanDocument, tmp_path: Path) -> None:
    study = named(plan.study, tmp_path, '[left_out]\ntext = "Old people in 北村 wait."\n')
    assert "Old people in 北村 wait." in draw_map(with_settings(plan, map=study.map), content)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('[today]\ntitle = "a"\ntext = open', ("line 3",)),
        ('[tody]\ntext = "a"', ("`tody`", "`today`")),
        ('[today]\nwords = "a"', ("`today.words`", "title, text")),
        ("[today]\ntext = 5", ("`today.text`",)),
        ("today = 5", ("`today`",)),
        (f'[after]\ntext = "{"a" * (TEXT_SIGNS + 1)}"', ("`after.text`", str(TEXT_SIGNS))),
        ('[after]\ntext = "a\\u202eb"', ("`after.text`",)),
        ('[after]\ntext = "{peple} wait"', ("`after.text.{peple}`", "`people`")),
        ('[after]\ntitle = "{xyzzy}"', ("`after.title.{xyzzy}`", "people_covered")),
        ('[today]\ntext = "{people:,}"', ("`today.text.{people:,}`",)),
        ('[today]\ntext = "{people"', ("`today.text`", "brace")),
        ('[today]\ntext = "{}"', ("`today.text.{}`",)),
    ],
)
def test_a_file_that_is_no_scenes_is_refused_before_the_work(
    plan: Plan, tmp_path: Path, text: str, parts: tuple[str, ...]
) -> None:
    study = named(plan.study, tmp_path, text)
    with pytest.raises(StudyError) as caught:
        prepare(study)
    for part in ("scenes.toml", *parts):
        assert part in str(caught.value)
    for language in LANGUAGES:
        assert "scenes.toml" in caught.value.in_words(language)


def test_a_file_that_is_not_there_is_refused_and_an_empty_one_changes_nothing(plan: Plan, tmp_path: Path) -> None:
    assert read_own_scenes(named(plan.study, tmp_path, "")) == OwnScenes()
    (tmp_path / "scenes.toml").unlink()
    study = plan.study.model_copy(update={"map": MapSettings(scenes=tmp_path / "scenes.toml")})
    with pytest.raises(StudyError, match=r"scenes\.toml"):
        read_own_scenes(study)


def test_the_example_of_the_docs_is_read(plan: Plan, tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/data.md").read_text("utf-8")
    example = page.partition("### Scenes in your own words")[2].partition("```toml\n")[2].partition("```")[0]
    own = read_own_scenes(named(plan.study, tmp_path, example))
    assert own.after.text
    assert all(f"[{name}]" in example for name in OwnScenes.model_fields)
