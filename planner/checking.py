"""`planner check`: read everything that a study names and say in words what was understood."""

from __future__ import annotations

from pathlib import Path

from planner.errors import SHOWN_ROWS
from planner.pipeline import prepare
from planner.remarks import Remark
from planner.study import read_study
from planner.texts import Texts


def describe(path: Path, texts: Texts) -> str:
    """Return what was understood of a study, one line a layer and one a remark; nothing is written.

    Raises
    ------
    PlannerError
        As `planner.run`, for the study, its rules, its data and its streets.
    """
    study = read_study(path)
    ready = prepare(study)
    inputs, quality, walk = ready.inputs, ready.quality, ready.walk
    profile = ready.walking_profile
    words = getattr(profile, texts.language) if profile else f"{walk.speed_kmh:g} km/h"
    standard = study.limits.standard_min
    lines = [
        texts("cli.check_study", name=study.name, language=study.language),
        texts(
            "cli.check_walk",
            words=words,
            metres=texts.whole(walk.metres(standard)),
            minutes=f"{standard:g}",
            access_m=f"{walk.access_m:g}",
        ),
        *(texts("cli.check_cost", words=note.words.in_words(texts.language)) for note in ready.cost_notes),
        texts("cli.check_crs", crs=inputs.crs.to_string(), margin_m=texts.whole(inputs.margin_m)),
        *(
            texts(
                "cli.check_layer",
                layer=source.layer,
                rows=texts.whole(source.rows),
                file=source.file,
                crs=source.crs,
                modelled=texts("cli.check_modelled") if source.modelled else "",
            )
            for source in inputs.sources
        ),
        texts(
            "cli.check_people",
            people=texts.whole(inputs.demand["people"].sum()),
            points=texts.whole(len(inputs.demand)),
            communities=len(inputs.communities),
            method=texts(f"cli.method_{inputs.demand_method}"),
        ),
        texts(
            "cli.check_network",
            km=texts.number(quality.length_m / 1000),
            pieces=quality.pieces,
            dead_ends=quality.dead_ends,
            crossings=quality.crossings,
        ),
        *(_remark(remark, texts) for remark in ready.remarks),
        texts("cli.check_good"),
    ]
    return "\n".join(lines)


def _remark(remark: Remark, texts: Texts) -> str:
    rows = ", ".join(remark.rows[:SHOWN_ROWS]) + (" …" if len(remark.rows) > SHOWN_ROWS else "")
    return texts("cli.check_remark", reason=remark.in_words(texts.language), rows=f"({rows})" if rows else "")
