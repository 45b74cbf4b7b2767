"""`planner check`: read everything that a study names and say in words what was understood."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from planner.errors import SHOWN_ROWS
from planner.pipeline import Ready, prepare
from planner.remarks import Remark
from planner.study import read_study
from planner.texts import Texts

COUNTED = ("pieces", "dead_ends", "crossings", "near_misses", "overlaps")
"""What is said of the streets by number."""


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
        *_balance(inputs.balance, texts),
        *(
            texts(
                "cli.check_kind",
                kind=kind.settings.title,
                people=texts.whole(kind.points["people"].sum()),
                given=texts.whole(kind.given),
                points=texts.whole(len(kind.points)),
            )
            for kind in inputs.kinds
        ),
        texts(
            "cli.check_network",
            km=texts.number(quality.length_m / 1000),
            outside=texts.percent(quality.outside_share),
            **{name: texts.whole(getattr(quality, name)) for name in COUNTED},
            unexplained=texts.whole(quality.unexplained_crossings),
        ),
        _far_from_streets(ready, texts),
        *(_remark(remark, texts) for remark in ready.remarks),
        texts("cli.check_good"),
    ]
    return "\n".join(lines)


def _far_from_streets(ready: Ready, texts: Texts) -> str:
    people, far = ready.inputs.demand["people"], ~ready.demand_snaps.reaches_street
    return texts(
        "cli.check_access",
        access_m=f"{ready.walk.access_m:g}",
        points=texts.whole(far.sum()),
        all=texts.whole(len(far)),
        points_share=texts.percent(far.mean()),
        people=texts.whole(people[far].sum()),
        people_share=texts.percent(people[far].sum() / people.sum()),
    )


def _balance(balance: pd.DataFrame, texts: Texts) -> list[str]:
    """Return the people of every community: given, found and placed; then those lost outside."""
    lines = [
        texts(
            "cli.check_balance",
            name=row["name"],
            given="–" if pd.isna(row["given"]) else texts.whole(row["given"]),
            found=texts.whole(row["found"]),
            placed=texts.whole(row["placed"]),
            method=texts(f"report.placed_{row['method']}") if row["method"] else "–",
        )
        for row in balance[:-1].to_dict(orient="records")
    ]
    lost = float(balance["lost"].sum())
    return [texts("cli.check_balance_head"), *lines, texts("cli.check_balance_lost", people=texts.whole(lost))]


def _remark(remark: Remark, texts: Texts) -> str:
    rows = ", ".join(remark.rows[:SHOWN_ROWS]) + (" …" if len(remark.rows) > SHOWN_ROWS else "")
    return texts("cli.check_remark", reason=remark.in_words(texts.language), rows=f"({rows})" if rows else "")
