"""The items of a tuple as they are stored, whatever its class gives for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vartrack.core.sources.own_sources import OwnSource

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen

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
