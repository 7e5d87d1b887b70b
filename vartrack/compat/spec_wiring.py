"""Ties the symbols of a user's shapes spec to the symbols of a compile.

There are such specs from torch 2.13 on. There it is done here, under the names that the output
graph asks the builder for; 2.14 moved it out of the builder.
"""

from __future__ import annotations

import re
from typing import Any

import sympy
import torch

from vartrack.compat.names import IntVar, find
from vartrack.compat.release import runs_on

__all__ = ["finish", "start", "tie", "tie_sizes"]

_torchs_own: Any = find("fx.experimental.symbolic_shapes:_wire_spec_slot")


def tie(spec: Any, symbol: torch.SymInt) -> None:
    """Make ``symbol`` of this compile stand for ``spec``, a variable or an expression of some.

    Raises:
        TypeError: ``spec`` is neither.
    """
    if _torchs_own is not None:
        _torchs_own(spec, symbol)
    elif isinstance(spec, IntVar):
        _tie_variable(spec, symbol)
    elif isinstance(spec, torch.SymInt):
        expr = spec.node.expr
        _await(symbol.node.shape_env, sympy.Eq(symbol.node.expr, expr), expr.free_symbols)
    else:
        raise TypeError(f"a shapes spec holds {spec!r}, which is neither an IntVar nor a SymInt")


def tie_sizes(spec: Any, fake: torch.Tensor) -> None:
    """`tie` for every symbolic size of ``fake`` that ``spec`` says something about."""
    for dim, size in enumerate(fake.size()):
        wanted = spec[dim]
        if isinstance(size, torch.SymInt) and not (wanted is None or isinstance(wanted, int)):
            tie(wanted, size)


def _tie_variable(spec: Any, symbol: torch.SymInt) -> None:
    shape_env: Any = symbol.node.shape_env
    tied, expr = shape_env._spec_symbol_to_compile_symbol, symbol.node.expr
    if spec.optimization_hint is not None:
        shape_env.var_to_hint_override[expr] = spec.optimization_hint
    if spec.sympy_sym in tied:
        same = sympy.Eq(expr, tied[spec.sympy_sym])
        shape_env.guard_or_defer_runtime_assert(same, f"{spec.name} is the same everywhere")
        return
    tied[spec.sympy_sym] = expr
    # later uses are tied to this one by equality, so its bounds reach them
    if spec.min is not None:
        torch._check(symbol >= spec.min)
    if spec.max is not None:
        torch._check(symbol <= spec.max)
    waiting = shape_env._shape_spec_pending_assumptions
    ready = [entry for entry in waiting if entry[0] <= tied.keys()]
    waiting[:] = [entry for entry in waiting if not entry[0] <= tied.keys()]
    for _, condition in ready:
        _check(shape_env, condition)


def _await(shape_env: Any, condition: Any, symbols: Any) -> None:
    """Check ``condition`` now, or once all of ``symbols`` are tied."""
    if symbols <= shape_env._spec_symbol_to_compile_symbol.keys():
        _check(shape_env, condition)
    else:
        shape_env._shape_spec_pending_assumptions.append((symbols, condition))


def _check(shape_env: Any, condition: Any) -> None:
    stated = condition.xreplace(shape_env._spec_symbol_to_compile_symbol)
    shape_env.guard_or_defer_runtime_assert(stated, "shapes spec")


def start(shape_env: Any, shapes_spec: Any) -> None:
    """Note the assumptions of ``shapes_spec``, before any input is seen."""
    shape_env._shape_spec_pending_assumptions.extend(
        (each.node.expr.free_symbols, each.node.expr) for each in shapes_spec._assumptions
    )


def finish(shape_env: Any) -> None:
    """Make sure that every variable of the spec was tied to an input.

    Raises:
        ValueError: a condition is about a variable that stands for no input.
    """
    tied = shape_env._spec_symbol_to_compile_symbol.keys()
    rows, loose = [], set()
    for symbols, condition in shape_env._shape_spec_pending_assumptions:
        missing = sorted(_plain(symbol) for symbol in symbols - tied)
        loose.update(missing)
        rows.append(f"  {_plain(condition)}: nothing is {', '.join(missing)}")
    if rows:
        raise ValueError(
            "the shapes spec has conditions on variables that no input is bound to:\n"
            + "\n".join(rows)
            + f"\nGive {', '.join(sorted(loose))} a dimension or an argument of its own in the "
            "spec."
        )


def _plain(expression: object) -> str:
    """``expression`` with the variables called as the user called them."""
    return re.sub(r"#\d+", "", str(expression))


#: What the output graph asks the builder for, by torch's names.
STAND_INS: dict[str, Any] = (
    {"_wire_spec_assumptions": start, "_finalize_spec_wiring": finish}
    if runs_on(">=2.13,<2.14")
    else {}
)
