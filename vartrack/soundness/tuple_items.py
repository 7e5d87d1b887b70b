"""The items of a tuple as they are stored, whatever its class gives for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vartrack.core.own_sources import OwnSource

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen
    from torch._dynamo.guards import GuardBuilder

__all__ = ["StoredItemSource"]


@dataclass(frozen=True)
class StoredItemSource(OwnSource):
    """An item of a tuple, read past the methods of its class.

    Attributes:
        index: its place.
    """

    index: int

    @property
    def _name_template(self) -> str:
        return f"tuple.__getitem__({{0}}, {self.index})"

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Write code that reads it."""

        def getter() -> None:
            codegen.load_import_from("builtins", "tuple")
            codegen.append_output(codegen.create_load_attr("__getitem__"))

        codegen.add_push_null(getter)
        codegen(self.base)
        codegen.append_output(codegen.create_load_const(self.index))
        codegen.call_function(2, False)

    def manager(self, builder: GuardBuilder, **options: Any) -> Any:
        """A part of the guards that reads it the same way."""
        return self.found_by_name(builder, **options)
