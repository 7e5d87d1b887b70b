"""The items of a view of a dict, which cannot be read by their number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch._dynamo.bytecode_transformation import create_binary_subscr

from vartrack.core.sources.own_sources import OwnSource

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen

__all__ = ["ViewItemSource"]


@dataclass(frozen=True)
class ViewItemSource(OwnSource):
    """An item of a view, by its place in a list of them.

    Attributes:
        index: the place.
    """

    index: int

    @property
    def _name_template(self) -> str:
        # an iterator that has come to stand there would be used up by reading it
        return f"[*({{0}} if iter({{0}}) is not {{0}} else ())][{self.index}]"

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Write code that reads it."""
        codegen.add_push_null(lambda: codegen.load_import_from("builtins", "list"))
        codegen(self.base)
        codegen.call_function(1, False)
        codegen.append_output(codegen.create_load_const(self.index))
        codegen.append_output(create_binary_subscr())
