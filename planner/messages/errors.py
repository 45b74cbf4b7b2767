"""Deliberate errors: what is wrong, where, and what to do next, in the user's language.

Every error of the planner is a `PlannerError` and one of Python's own, so that a script may catch either. The
command line leaves with the error's exit code.

======  ==============  ====================================================
code    error           meaning
======  ==============  ====================================================
2       `StudyError`    the study file, or the command line, is not valid
3       `DataError`     an input table cannot be used as it is
4       `NetworkError`  the streets do not make a walking network
5       `SitingError`   the siting question has no answer as it is put
6       `OutputError`   a result cannot be written
7       `FetchError`    a server did not give what was asked
9       `BatchError`    districts of a portfolio failed; the others are done
8       `MemoryError`   not enough memory, or an input nested too deeply
1       any other       a fault of the planner itself
======  ==============  ====================================================
"""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from planner.messages.catalogue import SOURCE_LANGUAGE, Language, Phrase, Texts

SHOWN_ROWS = 8
"""How many rows a message names before it counts the rest."""

SHOWN_ISSUES = 60
"""Number of issues that a message lists before it counts the rest."""


SYSTEM_REASONS = frozenset(
    {
        "ENOENT",
        "EACCES",
        "EPERM",
        "EISDIR",
        "ENOTDIR",
        "ENOSPC",
        "EROFS",
        "ENAMETOOLONG",
        "EIO",
        "EMFILE",
        "EDQUOT",
    }
)
"""Reasons of the operating system that the catalogue has, as `errors.os_<name>` in small letters."""


def suggest_name(name: object, choices: Iterable[object]) -> Phrase:
    """Return the choice that is nearest to a name, else all of them.

    Examples
    --------
    >>> [suggest_name(name, ["wgs84", "gcj02"]).key for name in ("wgs", "x")]
    ['errors.did_you_mean', 'errors.known_settings']
    """
    names = [str(choice) for choice in choices]
    near = difflib.get_close_matches(str(name), names, n=1)
    if near:
        return Phrase("errors.did_you_mean", {"name": near[0]})
    return Phrase("errors.known_settings", {"names": ", ".join(names) or "–"})


def system_reason(error: OSError) -> Phrase | str:
    """Return why the operating system refused something; in its own words where the catalogue has none.

    Examples
    --------
    >>> reason = system_reason(FileNotFoundError(2, "No such file or directory"))
    >>> reason.in_words("zh"), reason.in_words("en")
    ('没有这个文件或文件夹', 'No such file or directory')
    """
    name = errno.errorcode.get(error.errno or 0, "")
    return Phrase(f"errors.os_{name.lower()}") if name in SYSTEM_REASONS else error.strerror or str(error)


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong: a key of the catalogue (`errors.<key>`), its values, and the rows concerned.

    A value may be a `Phrase`.
    """

    key: str
    values: Mapping[str, object] = field(default_factory=dict)
    rows: Sequence[object] = ()

    def in_words(self, language: Language) -> str:
        """Return the message in `language`, with the first rows named."""
        texts = Texts(language)
        sentence = Phrase(f"errors.{self.key}", self.values).in_words(language)
        if not self.rows:
            return sentence
        shown = ", ".join(str(row) for row in self.rows[:SHOWN_ROWS])
        more = len(self.rows) - SHOWN_ROWS
        tail = texts("errors.more_rows", count=more) if more > 0 else ""
        key = "errors.row" if len(self.rows) == 1 else "errors.rows"
        return sentence + texts(key, count=len(self.rows), rows=shown + tail)


class PlannerWarning(UserWarning):
    """A result leaves something out, such as people without a street nearby."""


class PlannerError(Exception):
    """What cannot be done, with every reason known at that point."""

    exit_code = 1
    heading = "study_heading"

    def __init__(self, source: str, issues: Sequence[Issue]) -> None:
        self.source = source
        self.issues = tuple(issues)
        super().__init__(self.in_words(SOURCE_LANGUAGE))

    def in_words(self, language: Language) -> str:
        """Return the whole message in `language`: a heading and one line an issue."""
        heading = Texts(language)(f"errors.{self.heading}", source=self.source)
        lines = [f"  - {issue.in_words(language)}" for issue in self.issues[:SHOWN_ISSUES]]
        more = len(self.issues) - SHOWN_ISSUES
        if more > 0:
            lines.append(f"  - {Texts(language)('errors.more_issues', count=f'{more:,}')}")
        return "\n".join([heading, *lines])


class StudyError(PlannerError, ValueError):
    """The study file, or the command line, is not valid."""

    exit_code = 2
    heading = "study_heading"


class CommandError(StudyError):
    """A file or name of the command line does not exist, or cannot be."""

    heading = "command_heading"


class PortfolioError(StudyError):
    """The portfolio file is not valid."""

    heading = "portfolio_heading"


class RuleFileError(StudyError):
    """A rule file is not valid."""

    heading = "rules_heading"


class ScenarioError(StudyError):
    """The scenario file is not valid, or does not fit the study."""

    heading = "scenario_heading"


class DataError(PlannerError, ValueError):
    """An input table cannot be used as it is."""

    exit_code = 3
    heading = "data_heading"


class NetworkError(PlannerError, ValueError):
    """The streets do not make a walking network."""

    exit_code = 4
    heading = "network_heading"


class SitingError(PlannerError, ValueError):
    """The siting question has no answer as it is put."""

    exit_code = 5
    heading = "siting_heading"


class OutputError(PlannerError, OSError):
    """A result cannot be written."""

    exit_code = 6
    heading = "output_heading"


class UnfinishedError(OutputError):
    """A result cannot be written, and the earlier ones could not be put back whole."""

    heading = "unfinished_heading"


class FetchError(PlannerError, ValueError):
    """A server did not deliver, or no place has the requested name."""

    exit_code = 7
    heading = "fetch_heading"


class BatchError(PlannerError, ValueError):
    """Districts of a portfolio failed; the products of all others are in place."""

    exit_code = 9
    heading = "batch_heading"


class SeveralDataError(DataError):
    """Several tables cannot be used: all of them, each with all its issues."""

    def __init__(self, errors: Sequence[DataError]) -> None:
        self.errors = tuple(errors)
        super().__init__(", ".join(error.source for error in errors), ())

    def in_words(self, language: Language) -> str:
        """Return the messages of every error, in order."""
        return "\n".join(error.in_words(language) for error in self.errors)


def raise_together(errors: Sequence[DataError]) -> None:
    """Raise what has been collected: nothing, the one error, or all as one."""
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise SeveralDataError(errors)
