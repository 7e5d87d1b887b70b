"""Numbers that vary, and those that the graph works out of them: what they are at another call."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch._dynamo.variables.tensor import SymNodeVariable

from vartrack.compat.names import LAZY
from vartrack.soundness.facts.sourced import name_of

if TYPE_CHECKING:
    from torch._guards import Source
    from torch.fx import Node

__all__ = ["Varying", "varies", "varying", "worked_out"]

_SYMBOLS = (torch.SymInt, torch.SymFloat, torch.SymBool)


class Varying(NamedTuple):
    """A number that varies.

    Attributes:
        text: how it is worked out.
        sources: the numbers that it is worked out of.
        now: what it is in the call that is traced.
        of: takes the values of ``sources``, and gives the number.
    """

    text: str
    sources: tuple[Source, ...]
    now: Any
    of: Callable[..., Any]


def varies(tracker: Any) -> bool:
    """Whether it is a number that varies; nothing else is built to know."""
    if type(tracker) in LAZY and not tracker.is_realized():
        if type(tracker.original_value()) not in (int, float):
            return False
        tracker = tracker.realize()
    return isinstance(tracker, SymNodeVariable)


def varying(node: Node, shape_env: Any) -> Varying | None:
    """What ``node`` of a graph gives, as a number that is worked out of values that can be read.

    Args:
        node: gives a number that varies.
        shape_env: torch's record of such numbers.

    Returns:
        The number; None if there is more to it.
    """
    value = node.meta.get("example_value")
    if not isinstance(value, _SYMBOLS):
        return None
    # what is worked out may be a mere symbol to torch, as by algebra, which floats do not follow
    found = worked_out(node, value.node.hint, shape_env)
    expression = value.node.expr
    if found is not None or not expression.is_Symbol:
        return found
    named = (one for one in shape_env.var_to_sources.get(expression, ()) if name_of(one))
    source = next(named, None)
    if source is None:
        return None
    return Varying(source.name, (source,), value.node.hint, lambda number: number)


def worked_out(node: Node, now: Any, shape_env: Any) -> Varying | None:
    """What a function or method of numbers gives.

    Args:
        node: calls it.
        now: what it gives in the call that is traced.
        shape_env: as of `varying`.
    """
    if node.kwargs or node.op not in ("call_function", "call_method"):
        return None
    operands: list[Varying] = []
    for arg in node.args:
        if type(arg) in (int, float):
            operands.append(Varying(repr(arg), (), arg, lambda arg=arg: arg))
            continue
        operand = varying(arg, shape_env) if isinstance(arg, torch.fx.Node) else None
        if operand is None:
            return None
        operands.append(operand)
    target: Any = node.target
    function = _method(target) if node.op == "call_method" else target

    def of(*values: Any) -> Any:
        left = iter(values)
        args = [operand.of(*(next(left) for _ in operand.sources)) for operand in operands]
        return function(*args)

    sources = tuple(source for operand in operands for source in operand.sources)
    given = ", ".join(operand.text for operand in operands)
    name = target if node.op == "call_method" else target.__name__
    return Varying(f"{name}({given})", sources, now, of)


def _method(name: str) -> Callable[..., Any]:
    return lambda number, *args: getattr(number, name)(*args)
