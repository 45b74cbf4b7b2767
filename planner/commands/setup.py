"""`planner compile`: the compiled engine."""

from __future__ import annotations

from argparse import Namespace

from planner.commands.streams import StageReport
from planner.messages.catalogue import Texts


def compile_engine(options: Namespace, texts: Texts) -> None:
    """Compile the kernels of network and siting."""
    del options
    from planner.siting.compile import start_compiling

    progress = StageReport(texts)
    progress("compile")
    with start_compiling(barriers=True, siting=True) as compile_rest:
        compile_rest()
    progress.done()
