"""What happens to files on their way: bytes turned and lost, numbers and names replaced, rows and columns lost."""

from __future__ import annotations

import gzip
import io
import random
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable

import geopandas as gpd
import numpy as np
import shapely

NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")
WORD = re.compile("[A-Za-z\u4e00-\u9fff]{3,}".encode())

ODD_NUMBERS = (
    *(b"nan", b"NaN", b"inf", b"-inf", b"1e999", b"-1e308", b"1e-320", b"0", b"-0", b"-1", b"1,5", b"1.2.3"),
    *(b"9" * 400, b"99999999999999999999", b"2147483648", b"-9223372036854775809", b"0x1F", b"1_000", b"#N/A"),
    *(
        b"",
        b" ",
        "١٢".encode(),
        "１２".encode(),
        "十二".encode(),
        "1.2万".encode(),
        b"null",
        b"true",
        b"[]",
        b"{}",
    ),
)
ODD_WORDS = (
    *(b"\0", b"\x07\x1b[31m", b"\x0b", b"\r\n", b'"', b"'", b"<", b"&", b"&#0;", b"&x;", b"]]>", b"\\u0000"),
    *("\u202e\u200b".encode(), "\ud800".encode("utf-8", "surrogatepass"), "东风".encode("gbk"), b"\xff\xfe"),
    *("东".encode("utf-16"), b"=1+1", b"A" * 70_000, b"../../etc", b"https://example.invalid/", b"{{7*7}}", b""),
)
ODD_BYTES = (
    *(b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f", b"\0\0\0\x80", b"\0", b"[" * 2000, b"(" * 2000),
    *(b"PK\x03\x04", b"\x1f\x8b", b"<!DOCTYPE x [", b"\xef\xbb\xbf", struct.pack("<d", np.inf), b"{" * 2000),
    *(struct.pack("<d", np.nan), struct.pack("<d", 1e300), struct.pack(">d", -1e300)),
)
PART_AT_MOST = 2**22


def damaged(content: bytes, dice: random.Random) -> bytes:
    """Return a file with some damage; of a packed one mostly a part of what it holds."""
    packed = dice.random() < 0.7
    if packed and content.startswith(b"PK"):
        return _repacked(content, dice)
    if packed and content.startswith(b"\x1f\x8b"):
        return gzip.compress(_spoilt(gzip.decompress(content), dice), mtime=0)
    return _spoilt(content, dice)


def _repacked(content: bytes, dice: random.Random) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as opened, zipfile.ZipFile(target, "w") as changed:
        names = opened.namelist()
        chosen = dice.choice(names)
        for name in names:
            if dice.random() < 0.03:
                continue
            part = opened.read(name)
            with warnings.catch_warnings():
                # The same name twice is one kind of damage.
                warnings.simplefilter("ignore", UserWarning)
                changed.writestr(name, _spoilt(part, dice) if name == chosen else part)
                if dice.random() < 0.01:
                    changed.writestr(name, part)
    return target.getvalue()


def _spoilt(content: bytes, dice: random.Random) -> bytes:
    for _ in range(dice.choice((1, 1, 1, 2, 5, 20))):
        content = dice.choice(HARMS)(content, dice)
    return content


def _turn_bit(content: bytes, dice: random.Random) -> bytes:
    if not content:
        return content
    at = dice.randrange(len(content))
    return content[:at] + bytes([content[at] ^ 1 << dice.randrange(8)]) + content[at + 1 :]


def _turn_in_head(content: bytes, dice: random.Random) -> bytes:
    return _turn_bit(content[:400], dice) + content[400:]


def _cut_end(content: bytes, dice: random.Random) -> bytes:
    if dice.random() < 0.05:
        return b""
    return (
        content[: dice.randrange(len(content) + 1)] if dice.random() < 0.5 else content[: -dice.randrange(1, 99)]
    )


def _lose(content: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(content) + 1)
    return content[:at] + content[at + dice.choice((1, 4, 40, 4000)) :]


def _double(content: bytes, dice: random.Random) -> bytes:
    at, to = dice.randrange(len(content) + 1), dice.randrange(len(content) + 1)
    return content[:to] + content[at : at + dice.choice((1, 8, 60, 4096))] + content[to:]


def _zero(content: bytes, dice: random.Random) -> bytes:
    at, length = dice.randrange(len(content) + 1), dice.choice((1, 4, 8, 100, 4096))
    return content[:at] + b"\0" * min(length, len(content) - at) + content[at + length :]


def _swap(content: bytes, dice: random.Random) -> bytes:
    length = dice.choice((1, 8, 64, 512))
    if len(content) < 2 * length:
        return content
    one, other = sorted((dice.randrange(len(content) - length + 1), dice.randrange(len(content) - length + 1)))
    if other < one + length:
        return content
    return (
        content[:one]
        + content[other : other + length]
        + content[one + length : other]
        + content[one : one + length]
        + content[other + length :]
    )


def _replace(pattern: re.Pattern[bytes], odd: tuple[bytes, ...]) -> Callable[[bytes, random.Random], bytes]:
    def replaced(content: bytes, dice: random.Random) -> bytes:
        at = dice.randrange(len(content) + 1)
        found = pattern.search(content, at) or pattern.search(content)
        if found is None:
            return content
        word = dice.choice(odd)
        if dice.random() < 0.3:
            # Of the same length, so that what counts bytes still reads on.
            word = word[: len(found[0])].ljust(len(found[0]), b" ")
        return content[: found.start()] + word + content[found.end() :]

    return replaced


def _put_in(content: bytes, dice: random.Random) -> bytes:
    at, odd = dice.randrange(len(content) + 1), dice.choice(ODD_BYTES)
    return content[:at] + odd + content[at + (len(odd) if dice.random() < 0.5 else 0) :]


def _other_encoding(content: bytes, dice: random.Random) -> bytes:
    if len(content) > PART_AT_MOST:
        return content
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return content
    half = dice.randrange(len(text) + 1) if dice.random() < 0.5 else 0
    name = dice.choice(("gb18030", "utf-16", "utf-8-sig", "latin-1", "utf-32", "big5", "utf-7"))
    return text[:half].encode("utf-8") + text[half:].encode(name, "replace")


def _wrong_deflate(content: bytes, dice: random.Random) -> bytes:
    return zlib.compress(content) if dice.random() < 0.02 else _turn_bit(content, dice)


HARMS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    *(_turn_bit, _turn_in_head, _cut_end, _lose, _double, _zero, _swap, _put_in, _other_encoding, _wrong_deflate),
    *(_replace(NUMBER, ODD_NUMBERS), _replace(NUMBER, ODD_NUMBERS)),
    *(_replace(WORD, ODD_WORDS), _replace(WORD, ODD_WORDS)),
)


ODD_CELLS = (
    *(None, "", " ", float("nan"), float("inf"), -1, 0, 1e308, -1e308, 1e-320, 2**53 + 1, "nan", "1e999", "1.2万"),
    *("\x1b[31m", "a\x0bb", "\u202e", "東\u0000西", "=1+1", "x" * 40_000, "1;2", "0.5%", True, "#REF!", "12 人"),
)
ODD_NAMES = (
    "people",
    "人数",
    "name",
    "id",
    "ID",
    "编号",
    "",
    " ",
    "合计",
    "geometry",
    "fid",
    "面积（亩）",
    "x\x1b",
    "男",
)


def odd_shapes() -> list[shapely.Geometry | None]:
    """Return shapes that no map shows."""
    far, nan, inf = 1e300, float("nan"), float("inf")
    box = shapely.box(500_000, 4_390_000, 500_010, 4_390_010)
    return [
        None,
        shapely.Point(),
        shapely.Point(nan, nan),
        shapely.Point(inf, 0),
        shapely.Point(far, -far),
        shapely.Point(500_000, 4_390_000, nan),
        shapely.Point(1, 2, 3),
        shapely.LineString([(0, 0), (0, 0)]),
        shapely.LineString([(500_000, 4_390_000), (nan, 0), (500_100, 4_390_000)]),
        shapely.LineString([(500_000, 4_390_000), (far, 0)]),
        shapely.LinearRing([(0, 0), (1, 1), (0, 1)]),
        shapely.Polygon([(0, 0), (1, 1), (0, 1), (1, 0)]),
        shapely.Polygon([(500_000, 4_390_000), (500_010, 4_390_000), (500_020, 4_390_000)]),
        shapely.Polygon([(0, 0), (inf, 0), (0, 1)]),
        shapely.MultiPolygon([box, box]),
        shapely.MultiPoint(),
        shapely.GeometryCollection(),
        shapely.GeometryCollection([box, shapely.Point(0, 0)]),
        shapely.GeometryCollection([shapely.GeometryCollection([box])]),
    ]


def restructured(frame: gpd.GeoDataFrame, dice: random.Random) -> gpd.GeoDataFrame:
    """Return a layer with rows or columns removed, doubled, renamed, or with odd cells and shapes."""
    for _ in range(dice.choice((1, 1, 2, 4))):
        frame = _restructured_once(frame, dice)
    return frame


def _restructured_once(frame: gpd.GeoDataFrame, dice: random.Random) -> gpd.GeoDataFrame:  # noqa: C901, PLR0911 - one list of kinds
    columns = [name for name in frame.columns if name != "geometry"]
    match dice.randrange(9):
        case 0:
            return frame.iloc[:0]
        case 1:
            return frame[[dice.random() < 0.5 for _ in range(len(frame))]]
        case 2 if len(frame):
            return frame.iloc[[dice.randrange(len(frame)) for _ in range(len(frame) + 2)]]
        case 3 if columns:
            return frame.drop(columns=dice.choice(columns))
        case 4 if columns:
            return frame.rename(columns={dice.choice(columns): dice.choice(ODD_NAMES)})
        case 5 if columns:
            return frame.assign(**{dice.choice(ODD_NAMES): frame[dice.choice(columns)]})
        case 6 if columns and len(frame):
            name = dice.choice(columns)
            cells = frame[name].astype(object).to_list()
            for _ in range(dice.choice((1, 1, len(cells)))):
                cells[dice.randrange(len(cells))] = dice.choice(ODD_CELLS)
            return frame.assign(**{name: cells})
        case 7:
            return frame.set_crs(dice.choice((None, 4326, 3857, 4490, 2334, 4547, 32601)), allow_override=True)
        case _ if len(frame):
            shapes = frame.geometry.to_list()
            for _ in range(dice.choice((1, 1, 3))):
                shapes[dice.randrange(len(shapes))] = dice.choice(odd_shapes())
            return frame.set_geometry(gpd.GeoSeries(shapes, frame.index, crs=frame.crs))
    return frame
