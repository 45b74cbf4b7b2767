"""Write the lowest versions that pyproject.toml allows as constraints for pip (`make lowest`)."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def lowest(requirements: list[str]) -> list[str]:
    """Return `name==version` for each requirement `name>=version`."""
    return [re.sub(r"^([\w.-]+)(?:\[.*\])?>=([\w.]+).*$", r"\1==\2", line) for line in requirements]


def main() -> None:
    """Write the constraints to the file named on the command line."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    Path(sys.argv[1]).write_text("\n".join(lowest(project["dependencies"])) + "\n", "utf-8")


if __name__ == "__main__":
    main()
