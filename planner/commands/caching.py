"""The cache of a command: the user's, unless the command line says that nothing is to be kept."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping

from planner.cache import NO_CACHE, Cache, default_cache
from planner.commands.streams import print_status
from planner.messages.catalogue import Texts


def cache_of(options: Namespace, texts: Texts) -> Cache:
    """Return the cache of a command; what is wrong with it is printed, and the command goes on without it."""

    def report(key: str, values: Mapping[str, object]) -> None:
        print_status(f"\n  ! {texts(f'cli.{key}', **values)}")

    return NO_CACHE if options.no_cache else default_cache(report)
