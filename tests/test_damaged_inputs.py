"""A small fixed slice of `explore_damaged_inputs.py`: no damaged file ends in a traceback, an abort or a wait."""

from __future__ import annotations

from pathlib import Path

import explore_damaged_inputs
import pytest
from explore_damaged_inputs import ENDINGS, LAYERS, Damage, check, explore


def test_damaged_inputs_are_refused_or_read(tmp_path: Path) -> None:
    assert explore(len(ENDINGS) * len(LAYERS), 1, tmp_path) == []


@pytest.mark.parametrize("ending", ENDINGS)
def test_undamaged_they_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    """So that the damage is what is refused, and not the way in which the layer is written."""
    monkeypatch.setattr(explore_damaged_inputs, "damage", lambda body, _: body)
    assert check(Damage("streets", ending, 0), tmp_path / "toy") in (0, 3)
