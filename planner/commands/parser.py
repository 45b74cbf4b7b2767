"""A parser of command lines whose help and errors stand in the catalogue of texts."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping
from functools import partial
from typing import Any, NoReturn, cast

from planner.messages.catalogue import Texts

FORMS = (
    (r"the following arguments are required: (?P<names>.+)", "missing"),
    (r"unrecognized arguments: (?P<words>.+)", "unknown"),
    (r"argument (?P<name>.+?): invalid choice: '?(?P<given>.*?)'? \(choose from (?P<known>.+)\)", "choice"),
    (r"argument (?P<name>.+?): expected (?:one|at least one|\d+) arguments?", "no_value"),
    (r"ambiguous option: (?P<name>.+?) could match (?P<known>.+)", "ambiguous"),
    (r"argument (?P<name>.+?): (?P<reason>.+)", "value"),
)
"""Sentences of argparse, which it has in English only, and our entry for each."""


class CommandParser(argparse.ArgumentParser):
    """An `argparse.ArgumentParser` that prints in the user's language."""

    def __init__(self, texts: Texts, **settings: Any) -> None:  # noqa: ANN401 - passed on to argparse
        self.texts = texts
        settings.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(**settings, add_help=False)
        self._commands: argparse._SubParsersAction[CommandParser] | None = None
        self._positionals.title, self._optionals.title = texts("help.arguments"), texts("help.options")
        self.add_argument("-h", "--help", action="help", help=texts("help.help"))

    def format_usage(self) -> str:
        """Return the line that shows how the command is written."""
        formatter = self._get_formatter()
        formatter.add_usage(
            self.usage, self._actions, self._mutually_exclusive_groups, prefix=self.texts("help.usage")
        )
        return formatter.format_help()

    def format_help(self) -> str:
        """Return the whole help."""
        plain = super().format_help()
        # argparse takes the word before the usage from a catalogue of the process.
        return re.sub(r"\A\w+: ", self.texts("help.usage"), plain)

    def error(self, message: str) -> NoReturn:
        """Print what is wrong with the command line and what to type, and leave with 2."""
        reason = message
        for form, key in FORMS:
            match = re.fullmatch(form, message, re.DOTALL)
            if match:
                reason = self.texts(f"help.wrong_{key}", **match.groupdict())
                break
        self.print_usage(sys.stderr)
        lines = [self.texts("help.wrong", reason=reason), self.texts("help.see_help", command=self.prog)]
        self.exit(2, "\n".join(lines) + "\n")

    def add_command(self, name: str, function: str) -> CommandParser:
        """Add a command with its help and examples; `function` runs it, as ``module:function``."""
        texts = self.texts
        if self._commands is None:
            made = cast("type[CommandParser]", partial(CommandParser, texts))
            self._commands = self.add_subparsers(
                parser_class=made, title=texts("help.commands"), metavar="COMMAND"
            )
        examples = "\n".join(f"  {line}" for line in texts(f"help.example_{name}").strip().splitlines())
        meaning = texts(f"help.{name}")
        command = self._commands.add_parser(
            name, help=meaning, description=meaning, epilog=f"{texts('help.examples')}:\n{examples}"
        )
        command.set_defaults(command=function, name=name)
        return command

    @property
    def commands(self) -> Mapping[str, CommandParser]:
        """The commands by name, in the order in which they were added."""
        return {} if self._commands is None else self._commands.choices

    def add(self, *names: str, key: str = "", values: Mapping[str, object] | None = None, **settings: Any) -> None:  # noqa: ANN401
        """Add an argument; its help stands in the catalogue under its own name, or under `key`."""
        key = key or names[-1].lstrip("-").replace("-", "_")
        self.add_argument(*names, help=self.texts(f"help.{key}", **(values or {})), **settings)
