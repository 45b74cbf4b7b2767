"""A rule operator is added in the files that docs/extending.md names: rules use it, and the map's page follows."""

from __future__ import annotations

from pathlib import Path

from page_script import run_script
from scratch_package import ScratchPackage

MOST_FILES = 4
BESIDES = {"docs/method/rules.md", "CHANGELOG.md"}
"""tests/evaluation/test_page_operators.py compares every operator without a change."""

PYTHON = '    "//": ArithmeticOperator(ast.FloorDiv, _floor_divide, quotient_dimension),\n'
FUNCTION = """def _floor_divide(left: Interval, right: Interval) -> Interval:
    if right.low <= 0 <= right.high:
        return ANYTHING
    return _over_corners(lambda a, b: math.floor(a / b) if math.isfinite(a / b) else a / b, left, right)


"""
PAGE = '  "//": (a, b) => (b[0] <= 0 && b[1] >= 0 ? ANYTHING : overCorners(floorOf, a, b)),\n'
FLOOR = "/** @type {(x: number, y: number) => number} */\nconst floorOf = (x, y) => Math.floor(x / y);\n\n"

CHECK = """
from planner.evaluation.expressions import evaluate_condition, parse_expression
from planner.evaluation.intervals import IndicatorRef, IndicatorValues, exact_interval
from planner.evaluation.rule_files import wrong_expression

rule = "people // floor_area_m2 >= 3"
assert not list(wrong_expression("r", rule, unit="people_per_m2", functions=[]))
assert [one.key for one in wrong_expression("r", rule, unit="m2", functions=[])] == ["rule_unit_wrong"]
values = {IndicatorRef("people"): exact_interval(1099.0), IndicatorRef("floor_area_m2"): exact_interval(300.0)}
passed, result = evaluate_condition(parse_expression(rule), IndicatorValues(values))
print(passed, result.value)
"""


def test_an_operator_is_one_function_in_python_and_one_line_in_the_page(tmp_path: Path) -> None:
    scratch = ScratchPackage.copy(tmp_path / "scratch")
    scratch.insert("evaluation/expressions.py", "OPERATORS: dict[str, ArithmeticOperator]", FUNCTION)
    scratch.insert("evaluation/expressions.py", '    "/": ArithmeticOperator(', PYTHON)
    scratch.insert("reporting/map/js/rules.js", '  "/": (a, b) =>', PAGE)
    scratch.insert(
        "reporting/map/js/rules.js",
        "/** @type {Record<string, (a: Interval, b: Interval) => Interval>} */\nexport",
        FLOOR,
    )
    assert len(scratch.touched | BESIDES) <= MOST_FILES

    assert scratch.run("-c", CHECK).split() == ["True", "3.0"] or scratch.run("-c", CHECK).split() == ["True", "3"]
    page = 'return rules_js.operators["//"]([1099, 1099], [300, 300]);'
    assert run_script(page, package=scratch.package) == [3, 3]
