"""The map without a browser: complete, legible, the same bytes each time."""

from __future__ import annotations

import io
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
import shapely
import toy
from page_script import computed
from plans import with_settings

import planner
from planner.commands.main import main
from planner.messages.catalogue import LANGUAGES, Language, Texts, catalogue
from planner.messages.errors import OutputError, StudyError
from planner.reporting.document.build import build_document
from planner.reporting.document.records.plan import PlanDocument
from planner.reporting.map.sheet import FORMATS, draw_static_map, write_static_map
from planner.reporting.map.sheet_drawing import truetype_subset
from planner.reporting.map.sheet_frame import MAP_MM, MOST_SMALLER, choose_windows
from planner.reporting.map.sheet_state import SheetState, sheet_state
from planner.reporting.style import font_code_points, font_path, replace_missing_glyphs

BEGINNINGS = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}


@pytest.mark.parametrize("ending", FORMATS)
def test_the_same_plan_gives_the_same_bytes(toy_plan: planner.Plan, tmp_path: Path, ending: str) -> None:
    one, two = (write_static_map(toy_plan, tmp_path / f"{name}{ending}").read_bytes() for name in "ab")
    assert one.startswith(BEGINNINGS[ending])
    assert one == two
    assert not re.search(rb"CreationDate|<dc:date>", one)


def test_the_users_own_style_does_not_change_the_sheet(toy_plan: planner.Plan, tmp_path: Path) -> None:
    import matplotlib as mpl

    plain = write_static_map(toy_plan, tmp_path / "plain.svg").read_bytes()
    own = {
        "lines.linewidth": 9,
        "font.size": 30,
        "axes.linewidth": 5,
        "savefig.bbox": "tight",
        "hatch.linewidth": 7,
    }
    with mpl.rc_context({**own, "path.sketch": (4, 20, 9), "text.color": "red"}):
        assert write_static_map(toy_plan, tmp_path / "own.svg").read_bytes() == plain
        assert mpl.rcParams["font.size"] == own["font.size"]


def letters(plan: planner.Plan) -> list[str]:
    """Draw the sheet and return all that is written on it; a sign without a glyph is a warning."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = draw_static_map(plan, build_document(plan))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        FigureCanvasAgg(figure).draw()
    return [text.get_text() for axes in figure.axes for text in axes.texts]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sign_is_a_box(haibowan_plan: planner.Plan, language: Language) -> None:
    plan = with_settings(haibowan_plan, language=language)
    written = letters(plan)
    assert set("".join(written)) <= {chr(code) for code in font_code_points()}
    content, texts = build_document(plan), Texts(language)
    for expected in (
        "".join(plan.study.name.split()),
        texts.percent(content["coverage"]["total"][0]["people_share"]),
        texts("maps.legend"),
        texts("maps.north"),
        texts("maps.title_scale"),
        *(name for name in plan.inputs.communities["name"]),
    ):
        assert expected.replace(" ", "") in "".join(written).replace(" ", "")


def test_every_text_of_the_maps_can_be_lettered() -> None:
    signs = "".join(
        entry[language] for key, entry in catalogue().items() for language in LANGUAGES if key[:5] == "maps."
    )
    assert replace_missing_glyphs(signs).replace(" ", "") == "".join(signs.split())


def test_a_sign_that_the_font_lacks_is_written_as_its_code(tmp_path: Path) -> None:
    layers = toy.layers()
    communities = layers["communities"].assign(name=["\U0002cc56里", "$x^2$ & <b>"])
    plan = planner.run(toy.write_study(tmp_path, changed={"communities": communities}))
    written = letters(plan)
    assert "$x^2$ & <b>" in written
    assert ("\U0002cc56里" if 0x2CC56 in font_code_points() else "[U+2CC56]里") in written
    assert replace_missing_glyphs("\U0010fffd") == "[U+10FFFD]"
    assert font_path().exists()


def test_other_endings_are_refused_before_the_work(
    toy_study: Path, tmp_path: Path, toy_plan: planner.Plan
) -> None:
    with pytest.raises(StudyError, match=r"`.gif`.*\.png, \.svg, \.pdf"):
        write_static_map(toy_plan, tmp_path / "map.gif")
    assert main(["map", str(toy_study), "--out", str(tmp_path / "map.jpg")]) == StudyError.exit_code
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(OutputError):
        write_static_map(toy_plan, tmp_path / "file" / "map.png")


def test_the_command_prints_the_path(toy_study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "sheets" / "map.svg"
    assert main(["map", str(toy_study), "--out", str(out)]) == 0
    assert capsys.readouterr().out.strip() == str(out)
    assert out.stat().st_size > 10_000


def key_figures(plan: planner.Plan) -> tuple[PlanDocument, SheetState, set[str]]:
    content = build_document(plan)
    return content, sheet_state(plan, content, Texts(plan.study.language)), set(letters(plan))


@pytest.mark.parametrize("name", ["rich_toy_plan", "haibowan_plan"])
def test_the_sheet_shows_the_end_of_the_programme(name: str, request: pytest.FixtureRequest) -> None:
    """Every figure is plan.json's, and the people drawn are those who are left in it."""
    plan: planner.Plan = request.getfixturevalue(name)
    content, state, written = key_figures(plan)
    programme, texts = content["programme"], Texts(plan.study.language)
    assert programme is not None
    last = programme["years"][-1]
    total = next(
        row for row in content["coverage"]["total"] if row["limit_min"] == content["coverage"]["standard_min"]
    )
    covered = total["people_covered"] + last["people_covered"]
    today, then = (texts.percent(people / total["people"]) for people in (total["people_covered"], covered))
    weak = {one["community"] for one in content["centres"] if one["verdict"] == "weak"}
    left = {
        one["community"]
        for one in content["centres"]
        if one["verdict"] == "weak" and one["id"] not in last["resolved"]
    }
    before = content["diagnosis"]["weak_communities"]
    assert state.weak_communities == set(before) - (weak - left)
    assert {
        f"{today} → {then}",
        f"{len(before)} → {len(state.weak_communities)}",
        f"+{texts.whole(last['people_covered'])}",
        str(len(last["sites"])),
    } <= written
    assert state.uncovered["people"].sum() == pytest.approx(total["people"] - covered)
    numbers = {one["id"].removeprefix("P"): one for one in programme["projects"] if one["lon"] is not None}
    assert [mark.label for mark in state.marks] == [*numbers]
    assert set(numbers) <= written
    assert {numbers[mark.label]["site"] for mark in state.marks if mark.kind == "project"} - {""} == {
        *last["sites"]
    }
    proposed = content["siting"]["proposals"][-1]["people_gained"]
    assert proposed == last["people_covered"] or f"+{texts.whole(proposed)}" not in written


def test_area_and_rates_at_the_end_are_those_of_the_page(haibowan_plan: planner.Plan) -> None:
    """The page rates premises anew at its last stop, and has the area from the walks of that year."""
    _, state, written = key_figures(haibowan_plan)
    rated, area = computed(
        haibowan_plan,
        """
        const stop = model.sets.scenarios.filter((one) => one.stop).at(-1);
        return [model.figures(model.choose(stop.closed, stop.open, stop.projects)).rated, stop.areaShare];
        """,
    )
    texts = Texts(haibowan_plan.study.language)
    shown = state.rates
    assert shown["assessed"] == rated["assessed"]
    assert shown["excellent"] + shown["compliant"] == rated["compliant"]
    assert state.area_share == pytest.approx(area)
    today = haibowan_plan.coverage.total.set_index("limit_min")["area_share"]
    before = texts.percent(today[haibowan_plan.study.limits.standard_min])
    assert f"{before} → {texts.percent(area)}" in written


def test_without_funds_the_sheet_shows_the_sites(toy_plan: planner.Plan) -> None:
    content, state, written = key_figures(toy_plan)
    best = content["siting"]["proposals"][-1]
    assert content["programme"] is None
    assert state.outcome is None
    assert [(mark.kind, mark.label) for mark in state.marks] == [
        ("site", str(one["rank"])) for one in best["sites"]
    ]
    assert f"+{Texts('zh').whole(best['people_gained'])}" in written
    assert state.uncovered["people"].sum() == toy_plan.coverage.uncovered["people"].sum()


def test_funds_without_a_project_recommend_nothing(rich_toy_plan: planner.Plan) -> None:
    """The sites alone would be a second answer beside that of the report."""
    content = build_document(rich_toy_plan)
    assert content["programme"] is not None
    content["programme"]["projects"].clear()
    state = sheet_state(rich_toy_plan, content, Texts("zh"))
    assert state.outcome is None
    assert state.marks == ()


def test_parts_far_off_are_in_insets_that_cover_nothing(haibowan_plan: planner.Plan) -> None:
    content, inputs = build_document(haibowan_plan), haibowan_plan.inputs
    marks = [(mark.x, mark.y) for mark in sheet_state(haibowan_plan, content, Texts("zh")).marks]
    main, *insets = choose_windows(haibowan_plan, marks)
    west, south, east, north = inputs.communities.total_bounds
    assert insets
    assert max((east - west) / MAP_MM[0], (north - south) / MAP_MM[1]) > main.scale * MOST_SMALLER
    points = [*shapely.get_coordinates([*inputs.demand.geometry, *inputs.facilities.geometry]), *marks]
    seen = [shapely.box(*window.bounds) for window in (main, *insets)]
    assert shapely.covers(shapely.union_all(seen), shapely.points(points)).all()
    places = [shapely.box(*inset.place_mm) for inset in insets]
    drawn = shapely.points(main.millimetres(np.array(points)))
    for number, place in enumerate(places):
        assert shapely.box(0, 0, *MAP_MM).contains(place)
        assert not shapely.covers(place, drawn).any()
        assert not any(place.intersects(other) for other in places[:number])
    written = letters(with_settings(haibowan_plan, language="en"))
    assert [text for text in written if text.startswith("scale 1 : ")] == [
        f"scale 1 : {inset.scale * 1000:,.0f}" for inset in insets for _ in "ab"
    ], "each inset states its own scale (once with a border, once as text)"
    assert f"1 : {main.scale * 1000:,.0f}" in written
    # Where nothing is free, no inset hides anybody: the whole study is drawn smaller.
    x0, y0, x1, y1 = main.bounds
    everywhere = [(x, y) for x in np.linspace(x0, x1, 40) for y in np.linspace(y0, y1, 40)]
    (whole,) = choose_windows(haibowan_plan, everywhere)
    assert shapely.box(*whole.bounds).covers(shapely.box(west, south, east, north))


def test_a_small_study_is_one_window_under_its_title(toy_plan: planner.Plan) -> None:
    (main,) = choose_windows(toy_plan, [])
    assert shapely.box(*main.bounds).covers(shapely.box(*toy_plan.inputs.communities.total_bounds))
    dated = with_settings(toy_plan, date="2031-05-06")
    figure = draw_static_map(dated, build_document(dated))
    band = next(axes for axes in figure.axes if any(one.get_text() == toy_plan.study.name for one in axes.texts))
    assert "2031-05-06" in {one.get_text() for one in band.texts}
    assert band.get_position().y0 > max(axes.get_position().y1 for axes in figure.axes if axes is not band)


def test_the_pdf_holds_its_letters_as_truetype(toy_plan: planner.Plan, tmp_path: Path) -> None:
    """Print shops and archives refuse Type 3; a reader finds and copies the words."""
    page = write_static_map(toy_plan, tmp_path / "map.pdf").read_bytes()
    assert b"/Type3" not in page
    assert b"/FontFile2" in page
    assert b"/ToUnicode" in page
    assert b"/CIDFontType2" in page


def test_the_truetype_letters_have_the_outlines_of_the_font() -> None:
    """Advance and extent of each sign, and the area that it fills, within what quadratic outlines may differ."""
    from fontTools.pens.areaPen import AreaPen
    from fontTools.pens.boundsPen import BoundsPen
    from fontTools.ttLib import TTFont

    signs = "海勃湾Ag8%→。"
    with TTFont(font_path()) as font, TTFont(io.BytesIO(truetype_subset(frozenset(signs)))) as made:
        for sign in signs:
            one, two = font.getBestCmap()[ord(sign)], made.getBestCmap()[ord(sign)]
            assert made["hmtx"][two][0] == font["hmtx"][one][0]
            extents, areas = [], []
            for letters_of, name in ((font.getGlyphSet(), one), (made.getGlyphSet(), two)):
                bounds, area = BoundsPen(letters_of), AreaPen(letters_of)
                letters_of[name].draw(bounds)
                letters_of[name].draw(area)
                extents.append(bounds.bounds)
                areas.append(area.value)
            assert extents[1] == pytest.approx(extents[0], abs=1.5)
            # The direction of outlines is the other one in TrueType.
            assert areas[1] == pytest.approx(-areas[0], rel=0.01)
