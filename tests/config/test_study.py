from __future__ import annotations

import re
from pathlib import Path

import pytest
import toy
from phrases import phrase

from planner.config.study import Study, make_study, nested_settings, read_study, setting_meaning, settings_classes
from planner.config.template import study_template
from planner.messages.catalogue import catalogue
from planner.messages.errors import StudyError
from planner.prepare import prepare

LEAST = """
name = "Least"
[inputs.communities]
path = "a.gpkg"
[inputs.facilities]
path = "b.gpkg"
[inputs.streets]
path = "sub/c.gpkg"
"""


def study_of(tmp_path: Path, text: str) -> Study:
    file = tmp_path / "study.toml"
    file.write_text(text, "utf-8")
    return read_study(file)


def test_defaults_and_paths_relative_to_the_file(tmp_path: Path) -> None:
    study = study_of(tmp_path, LEAST)
    assert study.limits.minutes == (5.0, 10.0, 15.0)
    assert study.walking.profile == "gb50180"
    assert study.language == "zh"
    assert study.resolve(study.inputs.streets.path) == tmp_path / "sub" / "c.gpkg"
    assert study.resolve(Path("/elsewhere/d.gpkg")) == Path("/elsewhere/d.gpkg")


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    file = tmp_path / "study.toml"
    file.write_text("\ufeff" + LEAST, "utf-8")
    assert read_study(file).name == "Least"


def test_a_study_is_frozen(tmp_path: Path) -> None:
    study = study_of(tmp_path, LEAST)
    with pytest.raises(ValueError, match="frozen"):
        study.name = "other"  # type: ignore[misc]  # the very thing that must fail


def test_every_error_at_once_with_its_dotted_path() -> None:
    content = {
        "nmae": "x",
        "language": "fr",
        "inputs": {"communities": {"path": "a", "colour": "red"}, "streets": {"path": "c"}},
        "limits": {"minutes": [5, 3]},
        "siting": {"sites": -1},
        "walking": {"speed_kmh": "fast"},
    }
    with pytest.raises(StudyError) as caught:
        make_study(content)
    words = str(caught.value)
    for expected in (
        "`nmae` is not a setting. Did you mean `name`?",
        "`name` is missing",
        "`language` = 'fr'",
        "`inputs.communities.colour` is not a setting",
        "`inputs.facilities` is missing",
        "`limits.minutes` = [5, 3]: " + phrase("errors.reason_not_rising"),
        "`siting.sites` = -1",
        "`walking.speed_kmh` = 'fast'",
    ):
        assert expected in words
    assert len(caught.value.issues) == 8
    assert "是否应为 `name`" in caught.value.in_words("zh")


def test_the_standard_must_be_measured() -> None:
    with pytest.raises(StudyError, match=r"`limits\.standard_min` = 7: must be one of `limits\.minutes`"):
        make_study({"limits": {"standard_min": 7}})


def test_the_template_is_a_valid_study_and_names_every_setting(tmp_path: Path) -> None:
    text = study_template()
    study = study_of(tmp_path, text)
    assert study.model_dump(exclude={"name", "inputs", "file"}) == study_of(tmp_path, LEAST).model_dump(
        exclude={"name", "inputs", "file"}
    )
    for model in settings_classes():
        for name, field in model.model_fields.items():
            if field.exclude or nested_settings(field.annotation):
                continue
            # A table of a list has no default: it stands there as an example.
            assert re.search(rf"\n(#|# )?{name} =", text), name


def test_commented_defaults_are_the_defaults(tmp_path: Path) -> None:
    """Taking every # away from a default changes nothing."""
    lines = study_template().splitlines()
    opened = [
        line[1:] if line.startswith("#") and not line.startswith(("# ", "#[", "#path")) else line for line in lines
    ]
    opened = [line for line in opened if not line.endswith(" =")]
    assert len(opened) < len(lines)
    assert study_of(tmp_path, "\n".join(opened)) == study_of(tmp_path, study_template())


def test_every_setting_has_its_meaning_in_both_languages() -> None:
    for model in settings_classes():
        for name, field in model.model_fields.items():
            if not field.exclude:
                assert len(setting_meaning(f"{model.__name__}.{name}", "en")) > 8
                assert len(setting_meaning(f"{model.__name__}.{name}", "zh")) > 3
    known = {f"{model.__name__}.{name}" for model in settings_classes() for name in model.model_fields}
    assert {key.removeprefix("study.") for key in catalogue() if key.startswith("study.")} <= known


def test_a_former_name_of_a_setting_is_read_as_its_new_one() -> None:
    fund = {"id": "above", "amounts": [1.0, 1.0]}
    project = {"id": "p", "kind": "new", "cost": 1.0, "settles": ["C1"], "street": "North"}
    inputs = {name: {"path": "a.gpkg"} for name in ("communities", "facilities", "streets")}
    programme = {"starts_per_street": 2, "funds": [fund], "projects": [project]}
    content = {"name": "A", "inputs": inputs, "programme": programme}
    study = make_study(content)
    assert study.programme.max_starts_per_subdistrict == 2
    assert (study.programme.projects[0].resolves, study.programme.projects[0].subdistrict) == (("C1",), "North")
    assert study.former_names == (
        ("programme.starts_per_street", "max_starts_per_subdistrict"),
        ("programme.projects.settles", "resolves"),
        ("programme.projects.street", "subdistrict"),
    )
    programme |= {"max_starts_per_subdistrict": 3}
    with pytest.raises(StudyError, match="starts_per_street"):
        make_study(content)


def test_a_setting_by_its_former_name_is_noticed(tmp_path: Path) -> None:
    text = toy.with_money(150.0, 40.0).replace("[programme]\n", "[programme]\nstarts_per_street = 4\n")
    found = prepare(read_study(toy.write_study(tmp_path, study=text))).notices
    notices = [one for one in found if one.table == "study"]
    assert [(one.key, one.values["old"]) for one in notices] == [
        ("setting_renamed", "programme.starts_per_street")
    ]
