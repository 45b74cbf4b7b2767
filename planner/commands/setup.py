"""`planner compile`: the compiled engine."""

from __future__ import annotations

from argparse import Namespace

from planner.commands.streams import StageReport
from planner.messages.catalogue import Texts


def compile_engine(options: Namespace, texts: Texts) -> None:
    """Compile the kernels of network, siting and map."""
    del options
    from planner.network.walker import compile_kernels
    from planner.reporting.map.simplify import warm_up as warm_up_drawing
    from planner.siting.solvers.location_bnb import compile_solvers

    progress = StageReport(texts)
    progress("compile")
    compile_kernels()
    compile_solvers()
    warm_up_drawing()
    progress.done()
