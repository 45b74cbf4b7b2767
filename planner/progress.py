"""Progress is injected and silent unless somebody asks to see it."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called when a stage begins, with the catalogue key of its name."""

    def __call__(self, stage: str, /) -> None:
        """Take note that `stage` begins."""


def silent(stage: str, /) -> None:
    """Say nothing."""
    del stage
