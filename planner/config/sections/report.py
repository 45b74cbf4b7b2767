"""Settings of the report and the printed map: style, and what an office adds to a document."""

from __future__ import annotations

from typing import Literal

from pydantic import StrictBool

from planner.config.sections.base import Settings


class ReportSettings(Settings):
    """How the report is set, and who sends it to whom."""

    style: Literal["plain", "gbt9704"] = "plain"
    """"plain", or "gbt9704": an official document as GB/T 9704-2012 lays it out."""

    levels: StrictBool = False
    """True: figures and ledger stand for district, subdistricts and communities apart, on map and in report."""

    issuer: str = ""
    """Who issues report and map: signature, and the line below the map."""

    addressee: str = ""
    """To whom the report is addressed."""

    issued: str = ""
    """The date of issue, as 2023-06-30."""

    map_number: str = ""
    """The sheet's number among the maps of a set."""

    approval_number: str = ""
    """The approval number (审图号) of the map, as the authority gave it."""
