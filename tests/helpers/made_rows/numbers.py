"""Numbers that are symbols for another reason than that they changed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from rows import Example
from torch._dynamo import source as sources
from torch._dynamo.variables.base import VariableTracker

from made_rows.base import At, in_state, makes
from vartrack import compat


@contextlib.contextmanager
def all_ints_unbacked() -> Iterator[None]:
    """As inside a keyed jagged tensor, where every int is a size."""
    from torch._guards import TracingContext

    with TracingContext.patch(force_unspec_int_unbacked_size_like=True):
        yield


@contextlib.contextmanager
def gradient_level() -> Iterator[None]:
    """As inside ``torch.func.grad``, where a tensor made from a number tracks gradients."""
    from torch._C import _functorch

    _functorch._grad_increment_nesting()
    try:
        yield
    finally:
        _functorch._grad_decrement_nesting()


class Unspecialized(At):
    """Asked for by the method that Dynamo calls for the result of a random call."""

    def tracker(self, tx: Any, value: Any, sourceless: bool, *options: bool) -> VariableTracker:
        from torch._dynamo.variables import builder

        return builder.VariableBuilder(tx, self.source()).wrap_unspecialized_primitive(value)


if compat.runs_on(">=2.15"):
    makes(
        "NUM-04",
        Example.read("[static_sources=L['v']] [dynamic_sources=L['v']] 7"),
        Example.read("[dynamic_sources=L['v']] 7"),
    )
in_state("NUM-12", all_ints_unbacked, lambda: 7)
in_state("NUM-15", gradient_level, lambda: 1.5, flags=[("assume_static_by_default", "False")])
makes(
    "NUM-26",
    Unspecialized(make=lambda: 0.25, place=sources.RandomValueSource(0)),
    Unspecialized(make=lambda: 0.25),
)
