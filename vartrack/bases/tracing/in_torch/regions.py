"""Regions of `torch.compiler.nested_compile_region`, which torch traces once for all objects."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from vartrack import session
from vartrack.compat.names import GUARD_VALUE_DISPATCH, invoke_subgraph
from vartrack.core.wrapping.wrappers import Wrappers

if TYPE_CHECKING:
    from torch._guards import Source

__all__ = ["REGIONS"]


def _is_reusable(own: Callable[..., bool]) -> Callable[..., bool]:
    """``own``, and not where vartrack guards: what it notes of one object says nothing of the next.

    Equal graphs are one graph nevertheless, as torch compares them. Who says by a hash of their own
    when a region may be used again is believed.
    """

    @functools.wraps(own)
    def is_reusable(
        tx: Any, result: Any, inputs: Any, traced: Any, sources: Any = None, **options: Any
    ) -> bool:
        if not options.get("has_reuse_hash_fn") and _is_guarded(tx, sources or ()):
            return False
        return own(tx, result, inputs, traced, sources, **options)

    return is_reusable


def _is_guarded(tx: Any, sources: Iterable[Source]) -> bool:
    """Whether a registry notes more than torch does, or a guard is one that torch does not know."""
    compile = session.compile_of(tx)
    return bool(compile and compile.attached) or any(
        guard.create_fn_name() not in GUARD_VALUE_DISPATCH
        for source in sources
        for guard in tx.output.guards.get_guards_for_source(source)
    )


#: What is put in place in torch; before 2.12 every region is traced.
REGIONS = Wrappers(
    *(
        (invoke_subgraph, name, _is_reusable)
        for name in {"is_reuse_eligible"}.intersection(vars(invoke_subgraph))
    )
)
