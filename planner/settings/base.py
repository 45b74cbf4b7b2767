"""What every table of the study file is: frozen, and refusing what it does not know."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Minutes = Annotated[float, Field(strict=True, gt=0, le=240)]


class Settings(BaseModel):
    """A frozen table of the study file that refuses what it does not know."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
    )


Money = Annotated[float, Field(strict=True, ge=0)]
