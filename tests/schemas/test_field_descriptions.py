"""Every field of a result has a description that documentation can read."""

from __future__ import annotations

import planner
from planner.schemas.field_descriptions import describe_fields, nested_dataclasses

ROOMS = ("accessibility", "prepare", "programme", "results", "siting")


def test_every_field_of_a_result_is_described() -> None:
    results = [one for one in nested_dataclasses(planner.Plan) if one.__module__.split(".")[1] in ROOMS]
    assert {"Coverage", "Plan", "PreparedStudy", "Programme", "Solution"} <= {one.__name__ for one in results}
    missing = {
        f"{one.__name__}.{name}" for one in results for name, text in describe_fields(one).items() if not text
    }
    assert not missing
