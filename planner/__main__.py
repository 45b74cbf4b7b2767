"""`python -m planner` is `planner`."""

import sys

from planner.cli import program

sys.exit(program())
