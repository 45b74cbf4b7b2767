"""`planner compile` and `planner settings`: the compiled engine; settings of a study file with their meaning."""

from __future__ import annotations

import difflib
from argparse import Namespace

from planner.commands.streams import StageReport, print_results
from planner.config.study import settings_classes
from planner.config.template import settings_reference, study_template
from planner.messages.catalogue import Texts
from planner.messages.errors import CommandError, Issue


def compile_engine(options: Namespace, texts: Texts) -> None:
    """Compile the kernels of network and siting."""
    del options
    from planner.siting.compile import start_compiling

    progress = StageReport(texts)
    progress("compile")
    with start_compiling(barriers=True, siting=True) as compile_rest:
        compile_rest()
    progress.done()


NEAREST = 5


def print_settings(options: Namespace, texts: Texts) -> None:
    """Print all settings, or those that a name means.

    Raises
    ------
    CommandError
        No setting has the name.
    """
    if not options.setting:
        print_results(study_template((texts.language,)).rstrip("\n"))
        return
    text = settings_reference(options.setting, texts.language)
    if not text:
        names = {name for model in settings_classes() for name in model.model_fields}
        near = difflib.get_close_matches(options.setting.rpartition(".")[2], sorted(names), n=NEAREST, cutoff=0.4)
        raise CommandError(options.setting, [Issue("no_such_setting", {"near": ", ".join(near) or "–"})])
    print_results(text)
