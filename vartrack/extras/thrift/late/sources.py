"""Items that are counted from the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch._dynamo.bytecode_transformation import create_binary_subscr

from vartrack.core.sources.own_sources import OwnSource

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen
    from torch._dynamo.guards import GuardBuilder

__all__ = ["FromEndSource"]


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
