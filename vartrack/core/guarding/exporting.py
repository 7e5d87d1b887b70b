"""Exported programs, which have no guards: what relies on one of vartrack's own is refused.

And stored ones, which have guards, but are loaded by a process that knows nothing of this one.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, NoReturn

import torch
from torch._dynamo import aot_compile, exc

from vartrack.core.wrapping.wrappers import Wrappers

__all__ = ["STORING", "is_exporting", "is_stored", "refuse_in_export"]

_storing: ContextVar[bool] = ContextVar("vartrack_storing", default=False)


def is_exporting(tx: Any = None) -> bool:
    """Whether a program is traced to be exported.

    Args:
        tx: the tracer, if it is known; ``torch._dynamo.export`` says it there alone.
    """
    return torch.compiler.is_exporting() or bool(tx is not None and getattr(tx, "export", False))


def is_stored(tx: Any) -> bool:
    """Whether what is compiled is stored with its guards, for a process that has no more."""
    return _storing.get() or tx.output.package is not None


def refuse_in_export(what: str, relied_on: str) -> None:
    """Break the graph, which ends the export.

    Args:
        what: the visitor and the type, or the state, for the context of the message.
        relied_on: what the program relies on.
    """
    break_graph: Callable[..., NoReturn] = exc.unimplemented
    break_graph(
        gb_type="vartrack: an exported program has no guards",
        context=what,
        explanation=f"The program relies on {relied_on}, which an exported program cannot check.",
        hints=[
            "Pass the parts that it needs as plain arguments: numbers, texts or tensors.",
            "Or take them out when the module is made, and keep those in its attributes.",
        ],
    )


def _stored(own: Callable[..., Any]) -> Callable[..., Any]:
    """Compiles what is to be stored."""

    @functools.wraps(own)
    def aot_compile_fullgraph(*args: Any, **options: Any) -> Any:
        token = _storing.set(True)
        try:
            return own(*args, **options)
        finally:
            _storing.reset(token)

    return aot_compile_fullgraph


#: What is put into torch while vartrack is installed.
STORING = Wrappers((aot_compile, "aot_compile_fullgraph", _stored))
