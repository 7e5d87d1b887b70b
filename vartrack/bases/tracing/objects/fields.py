"""`LazyFields`: the trackers of a record's fields, each made when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from vartrack.bases.tracing.contents.zeros import lazy_part

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker

    from vartrack.core.context import BuilderContext

__all__ = ["LazyFields"]


class LazyFields(Mapping[str, "VariableTracker"]):
    """From the name of a field to its tracker, under the attribute of that name.

    Most programs use few of the fields of a record, and a tracker costs more than a dict entry.

    Args:
        ctx: the context of the record.
        parts: what the fields hold, by name.
    """

    __slots__ = ("_ctx", "_made", "_parts")

    def __init__(self, ctx: BuilderContext, parts: dict[str, Any]) -> None:
        self._ctx = ctx
        self._parts = parts
        self._made: dict[str, VariableTracker] = {}

    def __getitem__(self, name: str) -> VariableTracker:
        made = self._made.get(name)
        if made is None:
            made = self._made[name] = lazy_part(self._ctx.attr(name), self._parts[name])
        return made

    def __contains__(self, name: object) -> bool:
        return name in self._parts

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)
