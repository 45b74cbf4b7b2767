"""`planner demo`: the demonstration study that ships with the planner, written into a folder and run."""

from __future__ import annotations

import re
from argparse import Namespace
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from planner.commands.arguments import build_parser
from planner.commands.exit import command_line
from planner.commands.run import run_study
from planner.commands.streams import print_progress
from planner.messages.catalogue import Language, Texts
from planner.messages.errors import CommandError, Issue, OutputError, system_reason

FILES = ("study.toml", "haibowan.gpkg", "README.md")
PRODUCTS = "maps"


def run_command(options: Namespace, texts: Texts) -> None:
    """Write the demonstration study into a folder and run it."""
    write_demo(options.out, texts.language)
    words = ["run", str(options.out), "--out", str(options.out / PRODUCTS), "--lang", texts.language]
    run_study(build_parser(texts).parse_args(words), texts)
    print_progress(texts("recognition.next", command=command_line("check", options.out)))


def write_demo(folder: Path, language: Language) -> None:
    """Write the files of the study into a folder, with map and report in a language.

    Raises
    ------
    CommandError
        The folder holds another study.
    OutputError
        It cannot be written.
    """
    source = demo_files()
    contents = {name: source.joinpath(name).read_bytes() for name in FILES}
    study = contents["study.toml"].decode("utf-8")
    in_language = re.sub(r'^language = "\w+"', f'language = "{language}"', study, flags=re.MULTILINE)
    contents["study.toml"] = in_language.encode()
    try:
        for name, content in contents.items():
            file = folder / name
            if name == "study.toml" and file.exists() and file.read_bytes() != content:
                raise CommandError(str(folder), [Issue("study_exists", {"path": file})])
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise OutputError(str(folder), [Issue("not_writable", {"reason": system_reason(error)})]) from error


def demo_files() -> Traversable:
    """Return the folder of the study: in an installed package, else beside the package in the repository."""
    package = resources.files("planner")
    installed = package.joinpath("demo")
    return installed if installed.is_dir() else Path(str(package)).parent / "data" / "haibowan"
