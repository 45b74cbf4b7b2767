"""Changes to the plans that tests share."""

from __future__ import annotations

from dataclasses import replace

import planner


def with_settings(plan: planner.Plan, **settings: object) -> planner.Plan:
    """Return a plan whose study has other settings, without another run."""
    study = plan.study.model_copy(update=settings)
    return replace(plan, prepared=replace(plan.prepared, study=study))
