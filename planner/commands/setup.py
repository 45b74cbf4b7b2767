"""`planner compile`: the compiled engine."""

from __future__ import annotations

from argparse import Namespace

from planner.commands.streams import StageReport
from planner.messages.catalogue import Texts


def compile_engine(options: Namespace, texts: Texts) -> None:
    """Compile the kernels of network, siting and map."""
    del options
    from planner.reporting.map.simplify import warm_up as warm_up_drawing
    from planner.siting.compile import start_compiling

    progress = StageReport(texts)
    progress("compile")
    with start_compiling(barriers=True, siting=True) as compile_rest:
        warm_up_drawing()
        compile_rest()
    progress.done()
