"""What is worked out of floats that vary: `self.t * 0.9`, by Python at each call.

Before a backend such as inductor gets a graph, torch turns the float symbols in it into tensors. Of
what it has none for it makes a constant: of `min` and `max`, and of all that is returned or stored,
as a running average is. So here such a number is an input of the graph by itself.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch._dynamo.codegen import PyCodegen
from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch.utils._sympy.symbol import SymT, symbol_is_type

from vartrack import session
from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.bases.tracing.late.symbols import is_symbol, place_of_symbol
from vartrack.bases.tracing.late.waiting import waits
from vartrack.bases.tracing.late.working_out import example_of
from vartrack.core.guarding.exporting import is_exporting, is_stored
from vartrack.core.wrapping.wrappers import Wrappers
from vartrack.extras.thrift.worked_out.methods import made

__all__ = ["HOOKS", "OPERATORS", "of_floats"]

_OF_TWO = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow")
#: From a function and how many operands it has to the operator that gives the same.
OPERATORS: Mapping[tuple[Any, int], Callable[..., Any]] = {
    **{
        (getattr(operator, name), 2): getattr(operator, own)
        for own in _OF_TWO
        for name in (own, f"i{own}")  # the second is the one that changes in place
    },
    **{(op, 1): op for op in (operator.neg, operator.pos, abs)},
    **{(op, count): op for op in (min, max) for count in (2, 3, 4)},
    **{(round, count): round for count in (1, 2)},
    (operator.abs, 1): abs,
    (int, 1): int,
}
_NUMBERS = (int, float)
#: Of how long a text a number is worked out at most: what is used twice stands in it twice.
_LONGEST = 400


def of_floats(tx: Any, op: Callable[..., Any], args: list[VariableTracker]) -> Any:
    """What ``op(*args)`` gives, where the graph has a symbol for a float among them.

    Returns:
        A late number; None if torch is to work it out. What Python raises of them is raised in the
        program.
    """
    if not any(map(_is_of_floats, args)) or not all(map(_is_number, args)):
        return None
    try:
        op(*map(example_of, args))
    except (ArithmeticError, ValueError) as error:  # torch would die of it
        for arg in args:
            specialize_symnode(arg.realize())
        raise_in_program(tx, error)
    number: Any = made(tx, op, args)
    if not waits(number) or len(number.place().name) > _LONGEST:
        return None
    number.rely_on_presence()
    return number


def _is_number(arg: VariableTracker) -> bool:
    known = arg.unwrap()
    return is_symbol(arg) or (type(known) is ConstantVariable and type(known.value) in _NUMBERS)


def _is_of_floats(arg: VariableTracker) -> bool:
    """Whether ``arg`` is a symbol that has to do with a float from elsewhere."""
    if not is_symbol(arg):
        return False
    number: Any = arg.unwrap()
    if not isinstance(number.sym_num, torch.SymFloat):
        return False
    symbols = number.sym_num.node.expr.free_symbols
    return any(symbol_is_type(symbol, SymT.FLOAT) for symbol in symbols)


def _read_again(own: Callable[..., None]) -> Callable[..., None]:
    """Loads what is returned or stored: such a float from where it is found, not from the graph."""

    @functools.wraps(own)
    def load(self: PyCodegen, value: Any, *args: Any, **options: Any) -> None:
        place = None
        if isinstance(value, VariableTracker) and not waits(value) and _is_of_floats(value):
            compile = session.compile_of(self.tx)
            if compile is not None and FLOATS in compile.attached and not _leaves(self.tx):
                place = place_of_symbol(value)
        own(self, value if place is None else place, *args, **options)

    return load


def _leaves(tx: Any) -> bool:
    """Whether what is compiled is used apart from where its numbers are found."""
    return is_exporting(tx) or is_stored(tx)


FLOATS = Wrappers((PyCodegen, "__call__", _read_again))

#: What is put into torch while a registry with this set is in force.
HOOKS = (FLOATS,)
