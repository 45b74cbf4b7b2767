"""What every table of the study file is: frozen, and refusing what it does not know."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

LEAST_MINUTES = 0.1
"""Six seconds: a shorter limit reaches nobody, and times near zero leave the range in which sums are exact."""

LEAST_KMH = 0.1
"""Nobody whom a plan is for walks more slowly; a speed near zero is a slip, mostly of units."""

LEAST_M = 0.1
"""No distance of a study is finer than its coordinates; one near zero asks for more points than fit."""

MOST_MONEY = 1e12
"""Whatever the unit; an endless or larger sum is a slip."""

Minutes = Annotated[float, Field(strict=True, ge=LEAST_MINUTES, le=240)]


class Settings(BaseModel):
    """A frozen table of the study file that refuses what it does not know."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        # Built with the study that holds it, not once more by itself: half the time of the import.
        defer_build=True,
        use_attribute_docstrings=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
    )


Money = Annotated[float, Field(strict=True, ge=0, le=MOST_MONEY)]

Tier = Literal["district", "town", "community", "village", "station"]

Evidence = Literal["seen", "excerpt", "quoted", "unchecked", "own"]
"""Evidence of a clause: text seen; read in an excerpt; quoted by others; from memory; set by the file itself."""
