"""Python code that can be traced or evaluated: where one way fails, the compile begins anew.

torch cannot take back what it has traced, nor can a guard be taken back.
"""

from __future__ import annotations

import types
import weakref
from collections.abc import Callable
from typing import Any, NoReturn

from torch._dynamo import exc
from torch._dynamo.symbolic_convert import InstructionTranslator

__all__ = [
    "allow_tracing",
    "attempt",
    "forbid_evaluating",
    "is_traceable",
    "is_traced_instead",
    "trace_instead",
]

_FORBIDDEN = "vartrack_forbids_evaluating"
_ALLOWED = "vartrack_allows_tracing"


class _Found:
    """Code that turned out not to be what it was taken for, by the code that was compiled then.

    Another function may call it so that it is, and knows no more of it than was known here.
    """

    def __init__(self) -> None:
        self._within: weakref.WeakKeyDictionary[types.CodeType, weakref.WeakSet[types.CodeType]]
        self._within = weakref.WeakKeyDictionary()

    def add(self, code: types.CodeType) -> None:
        """Say so of ``code``, in the compile that runs."""
        self._within.setdefault(_compiled(), weakref.WeakSet()).add(code)

    def __contains__(self, code: types.CodeType) -> bool:
        return code in self._within.get(_compiled(), ())


def _compiled() -> types.CodeType:
    """The code of the function that is compiled."""
    tx: Any = InstructionTranslator.current_tx()
    return tx.output.root_tx.f_code  # type: ignore[no-any-return]


#: Code that torch turned out not to trace. It is evaluated from then on.
_untraceable = _Found()
#: Code of packages that turned out not to be evaluated. It is traced, as torch alone does.
_unevaluable = _Found()


def is_traceable(code: types.CodeType) -> bool:
    """Whether nothing speaks against tracing ``code``."""
    return code not in _untraceable


def forbid_evaluating(error: exc.Unsupported) -> None:
    """Say that the code whose tracing ``error`` ended must not be evaluated: it changes a value."""
    setattr(error, _FORBIDDEN, True)


def attempt(tx: Any, code: types.CodeType, trace: Callable[[], Any]) -> Any:
    """What ``trace`` gives.

    If torch meets something in ``code`` that it cannot trace, the compile begins anew, and does
    not try again.

    Args:
        tx: the tracer.
        code: what is traced.
        trace: traces it, and may break the graph.
    """
    try:
        return trace()
    except exc.Unsupported as error:
        if getattr(error, _FORBIDDEN, False):
            raise
        _untraceable.add(code)
        _begin_anew(tx, error, f"evaluates {code.co_name}, which torch cannot trace")


def allow_tracing(error: exc.Unsupported) -> None:
    """Say that the code whose evaluation ``error`` ended gives what only tracing can represent."""
    setattr(error, _ALLOWED, True)


def is_traced_instead(code: types.CodeType) -> bool:
    """Whether ``code`` is traced as it cannot be evaluated."""
    return code in _unevaluable


def trace_instead(tx: Any, code: types.CodeType, error: exc.Unsupported) -> None:
    """Begin anew and trace ``code``, whose evaluation ``error`` ended, if that may help."""
    if getattr(error, _ALLOWED, False) and is_traceable(code) and code not in _unevaluable:
        _unevaluable.add(code)
        _begin_anew(tx, error, f"traces {code.co_name}, whose result it cannot evaluate")


def _begin_anew(tx: Any, error: exc.Unsupported, how: str) -> NoReturn:
    error.remove_from_stats()
    # the speculations of torch go by the order of what is traced, which will be another one
    tx.speculation_log.clear()
    raise exc.RestartAnalysis(restart_reason=f"vartrack {how}") from error
