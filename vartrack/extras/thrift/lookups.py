"""Tensors that are looked up by a number that changes: `table[self.key]`.

torch fixes the number, and compiles once for each key. But the graph depends only on the tensor
that is found. So the tensor is an input whose source is the look-up itself, done again at each
call, and what is guarded is the tensor found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch._dynamo.bytecode_transformation import create_binary_subscr
from torch._dynamo.source import is_constant_source
from torch._dynamo.variables.base import ValueMutationExisting, VariableTracker
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.tensor import SymNodeVariable

from vartrack import session
from vartrack.core.at_source import value_at
from vartrack.core.own_sources import OwnSource
from vartrack.core.wrappers import Wrappers
from vartrack.inputs import value_numbers

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen
    from torch._dynamo.guards import GuardBuilder
    from torch._guards import Source

__all__ = ["HOOKS", "LookupSource"]


@dataclass(frozen=True)
class LookupSource(OwnSource):
    """What a dict holds under a key that is read from elsewhere, at each call.

    Attributes:
        key: where the key is.
    """

    key: Source

    @property
    def _name_template(self) -> str:
        key = self.key.name.replace("{", "{{").replace("}", "}}")
        return f"{{0}}[{key}]"

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Write code that looks it up."""
        codegen(self.base)
        codegen(self.key)
        codegen.append_output(create_binary_subscr())

    def manager(self, builder: GuardBuilder, **options: Any) -> Any:
        """A part of the guards that looks it up in the variables of the frame."""
        return self.found_by_name(builder, **options)


def _looking_up(own: Callable[..., VariableTracker]) -> Callable[..., VariableTracker]:
    """What reads an item of a dict, by a key that may be a symbol."""

    def mp_subscript_impl(
        self: ConstDictVariable, tx: Any, key: VariableTracker
    ) -> VariableTracker:
        return _looked_up(self, tx, key) or own(self, tx, key)

    return mp_subscript_impl


def _looked_up(held: ConstDictVariable, tx: Any, key: VariableTracker) -> VariableTracker | None:
    """The tensor under a symbol, as an input of its own; None if that is not what is read."""
    compile = session.compile_of(tx)
    if compile is None or held.source is None or not _is_as_it_was(held):
        return None
    number = key.realize()
    if not isinstance(number, SymNodeVariable) or number.source is None:
        return None
    if is_constant_source(number.source) or not value_numbers.is_met(compile, number.source):
        return None
    try:
        table = value_at(tx, held.source)
        found = table[value_at(tx, number.source)]
    except Exception:
        return None  # torch says what is wrong with it
    if type(table) is not dict or type(found) is not torch.Tensor:
        return None
    return VariableTracker.build(tx, found, LookupSource(held.source, number.source))


def _is_as_it_was(held: ConstDictVariable) -> bool:
    """Whether the traced code has not changed the dict."""
    change = held.mutation_type
    return isinstance(change, ValueMutationExisting) and not change.is_modified


#: What is put into torch while a registry with this set is in force, if torch looks keys up by a
#: method of its own.
HOOKS = tuple(
    Wrappers((cls, "mp_subscript_impl", _looking_up))
    for cls in (ConstDictVariable,)
    if hasattr(cls, "mp_subscript_impl")
)
