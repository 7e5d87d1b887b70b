"""UUIDs, internet addresses and paths."""

from __future__ import annotations

import ipaddress
import os
import pathlib
import uuid
from typing import Any

from vartrack.bases import ConstantVisitor

__all__ = [
    "IPv4Addresses",
    "IPv4Interfaces",
    "IPv4Networks",
    "IPv6Addresses",
    "IPv6Interfaces",
    "IPv6Networks",
    "PathParents",
    "Paths",
    "PurePaths",
    "UUIDs",
]


class UUIDs(ConstantVisitor):
    """UUIDs; those that differ only in whether they were made safely differ too.

    .. versionadded:: 0.1
    """

    types = (uuid.UUID,)
    exact = True
    traced = ("__setattr__",)  # raises

    @staticmethod
    def key(value: Any) -> Any:
        return value.int, value.is_safe.value


class _Address(ConstantVisitor, abstract=True):
    """Compared as Python does: by address, scope and mask."""

    exact = True


class IPv4Addresses(_Address):
    """IPv4 addresses.

    .. versionadded:: 0.1
    """

    types = (ipaddress.IPv4Address,)


class IPv4Networks(_Address):
    """IPv4 networks, by address and mask.

    .. versionadded:: 0.1
    """

    types = (ipaddress.IPv4Network,)


class IPv4Interfaces(_Address):
    """IPv4 addresses, each with the network it belongs to.

    .. versionadded:: 0.1
    """

    types = (ipaddress.IPv4Interface,)


class IPv6Addresses(_Address):
    """IPv6 addresses, scope included.

    .. versionadded:: 0.1
    """

    types = (ipaddress.IPv6Address,)


class IPv6Networks(_Address):
    """IPv6 networks, by address and mask.

    .. versionadded:: 0.1
    """

    types = (ipaddress.IPv6Network,)


class IPv6Interfaces(_Address):
    """IPv6 addresses, each with the network it belongs to, scope included.

    .. versionadded:: 0.1
    """

    types = (ipaddress.IPv6Interface,)


class _Path(ConstantVisitor, abstract=True):
    """Paths, by their text."""

    exact = True
    key = staticmethod(str)
    places = ("anchor", "drive", "name", "parent", "parts", "root", "stem", "suffix")


class PathParents(ConstantVisitor):
    """What the ``parents`` of a path are, by the paths themselves.

    .. versionadded:: 0.2
    """

    types = (type(pathlib.PurePath().parents),)
    exact = True
    key = tuple


class PurePaths(_Path):
    """Paths that never look at the disk.

    .. versionadded:: 0.1
    """

    types = (pathlib.PurePath, pathlib.PurePosixPath, pathlib.PureWindowsPath)


class Paths(_Path):
    """Paths of this system. What asks the disk, or the process, breaks the graph.

    .. versionadded:: 0.1
    """

    types = (pathlib.Path, pathlib.WindowsPath if os.name == "nt" else pathlib.PosixPath)
    impure = tuple(set(dir(pathlib.Path)) - set(dir(pathlib.PurePath)))
