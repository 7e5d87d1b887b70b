"""Which torch runs, and whether vartrack was compared with it."""

from __future__ import annotations

import functools

import torch
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

__all__ = ["KNOWN", "RUNNING", "is_known", "runs_on"]

#: The torch releases whose own builder the stock registry is compared with.
KNOWN: tuple[str, ...] = ("2.13", "2.14", "2.15")

#: The torch that is running.
RUNNING: Version = Version(torch.__version__)


@functools.cache
def runs_on(spec: str) -> bool:
    """Whether the running torch fits ``spec``, such as ``">=2.14"``; an empty one always fits.

    Raises:
        ValueError: ``spec`` is not a version specifier.
    """
    try:
        return SpecifierSet(spec).contains(Version(RUNNING.base_version))
    except InvalidSpecifier as error:
        raise ValueError(f"{spec!r} is not a version specifier such as '>=2.14'") from error


def is_known() -> bool:
    """Whether the running torch is one of `KNOWN`."""
    return f"{RUNNING.major}.{RUNNING.minor}" in KNOWN
