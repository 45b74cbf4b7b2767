"""`planner` and `python -m planner`: a quiet beginning and a quiet end around the command line.

A signal ends the process without a traceback from here on: nothing is begun yet that would have to be tidied up.
"""

import os
import signal
import sys


def _end_at_once() -> None:
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # What the process was started to ignore stays ignored.
        if number is not None and signal.getsignal(number) not in (signal.SIG_IGN, None):
            signal.signal(number, lambda number, _: os._exit(128 + number))


def main() -> int:
    """Run the command line as a process of its own; return the exit code."""
    _end_at_once()
    from planner.commands.exit import forget_streams, open_streams

    open_streams()
    from planner.commands.main import main as run
    from planner.commands.standard_output import lead_to_errors
    from planner.signals import ignore

    try:
        return run()
    finally:
        ignore()
        # What libraries print at the end of the process is no result either.
        lead_to_errors()
        forget_streams()


if __name__ == "__main__":
    sys.exit(main())
