"""Language of messages without a study: that of the environment."""

from __future__ import annotations

import locale
import os
from collections.abc import Mapping

from planner.messages.catalogue import LANGUAGES, Language

VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
"""Environment variables that name a locale; the first that is set counts, as for other programs."""

WINDOWS_NAMES: Mapping[str, Language] = {"chinese": "zh", "english": "en"}
"""How Windows names the languages of a locale."""


def language_of_locale(name: str) -> Language | None:
    """Return the language of a locale's name; None for one that has no texts, and for C and POSIX.

    Examples
    --------
    >>> language_of_locale("zh_CN.UTF-8"), language_of_locale("Chinese (Simplified)_China.936")
    ('zh', 'zh')
    >>> language_of_locale("C.UTF-8")
    """
    code = name.replace("-", "_").partition("_")[0].partition(".")[0].lower()
    code = WINDOWS_NAMES.get(code.partition(" ")[0], code)
    return code if code in LANGUAGES else None


def user_language(environment: Mapping[str, str] | None = None) -> Language | None:
    """Return the language that the environment requests; None where it names none that has texts.

    Parameters
    ----------
    environment
        Variables; None for those of the process.

    Examples
    --------
    >>> user_language({"LANG": "zh_CN.UTF-8"}), user_language({"LC_ALL": "en_GB", "LANG": "zh_CN"})
    ('zh', 'en')
    """
    variables = os.environ if environment is None else environment
    named = next((variables[name] for name in VARIABLES if variables.get(name)), "")
    if not named and os.name == "nt" and environment is None:
        named = locale.getlocale()[0] or ""
    return language_of_locale(named)
