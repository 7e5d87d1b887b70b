"""`Kind`: how values of one category are made, reached, used and changed, all as Python text.

In texts ``$v`` is the value and ``$1``, ``$2``, ... its parts. In a use ``$w`` is another value of the
same program.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Kind"]


@dataclass(frozen=True)
class Kind:
    """One category of values.

    Attributes:
        name: what it is called; no two kinds have the same.
        make: an expression that makes a value.
        parts: how each part is read: ``$v[0]``, ``$v.a``.
        uses: expressions of it, divided by semicolons or lines.
        changes: statements that change a fact about it, one a line.
        others: expressions of values that may come to stand in its place, one a line.
        defines: statements at the top of the program, in blocks that are written once.
        fixed: whether parts cannot be assigned.
        endless: whether it gives items without end, so that only its own uses may ask for them.
    """

    name: str
    make: str
    parts: tuple[str, ...] = ()
    uses: str = ""
    changes: str = ""
    others: str = ""
    defines: str | tuple[str, ...] = ()
    fixed: bool = False
    endless: bool = False

    @property
    def all_uses(self) -> list[str]:
        """Each use."""
        return _lines(self.uses.replace(";", "\n"))

    @property
    def all_changes(self) -> list[str]:
        """Each change."""
        return _lines(self.changes)

    @property
    def all_others(self) -> list[str]:
        """Each value that may come in its place."""
        return _lines(self.others)

    @property
    def blocks(self) -> tuple[str, ...]:
        """Each block of definitions."""
        return (self.defines,) if isinstance(self.defines, str) else self.defines


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
