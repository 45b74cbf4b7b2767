"""`planner` and `python -m planner`: the process around the command line.

Until the command line handles signals, they end the process at once and without a traceback.
"""

import os
import signal
import sys


def _exit_on_signals() -> None:
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # Signals that the process was started to ignore stay ignored.
        if number is not None and signal.getsignal(number) not in (signal.SIG_IGN, None):
            signal.signal(number, lambda number, _: os._exit(128 + number))


def main() -> int:
    """Run the command line in a process of its own and return the exit code."""
    _exit_on_signals()
    from planner.commands.streams import discard_pending_output, open_missing_streams, send_output_to_errors

    open_missing_streams()
    from planner.commands.main import main as run
    from planner.signals import ignore_signals

    try:
        return run()
    finally:
        ignore_signals()
        # Output of libraries at exit is no result.
        send_output_to_errors()
        discard_pending_output()


if __name__ == "__main__":
    sys.exit(main())
