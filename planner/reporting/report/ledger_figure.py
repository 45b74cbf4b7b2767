"""The matrix of the ledger as a picture: a row a community, a column a service, a cell who lacks it and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from planner.reporting.report.blocks import Translator

CELL_PX, ROW_PX, NAME_PX, HEAD_PX, PADDING_PX = 66.0, 20.0, 150.0, 104.0, 6.0
SIGN_PX, WIDE_PX = 6.5, 12.0
SLANT = -38

SHADES = ((0.0, "#c7eae5"), (0.1, "#f6e8c3"), (0.5, "#dfc27d"), (1.0, "#bf812d"))
"""Fill of a cell by the share of people who lack the service, at most: none, a tenth, half, all."""

BLANK = "#ffffff"


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """Cell of the matrix: share of people who lack the service (None: not known), reason, full text, its map."""

    share: float | None
    mark: str = ""
    title: str = ""
    nobody: bool = False
    link: str = ""


def shade(share: float | None) -> str:
    """Return the fill of a cell.

    Examples
    --------
    >>> [shade(share) for share in (None, 0.0, 0.05, 0.5, 0.51)]
    ['#ffffff', '#c7eae5', '#f6e8c3', '#dfc27d', '#bf812d']
    """
    if share is None:
        return BLANK
    return next(fill for most, fill in SHADES if share <= most + 1e-9)


def ledger_figure(
    rows: Sequence[str], columns: Sequence[str], cells: Sequence[Sequence[MatrixCell]], t: Translator
) -> Markup:
    """Draw the matrix.

    Parameters
    ----------
    rows, columns
        Names of communities and services.
    cells
        One row a community, one cell a service.
    t
        The language.
    """
    width = NAME_PX + CELL_PX * len(columns) + HEAD_PX * 0.7
    height = HEAD_PX + ROW_PX * len(rows) + PADDING_PX
    drawn = [
        Markup('<text font-size="11" transform="translate({:g} {:g}) rotate({})">{}</text>').format(
            NAME_PX + CELL_PX * (number + 0.4), HEAD_PX - PADDING_PX, SLANT, _cut(name, HEAD_PX * 1.3)
        )
        for number, name in enumerate(columns)
    ]
    for number, (name, of_row) in enumerate(zip(rows, cells, strict=True)):
        top = HEAD_PX + ROW_PX * number
        drawn.append(
            Markup('<text font-size="11" text-anchor="end" x="{:g}" y="{:g}">{}</text>').format(
                NAME_PX - PADDING_PX, top + ROW_PX * 0.7, _cut(name, NAME_PX - 2 * PADDING_PX)
            )
        )
        drawn += [_cell(cell, NAME_PX + CELL_PX * place, top, t) for place, cell in enumerate(of_row)]
    return Markup(
        '<svg role="group" aria-label="{label}" width="{w:g}" height="{h:g}" viewBox="0 0 {w:g} {h:g}">'
        "{drawn}</svg>"
    ).format(w=width, h=height, label=t.texts("services.matrix"), drawn=Markup("").join(drawn))


def _cell(cell: MatrixCell, left: float, top: float, t: Translator) -> Markup:
    text = "–" if cell.nobody else "?" if cell.share is None else f"{t.percent(cell.share)} {cell.mark}".strip()
    if cell.share == 0:
        text = ""
    fill = BLANK if cell.nobody else shade(cell.share)
    drawn = Markup(
        "<g><title>{title}</title>"
        '<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" fill="{fill}" stroke="#fff"/>'
        '<text font-size="10" text-anchor="middle" x="{cx:g}" y="{cy:g}">{text}</text></g>'
    ).format(
        title=cell.title,
        x=left,
        y=top,
        w=CELL_PX,
        h=ROW_PX,
        fill=fill,
        cx=left + CELL_PX / 2,
        cy=top + ROW_PX * 0.7,
        text=text,
    )
    return Markup('<a href="{}">{}</a>').format(cell.link, drawn) if cell.link else drawn


def _cut(text: str, width: float) -> str:
    """Cut a text to a width, pixels; what is cut ends with an ellipsis."""
    taken = 0.0
    for number, sign in enumerate(text):
        taken += SIGN_PX if sign.isascii() else WIDE_PX
        if taken > width:
            return text[: max(number - 1, 1)] + "…"
    return text
