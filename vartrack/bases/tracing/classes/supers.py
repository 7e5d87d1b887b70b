"""`super()`: where torch does not see of what it is, and in code that attrs generates.

Since Python 3.12 torch leaves a `super()` that no attribute is read of as it is: it fails when it
is traced, as a `TypeError` that the program may catch, and is of another object after a graph
break. `hasattr(super(), name)`, which attrs generates, torch does not answer.
"""

from __future__ import annotations

import functools
import itertools
import sys
import types
from collections.abc import Callable
from typing import Any

from torch._dynamo import bytecode_transformation, symbolic_convert
from torch._dynamo.bytecode_transformation import explicit_super, update_offsets
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.misc import SuperVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.classes.generated import is_generated
from vartrack.bases.tracing.classes.lookup import IN_C
from vartrack.core.wrapping.wrappers import Wrappers

__all__ = ["SUPERS"]


def _is_had(asked: SuperVariable, name: str) -> bool | None:
    """Whether a base further on has ``name``; None if code would run to tell."""
    of = None if asked.objvar is None else asked.objvar.unwrap()
    if not isinstance(of, UserDefinedObjectVariable) or not asked.typevar.is_python_constant():
        return None
    bases = of.python_type().__mro__
    beyond = bases[bases.index(asked.typevar.as_python_constant()) + 1 :]
    found = [vars(base)[name] for base in beyond if name in vars(base)]
    if found:
        return True if isinstance(found[0], (types.FunctionType, *IN_C)) else None
    return False if not hasattr(super, name) else None


def _answered(own: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(own)
    def call_obj_hasattr(self: SuperVariable, tx: Any, name: str) -> Any:
        # of other code nothing would guard the answer
        answer = _is_had(self, name) if is_generated(tx.f_code) else None
        return own(self, tx, name) if answer is None else ConstantVariable.create(answer)

    return call_obj_hasattr


def _with_operands(own: Callable[..., Any]) -> Callable[..., Any]:
    """Has `super()` take the class and the first argument where both are still known."""

    @functools.wraps(own)
    def cleaned_instructions(code: types.CodeType, safe: bool = False) -> Any:
        instructions = own(code, safe)
        if safe or "super" not in code.co_names or not _has_operands(code):
            return instructions
        before = len(instructions)
        explicit_super(code, instructions)
        if len(instructions) > before:
            _cover(instructions)
            update_offsets(instructions)
        return instructions

    return cleaned_instructions


def _has_operands(code: types.CodeType) -> bool:
    return code.co_argcount > 0 and "__class__" in (*code.co_freevars, *code.co_cellvars)


def _cover(instructions: list[Any]) -> None:
    """Have what was put in raise to where its neighbours do."""
    for one, following in itertools.pairwise(instructions):
        if following.offset is None:
            following.exn_tab_entry = one.exn_tab_entry


_SINCE_312 = (
    (bytecode_transformation, "cleaned_instructions", _with_operands),
    (symbolic_convert, "cleaned_instructions", _with_operands),
)
#: What is put in place in torch.
SUPERS = Wrappers(
    (SuperVariable, "call_obj_hasattr", _answered),
    *(_SINCE_312 if sys.version_info >= (3, 12) else ()),
)
