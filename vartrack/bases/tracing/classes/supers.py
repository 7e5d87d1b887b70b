"""`hasattr(super(), name)` in code that attrs generates: torch does not answer it."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

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


#: What is put in place in torch.
SUPERS = Wrappers((SuperVariable, "call_obj_hasattr", _answered))
