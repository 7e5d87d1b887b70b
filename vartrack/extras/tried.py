"""Which versions of other packages each set was tried on; one that is older is refused by name.

The sets read what these packages keep inside, which an older version may keep otherwise.
"""

from __future__ import annotations

import importlib.metadata

from packaging.version import InvalidVersion, Version

from vartrack.errors import InstallError

__all__ = ["TRIED", "check"]

#: By the name of a set: the package, and the oldest and the newest version.
TRIED: dict[str, tuple[str, str, str]] = {
    "attrs": ("attrs", "22.2", "26.1"),
    "msgspec": ("msgspec", "0.18.6", "0.22"),
    "networkx": ("networkx", "3.0", "3.6"),
    "numpy": ("numpy", "1.25", "2.4"),
    "omegaconf": ("omegaconf", "2.1.1", "2.4"),
    "packaging": ("packaging", "22.0", "26.4"),
    "pandas": ("pandas", "2.2", "3.1"),
    "protobuf": ("protobuf", "4.25.8", "7.36"),
    "pydantic": ("pydantic", "2.0", "2.14"),
    "sympy": ("sympy", "1.13", "1.14"),
}


def check(name: str) -> None:
    """Refuse the set called ``name`` if its package is older than what it was tried on.

    Raises:
        InstallError: it is.
    """
    if name not in TRIED:
        return
    package, oldest, newest = TRIED[name]
    try:
        installed = importlib.metadata.version(package)
        if Version(installed) >= Version(oldest):
            return
    except (importlib.metadata.PackageNotFoundError, InvalidVersion):
        return  # nothing says that it is older
    raise InstallError(
        "VT309",
        f"The extra {name!r} was tried on {package} {oldest} to {newest}, and {installed} is "
        "installed.",
        f"pip install '{package}>={oldest}'",
    )
