"""Exported programs, which have no guards: what relies on one of vartrack's own is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import torch
from torch._dynamo import exc

__all__ = ["is_exporting", "refuse_in_export"]


def is_exporting(tx: Any = None) -> bool:
    """Whether a program is traced to be exported.

    Args:
        tx: the tracer, if it is known; ``torch._dynamo.export`` says it there alone.
    """
    return torch.compiler.is_exporting() or bool(tx is not None and getattr(tx, "export", False))


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
