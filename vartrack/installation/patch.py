"""`Patch`: other values in the place of torch's, and the record that gives torch its own back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import CellType, ModuleType
from typing import Any

from vartrack.core.texts.wording import worded
from vartrack.core.wrapping.holders import Holders
from vartrack.errors import InstallError
from vartrack.installation.closures import cells_of_handlers

__all__ = ["Patch"]


@dataclass(eq=False)
class _Name:
    """A name in a namespace."""

    namespace: dict[str, Any]
    name: str

    @property
    def value(self) -> Any:
        """What it stands for now; None if it is gone."""
        return self.namespace.get(self.name)

    @value.setter
    def value(self, value: Any) -> None:
        self.namespace[self.name] = value

    def is_at(self, other: _Name | _Cell) -> bool:
        """Whether ``other`` is the same name in the same namespace."""
        same = isinstance(other, _Name) and other.namespace is self.namespace
        return same and other.name == self.name  # type: ignore[union-attr]


@dataclass(eq=False)
class _Cell:
    """A variable in the closure of a function of torch."""

    cell: CellType

    @property
    def value(self) -> Any:
        """What it holds now."""
        return self.cell.cell_contents

    @value.setter
    def value(self, value: Any) -> None:
        self.cell.cell_contents = value


@dataclass(frozen=True)
class _Swap:
    """One place that was given another value."""

    place: _Name | _Cell
    old: Any
    new: Any

    def undo(self) -> None:
        """Put back what was there, unless somebody else has replaced it since."""
        if self.place.value is self.new:
            self.place.value = self.old


class Patch:
    """Puts parts of vartrack where torch, or whoever imported them from it, holds parts of it.

    What is replaced is recorded, place by place, and `revert` gives back exactly that. A module
    that is imported meanwhile may take a part of vartrack for torch's, and torch may make
    functions that hold one; these get torch's as well.

    Args:
        home: the module that defines the parts.
        parts: by name what torch has there, and what takes its place.
    """

    def __init__(self, home: ModuleType, parts: Mapping[str, tuple[Any, Any]]) -> None:
        self.home = home
        self.parts = parts
        self.is_applied = False
        self._swaps: list[_Swap] = []
        #: The names that held vartrack's own before.
        self._own: list[_Name] = []
        self._holders = Holders(parts, _is_not_ours)

    def apply(self) -> None:
        """Put vartrack's parts in place, all or none.

        Raises:
            InstallError: somebody else replaced one of torch's.
        """
        self._check()
        ours = {id(torchs): part for torchs, part in self.parts.values()}
        try:
            for place in self._places():
                if id(place.value) in ours:
                    self._swap(place, ours[id(place.value)])
                elif isinstance(place, _Name):
                    self._own.append(place)
        except BaseException:
            self._undo()
            raise
        self.is_applied = True

    def revert(self) -> None:
        """Give torch its own back, all or none.

        Raises:
            InstallError: somebody else replaced one of the names since.
        """
        self._check()
        own = list(self._own)
        self._undo()
        torchs = {id(part): own for own, part in self.parts.values()}
        for place in self._places():
            if id(place.value) in torchs and not any(one.is_at(place) for one in own):
                place.value = torchs[id(place.value)]
        self.is_applied = False

    def _undo(self) -> None:
        """Give back what is recorded, the last thing first."""
        while self._swaps:
            self._swaps.pop().undo()
        self._own.clear()

    def _swap(self, place: _Name | _Cell, new: Any) -> None:
        self._swaps.append(_Swap(place, place.value, new))
        place.value = new

    def _check(self) -> None:
        for name, pair in self.parts.items():
            found = vars(self.home)[name]
            if all(found is not part for part in pair):
                raise InstallError(
                    "VT304",
                    f"{self.home.__name__}.{name} is {worded(found)}: somebody else replaced it.",
                    "undo the other replacement first.",
                )

    def _places(self) -> Iterator[_Name | _Cell]:
        """Every name in a module, and every closure of torch's handlers, that holds a part."""
        parts = {id(part) for pair in self.parts.values() for part in pair}
        for module, name in self._holders.of(parts):
            yield _Name(vars(module), name)
        for cell in cells_of_handlers():
            if id(cell.cell_contents) in parts:
                yield _Cell(cell)


def _is_not_ours(name: str, module: ModuleType) -> bool:
    """Whether a module is none of vartrack's, which keep what they have."""
    return name.partition(".")[0] != "vartrack"
