"""A plan in a notebook: cards with the document's numbers and a map; a bar where somebody looks on."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import toy
from plans import with_settings

import planner
from planner.messages.catalogue import LANGUAGES, Language, Texts, catalogue
from planner.messages.progress import RUN_STAGES, Bar
from planner.reporting.document.build import build_document


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plan_shows_its_key_figures_and_a_map(toy_plan: planner.Plan, language: Language) -> None:
    plan = with_settings(toy_plan, language=language)
    shown = plan._repr_html_()
    total = next(row for row in build_document(plan)["coverage"]["total"] if row["limit_min"] == 5)
    assert Texts(language).percent(total["people_share"]) in shown
    assert Texts(language)("report.kpi_unserved") in shown
    assert shown.count("data:image/png;base64,") == 1
    assert "<script" not in shown
    assert "http" not in shown
    assert shown == planner.show(plan)


def test_a_hostile_name_is_only_text(tmp_path: Path) -> None:
    study = toy.STUDY.replace('name = "Toy city"', "name = '\" onmouseover=\"alert(1) <script>'")
    shown = planner.show(planner.run(toy.write_study(tmp_path / "toy", study=study)))
    assert "<script" not in shown
    assert '" onmouseover' not in shown
    assert "&#34; onmouseover=&#34;alert(1) &lt;script&gt;" in shown


def test_the_bar_follows_every_stage_in_a_terminal_and_is_silent_elsewhere(toy_study: Path) -> None:
    terminal, file, said = Terminal(), io.StringIO(), []
    planner.run(toy_study, progress=Bar(stream=terminal))
    planner.run(toy_study, progress=Bar(stream=file))
    planner.run(toy_study, progress=said.append)
    assert tuple(said) == RUN_STAGES
    assert file.getvalue() == ""
    lines = terminal.getvalue().split("\r\x1b[K")[1:]
    assert len(lines) == len(RUN_STAGES)
    assert lines[0].startswith("[------------------] 1/15 ")
    assert lines[-1].startswith("[################--] 15/15 ")
    assert lines[-1].endswith("\n")
    assert all(f"cli.stage_{stage}" in catalogue() for stage in RUN_STAGES)
