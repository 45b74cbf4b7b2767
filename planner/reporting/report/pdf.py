"""report.pdf: report.html as an installed browser prints it, with the page of each section in its contents.

A browser, not a library of our own: it lays out the very page that was looked at, with the reader's letters, and
is on every desk (Edge on Windows, Chrome or Chromium elsewhere); see docs/decisions.md.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from planner.reporting.report.blocks import Report
from planner.reporting.report.html import write_page

VARIABLE = "PLANNER_BROWSER"
"""Environment variable that names the browser, where it is not found by itself."""

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "microsoft-edge",
)
PLACES = (
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
LONGEST_S = 300
DATES = re.compile(rb"/(CreationDate|ModDate) \(D:(\d{14})")
FIXED_DATE = b"20000101000000"
NODES = re.compile(rb"\(node(\d{8})\)")
"""Names of the elements of the PDF's structure, by the browser's numbers."""


class PrintError(OSError):
    """The browser did not print the page."""


def find_browser() -> str | None:
    """Return the program of a browser that prints, None where there is none.

    The one that `PLANNER_BROWSER` names, else the first of Chromium, Chrome and Edge.
    """
    named = os.environ.get(VARIABLE)
    if named is not None:
        return shutil.which(named)
    browsers = (shutil.which(name) for name in (*NAMES, *PLACES))
    return next((path for path in browsers if path), None)


def pdf_bytes(report: Report, browser: str) -> bytes:
    """Print a report as PDF.

    It is printed twice: once to learn on which page each section begins, then with these numbers in its contents.

    Parameters
    ----------
    report
        Result of `planner.reporting.report.build.build_report`.
    browser
        Its program, as of `find_browser`.

    Returns
    -------
    pdf
        The same report gives the same bytes with the same version of the browser and the same fonts.

    Raises
    ------
    PrintError
        The browser failed or took longer than five minutes.
    """
    pages = section_pages(_print(write_page(report), browser))
    return _print(write_page(report, pages=pages), browser)


def section_pages(pdf: bytes) -> dict[str, int]:
    r"""Return the page on which each named place of a PDF of Chromium begins, from 1.

    Examples
    --------
    >>> tree = b"9 0 obj\n<</Type /Pages\n/Kids [4 0 R 7 0 R]>>\nendobj\n"
    >>> section_pages(tree + b"10 0 obj\n<</weak [7 0 R /XYZ 0 821 0]>>\nendobj\n")
    {'weak': 2}
    """
    tree = {
        number: re.findall(rb"(\d+) 0 R", kids)
        for number, kids in re.findall(rb"(?m)^(\d+) 0 obj\n<</Type /Pages\b[^>]*?/Kids \[([^\]]*)\]", pdf)
    }
    inner = {kid for kids in tree.values() for kid in kids if kid in tree}
    order: list[bytes] = []
    waiting = [number for number in tree if number not in inner]
    while waiting:
        number = waiting.pop()
        if number in tree:
            waiting.extend(reversed(tree[number]))
        else:
            order.append(number)
    places = re.findall(rb"/?([A-Za-z][\w-]*) \[(\d+) 0 R /XYZ", pdf)
    return {name.decode("ascii"): order.index(page) + 1 for name, page in places if page in order}


def _print(page: str, browser: str) -> bytes:
    # A browser's helpers may still write into its profile when it has ended.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        given, made = Path(folder, "report.html"), Path(folder, "report.pdf")
        given.write_text(page, "utf-8", newline="\n")
        # Root's browser starts without its sandbox alone; the page loads and runs nothing but itself.
        as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        command = [
            *(
                browser,
                "--headless",
                "--disable-gpu",
                "--no-first-run",
                *as_root,
                f"--user-data-dir={folder}/profile",
            ),
            *("--no-pdf-header-footer", f"--print-to-pdf={made}", given.as_uri()),
        ]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=LONGEST_S)  # noqa: S603 - our own page
            content = made.read_bytes()
        except (subprocess.SubprocessError, OSError) as error:
            raise PrintError(0, str(error)) from error
    return renumber_nodes(DATES.sub(rb"/\1 (D:" + FIXED_DATE, content))


def renumber_nodes(pdf: bytes) -> bytes:
    """Return a PDF with the elements of its structure numbered from 1, in the same order.

    A browser's own numbers begin with what it has counted before, which differs by chance.

    Examples
    --------
    >>> renumber_nodes(b"(node00000191) (node00000947) (node00000191)")
    b'(node00000001) (node00000002) (node00000001)'
    """
    numbers = {number: rank for rank, number in enumerate(sorted(set(NODES.findall(pdf))), 1)}
    return NODES.sub(lambda node: b"(node%08d)" % numbers[node[1]], pdf)
