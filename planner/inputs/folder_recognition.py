"""The layers of a folder as the inputs of a study: files, columns, words, systems, datums and the reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyproj
import shapely

from planner.config.sections.layers import Layer
from planner.config.study_file import StudyLine
from planner.inputs.community_matching import match_communities
from planner.io.datum.resolve import NAMES, DatumChoice, format_scores, judge_datums
from planner.io.osm.place import ATTRIBUTION
from planner.io.recognition.files import (
    OF_FETCH,
    FolderLayer,
    UnreadFile,
    guess_system,
    lonlat_bounds,
    scan_folder,
)
from planner.io.recognition.tables import (
    TableGuess,
    choose_tables,
    find_people_groups,
    guess_tables,
    is_doubtful,
    named_in,
    recognition_words,
    tier_words,
)
from planner.io.tables.columns import column_names
from planner.io.unused_layers import count_osm_tables
from planner.messages.catalogue import Phrase
from planner.messages.errors import DataError
from planner.schemas.tables import TABLES, Communities, Facilities

REQUIRED = ("communities", "facilities", "streets")
"""Layers without which there is no study; of people, one of several kinds is needed."""

EXAMPLES = {"communities": "communities.gpkg", "facilities": "centres.gpkg", "streets": "streets.gpkg"}
PEOPLE = ("demand", "people_table", "population")
TITLE_ROWS = 6
"""Rows of a sheet in which a title may name a datum."""

ENOUGH_BUILDINGS = 20


@dataclass(frozen=True, slots=True, eq=False)
class RecognisedInputs:
    """What a folder gives a study."""

    tables: Mapping[str, TableGuess]
    """The layer that was taken for each table of a study."""
    lines: Mapping[str, tuple[StudyLine, ...]]
    """The lines of the study file by table: settings with their reason or question; "" for those of `[inputs]`."""
    datums: DatumChoice | None = None
    """The datum of each layer, as the layers fit each other; None where that could not be tried."""
    settings: tuple[StudyLine, ...] = ()
    """Lines above the inputs: population groups that are offered."""
    unused: tuple[tuple[FolderLayer, str], ...] = ()
    """Layers that no table of the study reads, each with the table that it may be, "" where none."""
    unread: tuple[UnreadFile, ...] = ()
    """Files that are no data of a study, or cannot be read."""


@dataclass(slots=True, eq=False)
class _Draft:
    """The settings of one table while they are collected."""

    guess: TableGuess
    lines: dict[str, StudyLine] = field(default_factory=dict)

    def set_line(self, key: str, value: object, reason: Phrase | str = "", *, asks: bool = False) -> None:
        self.lines[key] = StudyLine(key, value, reason, asks=asks)

    def settings(self) -> dict[str, Any]:
        """Return the settings; an unknown word of a tier counts as a station here."""
        values = {key: line.value for key, line in self.lines.items() if not line.is_comment}
        return {
            key: {word.key: word.value or "station" for word in value} if isinstance(value, tuple) else value
            for key, value in values.items()
        }


def recognise_folder(folder: Path) -> RecognisedInputs:
    """Return what the files of a folder give a study.

    Nothing is guessed in silence: what follows from a file stands in a line with its reason, what may be otherwise
    in a line that asks.
    """
    layers, unread = scan_folder(folder) if folder.is_dir() else ([], [])
    guesses: list[tuple[FolderLayer, list[TableGuess]]] = []
    for layer in layers:
        if layer.content == "raster":
            continue
        try:
            guesses.append((layer, guess_tables(layer)))
        except DataError as error:
            unread.append(UnreadFile(layer.file, error))
    chosen = choose_tables([of_layer for _, of_layer in guesses])
    drafts = {table: _Draft(of_table[0]) for table, of_table in chosen.items()}
    for table, draft in drafts.items():
        alternatives = [of_layer for _, of_layer in guesses if of_layer and of_layer[0] is draft.guess]
        _state_file(draft, chosen[table], alternatives[0])
        _state_columns(draft)
    _state_systems(drafts)
    _state_tiers(drafts)
    own, rasters = _further_lines(layers, drafts, folder)
    datums = _state_datums(drafts)
    used = {id(draft.guess.layer) for draft in drafts.values()} | {id(layer) for layer in rasters.values()}
    left = [(layer, of_layer) for layer, of_layer in guesses if id(layer) not in used]
    order = [schema.name for schema in TABLES]
    lines = {table: tuple(drafts[table].lines.values()) for table in order if table in drafts}
    for table in REQUIRED:
        if table not in lines:
            lines[table] = (StudyLine("path", EXAMPLES[table], Phrase(f"recognition.no_{table}"), asks=True),)
    lines[""] = (*own, *_people_question(drafts, rasters))
    return RecognisedInputs(
        {table: drafts[table].guess for table in order if table in drafts},
        {**lines, **{name: (StudyLine("path", layer.file.as_posix(), ""),) for name, layer in rasters.items()}},
        datums,
        tuple(_groups_offered(drafts)),
        tuple((layer, of_layer[0].table if of_layer else "") for layer, of_layer in left),
        tuple(unread),
    )


def _state_file(draft: _Draft, rivals: list[TableGuess], readings: list[TableGuess]) -> None:
    layer = draft.guess.layer
    others = [guess.layer.title for guess in rivals[1:] if draft.guess.score - guess.score < 1.0]
    tables = ", ".join(guess.table for guess in readings[:3])
    if others:
        question: Phrase | str = Phrase("recognition.or_file", {"files": ", ".join(others)})
    elif is_doubtful(readings):
        question = Phrase("recognition.or_table", {"tables": tables})
    else:
        question = ""
    draft.set_line("path", layer.file.as_posix(), question, asks=bool(question))
    if layer.layer:
        draft.set_line("layer", layer.layer)
    frame = draft.guess.read.frame
    if layer.file.name in OF_FETCH and "osm_date" in frame.columns:
        draft.set_line("source", f"{ATTRIBUTION}; {frame['osm_date'].iloc[0]}")
        draft.set_line("datum", "wgs84")


def _state_columns(draft: _Draft) -> None:
    """State which column is which field, where the file's own names are not those of the fields."""
    read, layer = draft.guess.read, draft.guess.layer
    if layer.content in {"extract", "graph"} or draft.guess.table == "streets":
        return
    columns = {part: column for part, column in read.place.items() if part != "geometry"}
    columns |= {item.field: item.column for item in read.mapped}
    near = {item.near: item.column for item in read.unread if item.near}
    questions = ", ".join(f"{column} = {field}?" for field, column in near.items())
    if any(ours != theirs for ours, theirs in columns.items()) or near:
        question = Phrase("recognition.near_columns", {"columns": questions}) if near else ""
        draft.set_line("columns", columns, question, asks=bool(near))


def _state_systems(drafts: Mapping[str, _Draft]) -> None:
    """Add the coordinate system of layers that do not state theirs."""
    bounds_known = [
        bounds for draft in drafts.values() if (bounds := lonlat_bounds(draft.guess.read.frame)) is not None
    ]
    for draft in drafts.values():
        frame, schema = draft.guess.read.frame, draft.guess.schema
        system: pyproj.CRS | None = frame.crs
        if not schema.geometry_types or system is not None or draft.guess.layer.content in {"extract", "graph"}:
            continue
        guess = guess_system(frame, bounds_known)
        if guess.crs and not guess.exchanged:
            draft.set_line("crs", guess.crs, guess.reason, asks=guess.asks)
        elif guess.crs and {"x", "y"} <= draft.guess.read.place.keys():
            columns = dict(draft.lines["columns"].value)  # type: ignore[call-overload]  # columns are a table
            columns["x"], columns["y"] = columns["y"], columns["x"]
            draft.set_line("crs", guess.crs, guess.reason, asks=guess.asks)
            draft.set_line("columns", columns, Phrase("recognition.axes_exchanged"), asks=True)
        else:
            draft.lines["crs"] = StudyLine("crs", "EPSG:…", guess.reason, asks=True, is_comment=True)


def _state_tiers(drafts: Mapping[str, _Draft]) -> None:
    """State which words of the centres mean which tier."""
    draft = drafts.get("facilities")
    if draft is None:
        return
    own = draft.guess.column("tier")
    column = "tier" if own else "name"
    frame = draft.guess.layer.read_as(_untranslated(draft.guess)).frame
    words = tier_words(frame[column], frame["name"] if own else None, endings=not own)
    if not own:
        columns = {item.field: item.column for item in draft.guess.read.mapped}
        named = draft.lines.get("columns", StudyLine("columns", columns, ""))
        value = {**columns, **dict(named.value), "tier": columns["name"]}  # type: ignore[call-overload]
        draft.set_line("columns", value, Phrase("recognition.tier_from_name"), asks=True)
    if words:
        draft.set_line("values", words)


def _untranslated(guess: TableGuess) -> Any:  # noqa: ANN401 - a schema
    """Return the schema with columns of free text, so that words stay as they are written."""
    columns = tuple(replace(column, choices=()) for column in guess.schema.columns)
    return replace(guess.schema, columns=columns)


def _further_lines(
    layers: list[FolderLayer], drafts: Mapping[str, _Draft], folder: Path
) -> tuple[list[StudyLine], dict[str, FolderLayer]]:
    """Return lines on rasters and on what an extract holds besides the streets."""
    lines: list[StudyLine] = []
    rasters: dict[str, FolderLayer] = {}
    words = column_names()["layer_names"]
    for layer in layers:
        if layer.content != "raster":
            continue
        tables = [table for table in ("population", "elevation") if table in named_in(layer.title, words)]
        if len(tables) == 1 and tables[0] not in rasters:
            rasters[tables[0]] = layer
        else:
            text = Phrase("recognition.which_raster")
            lines.append(
                StudyLine("population", {"path": layer.file.as_posix()}, text, asks=True, is_comment=True)
            )
    streets = drafts.get("streets")
    if streets is not None and streets.guess.layer.content == "extract" and "buildings" not in drafts:
        path = streets.guess.layer.file
        try:
            count = count_osm_tables(folder / path)["buildings"]
        except DataError:
            count = 0
        if count >= ENOUGH_BUILDINGS and "demand" not in drafts:
            text = Phrase("recognition.extract_buildings", {"count": f"{count:,}"})
            lines.append(StudyLine("buildings", {"path": path.as_posix()}, text, asks=True, is_comment=True))
    return lines, rasters


def _people_question(drafts: Mapping[str, _Draft], rasters: Mapping[str, FolderLayer]) -> Iterator[StudyLine]:
    """Yield a question where nothing states how many people there are."""
    in_communities = "communities" in drafts and (
        {"people", "households"} & {item.field for item in drafts["communities"].guess.read.mapped}
    )
    if not (in_communities or any(name in drafts or name in rasters for name in PEOPLE)):
        text = Phrase("recognition.no_people")
        yield StudyLine("people_table", {"path": "people.xlsx"}, text, asks=True, is_comment=True)


def _groups_offered(drafts: Mapping[str, _Draft]) -> Iterator[StudyLine]:
    """Yield a line that counts the old and the children too, where the table of people has such columns."""
    draft = next((drafts[table] for table in ("demand", "people_table", "communities") if table in drafts), None)
    if draft is None:
        return
    read = draft.guess.read
    named = {item.column: item.field for item in read.mapped if item.field == "people_65"}
    found = [*find_people_groups([*named, *(item.column for item in read.unread)])]
    if found:
        groups = [{"id": ident, "name": name, "column": named.get(name, name)} for ident, name in found]
        text = Phrase("recognition.groups", {"columns": ", ".join(name for _, name in found)})
        yield StudyLine("demand", {"groups": groups}, text, asks=True, is_comment=True)


def _state_datums(drafts: Mapping[str, _Draft]) -> DatumChoice | None:
    """State the datum of layers in degrees: by words in the file, and by how the layers fit each other."""
    words = {name: _datum_words(draft.guess) for name, draft in drafts.items()}
    choice = _fit(drafts)
    for name, draft in drafts.items():
        layer, said = draft.guess.layer, words[name]
        verdict = choice.layers.get(name) if choice else None
        stated = "datum" in draft.lines or layer.content in {"extract", "graph"}
        is_shifted = bool(draft.guess.schema.geometry_types) and (verdict is None or verdict.how != "elsewhere")
        if stated or not is_shifted:
            continue
        scores = format_scores(verdict) if verdict else ""
        if verdict is not None and verdict.how == "found":
            agrees = said in {"", verdict.datum} or {said, verdict.datum} == {"cgcs2000", "wgs84"}
            values = {"datum": NAMES[verdict.datum], "scores": scores, "word": said}
            key = "datum_fits" if agrees else "datum_against_word"
            draft.set_line("datum", verdict.datum, Phrase(f"recognition.{key}", values), asks=not agrees)
        elif said and (verdict is None or verdict.how in {"undecided", "alike", "untested"}):
            draft.set_line("datum", said, Phrase("recognition.datum_by_word"))
        elif verdict is not None and verdict.how == "undecided":
            text = Phrase("recognition.datum_undecided", {"scores": scores})
            best = max(verdict.scores, key=lambda datum: verdict.scores[datum])
            draft.lines["datum"] = StudyLine("datum", best, text, asks=True, is_comment=True)
    return choice


def _datum_words(guess: TableGuess) -> str:
    """Return the datum that a file, its columns or its title name; "" where none or several."""
    texts = [guess.layer.title, *guess.read.place.values()]
    if guess.layer.content == "table":
        texts += [cell for row in guess.layer.grid().rows[:TITLE_ROWS] for cell in row if cell]
    named = {datum for text in texts for datum in named_in(text, recognition_words()["datum_words"])}
    return named.pop() if len(named) == 1 else ""


def _fit(drafts: Mapping[str, _Draft]) -> DatumChoice | None:
    """Return the datums by which the layers fit each other; None where they cannot be read as they stand."""
    if not {*REQUIRED} <= drafts.keys():
        return None
    layers = {
        name: Layer(**draft.settings()) for name, draft in drafts.items() if draft.guess.schema.geometry_types
    }
    frames = {}
    for name, layer in layers.items():
        with suppress(DataError):
            frames[name] = _placed_rows(drafts[name].guess, layer)
    if not {*REQUIRED} <= frames.keys():
        return None
    communities, facilities = Communities(frames["communities"]), Facilities(frames["facilities"])
    joined = match_communities(facilities["community"], list(facilities["id"]), communities)
    named = {"facilities": joined.ids.to_numpy(dtype=object)}
    try:
        return judge_datums(frames, layers, named)
    except (DataError, ValueError):
        return None


def _placed_rows(guess: TableGuess, layer: Layer) -> gpd.GeoDataFrame:
    """Return the rows of a layer that state where they lie, checked: a few that do not are no reason not to try.

    Raises
    ------
    DataError
        They cannot be used as the table.
    """
    frame = guess.layer.read_as(guess.schema, layer).frame
    shapes = frame.geometry.array
    frame = gpd.GeoDataFrame(frame[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))])
    if layer.crs is not None:
        frame = gpd.GeoDataFrame(frame.set_crs(layer.crs, allow_override=True))
    checked: gpd.GeoDataFrame = guess.schema.check(frame, source=guess.layer.title)
    return checked
