"""An indicator is added in the files that docs/extending.md names: then rules may use it and results have it."""

from __future__ import annotations

import json
from pathlib import Path

import toy
from centres import rule, rule_file
from scratch_package import ScratchPackage

MOST_FILES = 4
BESIDES = {"a test", "CHANGELOG.md"}

COMPUTE = """
def _people_beyond(data: IndicatorData) -> IndicatorColumn:
    within = data.share_of_residents(data.is_covered).value
    return known_or(data.residents * (1.0 - within), "no_people", *data.not_of_residents)


"""
ENTRY = """        Indicator(
            "people_beyond",
            "people",
            "residents of its community beyond the standard of any centre",
            _RESIDENTS | _CHOICE,
            compute=_people_beyond,
        ),
"""
TEXT = 'people_beyond = { en = "residents beyond the standard", zh = "标准时限外的居民" }\n'


def test_an_indicator_is_one_function_one_entry_and_one_text(tmp_path: Path) -> None:
    scratch = ScratchPackage.copy(tmp_path / "scratch")
    scratch.insert("evaluation/indicators.py", "_GIVEN: frozenset[Dependency]", COMPUTE.lstrip("\n"))
    scratch.insert("evaluation/indicators.py", '        Indicator(\n            "people_nearest",', ENTRY)
    scratch.insert("messages/measures.toml", "own_covered_share = ", TEXT)
    assert len(scratch.touched | BESIDES) <= MOST_FILES

    study = toy.write_study(tmp_path / "toy", study=toy.STUDY + '\n[rules]\nprofile = "own.toml"\n')
    rule_file(study.parent, rule("people_beyond <= 1", unit="people", name="near"))
    scratch.run("-m", "planner", "run", str(study), "--out", str(tmp_path / "out"))

    content = json.loads((tmp_path / "out" / "plan.json").read_text("utf-8"))
    west = next(one for one in content["centres"] if one["id"] == "C1")
    (community,) = (one for one in content["diagnosis"]["communities"] if one["community"] == west["community"])
    beyond = community["people"] - community["people_covered"]
    assert west["measures"]["people_beyond"] == beyond
    assert [(one["rule"], one["value"], one["passed"]) for one in west["findings"]] == [
        ("near", beyond, beyond <= 1)
    ]
    assert "residents beyond the standard" in (tmp_path / "out" / "report.html").read_text("utf-8")
    # The map's page cannot compute it for other choices of centres, and says so.
    page = (tmp_path / "out" / "map.html").read_text("utf-8")
    assert '"unfollowed": ["people_beyond"]' in page or '"unfollowed":["people_beyond"]' in page
