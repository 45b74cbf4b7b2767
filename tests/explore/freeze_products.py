"""Hash all products of five studies in two languages, before and after code moves: `make freeze`.

`python tests/explore/freeze_products.py OUT` runs the studies, keeps their products in OUT and their SHA-256 in
OUT/hashes.json. With `--against EARLIER` every product that differs from the one in the folder EARLIER is listed,
and of plan.json every value that differs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

# The layers of the toy city are written anew each time; their bytes are part of the products, as hashes.
os.environ["OGR_CURRENT_DATE"] = "2020-01-01T00:00:00.000Z"

import toy

import planner  # GDAL reads its environment when it is loaded

LANGUAGES = ("zh", "en")
TOYS = {
    "toy": lambda folder, study: toy.write_study(folder, study=study(toy.STUDY + toy.HAIBOWAN_RULES)),
    "everything": lambda folder, study: toy.write_study(
        folder, changed=toy.every_layer(), study=study(toy.EVERYTHING)
    ),
    "sited": lambda folder, study: toy.write_study(folder, changed=toy.sited_layers(), study=study(toy.SITED)),
}
SHIPPED = ("haibowan", "helsinki")


def main(words: Sequence[str] | None = None) -> int:
    """Run the studies; return 1 if a product differs."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("out", type=Path, help="where the products go")
    options.add_argument("--against", type=Path, help="the folder of an earlier run")
    options.add_argument("--only", default="", help="part of the studies' names")
    chosen = options.parse_args(words)
    hashes = {}
    for name, study in studies(chosen.out, chosen.only):
        for product in planner.write(planner.run(study), chosen.out / name):
            hashes[f"{name}/{product.name}"] = hashlib.sha256(product.read_bytes()).hexdigest()
        print(name, flush=True)
    (chosen.out / "hashes.json").write_text(json.dumps(hashes, indent=1), "utf-8")
    return 0 if chosen.against is None else compare(chosen.out, chosen.against, hashes)


def studies(out: Path, only: str) -> Iterator[tuple[str, Path]]:
    """Write the study files; yield each study's name with its language, and its file."""
    for language in LANGUAGES:

        def spoken(text: str, language: str = language) -> str:
            return re.sub(r'^language = ".."', f'language = "{language}"', text, count=1, flags=re.MULTILINE)

        for name, write in TOYS.items():
            if only in f"{name}_{language}":
                yield f"{name}_{language}", write(out / "inputs" / f"{name}_{language}", spoken)
        for name in SHIPPED:
            if only in f"{name}_{language}":
                shipped = ROOT / "data" / name
                file = out / "inputs" / f"{name}_{language}" / "study.toml"
                file.parent.mkdir(parents=True, exist_ok=True)
                for beside in shipped.iterdir():
                    link = file.parent / beside.name
                    if beside.name != "study.toml" and not link.exists():
                        link.symlink_to(beside)
                file.write_text(spoken((shipped / "study.toml").read_text("utf-8")), "utf-8")
                yield f"{name}_{language}", file


def compare(out: Path, earlier: Path, hashes: dict[str, str]) -> int:
    """Print the products that differ, and of plan.json the values; return 1 if any does."""
    before = json.loads((earlier / "hashes.json").read_text("utf-8"))
    different = [name for name, digest in hashes.items() if before.get(name) != digest]
    for name in different:
        print("differs:", name)
        if name.endswith("plan.json"):
            old, new = (json.loads((folder / name).read_text("utf-8")) for folder in (earlier, out))
            for line in list(differences(old, new))[:40]:
                print("   ", line)
    print(f"{len(hashes) - len(different)} of {len(hashes)} products are equal to the byte")
    return bool(different)


def differences(old: object, new: object, path: str = "") -> Iterator[str]:
    """Yield the path and both values of everything in two JSON documents that differs."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from differences(old.get(key, "(absent)"), new.get(key, "(absent)"), f"{path}.{key}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from differences(one, other, f"{path}[{number}]")
    elif old != new:
        yield f"{path}: {str(old)[:80]!r} -> {str(new)[:80]!r}"


if __name__ == "__main__":
    sys.exit(main())
