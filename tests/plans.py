"""Changes to the plans that tests share."""

from __future__ import annotations

import base64
import gzip
import json
import re
from dataclasses import replace
from pathlib import Path

import planner

BLOCK = re.compile(r'<script type="application/json" id="[\w-]+">(.*?)</script>')


def with_settings(plan: planner.Plan, **settings: object) -> planner.Plan:
    """Return a plan whose study has other settings, without another run."""
    study = plan.study.model_copy(update=settings)
    return replace(plan, prepared=replace(plan.prepared, study=study))


def read_map(file: Path) -> str:
    """Return the text of a map with the cards that it holds compressed."""
    page = file.read_text("utf-8")
    (block,) = BLOCK.findall(page)
    cards = json.loads(gzip.decompress(base64.b64decode(json.loads(block)["notes"])))
    return "\n".join([page, *(part for card in cards for part in card)])
