"""Study and rule files that are not valid: every error at once, each with its place and what was meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import toy
from answers import refused
from phrases import phrase

from planner.commands.main import main

OWN_RULES = toy.STUDY + '\n[rules]\nprofile = "own.toml"\n'
SITES = "sites = 1\n"

WRONG: dict[str, tuple[str, list[str]]] = {
    "not_toml": (
        toy.STUDY + "\noops\n",
        [phrase("errors.not_toml"), "line 27, column 5, `oops`: " + phrase("errors.toml_equals")],
    ),
    "typos_at_any_depth": (
        toy.STUDY.replace('language = "en"\n', 'language = "en"\nnmae = "x"\n')
        .replace("access_m", "acces_m")
        .replace('layer = "centres"', 'layr = "centres"')
        + "\n[limit]\nminutes = [5]\n",
        [
            "`nmae` is not a setting. Did you mean `name`?",
            "`walking.acces_m` is not a setting. Did you mean `access_m`?",
            "`inputs.facilities.layr` is not a setting. Did you mean `layer`?",
            "`limit` is not a setting. Did you mean `limits`?",
        ],
    ),
    "not_like_any": (
        toy.STUDY.replace(SITES, f"{SITES}zzz = 1\n"),
        ["`siting.zzz` is not a setting. Available here: model, sites, candidates, seconds, seed, sources"],
    ),
    "wrong_types": (
        toy.STUDY.replace(SITES, 'sites = "many"\nseed = 1.5\nseconds = "x"\n')
        .replace("Toy city", "Toy")
        .replace('name = "Toy"', "name = 3")
        + '\n[limits]\nminutes = 5\n\n[inputs.water]\npath = 3\nmodelled = "perhaps"\ncolumns = ["name"]\n',
        [
            "`name` = 3: must be text in quotes. The study's name",
            "`siting.sites` = 'many': must be a whole number. How many new stations to place.",
            "`siting.seed` = 1.5: must be a whole number.",
            "`siting.seconds` = 'x': must be a number.",
            "`limits.minutes` = 5: must be a list such as [5, 10, 15].",
            "`inputs.water.path` = 3: must be a path in quotes.",
            "`inputs.water.modelled` = 'perhaps': must be true or false.",
            "`inputs.water.columns` = ['name']: must be a table such as { people = ",
        ],
    ),
    "wrong_values": (
        toy.STUDY.replace("access_m = 10.0", "access_m = 5000\nspeed_kmh = 0").replace(
            SITES, "sites = -1\nseconds = inf\n"
        ),
        [
            "`walking.access_m` = 5000: must be at most 1000.",
            "`walking.speed_kmh` = 0: must be at least 0.1.",
            "`siting.sites` = -1: must be at least 0.",
            "`siting.seconds` = inf: must be a finite number.",
        ],
    ),
    "a_path_for_a_table": (
        toy.STUDY.replace('[inputs.demand]\npath = "toy.gpkg"\nlayer = "people"', '[inputs]\ndemand = "toy.gpkg"'),
        ["`inputs.demand` = 'toy.gpkg': must be a table of settings."],
    ),
    "nothing": ("", ["`name` is missing.", "`inputs` is missing."]),
    "no_inputs": (
        'name = "x"\nlanguage = "en"\n[inputs]\n',
        ["`inputs.communities` is missing.", "`inputs.streets` is"],
    ),
    "the_file_itself": ('file = "x"\n' + toy.STUDY, ["`file` is not a setting. Available here: name, language"]),
    "falling_limits": (
        toy.STUDY + "\n[limits]\nminutes = [15, 5]\n",
        ["`limits.minutes` = [15, 5]: values must increase"],
    ),
    "repeated_limits": (toy.STUDY + "\n[limits]\nminutes = [5, 5]\n", [phrase("errors.reason_not_rising")]),
    "standard_not_measured": (
        toy.STUDY + "\n[limits]\nstandard_min = 7\n",
        ["`limits.standard_min` = 7: must be one of `limits.minutes`."],
    ),
    "default_standard_not_measured": (
        toy.STUDY + "\n[limits]\nminutes = [3, 10, 15]\n",
        ["`limits.standard_min` = 5.0: must be one of `limits.minutes`."],
    ),
    "walking_profile": (
        toy.STUDY.replace("[walking]\n", '[walking]\nprofile = "gb50181"\n'),
        [
            'study.toml is not a valid study:\n  - `walking.profile` = "gb50181" does not exist. Available: ',
            "gb50180",
        ],
    ),
    "rule_profile": (
        toy.STUDY + '\n[rules]\nprofile = "haibowann"\n',
        [
            "study.toml is not a valid study:",
            '`rules.profile` = "haibowann" does not exist. Available: gb50180, haibowan, ',
        ],
    ),
    "rule_file_missing": (
        OWN_RULES,
        ["own.toml has errors", "The rule file cannot be read: No such file", "`rules.profile`"],
    ),
}

SOUND = {
    "id": "floor",
    "expression": "floor_area_m2 >= 300",
    "tiers": ["community"],
    "grade": "compliant",
    "unit": "m2",
    "clause": "own",
    "evidence": "own",
    "en": "Floor area",
    "zh": "面积",
}


def rule(**changed: object) -> str:
    entries = {name: value for name, value in {**SOUND, **changed}.items() if value is not None}
    return "[[rules]]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in entries.items())


RULES: dict[str, tuple[str, list[str]]] = {
    "unknown_measure": (
        rule(expression="flor_area_m2 >= 300 * hoseholds / 100"),
        [
            phrase("errors.rule_unknown_measure", rule="floor", name="flor_area_m2", near="floor_area_m2"),
            phrase("errors.rule_unknown_measure", rule="floor", name="hoseholds", near="households"),
        ],
    ),
    "function_call": (
        rule(expression='__import__("os").system("touch spoilt") >= 0')
        + rule(id="second", expression="abs(people) >= 1"),
        [
            "rule `floor`: `__import__",
            phrase("errors.rule_not_arithmetic", rule="second", expression="abs(people) >= 1"),
        ],
    ),
    "attribute": (rule(expression="people.real >= 1"), [phrase("errors.rule_not_arithmetic")]),
    "power": (rule(expression="9 ** 9 ** 9 >= people"), [phrase("errors.rule_not_arithmetic")]),
    "syntax": (
        rule(expression="people >= >= 3"),
        ["`people >= >= 3` cannot be read (invalid syntax).", "single comparison"],
    ),
    "empty": (rule(expression=" "), ["cannot be read"]),
    "null": (rule(expression="people >= 3\x00"), ["cannot be read"]),
    "endless": (rule(expression="people >= " + "+".join(["1"] * 20_000)), ["is too long", "…"]),
    "beyond_any_number": (rule(expression="people >= 1" + "0" * 400), ["cannot be read"]),
    "no_comparison": (
        rule(expression="people"),
        [phrase("errors.rule_not_a_flag", name="people")],
    ),
    "chain": (rule(expression="1 <= people <= 3"), [phrase("errors.rule_not_one_comparison")]),
    "missing_clause": (rule(clause=None), ["`rules.floor.clause`: is missing. Correct the rule file."]),
    "several": (
        rule(clause="") + rule(id="second", grade="best", tiers=[], colour="red"),
        [
            "`rules.floor.clause`: must not be empty.",
            "`rules.second.grade`: must be one of 'compliant', 'excellent' or 'advice'.",
            "`rules.second.tiers`: must not be empty.",
            "`rules.second.colour`: is not a valid entry here.",
        ],
    ),
    "nameless": (rule(id=None), ["`rules.0.id`: is missing."]),
    "twice": (rule() + rule(expression="people >= 1"), [phrase("errors.rule_twice", rule="floor")]),
    "no_rules": ("", ["`rules`: is missing."]),
    "not_toml": ("oops", [phrase("errors.not_toml")]),
}


@pytest.mark.parametrize(("study", "said"), WRONG.values(), ids=WRONG)
def test_study_files(tmp_path: Path, capsys: pytest.CaptureFixture[str], study: str, said: list[str]) -> None:
    text = study if "language" in study else 'language = "en"\n' + study
    answer = refused(toy.write_study(tmp_path / "toy", study=text), capsys, code=2)
    assert [part for part in said if part not in answer] == []


@pytest.mark.parametrize(("rules", "said"), RULES.values(), ids=RULES)
def test_rule_files(tmp_path: Path, capsys: pytest.CaptureFixture[str], rules: str, said: list[str]) -> None:
    study = toy.write_study(tmp_path / "toy", study=OWN_RULES)
    (study.parent / "own.toml").write_text('en = "Own"\nzh = "自定"\nsource = "a test"\n' + rules, "utf-8")
    answer = refused(study, capsys, code=2)
    assert "own.toml has errors:" in answer
    assert [part for part in said if part not in answer] == []
    assert max(len(line) for line in answer.splitlines()) < 600


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16"])
def test_files_in_other_encodings(tmp_path: Path, capsys: pytest.CaptureFixture[str], encoding: str) -> None:
    study = toy.write_study(tmp_path / "toy", study=OWN_RULES)
    (study.parent / "own.toml").write_text('en = "Own"\nzh = "自定"\n', encoding)
    assert "The rule file cannot be read: the encoding is not UTF-8" in refused(study, capsys, code=2)
    study.write_text(toy.STUDY.replace("Toy city", "海勃湾"), encoding)
    assert main(["check", str(study)]) == 2
    assert "The file cannot be read: the encoding is not UTF-8" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["nowhere.toml", "", "n" * 300])
def test_study_files_that_are_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert main(["run", str(tmp_path / name), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr()
    assert "The file cannot be read: " in said.err
    assert "`planner new DIR`" in said.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("study", "said"),
    [
        (WRONG["not_toml"][0], ["study.toml 有误：", "不是合法的 TOML"]),
        (WRONG["typos_at_any_depth"][0], ["`walking.acces_m` 不是可用的设置。是否应为 `access_m`？"]),
        (
            WRONG["wrong_types"][0],
            ["`siting.sites` = 'many'：应为整数。新设几处站点。", "`limits.minutes` = 5：应为列表"],
        ),
        (WRONG["wrong_values"][0], ["`walking.access_m` = 5000：应不大于 1000。"]),
        (WRONG["standard_not_measured"][0], ["`limits.standard_min` = 7：须为 `limits.minutes` 之一。"]),
        (
            WRONG["rule_profile"][0],
            ['`rules.profile` = "haibowann" 不存在。可用：gb50180, haibowan, '],
        ),
    ],
)
def test_chinese(tmp_path: Path, capsys: pytest.CaptureFixture[str], study: str, said: list[str]) -> None:
    file = toy.write_study(tmp_path / "toy", study=study.replace('language = "en"', 'language = "zh"'))
    answer = refused(file, capsys, code=2)
    assert [part for part in said if part not in answer] == []
