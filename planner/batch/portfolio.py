"""The portfolio file: which districts there are, as study files, or as one study and how to cut its layers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, StrictBool, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from planner.config.sections.base import Money, Settings
from planner.config.sections.layers import Layer
from planner.config.sections.map import ReportSettings
from planner.config.study import wrong_because
from planner.config.toml_files import NotReadError, parse_toml, toml_text
from planner.messages.catalogue import DEFAULT_LANGUAGE, Language
from planner.messages.errors import Issue, PortfolioError

CODE = re.compile(r"[^\W_][\w.+-]*")
"""A district's code is the name of its folder: letters and digits of any script, `_`, `-`, `+` and `.`."""

OF_THE_CUT = ("inputs", "name", "crs", "district")
"""Settings that cutting gives a district: no override changes them."""


class CutSettings(Settings):
    """How the layers of a whole are cut into districts: exactly one of `column` and `layer`."""

    column: str = ""
    """The column of the communities that holds the code of their district."""

    name: str = ""
    """The column of the communities with the name of their district. Left out: its code."""

    extracts: tuple[Path, ...] = ()
    """Further files with streets beside that of the study; a street that stands in several counts once."""

    layer: Layer | None = None
    """The districts: polygons with id (their code) and name. A community is in the one that holds most of it."""


class PortfolioFunds(Settings):
    """Money for new sites in all districts together, spent by one exact choice."""

    sites: Annotated[int, Field(strict=True, ge=0, le=100_000)] | None = None
    """The most new sites in all districts together. Left out: no limit but the money."""

    most_a_district: Annotated[int, Field(strict=True, ge=1, le=100)] = 5
    """Largest number of new sites in one district; each district's curve of gains ends there."""

    least_a_district: Annotated[int, Field(strict=True, ge=0, le=100)] = 0
    """New sites that every district gets where they gain anybody: the floor."""

    least: dict[str, Annotated[int, Field(strict=True, ge=0, le=100)]] = Field(default_factory=dict)
    """That floor for single districts, by code."""

    budget: Money | None = None
    """Money of the province. Left out: no limit but the number of sites."""

    equality: Annotated[float, Field(strict=True, ge=0, le=1)] = 0.0
    """0: most people. 1: first the least share of people within the standard that any district has, as large as it
    can be, then most people; between: that share raised so far of the way."""

    settle_weak: StrictBool = False
    """True: first every weak premises is improved, where its district's study prices that; the rest buys sites."""

    site_cost: Money = 1.0
    """What one new site costs, in the unit of `budget`."""

    district_share: Annotated[float, Field(strict=True, ge=0, lt=1)] = 0.0
    """The share of a site's cost that its district pays itself (0-1); the province's budget bears the rest."""

    shares: dict[str, Annotated[float, Field(strict=True, ge=0, lt=1)]] = Field(default_factory=dict)
    """That share for single districts, by code."""


class Portfolio(Settings):
    """Districts to run in one go.

    Either `studies` names a study file for each district, or `study` names the study of the whole and `cut` says
    how its layers are divided; `overrides` then changes settings of single districts.
    """

    name: str
    """The portfolio's name, as it stands on its products."""

    language: Language = DEFAULT_LANGUAGE
    """The language of its products: "zh" or "en"."""

    studies: dict[str, Path] = Field(default_factory=dict)
    """The study file of each district, by its code."""

    study: Path | None = None
    """The study of the whole: its layers are cut, all its settings hold for every district."""

    cut: CutSettings | None = None
    """How to cut."""

    joined: tuple[tuple[str, ...], ...] = ()
    """Codes of districts that are run as one study, as [["A", "B"]]: no site at their border is counted twice."""

    overrides: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Settings of single districts instead of the whole's, by code, as [overrides.A.siting]."""

    funds: PortfolioFunds | None = None
    """Money that is shared between the districts."""

    report: ReportSettings = ReportSettings()
    """Style, issuer and addressee of the report of all districts, as [report] of a study."""

    file: Annotated[Path, Field(exclude=True)] = Path("portfolio.toml")
    """The file that it was read from; every path in it is relative to its folder."""

    @field_validator("studies")
    @classmethod
    def _codes_are_names(cls, studies: dict[str, Path]) -> dict[str, Path]:
        for code in studies:
            check_code(code)
        return studies

    @model_validator(mode="after")
    def _one_way(self) -> Portfolio:
        if bool(self.studies) == (self.study is not None):
            raise PydanticCustomError("portfolio_one_way", "exactly one of `studies` and `study` is needed")
        if (self.study is None) != (self.cut is None):
            raise PydanticCustomError("portfolio_cut", "`study` and `cut` belong together")
        if self.cut is not None and bool(self.cut.column) == (self.cut.layer is not None):
            raise PydanticCustomError("portfolio_cut_way", "`cut` needs exactly one of `column` and `layer`")
        if self.studies and (self.joined or self.overrides):
            raise PydanticCustomError(
                "portfolio_only_cut", "`joined` and `overrides` are for districts that are cut from one study"
            )
        for code, settings in self.overrides.items():
            for key in settings:
                if key in OF_THE_CUT:
                    values = {"path": f"{code}.{key}"}
                    raise PydanticCustomError("portfolio_override", "{path} cannot be overridden", values)
        twice = [
            code for code, count in Counter(code for group in self.joined for code in group).items() if count > 1
        ]
        if twice:
            raise PydanticCustomError("portfolio_joined", "{code} is joined twice", {"code": twice[0]})
        return self

    def resolve(self, path: Path) -> Path:
        """Return `path` as the portfolio means it: relative to its file."""
        return path if path.is_absolute() else self.file.parent / path


@dataclass(frozen=True, slots=True)
class District:
    """A district to run: its code, its name, and its study file."""

    code: str
    name: str
    study: Path


def check_funds(portfolio: Portfolio, codes: Collection[str]) -> None:
    """Refuse floors and shares of districts that are not there: they would have no effect.

    Raises
    ------
    PortfolioError
        With their codes.
    """
    funds = portfolio.funds
    unknown = sorted({*funds.least, *funds.shares} - set(codes)) if funds else []
    if unknown:
        raise PortfolioError(str(portfolio.file), [Issue("funds_unknown", {"codes": ", ".join(unknown)})])


def check_code(code: str) -> None:
    """Refuse a code that cannot be the name of a folder.

    Raises
    ------
    PydanticCustomError
        It holds other signs than letters, digits, `_`, `-` and `.`.
    """
    if not CODE.fullmatch(code):
        raise PydanticCustomError(
            "portfolio_code", "a code has letters, digits, _, - and . only, not `{code}`", {"code": code}
        )


def read_portfolio(path: str | Path) -> Portfolio:
    """Read a portfolio file.

    Parameters
    ----------
    path
        The TOML file, or the folder with its `portfolio.toml`.

    Raises
    ------
    PortfolioError
        The file is missing, is not TOML, or holds unknown, missing or wrong settings: all at once.
    """
    path = Path(path)
    path = path / "portfolio.toml" if path.is_dir() else path
    try:
        content = parse_toml(toml_text(path))
    except NotReadError as error:
        raise PortfolioError(str(path), [Issue("unreadable_portfolio", {"reason": error.reason})]) from error
    return make_portfolio(content, file=path)


def make_portfolio(content: Mapping[str, Any], *, file: str | Path = "portfolio.toml") -> Portfolio:
    """Make a portfolio from a mapping, as `read_portfolio` does from a file.

    Raises
    ------
    PortfolioError
        As `read_portfolio`.

    Examples
    --------
    >>> make_portfolio({"name": "Two", "studies": {"A": "a/study.toml", "B": "b/study.toml"}}).studies["B"].name
    'study.toml'
    """
    try:
        return Portfolio.model_validate({**content, "file": Path(file)})
    except ValidationError as error:
        issues = [
            Issue("wrong_portfolio", {"path": ".".join(map(str, d["loc"])) or "-", "reason": wrong_because(d)})
            for d in error.errors()
        ]
        raise PortfolioError(str(file), issues) from error
