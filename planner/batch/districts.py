"""The districts of a portfolio: its study files, or those that are cut from one study, where anything has changed.

That nothing has changed is found out without the libraries that read layers: a second run takes a moment.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

from planner.batch.portfolio import District, Portfolio
from planner.config.study import read_study
from planner.inputs.file_contents import file_contents

FOLDER, RECEIPT = "cut", "cut.json"


@dataclass(frozen=True, slots=True)
class CutResult:
    """Districts with their study files, communities in none of them, and districts whose streets end too early."""

    districts: tuple[District, ...]
    in_no_district: tuple[str, ...] = ()
    beyond_streets: tuple[str, ...] = ()


def districts_of(portfolio: Portfolio, out: Path, version: str) -> CutResult:
    """Return the districts by code; layers of a whole that have changed are cut into ``out/cut``.

    Raises
    ------
    PlannerError
        The study of the whole or its layers are not valid, or no community is in a district.
    """
    if portfolio.study is None:
        named = sorted(portfolio.studies.items())
        return CutResult(tuple(District(code, "", portfolio.resolve(path)) for code, path in named))
    study, folder = read_study(portfolio.resolve(portfolio.study)), out / FOLDER
    given: list[object] = [
        portfolio.model_dump_json(exclude={"file", "funds", "name"}),
        file_contents(study),
        version,
    ]
    if portfolio.cut is not None:
        layer = portfolio.cut.layer
        further = (*portfolio.cut.extracts, *(() if layer is None else (layer.path,)))
        given += [_contents(portfolio.resolve(path)) for path in further]
    key = hash_of(given)
    earlier = _read_receipt(folder, key)
    if earlier is not None:
        return earlier
    from planner.batch.cut import write_districts

    folder.mkdir(parents=True, exist_ok=True)
    (folder / RECEIPT).unlink(missing_ok=True)
    names, lost, short = write_districts(study, portfolio, folder)
    content = {"key": key, "districts": names, "lost": lost, "short": short}
    draft = folder / f"{RECEIPT}.part"
    draft.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    draft.replace(folder / RECEIPT)
    return _result(folder, content)


def district_key(district: District, products: Sequence[str] | None, further: object) -> tuple[str, str]:
    """Return a hash of all that a district's products depend on, and the name of its study.

    Raises
    ------
    StudyError
        Its study file is not valid.
    """
    study = read_study(district.study)
    contents = [(os.path.relpath(path, study.file.parent), digest) for path, digest in file_contents(study)]
    settings = study.model_dump_json(exclude={"file"})
    chosen = None if products is None else sorted(set(products))
    return hash_of([settings, contents, chosen, further, version_of("highspy")]), study.name


def hash_of(given: object) -> str:
    """Return a hash of plain values."""
    return hashlib.blake2b(repr(given).encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()


def _contents(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        return f"not readable: {error.errno}"


def _read_receipt(folder: Path, key: str) -> CutResult | None:
    try:
        content = json.loads((folder / RECEIPT).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return _result(folder, content) if content.get("key") == key else None


def _result(folder: Path, content: dict[str, Any]) -> CutResult:
    named = content["districts"].items()
    districts = (District(code, name, folder / code / "study.toml") for code, name in named)
    return CutResult(tuple(districts), tuple(content["lost"]), tuple(content["short"]))
