"""Tables in the sets that Chinese programs write, judged as the texts of spatial layers are."""

from __future__ import annotations

from pathlib import Path

import pytest
import sheets

from planner.io.text_encodings import TextDecodeError, choose_encoding, decode_table
from planner.schemas.tables import FACILITIES

SIMPLIFIED = "社区,常住人口\n东风社区,1000\n西园社区,2000\n"
TRADITIONAL = "社區,人口\n東風社區,1000\n西園社區,2000\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(SIMPLIFIED, "gb18030"), (TRADITIONAL, "gb18030"), (TRADITIONAL, "cp950"), (SIMPLIFIED, "utf-8")],
)
def test_both_judges_agree(text: str, encoding: str) -> None:
    assert decode_table(text.encode(encoding)) == (text, encoding)
    chosen = choose_encoding([(line.encode(encoding), 0) for line in text.splitlines()], "")
    assert chosen is not None
    assert chosen.name == encoding


@pytest.mark.parametrize("encoding", ["cp1252", "shift_jis"])
def test_other_sets_are_refused(encoding: str) -> None:
    text = {"cp1252": "id,name\n1,Käpylä\n2,Töölö\n", "shift_jis": "番号,名称\n1,東風しゃく\n"}[encoding]
    with pytest.raises(TextDecodeError):
        decode_table(text.encode(encoding))


def test_a_table_in_big5_is_read(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_bytes(TRADITIONAL.replace("社區,人口", "community,人口").encode("cp950"))
    assert list(sheets.checked(tmp_path / "p.csv")["community"]) == ["東風社區", "西園社區"]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_what_is_kept_is_not_listed_as_unread(tmp_path: Path, ending: str) -> None:
    rows = [
        ["编号", "名称", "层级", "经度", "纬度", "lng_old", "备注"],
        ["C1", "东", "社区", 106.8, 39.6, 106.7, "a"],
    ]
    path = sheets.write(tmp_path / f"c.{ending}", rows)
    found = sheets.read(path, FACILITIES, keep=["lng_old"])
    assert [one.column for one in found.unread] == ["备注"]
