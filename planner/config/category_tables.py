"""Tables of kinds, of buildings and of places: TOML that ships with the planner, or the study's own."""

from __future__ import annotations

from collections.abc import Collection
from importlib import resources
from pathlib import Path
from typing import TypeVar

import pydantic

from planner.config.sections.base import Settings
from planner.config.study import wrong_because
from planner.config.toml_files import NotReadError, parse_toml, toml_text
from planner.messages.errors import Issue, StudyError

TableModel = TypeVar("TableModel", bound=Settings)


def read_kind_table(
    model: type[TableModel], shipped: str, table: Path | None, *, needs: Collection[str], study: str
) -> TableModel:
    """Read a table of kinds.

    Parameters
    ----------
    shipped
        The file of `planner.population` that ships.
    table
        The study's own instead of it, or None.
    needs
        Ids of kinds that it cannot do without.
    study
        What to call the study in an error.

    Raises
    ------
    StudyError
        The file cannot be read, is not TOML, or not in the form of the one that ships.
    """
    named = {"table": table or shipped}
    try:
        own = resources.files("planner.population").joinpath(shipped).read_text("utf-8") if table is None else ""
        content = parse_toml(own if table is None else toml_text(table))
        kinds = model.model_validate(content)
    except NotReadError as error:
        raise StudyError(study, [Issue("unreadable_table", {**named, "reason": error.reason})]) from error
    except pydantic.ValidationError as error:
        issues = [
            Issue("wrong_table", {**named, "path": ".".join(map(str, d["loc"])), "reason": wrong_because(d)})
            for d in error.errors()
        ]
        raise StudyError(study, issues) from error
    missing = [name for name in needs if name not in {kind["id"] for kind in content["kind"]}]
    if missing:
        raise StudyError(study, [Issue("table_lacks", {**named, "missing": ", ".join(missing)})])
    return kinds
