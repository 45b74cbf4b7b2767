"""`planner new`: recognise the files of a folder, and write a study file that describes them."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from planner.commands.exit import command_line
from planner.commands.streams import print_progress, print_results
from planner.config.study_file import open_questions, short_study
from planner.messages.catalogue import Language, Texts, detect_language, user_language
from planner.messages.errors import CommandError, Issue, OutputError, PlannerError, system_reason

if TYPE_CHECKING:
    from planner.inputs.folder_recognition import RecognisedInputs

STUDY = "study.toml"


def run_command(options: Namespace, texts: Texts) -> None:
    """Write a study file for a folder, and print how its files are understood."""
    del texts
    file, found, language = write_study(options.folder, getattr(options, "language", None))
    texts = Texts(language)
    for line in _report(options.folder, found, texts):
        print_progress(line)
    print_results(file)
    print_progress(texts("recognition.next", command=command_line("check", options.folder)))


def write_study(
    folder: Path, language: Language | None = None, *, name: str = ""
) -> tuple[Path, RecognisedInputs, Language]:
    """Write the study file of a folder, which is made if it is not there.

    Parameters
    ----------
    folder
        The folder with the data.
    language
        The language of the study; None for that of the user's environment, else of the data.
    name
        The study's name; that of the folder if left out.

    Returns
    -------
    file
        The study file.
    found
        What the folder gives the study.
    language
        The language of the study.

    Raises
    ------
    CommandError
        There is a study file already, or `folder` is a file.
    OutputError
        It cannot be written.
    """
    file = folder / STUDY
    try:
        if folder.exists() and not folder.is_dir():
            raise CommandError(str(folder), [Issue("not_folder", {"path": folder})])
        if file.exists():
            raise CommandError(str(folder), [Issue("study_exists", {"path": file})])
        from planner.inputs.folder_recognition import recognise_folder

        recognised = recognise_folder(folder)
        names = "".join(
            guess.layer.title + "".join(map(str, guess.read.frame)) for guess in recognised.tables.values()
        )
        language = language or user_language() or detect_language(f"{folder.name}{names}")
        folder.mkdir(parents=True, exist_ok=True)
        name = name or folder.resolve().name or "study"
        file.write_text(short_study(name, language, recognised.lines, recognised.settings), "utf-8", newline="\n")
    except PlannerError:
        raise
    except OSError as error:
        raise OutputError(str(folder), [Issue("not_writable", {"reason": system_reason(error)})]) from error
    return file, recognised, language


def _report(folder: Path, recognised: RecognisedInputs, texts: Texts) -> Iterator[str]:
    """Yield what was recognised: a line a layer, then what is not used, then the questions."""
    for table, guess in recognised.tables.items():
        values = {"layer": texts(f"words.layer_{table}"), "file": guess.layer.title}
        columns = "; ".join(f"{item.field} ← {item.column}" for item in guess.read.mapped)
        if not columns or guess.layer.content in {"extract", "graph"}:
            yield "  " + texts("recognition.found_plain", **values)
        else:
            count = texts.whole(len(guess.read.frame))
            yield "  " + texts("recognition.found", **values, count=count, columns=columns)
        settings = {line.key: line.value for line in recognised.lines[table] if not line.is_comment}
        words = settings.get("values", ())
        if isinstance(words, tuple) and words:
            shown = (texts("recognition.words", word=word.key, tier=word.value or "?") for word in words)
            yield "      " + "; ".join(shown)
        yield from (
            "      " + texts(f"recognition.{key}", **{key if key != "system" else "crs": settings[name]})
            for key, name in (("system", "crs"), ("datum", "datum"))
            if name in settings
        )
    for layer, table in recognised.unused:
        if table:
            name = texts(f"words.layer_{table}")
            yield "  " + texts("recognition.not_used", file=layer.title, table=name)
        else:
            yield "  " + texts("recognition.not_recognised", file=layer.title)
    yield from _unread_files(recognised, texts)
    if not recognised.tables:
        yield texts("recognition.empty", folder=folder)
    yield from question_lines(folder, texts)


def _unread_files(recognised: RecognisedInputs, texts: Texts) -> Iterator[str]:
    for unread in recognised.unread:
        if unread.error is not None:
            yield "  " + texts("recognition.not_read", reason=unread.error.in_words(texts.language))
    others = [unread for unread in recognised.unread if unread.error is None]
    for key, is_product in (("no_data", False), ("products", True)):
        files = ", ".join(unread.file.as_posix() for unread in others if unread.is_product is is_product)
        if files:
            yield "  " + texts(f"recognition.{key}", files=files)


def question_lines(path: Path, texts: Texts) -> Iterator[str]:
    """Yield the open questions of a study file, each with the number of its line."""
    questions = open_questions(path)
    if not questions:
        return
    yield texts("recognition.questions", count=len(questions))
    for question in questions:
        yield "  " + texts("recognition.question", line=question.line, text=question.text)
