"""Tracing Python code, where evaluating it is another way if torch cannot trace it."""

from __future__ import annotations

import types
import weakref
from collections.abc import Callable
from typing import Any

from torch._dynamo import exc

__all__ = ["attempt", "forbid_evaluating", "is_traceable"]

_FORBIDDEN = "vartrack_forbids_evaluating"
#: Code that torch turned out not to trace. It is evaluated ever after.
_untraceable: weakref.WeakSet[types.CodeType] = weakref.WeakSet()


def is_traceable(code: types.CodeType) -> bool:
    """Whether nothing speaks against tracing ``code``."""
    return code not in _untraceable


def forbid_evaluating(error: exc.Unsupported) -> None:
    """Say that the code whose tracing ``error`` ended must not be evaluated: it changes a value."""
    setattr(error, _FORBIDDEN, True)


def attempt(tx: Any, code: types.CodeType, trace: Callable[[], Any]) -> Any:
    """What ``trace`` gives.

    torch cannot take back what it has traced. So if it meets something in ``code`` that it cannot
    trace, the compile begins anew, and does not try again.

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
        error.remove_from_stats()
        _untraceable.add(code)
        # the speculations of torch go by the order of what is traced, which will be another one
        tx.speculation_log.clear()
        raise exc.RestartAnalysis(
            restart_reason=f"vartrack evaluates {code.co_name}, which torch cannot trace"
        ) from error
