"""Modules and parameters at an index that varies: `self.layers[i]`, `self.experts[name]`.

torch fixes the index, as each leads to other weights. But these are inputs of the graph, which is
the same for all that are alike. So what is found has a source which is the look-up itself.
"""

from __future__ import annotations

import operator
import sys
from typing import Any

from torch import nn
from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.source import AttrSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lazy import LazyVariableTracker

from vartrack.bases.tracing.late.symbols import is_symbol
from vartrack.bases.tracing.late.waiting import waits
from vartrack.bases.tracing.late.working_out import example_of
from vartrack.core.guarding.exporting import is_stored
from vartrack.core.sources.worked_out import worked_out
from vartrack.core.user_code import methods
from vartrack.extras.thrift.worked_out import named, results, texts

__all__ = ["item_of"]

#: Of what kind their indexes are.
_CONTAINERS: dict[type[nn.Module], type] = {
    **dict.fromkeys((nn.ModuleList, nn.Sequential, nn.ParameterList), int),
    **dict.fromkeys((nn.ModuleDict, nn.ParameterDict), str),
}
#: The methods of these that say what is under an index.
_LOOKING_UP = (
    *("__getitem__", "__len__", "__getattr__", "__getattribute__"),
    *("_get_abs_string_index", "_get_item_by_idx", "_key_to_attr"),
)


def item_of(tx: Any, container: Any, index: Any) -> VariableTracker | None:
    """``container[index]`` of a list or dict of modules; None if torch is to look it up."""
    if not (waits(index) or is_symbol(index)):
        return None
    value = _module_of(container)
    if value is None:
        return None
    kind = _kind_of_index(type(value))
    if kind is None or index.python_type() is not kind:
        return None
    name = index
    if kind is int:
        number = _number(index)
        if not -len(value) <= number < len(value):
            return None
        if number < 0:
            index = _from_start(tx, container, value, index)
        name = None if index is None else texts.formatted(index, "", "")
    return None if name is None else named.attribute(tx, container, name)


def _module_of(container: Any) -> nn.Module | None:
    """The module that a tracker is of, which is not built for that."""
    known = container.unwrap()
    is_lazy = type(known) is LazyVariableTracker
    value = known.original_value() if is_lazy else vars(known).get("value")
    return value if issubclass(type(value), nn.Module) else None


def _kind_of_index(cls: type) -> type | None:
    """Which indexes the modules of ``cls`` take, if they look them up as torch's own do."""
    for container, kind in _CONTAINERS.items():
        if issubclass(cls, container):
            own = all(
                methods.held_by(cls, name) is methods.held_by(container, name)
                for name in _LOOKING_UP
            )
            return kind if own else None
    return None


def _number(index: Any) -> int:
    try:
        return int(example_of(index))
    except Exception:
        return -sys.maxsize  # torch raises it in the program


def _from_start(tx: Any, container: Any, value: Any, index: Any) -> VariableTracker | None:
    """An index below zero, counted from the start; how many there are is guarded."""
    known = container.unwrap()
    is_lazy = type(known) is LazyVariableTracker
    source = known.original_source() if is_lazy else known.source
    if source is None or is_stored(tx) or not isinstance(value, (nn.ModuleList, nn.Sequential)):
        return None
    place = worked_out("len({})", "builtins.len", [AttrSource(source, "_modules")])
    install_guard(place.make_guard(GuardBuilder.CONSTANT_MATCH))
    both = [index, ConstantVariable.create(len(value))]
    number: VariableTracker | None = results.put_off(operator.add, both)
    return number or BuiltinVariable(operator.add).call_function(tx, both, {})
