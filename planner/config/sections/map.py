"""Settings of the map and of the report: background, scenes, style, and what an office adds to a document."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StrictBool, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from planner.config.sections.base import Settings

TILE_KEY = re.compile("[A-Za-z0-9]*")
TILE_URL = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?/[A-Za-z0-9._~/?&=%{}@+,-]*")
TILE_SOURCES = ("none", "osm", "tianditu", "amap")


class MapSettings(Settings):
    """What lies under the map, and what its meeting mode says."""

    tiles: str = "none"
    """Background tiles: "none", "osm", "tianditu", "amap", or a URL with {z}, {x} and {y}. They need a network."""

    datum: Literal["wgs84", "gcj02"] = "wgs84"
    """The datum of tiles given by a URL. Those of "amap" are known to be in GCJ-02."""

    key: Annotated[str, Field(validate_default=True)] = ""
    """Your key for "tianditu". It stands in the map, where whoever has the file can read it."""

    scenes: Path | None = None
    """Your own titles and sentences for the scenes of meeting mode (.toml); the others are made from the plan."""

    @field_validator("tiles")
    @classmethod
    def _is_tile_source(cls, tiles: str) -> str:
        is_template = TILE_URL.fullmatch(tiles) and all(gap in tiles for gap in ("{z}", "{x}", "{y}"))
        if tiles not in TILE_SOURCES and not is_template:
            raise PydanticCustomError("not_tiles", "neither a known name nor a URL with z, x and y in braces")
        return tiles

    @field_validator("key")
    @classmethod
    def _is_given(cls, key: str, others: ValidationInfo) -> str:
        if not key and others.data.get("tiles") == "tianditu":
            raise PydanticCustomError("needs_key", "tianditu gives tiles to those with a key only")
        if not TILE_KEY.fullmatch(key):
            raise PydanticCustomError("not_a_key", "only letters and digits are allowed")
        return key


class ReportSettings(Settings):
    """Style, issuer and addressee of the report."""

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
