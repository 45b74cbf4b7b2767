from __future__ import annotations

import tomllib

import pytest

from planner.config.toml_files import explain_mistake

MISTAKES = {
    "name = “海淀”": "用了全角符号",
    'name = "a"，': "用了全角符号",
    'name ＝ "a"': "用了全角符号",
    'path = "D:\\data\\new.shp"': "反斜杠",
    'path = "C:\\Users\\x.shp"': "反斜杠",
    'name = "a': "引号没有在本行内成对",
    "[inputs]\na = 1\n[inputs]\nb = 2": "[inputs] 出现了两次",
    'name = "a"\nname = "b"': "写了两次",
    'name "x"': "应为 =",
    "[inputs\npath = 1": "括号没有成对",
    "minutes = [1, 2\n": "括号没有成对",
    "columns = { a = 1, }": "多了逗号",
    "name = 海淀": "文字须加半角双引号",
    'name = "a" my district': "说明文字前须加 #",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_mistakes_are_explained_with_their_line(text: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError) as error:
        tomllib.loads(text)
    said = explain_mistake(str(error.value), text).in_words("zh")
    assert MISTAKES[text] in said
    assert any(f"`{line.strip()}`" in said for line in [*text.splitlines(), ""])
    assert not any(word in said for word in ("Invalid", "Expected", "Cannot", "Illegal", "Unescaped"))


def test_quotes_that_are_meant_are_no_mistake() -> None:
    text = 'name = "“海淀”"\nwrong'
    with pytest.raises(tomllib.TOMLDecodeError) as error:
        tomllib.loads(text)
    assert "全角" not in explain_mistake(str(error.value), text).in_words("zh")
