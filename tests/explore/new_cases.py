"""Try the laws on new cases for as long as it is asked: `make explore MINUTES=30`.

Each round runs the property tests with another seed. A case that breaks a law is printed once as the line to add
above its test, and the round's seed with it, so that it can be drawn again.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from seeds import EXPLORING  # noqa: E402 - a neighbour of the folder, which is no package

BROKEN = re.compile(r"^E? *Falsifying (?:explicit )?example: (\w+)\(\n((?:^E? +.*\n)*?)^E? *\)", re.MULTILINE)
FAILED = re.compile(r"^FAILED (\S+?)(?: - .*)?$", re.MULTILINE)


def main(words: Sequence[str] | None = None) -> int:
    """Run rounds until the time is over; return 1 if a law was broken."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=10.0, help="how long to go on")
    options.add_argument("--first-seed", type=int, default=int(time.time()), help="the first round's seed")
    options.add_argument(
        "tests", nargs="*", default=property_tests(), help="files to run; all with laws by default"
    )
    asked = options.parse_args(words)
    until = time.monotonic() + 60 * asked.minutes
    broken: set[str] = set()
    seed, rounds = asked.first_seed, 0
    while rounds == 0 or time.monotonic() < until:
        for line in one_round(asked.tests, seed, until):
            if line not in broken:
                broken.add(line)
                print(f"{line}  # seed {seed}", flush=True)  # noqa: T201 - what the command is for
        seed, rounds = seed + 1, rounds + 1
    print(f"{rounds} rounds, {len(broken)} broken", file=sys.stderr)  # noqa: T201 - the same
    return 1 if broken else 0


def property_tests() -> list[str]:
    """Return the test files that draw cases."""
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    return [str(file.relative_to(ROOT)) for file in files if "@given(" in file.read_text("utf-8")]


def one_round(tests: Sequence[str], seed: int, until: float) -> list[str]:
    """Run the property tests with a seed; return what to add for each case that breaks one."""
    left_s = max(60.0, until - time.monotonic())
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--hypothesis-seed={seed}", *tests]
    try:
        run = subprocess.run(
            command,
            cwd=ROOT,
            env=os.environ | {EXPLORING: "1"},
            capture_output=True,
            text=True,
            timeout=left_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return []
    return examples(run.stdout)


def examples(output: str) -> list[str]:
    """Return the lines to add, of pytest's output."""
    lines = []
    for name, arguments in BROKEN.findall(output):
        values = " ".join(line.removeprefix("E").split("# or any")[0].strip() for line in arguments.splitlines())
        lines.append(f"{name}: @example({values.rstrip(', ')})")
    named = {line.partition(":")[0] for line in lines}
    lines += [test for test in FAILED.findall(output) if test.rpartition("::")[2].partition("[")[0] not in named]
    return lines


if __name__ == "__main__":
    sys.exit(main())
