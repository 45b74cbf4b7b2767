"""Print the size of the package by room, in modules, lines and functions: `python docs/measure_code.py`."""

from __future__ import annotations

import ast
import statistics
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "planner"
HEADING = "| room | modules | lines | code | docstrings | module med/max | functions | function med/p95/max |"


@dataclass
class Room:
    """Sizes of the modules and functions of a room, in lines."""

    modules: list[int] = field(default_factory=list)
    lines: int = 0
    code: int = 0
    docs: int = 0
    functions: list[int] = field(default_factory=list)

    def add(self, file: Path) -> None:
        """Count a file; an `__init__.py` is no module."""
        text = file.read_text("utf-8")
        lines, tree = text.splitlines(), ast.parse(text)
        if file.name != "__init__.py":
            self.modules.append(len(lines))
        docs: set[int] = set()
        for node in ast.walk(tree):
            for child in getattr(node, "body", ()) if not isinstance(node, ast.Lambda | ast.IfExp) else ():
                if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                    docs.update(range(child.lineno, (child.end_lineno or child.lineno) + 1))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self.functions.append((node.end_lineno or node.lineno) - node.lineno + 1)
        plain = {at for at, line in enumerate(lines, 1) if line.strip() and not line.lstrip().startswith("#")}
        self.lines += len(lines)
        self.docs += len(docs)
        self.code += len(plain - docs)

    def row(self, name: str) -> str:
        """Return the room's row of the table."""
        lengths, modules = sorted(self.functions) or [0], self.modules or [0]
        p95 = lengths[int(0.95 * (len(lengths) - 1))]
        return (
            f"| {name} | {len(self.modules)} | {self.lines:,} | {self.code:,} | {self.docs:,} "
            f"| {statistics.median(modules):.0f} / {max(modules)} | {len(self.functions):,} "
            f"| {statistics.median(lengths):.0f} / {p95} / {lengths[-1]} |"
        )


def main() -> None:
    """Print a row for each room, and the total."""
    rooms: defaultdict[str, Room] = defaultdict(Room)
    total = Room()
    for file in sorted(PACKAGE.rglob("*.py")):
        if "node_modules" not in file.parts:
            path = file.relative_to(PACKAGE).parts
            rooms[path[0] if len(path) > 1 else "(top)"].add(file)
            total.add(file)
    rows = [rooms[name].row(name) for name in sorted(rooms)]
    sys.stdout.write("\n".join([HEADING, "|---" * 8 + "|", *rows, total.row("**planner**")]) + "\n")


if __name__ == "__main__":
    main()
