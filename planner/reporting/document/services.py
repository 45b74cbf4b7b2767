"""Entry of the document on services; absent where the study has none besides its own facilities."""

from __future__ import annotations

from typing import Any

import pandas as pd

from planner.accessibility.services import ServiceAccess
from planner.io.service_places import BELOW_STANDARD, CLOSED
from planner.results import Plan

STANDARD: tuple[str, ...] = ("minutes", "count", "group", "weight", "basic", "least_capacity", "per_1000")
STANDARD += ("clause", "clause_zh", "evidence")


def services_entries(plan: Plan) -> dict[str, Any]:
    """Return the entry `services` of the document; {} without services."""
    found = plan.services
    if found is None:
        return {}
    totals = _records(found.total)
    return {
        "services": {
            "services": [_service(one, row) for one, row in zip(found.access, totals, strict=True)],
            "by_community": _records(found.by_community),
            "completeness": dict(found.completeness_total),
            "completeness_by_community": _records(found.completeness_by_community),
            "fairness": _records(found.fairness),
            "unknown": [one.id for one in found.access if not one.service.is_known],
        }
    }


def _service(one: ServiceAccess, total: dict[str, Any]) -> dict[str, Any]:
    standard, places, counts = one.service.standard, one.service.places, one.service.counts
    shares = {name: value for name, value in total.items() if name != "service"}
    return {
        "id": one.id,
        **standard.titles,
        **{name: getattr(standard, name) for name in STANDARD},
        "known": one.service.is_known,
        "facilities": int(counts.sum()),
        "facilities_closed": int((places["status"] == CLOSED).sum()),
        "facilities_below_standard": int((places["status"] == BELOW_STANDARD).sum()),
        "capacity_unknown": int((places["capacity"].isna() & counts).sum()),
        **shares,
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict(orient="records")]
