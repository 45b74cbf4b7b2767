"""What the README says is so: its commands are carried out, its targets and links exist."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import shutil
from pathlib import Path

import geopandas as gpd
import pytest
import toy

import planner
from planner.commands.main import main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
DOCUMENTS = [
    "README.md",
    "CHANGELOG.md",
    "maps/README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    *sorted(p.relative_to(ROOT).as_posix() for p in ROOT.glob("docs/**/*.md")),
]

SETTING_UP = {
    "python3 -m venv .venv",
    "py -m venv .venv",
    ". .venv/bin/activate",
    ".venv\\Scripts\\activate",
    "pip install -c constraints.txt -e .",
    'pip install -c constraints.txt -e ".[dev]"',
    "pytest",
}
"""What sets up a machine, and is carried out by `make demo` and `make test` in CI, not here."""

PICKED = json.dumps(
    {
        "format": "planner.scenario/1",
        "study": "my-district",
        "crs": toy.CRS,
        "closed": ["S1"],
        "sites": [{"id": "N1", "x": toy.ORIGIN[0] + 400.0, "y": toy.ORIGIN[1] + 200.0}],
    }
)
"""What the map would have saved of the study that the README makes."""


def blocks(language: str) -> list[str]:
    """Return the code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def lines(*languages: str) -> list[str]:
    """Return the commands of these languages' blocks, each once, in their order."""
    found = [line for language in languages for block in blocks(language) for line in block.splitlines()]
    return list(dict.fromkeys(line for line in found if line))


def commands(program: str) -> list[list[str]]:
    """Return the words of every command of a program."""
    return [shlex.split(line) for line in lines("sh", "powershell") if line.split()[0] == program]


def put_layers_beside(study: Path) -> None:
    """Put layers into the folder that `planner new` describes."""
    layers = toy.layers()
    communities = layers["communities"].assign(people=[160, 370])
    study.parent.mkdir()
    for name, layer in {
        "communities": communities,
        "centres": layers["centres"],
        "streets": layers["streets"],
    }.items():
        layer.to_file(study.parent / f"{name}.gpkg")


def test_every_line_is_a_known_command() -> None:
    others = {line for line in lines("sh", "powershell") if line.split()[0] not in {"make", "planner"}}
    assert others == SETTING_UP


def test_make_commands_are_targets() -> None:
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE)
    named = {word for command in commands("make") for word in command[1:]}
    assert {"demo", "test"} <= named
    assert named <= set(targets)
    assert set(re.findall(r"`make ([\w-]+)`", README)) <= set(targets)


def test_the_two_commands_stand_alone() -> None:
    assert "make demo\n" in blocks("sh")
    assert "make test\n" in blocks("sh")


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known_runs: None) -> Path:
    """Work in a folder that holds the data as the project's own does."""
    del known_runs
    shutil.copytree(ROOT / "data", tmp_path / "data", ignore=shutil.ignore_patterns("model", "__pycache__"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_planner_commands_do_what_they_say(at_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = set()
    for _, name, *words in commands("planner"):
        names.add(name)
        if name == "new":
            put_layers_beside(at_home / words[0] / "study.toml")
            (at_home / "picked.json").write_text(PICKED, "utf-8")
        code = main([name, *words])
        said = capsys.readouterr()
        assert code == 0, said.err
        if name == "run":
            products = [at_home / line for line in said.out.splitlines()]
            assert [product.name for product in products] == [
                "map.html",
                "report.html",
                "report.docx",
                "tables.xlsx",
                "plan.json",
                "results.gpkg",
            ]
            assert all(product.stat().st_size for product in products)
        if name in ("map", "report"):
            assert (at_home / said.out.strip()).stat().st_size
    assert names == {"new", "check", "map", "run", "explain", "programme", "report", "site", "compile"}


def test_python_blocks_run(at_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # The first block names the reader's own layers; test_the_six_lines_give_what_they_say brings some.
    _, *standing_alone = blocks("python")
    assert standing_alone
    for block in standing_alone:
        exec(compile(block, "README.md", "exec"), {})  # noqa: S102 - what the README tells its readers to do
    assert "people_share" in capsys.readouterr().out
    assert (at_home / "maps" / "helsinki" / "map.html").stat().st_size


def test_exit_codes_are_those_of_the_errors() -> None:
    from planner.commands import exit as endings
    from planner.messages import errors

    codes = {
        0,
        endings.INTERRUPTED,
        endings.EXHAUSTED,
        endings.UNEXPECTED,
        endings.READER_GONE,
        endings.TERMINATED,
        *(error.exit_code for error in errors.PlannerError.__subclasses__()),
    }
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", README, flags=re.MULTILINE)} == codes


def test_folders_of_the_listing_exist() -> None:
    listing = README.partition("    planner/\n")[2].partition("\n\n")[0]
    inside = re.findall(r"^      (\S+)", listing, flags=re.MULTILINE)
    beside = re.findall(r"^    (\w+/) ", listing, flags=re.MULTILINE)
    assert inside
    assert beside
    assert not [name for name in inside if not (ROOT / "planner" / name).exists()]
    assert not [name for name in beside if not (ROOT / name).exists()]
    folders = {f"{path.parent.name}/" for path in (ROOT / "planner").glob("*/__init__.py")}
    assert folders
    assert folders <= set(inside)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    path = ROOT / document
    links = re.findall(r"\]\(([^)#\s]+)\)", path.read_text("utf-8"))
    # The tutorials and the changelog are pages that the site makes.
    made = re.compile(r"tutorials/\w+\.md|changelog\.md")
    links = [link for link in links if "://" not in link and not made.fullmatch(link)]
    missing = [link for link in links if not (path.parent / link).exists()]
    # The screenshot is made by a script of its own.
    assert [link for link in missing if link != "docs/images/map.png"] == []


def test_no_document_names_a_place_on_a_machine() -> None:
    for document in DOCUMENTS:
        text = (ROOT / document).read_text("utf-8")
        assert not re.search(r"(?<![\w.])/(work|home|tmp|root|Users)/|[A-Z]:\\", text), document


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_keeps_no_marks_of_a_merge(name: str) -> None:
    lines = (ROOT / name).read_text("utf-8").splitlines()
    assert [line for line in lines if line.startswith(("<<<<<<<", ">>>>>>>")) or line == "======="] == []


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name != "CHANGELOG.md"])
def test_functions_that_a_document_calls_exist(name: str) -> None:
    called = set(re.findall(r"(?<![\w.])planner\.(\w+)\(", (ROOT / name).read_text("utf-8")))
    assert {function for function in called if not hasattr(planner, function)} == set()


@pytest.mark.filterwarnings("ignore:.* have no street within:planner.PlannerWarning")
def test_the_six_lines_give_what_they_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = (block for block in blocks("python") if "pl.walk_network" in block)
    given, *lines_of_code = [line for line in block.splitlines() if line]
    assert len(lines_of_code) <= 5
    homes = gpd.read_file(ROOT / "data" / "helsinki" / "helsinki.gpkg", layer="buildings")
    names: dict[str, object] = {
        "centres": gpd.read_file(ROOT / "data" / "helsinki" / "helsinki.gpkg", layer="centres"),
        "people": homes.set_geometry(homes.representative_point()),
    }
    shutil.copy(ROOT / "data" / "helsinki" / "Helsinki.osm.pbf", tmp_path / "district.osm.pbf")
    monkeypatch.chdir(tmp_path)
    drawn = importlib.util.find_spec("mapclassify") is not None
    code = "\n".join([given, *(line for line in lines_of_code if drawn or ".explore()" not in line)])
    exec(code, names)  # noqa: S102 - the README's own lines
    cover, sites = names["cover"], names["sites"]
    assert 0 < cover.share < 1
    assert sites.status == "optimal"
    assert len(sites.sites) == 5
