"""The command to type after an error, as the shell takes it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from argparse import Namespace

from planner.config.toml_files import study_path
from planner.messages.errors import (
    CommandError,
    FetchError,
    OutputError,
    PlannerError,
    ScenarioError,
)

PLAIN = re.compile(r"[\w@%+=:,./-]+")
"""Words that no shell takes for anything else."""


def command_line(*words: object) -> str:
    """Return a command of the planner with its words quoted as the shell of this system needs them.

    Examples
    --------
    >>> command_line("check", "my district")
    "planner check 'my district'"
    >>> command_line("check", "海淀")
    'planner check 海淀'
    """
    parts = ["planner", *map(str, words)]
    if os.name == "nt":
        return subprocess.list2cmdline(parts)
    # A Chinese name needs no quotes, though shlex would set some.
    return " ".join(part if PLAIN.fullmatch(part) else shlex.quote(part) for part in parts)


def next_command(options: Namespace, error: PlannerError) -> str:
    """Return the command to type when an error has been mended; "" where there is no one command.

    Examples
    --------
    >>> from pathlib import Path
    >>> next_command(Namespace(command="run:run_study", name="run", study=Path("s.toml")), CommandError("x", []))
    'planner run --help'
    """
    if isinstance(error, CommandError):
        return command_line(options.name, "--help")
    study = getattr(options, "study", None)
    if isinstance(error, (OutputError, ScenarioError, FetchError)) or study is None:
        return ""
    if not os.path.exists(study_path(study)):  # noqa: PTH110 - Path.exists raises for some names
        return command_line("new", study if study.suffix != ".toml" else study.parent)
    return command_line("check", study)
