"""Blocks of the report, the translator of its texts and numbers, and readers of the document.

A block is plain words and figures; the template knows how each kind looks and nothing of what it means.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from statistics import mean
from typing import TYPE_CHECKING, TypeVar

from markupsafe import Markup

from planner.messages.catalogue import Texts, localized
from planner.messages.notices import input_name

if TYPE_CHECKING:
    # A second process lays reports out; it needs none of what makes a document.
    from planner.reporting.document.records.coverage import CoverageTotal
    from planner.reporting.document.records.plan import Entry, PlanDocument
    from planner.reporting.document.records.siting import Proposal

Part = TypeVar("Part")

DASH = "—"
DIGITS = {
    "m2": 0,
    "m2_per_100_households": 1,
    "m2_per_person": 3,
    "people_per_m2": 1,
    "people": 0,
    "households": 0,
    "minutes": 1,
    "hours_per_week": 0,
    "share": 1,
    "ratio": 2,
    "count": 0,
    "yes_no": 0,
}
KMH_A_MS = 3.6
LONLAT_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Cell:
    """Cell of a table: its text, a smaller further line, the class of a badge, a share (0–1) to draw as a bar."""

    text: str
    further: str = ""
    badge: str = ""
    bar: float | None = None
    marked: bool = False


Row = tuple[Cell | str, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or several.

    `title` makes it a heading inside the section, `item` one of a list, `numbered` one of a numbered list, `lead`
    bold words before what follows, `warning` one that must not be missed.
    """

    text: str
    title: bool = False
    item: bool = False
    numbered: bool = False
    lead: bool = False
    warning: bool = False
    kind: str = "paragraph"


@dataclass(frozen=True, slots=True)
class Table:
    """A table: first the columns of words, then those of numbers; the last `totals` rows are totals."""

    caption: str
    words: tuple[str, ...]
    numbers: tuple[str, ...]
    rows: tuple[Row, ...]
    note: str = ""
    totals: int = 0
    kind: str = "table"


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture with its caption."""

    picture: Markup
    caption: str
    kind: str = "figure"


@dataclass(frozen=True, slots=True)
class CentreCard:
    """A weak centre: its place, reasons and notes in words, what would help, its measures by name, and a map."""

    name: str
    place: str
    verdict: Cell
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    remedy: str
    measures: tuple[tuple[str, str], ...]
    figure: Figure
    kind: str = "centre"


@dataclass(frozen=True, slots=True)
class Code:
    """A command as it is typed."""

    text: str
    kind: str = "code"


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """Key figure with its label and a note; `number` where it is numeric."""

    value: str
    label: str
    note: str
    number: float | None = None
    is_share: bool = False


@dataclass(frozen=True, slots=True)
class KeyFigures:
    """Key figures side by side."""

    figures: tuple[KeyFigure, ...]
    caption: str = ""
    kind: str = "figures"


Block = Paragraph | Table | Figure | CentreCard | Code | KeyFigures


@dataclass(frozen=True, slots=True)
class Translator:
    """Texts and number formats of the report in one language, with the document that it shows."""

    content: PlanDocument
    texts: Texts

    def __call__(self, key: str, /, **values: object) -> str:
        """Return a text of the report."""
        return self.texts(f"report.{key}", **values)

    def decision(self, key: str, /, **values: object) -> str:
        """Return a text of page one or of the report's body."""
        return self.texts(f"decision.{key}", **values)

    def programme(self, key: str, /, **values: object) -> str:
        """Return a text of the programme."""
        return self.texts(f"programme.{key}", **values)

    def all(self, *keys: str, **values: object) -> tuple[str, ...]:
        """Return several texts of the report."""
        return tuple(self(key, **values) for key in keys)

    def term(self, key: str) -> str:
        """Return a term of the glossary."""
        return self.texts(f"words.{key}")

    def layer(self, name: str) -> str:
        """Return what an input layer is called, that of a group or a service with its id."""
        return input_name(name, self.texts)

    @property
    def unknown(self) -> str:
        """Return the text for an unknown value."""
        return f"{DASH} {self('not_known')}"

    def whole(self, count: float | None) -> str:
        """Write a count."""
        return self.unknown if count is None else self.texts.whole(count)

    def number(self, value: float | None, digits: int = 1) -> str:
        """Write a measured number."""
        return self.unknown if value is None else self.texts.number(value, digits)

    def percent(self, share: float | None) -> str:
        """Write a share (0–1)."""
        return self.unknown if share is None else self.texts.percent(share)

    def degrees(self, value: float) -> str:
        """Write a longitude or latitude, to a tenth of a metre."""
        return f"{value:.{LONLAT_DIGITS}f}"

    def exact(self, value: float) -> str:
        """Write a setting as it was set, with no more digits than it has."""
        return f"{value:,.10g}"

    def join(self, items: Sequence[str]) -> str:
        """Join names."""
        return self("joint").join(items) if items else self("nobody")

    def quantity(self, value: float | None, unit: str, digits: int | None = None) -> str:
        """Write a value in a rule's unit."""
        if value is None:
            return self.unknown
        if unit == "yes_no":
            return self("yes" if value else "no")
        shown = value * 100 if unit == "share" else value
        return self(f"unit_{unit}", value=self.texts.number(shown, DIGITS[unit] if digits is None else digits))

    def measure(self, name: str) -> str:
        """Return what a measure is called."""
        from planner.evaluation.intervals import IndicatorRef

        ref = IndicatorRef.parse(name)
        if ref.limit_min is None:
            return self.texts(f"measures.{ref.name}")
        return self.texts(f"measures.{ref.name}", minutes=self.exact(ref.limit_min))

    def localized(self, entry: Entry) -> str:
        """Return the words of an entry that brings them in several languages."""
        return localized(entry, self.texts.language)

    def citation(self, entry: Entry, name: str) -> str:
        """Return a citation in the report's language if the rule file has it, else the original."""
        return str(entry.get(f"{name}_{self.texts.language}") or entry[name])

    def bar(self, share: float | None) -> Cell:
        """Return a share (0–1) with its bar."""
        return Cell(self.percent(share), bar=share)

    def verdict(self, verdict: str) -> Cell:
        """Return a verdict as a badge with its word."""
        name = verdict or "none"
        return Cell(self.term(f"verdict_{name}"), badge=name)


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the report, or an annex; one of number 0 has none."""

    id: str
    number: int
    title: str
    blocks: tuple[Block, ...]
    annex: str = ""
    """What the annex is called, as `Annex 2`; empty for a section."""

    @property
    def heading(self) -> str:
        """Return the title with its number."""
        if self.annex:
            # A wide space stands between Chinese signs only.
            return (". " if self.annex.isascii() else "\u3000").join((self.annex, self.title))
        return f"{self.number} {self.title}" if self.number else self.title


@dataclass(frozen=True, slots=True)
class Office:
    """What an office adds to a document, in words: the study's, or where it must be filled in."""

    addressee: str
    issuer: str
    issued: str


@dataclass(frozen=True, slots=True)
class Report:
    """A report before layout; `contents`: whether it begins with a table of contents, `memo`: page one."""

    t: Translator
    name: str
    title: str
    facts: tuple[tuple[str, str], ...]
    modelled: bool
    nature: str
    indicators: tuple[KeyFigure, ...]
    summary: tuple[str, ...]
    sections: tuple[Section, ...]
    contents: bool = True
    memo: Section | None = None
    office: Office | None = None
    style: str = "plain"


@dataclass(frozen=True, slots=True)
class Headcount:
    """People as they are shown: each rounded once, so that they add up on the page.

    Examples
    --------
    >>> Headcount(people=10, covered=4).uncovered
    6
    """

    people: int
    covered: int

    @property
    def uncovered(self) -> int:
        """Return the people shown as not served."""
        return self.people - self.covered


def require(part: Part | None) -> Part:
    """Return a part of the document that the study has; the caller shows it only then."""
    if part is None:
        raise LookupError
    return part


def annex_names(content: PlanDocument) -> list[str]:
    """Return the annexes in order; programme and business areas only where the study has them."""
    named = (
        "basis",
        "inventory",
        "coverage",
        "services",
        "weak",
        "siting",
        "programme",
        "fairness",
        "business_areas",
        "levels",
        "belts",
        "organisations",
        "reading",
        "data",
    )
    absent = {
        "services": "services" not in content,
        "programme": content["programme"] is None,
        "business_areas": content["business_areas"] is None,
        "levels": "levels" not in content,
        "belts": "belts" not in content,
        "organisations": "organisations" not in content,
    }
    return [name for name in named if not absent.get(name)]


def annex_ref(t: Translator, name: str) -> str:
    """Return how a sentence refers to an annex."""
    return t.decision("annex_ref", number=annex_names(t.content).index(name) + 1)


def headcount(row: Entry) -> Headcount:
    """Return the people of one row of coverage, total or by community, as every product shows them."""
    return Headcount(row["shown"]["people"], row["shown"]["people_covered"])


def at_standard(content: PlanDocument) -> CoverageTotal:
    """Return the totals at the standard."""
    coverage = content["coverage"]
    row: CoverageTotal = next(row for row in coverage["total"] if row["limit_min"] == coverage["standard_min"])
    return row


def limit_distance_m(content: PlanDocument, limit_min: float) -> float:
    """Return how far people walk within a limit, metres."""
    metres: float = next(row["metres"] for row in content["walking"]["limits"] if row["minutes"] == limit_min)
    return metres


def disc_shares(content: PlanDocument, limit_min: float) -> list[float]:
    """Return what part of its disc each centre's service area is, in the order of the centres."""
    return [
        area["disc_share"]
        for centre in content["centres"]
        for area in centre["service_areas"]
        if area["limit_min"] == limit_min
    ]


def note_of(t: Translator, key: str, shown: Sequence[object], rows: Sequence[object]) -> str:
    """Return the note of a table, with how many rows are shown where not all are."""
    cut = t.texts("words.rows_cut", shown=len(shown), count=len(rows))
    return t.texts.paragraph([t.texts(key), cut] if len(shown) < len(rows) else [t.texts(key)])


def community_names(content: PlanDocument) -> dict[str, str]:
    """Return the communities' names by id, in the study's order."""
    return {row["community"]: row["name"] for row in content["coverage"]["by_community"]}


def shown_bound(proposal: Proposal) -> int | None:
    """Return a bound in whole people: as the answer that it proves, else upwards so that it stays one.

    Examples
    --------
    >>> shown_bound({"status": "time_limit", "bound": 160.4}), shown_bound({"status": "optimal", "bound": 130.2})
    (161, 130)
    """
    bound: float | None = proposal["bound"]
    if bound is None:
        return None
    return round(bound) if proposal["status"] == "optimal" else ceil(bound)


def speed_text(t: Translator) -> str:
    """Return the walking speed in metres a second."""
    return t.texts.number(t.content["walking"]["speed_kmh"] / KMH_A_MS, 2)


def mean_disc_share_text(t: Translator) -> str:
    """Return what part of its disc a service area is at the standard, on average."""
    return t.percent(mean(disc_shares(t.content, t.content["coverage"]["standard_min"])))
