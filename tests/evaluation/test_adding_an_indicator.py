"""An indicator is added in the files that docs/extending.md names: then rules may use it and results have it."""

from __future__ import annotations

import json
from pathlib import Path

import toy
from centres import rule, rule_file
from scratch_package import ScratchPackage

MOST_FILES = 4
BESIDES = {"a test"}

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
TITLES = {"en": 'people_beyond = "residents beyond the standard"\n', "zh": 'people_beyond = "标准时限外的居民"\n'}

RUN = """
import sys
import planner
from planner.messages.catalogue import Texts
from planner.reporting.document.build import build_document, format_json
from planner.reporting.map.whatif_data import what_if_data

plan = planner.run(sys.argv[1])
content = build_document(plan)
print(Texts("en")("measures.people_beyond"))
print(*what_if_data(plan, content)["judged"]["unfollowed"])
print(format_json(content))
"""


def test_an_indicator_is_one_function_one_entry_and_one_text(tmp_path: Path) -> None:
    scratch = ScratchPackage.copy(tmp_path / "scratch")
    scratch.insert("evaluation/indicators.py", "_GIVEN: frozenset[Dependency]", COMPUTE.lstrip("\n"))
    scratch.insert("evaluation/indicators.py", '        Indicator(\n            "people_nearest",', ENTRY)
    for language, title in TITLES.items():
        scratch.insert(f"messages/{language}/measures.toml", "own_covered_share = ", title)
    assert len(scratch.touched | BESIDES) <= MOST_FILES

    study = toy.write_study(tmp_path / "toy", study=toy.STUDY + '\n[rules]\nprofile = "own.toml"\n')
    rule_file(study.parent, rule("people_beyond <= 1", unit="people", name="near"))
    title, unfollowed, plan = scratch.run("-c", RUN, str(study)).split("\n", 2)
    content = json.loads(plan)
    west = next(one for one in content["centres"] if one["id"] == "C1")
    (community,) = (one for one in content["diagnosis"]["communities"] if one["community"] == west["community"])
    beyond = community["people"] - community["people_covered"]
    assert west["measures"]["people_beyond"] == beyond
    assert [(one["rule"], one["value"], one["passed"]) for one in west["findings"]] == [
        ("near", beyond, beyond <= 1)
    ]
    assert title == "residents beyond the standard"
    # The map's page cannot compute it for other choices of centres, and shows today's ratings only.
    assert unfollowed == "people_beyond"
