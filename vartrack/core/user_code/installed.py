"""Which files came with an installed package, with Python or with torch."""

from __future__ import annotations

import functools
import sysconfig
from pathlib import Path

import torch

__all__ = ["is_installed_file"]

#: Folders of Python itself, of what is installed for it, and of torch, which may be built in place.
_FOLDERS = tuple(
    f"{folder}/"
    for given in (
        *map(sysconfig.get_paths().__getitem__, ("stdlib", "platstdlib", "purelib", "platlib")),
        str(Path(torch.__file__).parent),
    )
    for folder in {given, str(Path(given).resolve())}
)
#: Parts of the paths of all other packages: an environment may lie on top of another one.
_OF_PACKAGES = ("/site-packages/", "/dist-packages/")


@functools.lru_cache(maxsize=4096)
def is_installed_file(file: str) -> bool:
    """Whether ``file`` is part of a package, of Python or of torch, and so taken to stay."""
    return file.startswith(_FOLDERS) or any(part in file for part in _OF_PACKAGES)
