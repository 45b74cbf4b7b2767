"""Hooks of MkDocs: pages that are made while the site is built.

Tutorials are the notebooks, executed once for each content and kept in build/tutorials; the changelog is that of
the repository; links that lead out of docs/ become names of files. A page that loads from another host is refused.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from pathlib import Path

import nbformat
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from nbclient import NotebookClient
from nbconvert import MarkdownExporter

ROOT = Path(__file__).parent.parent
NOTEBOOKS = ROOT / "notebooks"
CACHE = ROOT / "build" / "tutorials"
TIMEOUT_S = 600
EXECUTE = os.environ.get("DOCS_EXECUTE", "yes") != "no"
"""`DOCS_EXECUTE=no make docs` shows the notebooks without results, for work on other pages."""
OUTER_LINK = re.compile(r"\[([^\]]*)\]\((?:\.\./)+([^)]+)\)")
FRAME = re.compile(r"<iframe\b.*?</iframe>", flags=re.DOTALL)
"""A whole map inside a page would be larger than the rest of the site."""
LOADED = re.compile(r"<(?:script|img|iframe|link)\b[^>]*\b(?:src|href)=\"?https?://[^>]*>")
MAP_IMAGE = '<img alt="The map of the study" src="../images/map_en.png">'


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the tutorials with their pictures, and the changelog."""
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    files.append(File.generated(config, "changelog.md", content=changelog))
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        folder = _converted(path)
        page = (folder / "page.md").read_text("utf-8")
        files.append(File.generated(config, f"tutorials/{path.stem}.md", content=page))
        for picture in sorted(folder.glob("*.svg")) + sorted(folder.glob("*.png")):
            uri = f"tutorials/{path.stem}_{picture.name}"
            files.append(File.generated(config, uri, abs_src_path=str(picture)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn links to files of the repository outside docs/ into their names, which a site cannot open."""
    del config, files
    depth = page.file.src_uri.count("/")
    return OUTER_LINK.sub(lambda link: _inner_or_name(link, depth), markdown)


def on_post_build(config: MkDocsConfig) -> None:
    """Check that no page loads anything from another host."""
    for page in sorted(Path(config.site_dir).rglob("*.html")):
        loaded = LOADED.search(page.read_text("utf-8"))
        if loaded:
            message = f"{page}: loads {loaded.group()}"
            raise PluginError(message)


def _inner_or_name(link: re.Match[str], depth: int) -> str:
    ups = link.group(0).rpartition("(")[2].count("../")
    return link.group(0) if ups <= depth else f"{link.group(1)} (`{link.group(2)}`)"


def _converted(notebook: Path) -> Path:
    """Return the folder with a notebook's page and pictures; execute the notebook where its content is new."""
    digest = hashlib.sha256(notebook.read_bytes()).hexdigest()[:16]
    folder = CACHE / f"{notebook.stem}-{digest}{'' if EXECUTE else '-plain'}"
    if (folder / "page.md").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    content = nbformat.read(notebook, as_version=4)
    if EXECUTE:
        NotebookClient(content, timeout=TIMEOUT_S, kernel_name="python3").execute(cwd=str(NOTEBOOKS))
    exporter = MarkdownExporter()
    body, resources = exporter.from_notebook_node(
        content, resources={"output_files_dir": "", "unique_key": notebook.stem}
    )
    for name, data in resources.get("outputs", {}).items():
        (folder / Path(name).name.removeprefix(f"{notebook.stem}_")).write_bytes(data)
    (folder / "page.md").write_text(_without_frames(body), "utf-8")
    return folder


def _without_frames(body: str) -> str:
    return FRAME.sub(MAP_IMAGE, body)
