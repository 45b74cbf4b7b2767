"""report.pdf: printed twice, the same bytes, page numbers in its contents; without a browser a message."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import planner
from planner.messages.errors import OutputError
from planner.reporting import write as writing
from planner.reporting.document.build import build_document
from planner.reporting.report import pdf
from planner.reporting.report.build import build_report
from planner.reporting.report.html import write_page

needs_browser = pytest.mark.skipif(pdf.find_browser() is None, reason="no browser is installed")


@needs_browser
def test_a_report_prints_to_the_same_bytes_with_the_pages_of_its_sections(toy_plan: planner.Plan) -> None:
    browser = pdf.find_browser()
    assert browser is not None
    report = build_report(toy_plan, build_document(toy_plan))
    made = pdf.pdf_bytes(report, browser)
    assert made.startswith(b"%PDF")
    assert made == pdf.pdf_bytes(report, browser)
    pages = pdf.section_pages(made)
    ids = [section.id for section in report.sections]
    assert sorted(pages) == sorted(ids)
    numbers = [pages[name] for name in ids]
    assert numbers == sorted(numbers)
    # Page one is the memo's alone; every annex begins a page.
    assert numbers[0] == 2
    annexes = [pages[section.id] for section in report.sections if section.annex]
    assert len(set(annexes)) == len(annexes)


def test_the_contents_show_the_pages_that_are_known(toy_plan: planner.Plan) -> None:
    report = build_report(toy_plan, build_document(toy_plan))
    shown = re.findall(r'<span class="page">(\d+)</span>', write_page(report, pages={"basis": 7, "data": 12}))
    assert shown == ["7", "12"]
    assert '<span class="page">' not in write_page(report)


def test_without_a_browser_the_map_is_made_and_the_rest_is_told(
    toy_plan: planner.Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(pdf.VARIABLE, str(tmp_path / "no such program"))
    with pytest.warns(writing.NoBrowserWarning):
        made = planner.write(toy_plan, tmp_path / "out", products="pdf")
    assert [path.name for path in made] == ["map.pdf"]


def test_a_browser_that_fails_is_an_error_and_leaves_nothing(
    toy_plan: planner.Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\nexit 3\n", "utf-8")
    broken.chmod(0o700)
    monkeypatch.setenv(pdf.VARIABLE, str(broken))
    with pytest.raises(OutputError):
        planner.write(toy_plan, tmp_path / "out", products="pdf")
    assert not list((tmp_path / "out").iterdir())
