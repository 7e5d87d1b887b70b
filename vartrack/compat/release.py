"""Which torch there is, and whether vartrack was compared with it. Nothing here imports torch."""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

__all__ = [
    "KNOWN",
    "NO_TORCH",
    "RUNNING",
    "SUPPORTED",
    "folder",
    "is_known",
    "is_own_build",
    "minor",
    "nearest",
    "pip_line",
    "runs_on",
]

#: The torch releases whose own builder the stock registry is compared with, each as it was then.
KNOWN: tuple[str, ...] = ("2.10.0", "2.11.0", "2.12.1", "2.13.0", "2.14.1", "2.15.0")

#: What the metadata of the package asks for.
SUPPORTED: str = ">=2.10,<2.16"

#: The version of a torch that is not there.
NO_TORCH: Version = Version("0")


def folder() -> Path | None:
    """Where torch is installed; None if it is not, or is no package in a folder."""
    try:
        spec = importlib.util.find_spec("torch")
    except (ImportError, ValueError):  # what stands under that name is no module
        return None
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent


def _version() -> str:
    """The version of torch as text, without importing it."""
    loaded: str | None = getattr(sys.modules.get("torch"), "__version__", None)
    if loaded is not None:
        return str(loaded)
    found, home = None, folder()
    if home is not None and (file := home / "version.py").is_file():
        text = file.read_text(encoding="utf-8", errors="replace")
        found = re.search(r"^__version__ = ['\"](.+?)['\"]", text, re.MULTILINE)
    if found is not None:
        return found[1]
    try:
        return importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        return str(NO_TORCH)


def _running() -> Version:
    try:
        return Version(_version())
    except InvalidVersion:
        return NO_TORCH


#: The torch that is running, or would be if it was imported; `NO_TORCH` if there is none.
RUNNING: Version = _running()


def minor(version: Version | str) -> str:
    """The first two numbers of a version, such as ``"2.14"``."""
    version = Version(version) if isinstance(version, str) else version
    return f"{version.major}.{version.minor}"


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
    """Whether the running torch is one of `KNOWN`.

    A development build is not, whatever its number: that is of the release it will become.
    """
    return RUNNING.public in KNOWN and not is_own_build()


def is_own_build() -> bool:
    """Whether the running torch is no release, but built from some state of its source."""
    return RUNNING.is_prerelease or (RUNNING.local or "").startswith("git")


def nearest(version: Version, among: Iterable[str] = KNOWN) -> str | None:
    """The release that is nearest to ``version``: the newest that is not after it, without regard
    to patches; the oldest if all are after it, None if there are none."""
    ordered = sorted(among, key=Version)
    before = [one for one in ordered if Version(minor(one)) <= Version(minor(version))]
    return before[-1] if before else next(iter(ordered), None)


def pip_line() -> str:
    """What to type for a torch that works.

    Where one is installed, pip leaves it alone if it fits: the line names a release that does not
    fit it, or has it installed again.
    """
    wanted = nearest(RUNNING)
    if RUNNING == NO_TORCH or wanted is None:
        return f'pip install "torch{SUPPORTED}"'
    fits = SpecifierSet(f"=={wanted}").contains(RUNNING, prereleases=True)
    return f"pip install {'--force-reinstall ' if fits else ''}torch=={wanted}"
