"""Where compiled code finds what a symbol stands for, worked out at each call before the graph.

What torch cannot work out of a symbol, C code can work out of that.
"""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any

import torch
from torch._dynamo.source import RandomValueSource
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.tensor import SymNodeVariable
from torch._guards import Source

from vartrack.compat.names import OF_MATH
from vartrack.core.sources.at_source import value_at
from vartrack.core.sources.worked_out import worked_out

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch._dynamo.variables.base import VariableTracker
    from torch.fx import Node

__all__ = ["SIGNS", "is_symbol", "place_of_symbol", "value_of_symbol"]

#: From an operator to how it is written.
SIGNS: Mapping[Any, str] = {
    operator.add: "({} + {})",
    operator.sub: "({} - {})",
    operator.mul: "({} * {})",
    operator.truediv: "({} / {})",
    operator.floordiv: "({} // {})",
    operator.mod: "({} % {})",
    operator.pow: "({} ** {})",
    operator.neg: "(-{})",
    operator.pos: "(+{})",
}
#: From what a graph calls for numbers to what Python calls.
_CALLED: dict[Any, tuple[str, str]] = {
    **{op: (text, f"operator.{op.__name__}") for op, text in SIGNS.items()},
    torch.sym_max: ("max({}, {})", "builtins.max"),
    torch.sym_min: ("min({}, {})", "builtins.min"),
    torch.sym_float: ("float({})", "builtins.float"),
    abs: ("abs({})", "builtins.abs"),
    operator.abs: ("abs({})", "builtins.abs"),
    **{called: (f"math.{name}({{}})", f"math.{name}") for name, called in OF_MATH.items()},
    **{
        getattr(math, name): (f"math.{name}({{}})", f"math.{name}")
        for name in ("floor", "ceil", "trunc")
    },
}
#: Of how many operations a number is worked out anew at most.
_LONGEST = 32


def is_symbol(tracker: VariableTracker) -> bool:
    """Whether ``tracker`` stands for a number that is a symbol."""
    number = tracker.unwrap()
    return type(number) is SymNodeVariable and number.python_type() in (int, float)


def place_of_symbol(tracker: VariableTracker) -> Source | None:
    """Where compiled code finds the number of a symbol; None if it is only known in the graph."""
    number: Any = tracker.unwrap()
    place = _place(number.proxy.node, [_LONGEST])
    return place  # type: ignore[no-any-return]


def _place(node: Any, left: list[int]) -> Any:
    """The place of what a node of the graph gives; a number stands for itself."""
    if type(node) is int or (type(node) is float and math.isfinite(node)):
        return node
    number = getattr(node, "meta", {}).get("example_value")
    if not isinstance(number, (torch.SymInt, torch.SymFloat)):
        return None
    if node.op == "placeholder":
        argument = node.meta.get("grapharg")
        return None if argument is None else _unless_random(argument.source)
    if node.op == "call_method" and node.target == "item":
        return _of_float(node.args[0])
    size = _of_size(number)
    if size is not None:
        return size
    called = _CALLED.get(node.target)
    left[0] -= 1
    if called is None or node.kwargs or left[0] < 0:
        return None
    operands = [_place(each, left) for each in node.args]
    return None if None in operands else worked_out(*called, operands)


def _unless_random(source: Any) -> Any:
    return None if isinstance(source, RandomValueSource) else source


def _of_float(tensor: Node) -> Any:
    """The place of a float that travels as a tensor."""
    argument = tensor.meta.get("grapharg")
    if argument is None or not argument.pass_arg_as_tensor:
        return None
    return _unless_random(argument.source)


def _of_size(number: Any) -> Any:
    """The place of a size of an input. That of an item of a tensor is for guards alone."""
    expression = number.node.expr
    tx: Any = InstructionTranslator.current_tx()
    known = tx.output.shape_env.var_to_sources.get(expression) if expression.is_Symbol else None
    if not known or type(known[0]).reconstruct is Source.reconstruct:
        return None
    return known[0]


def value_of_symbol(tracker: VariableTracker) -> Any:
    """The number at hand; any number of its type where it is only known in the graph.

    Raises:
        Exception: what working it out raises.
    """
    place = place_of_symbol(tracker)
    if place is None:
        return tracker.python_type()(1)
    return value_at(InstructionTranslator.current_tx(), place)
