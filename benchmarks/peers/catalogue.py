"""Which packages there are programs of, whether they are installed, and what was asked for."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import programs
from models import Call

#: Makes a program, from the random state of the moment.
Factory = Callable[[], Call]


class Unknown(Exception):
    """A name that is none of a package or a program. The message is for people."""


@dataclass(frozen=True)
class Peer:
    """A package, by the name that it is imported and installed by."""

    name: str

    def version(self) -> str | None:
        """What is installed of it; None if nothing is."""
        if importlib.util.find_spec(self.name) is None:
            return None
        return importlib.metadata.version(self.name)

    def programs(self) -> dict[str, Factory]:
        """Its programs by name. They are imported now, and the package with them."""
        found = importlib.import_module(f"{programs.__name__}.{self.name}").PROGRAMS
        return {factory.__name__: factory for factory in found}


def peers() -> list[Peer]:
    """All packages of which there are programs."""
    return [Peer(module.name) for module in pkgutil.iter_modules(programs.__path__)]


def asked(words: Sequence[str]) -> dict[Peer, list[str]]:
    """The packages that ``words`` name, and of each the programs, or none for all of them.

    A word is ``PACKAGE`` or ``PACKAGE.PROGRAM``; without words it is every package.
    """
    known = {peer.name: peer for peer in peers()}
    found: dict[Peer, list[str]] = {}
    whole = set()
    for word in words or known:
        package, _, program = word.partition(".")
        if package not in known:
            raise Unknown(f"there are no programs of {package}, but of {', '.join(known)}")
        chosen = found.setdefault(known[package], [])
        if program:
            chosen.append(program)
        else:
            whole.add(known[package])
    return {peer: [] if peer in whole else chosen for peer, chosen in found.items()}


def chosen(peer: Peer, names: Sequence[str]) -> dict[str, Factory]:
    """The programs of ``peer`` with these names, or all if there are no names."""
    known = peer.programs()
    for name in names:
        if name not in known:
            raise Unknown(f"{peer.name} has no program {name}, but {', '.join(known)}")
    return {name: known[name] for name in names or known}
