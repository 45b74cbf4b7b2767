"""What a programme is chosen from: projects, years, funds with their rules, and what must come first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.sparse import csr_array

from planner.network.walk import FloatArray, IndexArray
from planner.siting.argument_checks import (
    check_between,
    check_names,
    check_not_negative,
    check_whole,
    raise_issues,
    siting_error,
)


@dataclass(frozen=True, slots=True)
class Fund:
    """A source of money.

    Attributes
    ----------
    id
        Its name.
    amounts
        What it gives each year.
    carries_over
        Whether what is not spent stays for later years.
    pays_for
        The kinds of projects that it pays for; empty: all.
    most_share
        It pays at most this share of a project, 0–1.
    matches, match_share
        For every unit of money that the fund `matches` puts into a project for which this one pays, this one
        puts in at least `match_share`.
    """

    id: str
    amounts: tuple[float, ...]
    carries_over: bool = True
    pays_for: tuple[str, ...] = ()
    most_share: float = 1.0
    matches: str | None = None
    match_share: float = 0.0

    def pays(self, kind: str) -> bool:
        """Tell whether it pays for projects of a kind."""
        return not self.pays_for or kind in self.pays_for


@dataclass(frozen=True, slots=True)
class Option:
    """A project that may be begun, in one of the years, once.

    Attributes
    ----------
    id, kind
        Its name, and what funds know it by.
    cost
        All of it, paid in the year in which it begins.
    street
        Of which as many may begin in a year as the question says; "" is held to no number.
    settles
        Weak premises that meet the standard once it is done.
    closes
        Centres that serve nobody from then on.
    shares
        Centres whose rooms it shares.
    """

    id: str
    kind: str
    cost: float
    street: str = ""
    settles: tuple[str, ...] = ()
    closes: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()

    @property
    def centres(self) -> tuple[str, ...]:
        """The centres that it changes or shares: no other project may change or share the same."""
        return tuple(dict.fromkeys((*self.settles, *self.closes, *self.shares)))


@dataclass(frozen=True, slots=True)
class Precedence:
    """One project only after another: in a later year, or, where `same_year`, in the same at the earliest."""

    first: str
    then: str
    same_year: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """Which projects in which years.

    Attributes
    ----------
    options
        The projects, with ids of their own.
    covers
        Who is served by what once it is done, shape (demand, options), boolean.
    held
        Who is served today by which of the centres that some project closes, shape (demand, closable), boolean.
    closable
        The ids of these centres.
    weight
        People, shape (demand,). Whom a centre serves that nothing closes is not listed.
    people
        How many people have each weak premises as their own, by its id.
    funds
        In the order in which they are drawn on.
    years
        How many.
    starts_per_street
        How many projects may begin in a street in one year; None: as many as money allows.
    precedence
        What must come first.
    """

    options: tuple[Option, ...]
    covers: csr_array
    held: csr_array
    closable: tuple[str, ...]
    weight: FloatArray
    people: Mapping[str, float]
    funds: tuple[Fund, ...]
    years: int
    starts_per_street: int | None = None
    precedence: tuple[Precedence, ...] = ()
    position: Mapping[str, int] = field(init=False)

    def __post_init__(self) -> None:
        """Refuse what does not fit together."""
        object.__setattr__(self, "position", {option.id: place for place, option in enumerate(self.options)})
        for part, found, expected in (
            ("options", len(self.position), len(self.options)),
            ("covers", self.covers.shape, (len(self.weight), len(self.options))),
            ("held", self.held.shape, (len(self.weight), len(self.closable))),
            ("amounts", {len(fund.amounts) for fund in self.funds} | {self.years}, {self.years}),
        ):
            if found != expected:
                raise siting_error("siting_shape", part=part, found=found, expected=expected)
        raise_issues(
            check_whole("years", self.years),
            () if self.starts_per_street is None else check_whole("starts_per_street", self.starts_per_street),
            check_names("closes", [centre for option in self.options for centre in option.closes], self.closable),
            check_names("matches", [f.matches for f in self.funds if f.matches], [f.id for f in self.funds]),
            *(check_between("most_share", fund.most_share, 0.0, 1.0) for fund in self.funds),
            *(check_not_negative("match_share", fund.match_share) for fund in self.funds),
        )
        for part, numbers in (
            ("weight", self.weight),
            ("people", list(self.people.values())),
            ("cost", [option.cost for option in self.options]),
            ("amounts", [amount for fund in self.funds for amount in fund.amounts]),
        ):
            values = np.asarray(numbers, dtype=np.float64)
            if len(values) and not (np.isfinite(values).all() and values.min() >= 0):
                raise siting_error("siting_negative", part=part)

    @property
    def cost(self) -> FloatArray:
        """What each project costs, shape (options,)."""
        return np.array([option.cost for option in self.options], dtype=np.float64)

    @property
    def standard(self) -> FloatArray:
        """People whose weak premises each project settles, shape (options,)."""
        return np.array(
            [sum(self.people.get(centre, 0.0) for centre in option.settles) for option in self.options],
            dtype=np.float64,
        )

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of projects, sorted."""
        return tuple(sorted({option.kind for option in self.options}))

    @property
    def settled_by(self) -> dict[str, list[int]]:
        """Which projects settle each weak premises; those that none settles are left out."""
        found: dict[str, list[int]] = {}
        for place, option in enumerate(self.options):
            for centre in option.settles:
                found.setdefault(centre, []).append(place)
        return {centre: found[centre] for centre in self.people if centre in found}

    def changing(self) -> dict[str, list[int]]:
        """Return which projects change or share each centre."""
        found: dict[str, list[int]] = {}
        for place, option in enumerate(self.options):
            for centre in option.centres:
                found.setdefault(centre, []).append(place)
        return found

    def only(self, places: Sequence[int] | IndexArray, *, demand: bool = True) -> Question:
        """Return the question with these options alone, in this order; without `demand`, nobody is counted."""
        chosen = np.asarray(places, dtype=np.int64)
        kept = {self.options[place].id for place in chosen}
        rows = slice(None) if demand else slice(0, 0)
        return replace(
            self,
            options=tuple(self.options[place] for place in chosen),
            covers=csr_array(self.covers[rows][:, chosen]),
            held=csr_array(self.held[rows]),
            weight=self.weight[rows],
            precedence=tuple(one for one in self.precedence if one.then in kept),
        )


def covered(question: Question, done: IndexArray) -> np.ndarray:
    """Return who is served once these projects are done, shape (demand,).

    Examples
    --------
    >>> none = csr_array((2, 0), dtype=bool)
    >>> one = Question((Option("a", "new", 3.0),), csr_array(np.array([[True], [False]])), none, (),
    ...     np.array([5.0, 4.0]), {}, (Fund("f", (3.0,)),), 1)
    >>> covered(one, np.array([0]))
    array([ True, False])
    """
    done = np.asarray(done, dtype=np.int64)
    closed = {centre for place in done for centre in question.options[place].closes}
    open_still = [number for number, centre in enumerate(question.closable) if centre not in closed]
    new = np.asarray(question.covers[:, done].astype(np.int64).sum(axis=1)).ravel()
    old = np.asarray(question.held[:, open_still].astype(np.int64).sum(axis=1)).ravel()
    return np.asarray((new + old) > 0)


def people_gained(question: Question, done: IndexArray) -> tuple[float, float]:
    """Return people newly served, those who lose theirs taken off, and people whose premises meet the standard."""
    now = covered(question, done).astype(np.float64)
    today = covered(question, np.zeros(0, dtype=np.int64)).astype(np.float64)
    settled = {centre for place in done for centre in question.options[place].settles}
    standard = float(sum(number for centre, number in question.people.items() if centre in settled))
    return float(((now - today) * question.weight).sum()), standard
