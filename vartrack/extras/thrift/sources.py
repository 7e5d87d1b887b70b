"""Places that torch has no source for, and how the guards reach them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch._dynamo.bytecode_transformation import create_binary_subscr
from torch._dynamo.guards import GuardBuilder
from torch._guards import ChainedSource

from vartrack.core.wrappers import Wrappers

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen
    from torch._guards import Source

__all__ = ["HOOKS", "FromEndSource", "OwnSource"]


class OwnSource(ChainedSource):
    """A place of ours, which says itself how the guards reach it."""

    def manager(self, builder: GuardBuilder, **options: Any) -> Any:
        """The part of the guards that reaches it.

        Args:
            builder: torch's builder of guards.
            options: what each such part takes.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class FromEndSource(OwnSource):
    """An item that is counted from the end.

    torch has one of its own, but would count from the front in the guards.

    Attributes:
        index: a negative number.
    """

    index: int

    @property
    def _name_template(self) -> str:
        return f"{{0}}[{self.index}]"

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Write code that reads it."""
        codegen(self.base)
        codegen.append_output(codegen.create_load_const(self.index))
        codegen.append_output(create_binary_subscr())

    def manager(self, builder: GuardBuilder, **options: Any) -> Any:
        """A part of the guards that asks the container."""
        base = builder.get_guard_manager_from_source(self.base)
        return base.getitem_manager(key=self.index, **options)


def _managed(own: Callable[..., Any]) -> Callable[..., Any]:
    """What makes the part of the guards that reaches a source."""

    @functools.wraps(own)
    def get_guard_manager_from_source(self: GuardBuilder, source: Source) -> Any:
        if not isinstance(source, OwnSource):
            return own(self, source)
        known = self._cached_guard_managers.get(source.name)
        if known is None:
            example = self.get(source)
            known = self._cached_guard_managers[source.name] = source.manager(
                self,
                source=source.name,
                example_value=example,
                guard_manager_enum=self.get_guard_manager_type(source, example),
            )
        return known

    return get_guard_manager_from_source


#: What is put into torch while a registry with this set is in force.
HOOKS = (Wrappers((GuardBuilder, "get_guard_manager_from_source", _managed)),)
