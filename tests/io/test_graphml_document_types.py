"""A document type in a GraphML file is refused, however it is hidden."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner.io.osm import graphml

GRAPH = '<graphml xmlns="http://graphml.graphdrawing.org/xmlns"><graph/></graphml>'
BOMB = '<!DOCTYPE graphml [<!ENTITY a "aaaaaaaaaa">]>'


@pytest.mark.parametrize(
    "head",
    [
        BOMB,
        f"<!-- <graphml> -->{BOMB}",
        f"<!-- <graphml xmlns='x'> -->\n<?pi <graphml?>\n{BOMB}",
        f'<?xml version="1.0"?>\n<!--<graphml-->{BOMB}<!-- -->',
        "<!DOCTYPE\tgraphml SYSTEM 'file:///etc/passwd'>",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-8-sig"])
def test_a_document_type_is_refused(tmp_path: Path, head: str, encoding: str) -> None:
    if encoding == "utf-16" and head.startswith("<?xml"):
        head = head.replace('"1.0"', '"1.0" encoding="utf-16"')
    (tmp_path / "g.graphml").write_text(head + GRAPH, encoding)
    with pytest.raises(ValueError, match="no GraphML"):
        graphml._parse(tmp_path / "g.graphml")


@pytest.mark.parametrize("text", ["", "text", "<html/>", "<!-- " + "x" * 100_000, "<graphm", "\0"])
def test_what_is_no_graph_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "g.graphml").write_text(text, "utf-8")
    with pytest.raises(ValueError):  # noqa: PT011 - expat's own words
        graphml._parse(tmp_path / "g.graphml")


def test_a_comment_before_a_graph_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "g.graphml").write_text(f"<!-- <!DOCTYPE x> -->{GRAPH}", "utf-8")
    assert graphml._parse(tmp_path / "g.graphml").places == {}
