"""The districts of a portfolio: its study files, or those that are cut from one study, where anything has changed.

That nothing has changed is found out without the libraries that read layers: a second run takes a moment.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

from planner.batch.portfolio import CODE, District, Portfolio
from planner.batch.tasks import CUT, DistrictResult, DistrictTask, cut_district
from planner.config.facility_references import file_contents
from planner.config.study import Study, read_study
from planner.config.toml_files import study_path
from planner.io.second_process import run_here, start_in_process
from planner.messages.errors import Issue, PortfolioError

RECEIPT, WHOLE = "cut.json", ".whole-"

Carry = Callable[[Sequence[DistrictTask]], Iterable[DistrictResult]]
"""Carries out the tasks that cut districts, and gives the row of each."""


@dataclass(frozen=True, slots=True)
class CutResult:
    """Districts with their study files, and what cutting noticed."""

    districts: tuple[District, ...]
    """By code."""
    in_no_district: tuple[str, ...] = ()
    """Communities that no district holds."""
    beyond_streets: tuple[str, ...] = ()
    """Codes of districts to whose borders the streets do not reach."""
    in_several: tuple[str, ...] = ()
    """Communities in the polygons of several districts: each is in the one that holds most of it."""
    empty: tuple[str, ...] = ()
    """Codes of districts without a community; they have no study file."""
    failed: tuple[DistrictResult, ...] = ()
    """Rows of districts that could not be cut."""


NOTICED = ("in_no_district", "beyond_streets", "in_several")
"""Notices of the cut, repeated in every product of the province."""


def districts_of(
    portfolio: Portfolio,
    out: Path,
    version: str,
    *,
    carry: Carry | None = None,
    meanwhile: Callable[[], object] = lambda: None,
) -> CutResult:
    """Return the districts by code; layers of a whole that have changed are cut into ``out/cut``.

    The layers are read once, in a process of their own where `carry` has others cut, while this one does what is
    to be done `meanwhile`; without `carry` all is done here.

    Raises
    ------
    PlannerError
        The study of the whole or its layers are not valid, no community is in a district, or two districts of a
        list have one study.
    """
    if portfolio.study is None:
        named = sorted(portfolio.studies.items())
        _check_once(portfolio)
        return CutResult(tuple(District(code, "", portfolio.resolve(path)) for code, path in named))
    study, folder = read_study(portfolio.resolve(portfolio.study).resolve()), out / CUT
    given: list[object] = [
        portfolio.model_dump_json(exclude={"file", "funds", "name", "report"}),
        file_contents(study),
        version,
        # An override may name a rule file that decides how far a district's margin reaches.
        [_contents(study.resolve(Path(text))) for text in _texts(portfolio.overrides)],
    ]
    if portfolio.cut is not None:
        layer = portfolio.cut.layer
        further = (*portfolio.cut.extracts, *(() if layer is None else (layer.path,)))
        given += [_contents(portfolio.resolve(path)) for path in further]
    key = hash_of(given)
    earlier = _read_receipt(folder, key)
    if earlier is not None:
        return earlier
    folder.mkdir(parents=True, exist_ok=True)
    made = _content(folder).get("made", [])
    _write_receipt(folder, {"key": "", "made": made})
    result = _cut(study, portfolio, out, version, carry, meanwhile)
    codes = [district.code for district in result.districts]
    for stale in {*map(str, made)} - {*codes} | {*result.empty}:
        if CODE.fullmatch(stale):
            shutil.rmtree(folder / stale, ignore_errors=True)
    content = {
        "key": "" if result.failed else key,
        "made": codes,
        "names": [one.name for one in result.districts],
        "files": _sizes(folder, codes),
        **{name: getattr(result, name) for name in (*NOTICED, "empty")},
    }
    _write_receipt(folder, content)
    return result


def _cut(
    study: Study,
    portfolio: Portfolio,
    out: Path,
    version: str,
    carry: Carry | None,
    meanwhile: Callable[[], object],
) -> CutResult:
    from planner.batch.whole import keep_whole

    folder = out / CUT
    for left in folder.glob(f"{WHOLE}*"):
        shutil.rmtree(left, ignore_errors=True)
    # A name of its own: a process that a killed batch has left behind writes to another folder, or to none.
    home = folder / f"{WHOLE}{os.getpid()}"
    with (run_here if carry is None else start_in_process)(keep_whole, study, portfolio, folder, home) as wait:
        meanwhile()
        result = wait()
    tasks = [
        DistrictTask(
            district.code, district.name, str(home), str(out), "", language=portfolio.language, version=version
        )
        for district in result.districts
        if district.code not in result.empty
    ]
    rows = map(cut_district, tasks) if carry is None else carry(tasks)
    result = replace(result, failed=tuple(row for row in rows if row.status == "failed"))
    shutil.rmtree(home, ignore_errors=True)
    return result


def district_key(district: District, products: Sequence[str] | None, further: object) -> tuple[str, str]:
    """Return a hash of all that a district's products depend on, and the name of its study.

    Raises
    ------
    StudyError
        Its study file is not valid.
    """
    # By its full path, so that a key does not depend on the folder in which a batch starts.
    study = read_study(district.study.resolve())
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


def _check_once(portfolio: Portfolio) -> None:
    """Refuse a study that two districts name: its people would be counted twice."""
    codes: dict[Path, list[str]] = {}
    for code, path in sorted(portfolio.studies.items()):
        codes.setdefault(study_path(portfolio.resolve(path)).resolve(), []).append(code)
    twice = [
        Issue("study_twice", {"codes": ", ".join(same), "path": path})
        for path, same in codes.items()
        if len(same) > 1
    ]
    if twice:
        raise PortfolioError(str(portfolio.file), twice)


def _texts(value: object) -> Iterator[str]:
    """Yield every text in settings."""
    if isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(inner)
    elif isinstance(value, str):
        yield value


def _sizes(folder: Path, codes: Iterable[str]) -> dict[str, int]:
    """Return the sizes of the files of districts, so that a lost or torn one is cut again."""
    files = sorted(path for code in codes for path in (folder / code).glob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.stat().st_size for path in files}


def _content(folder: Path) -> dict[str, Any]:
    try:
        content = json.loads((folder / RECEIPT).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _write_receipt(folder: Path, content: Mapping[str, object]) -> None:
    draft = folder / f"{RECEIPT}.part"
    draft.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    draft.replace(folder / RECEIPT)


def _read_receipt(folder: Path, key: str) -> CutResult | None:
    content = _content(folder)
    if content.get("key") != key or content.get("files") != _sizes(folder, content.get("made", [])):
        return None
    named = zip(content["made"], content["names"], strict=True)
    districts = tuple(District(code, name, folder / code / "study.toml") for code, name in named)
    return CutResult(districts, **{name: tuple(content[name]) for name in (*NOTICED, "empty")})
