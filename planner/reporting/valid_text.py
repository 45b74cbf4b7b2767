"""Text that every product can hold: XML, UTF-8 and drawn letters have no control signs and no halves of pairs."""

from __future__ import annotations

import re

ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Signs that XML cannot hold; among them are the halves of surrogate pairs, which UTF-8 cannot hold either."""


def replace_illegal(text: str) -> str:
    r"""Return a text with a sign of its own for every one that a product cannot hold.

    Examples
    --------
    >>> legal("a\x00b")
    'a\ufffdb'
    """
    return ILLEGAL.sub("\ufffd", text)
