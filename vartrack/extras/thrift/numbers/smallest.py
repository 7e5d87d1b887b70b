"""``min`` and ``max`` of numbers with a fraction, in the C++ that inductor writes.

Up to torch 2.12 they are rounded to whole numbers there, which torch alone gets wrong for arguments
only, as what a module holds is a constant to it. Here that is a symbol, so it is written
rightly. What was compiled without this is not taken from inductor's caches.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch.utils._sympy.printers import CppPrinter

from vartrack.compat import behaviour
from vartrack.core.wrapping.wrappers import Wrappers

__all__ = ["HOOKS"]


def _of_fractions(function: str) -> Callable[[Any], Any]:
    def around(own: Callable[[Any, Any], str]) -> Callable[[Any, Any], str]:
        def written(self: Any, expression: Any) -> str:
            if expression.is_integer:
                return own(self, expression)
            operands = ", ".join(f"double({self._print(one)})" for one in expression.args)
            return f"std::{function}<double>({{{operands}}})"

        return written

    return around


def _marked(own: Callable[..., None]) -> Callable[..., None]:
    def details(self: Any, *args: Any, **kwargs: Any) -> None:
        own(self, *args, **kwargs)
        self.cache_key_tag += "min and max of fractions"

    return details


def _hooks() -> tuple[Wrappers, ...]:
    if behaviour.WRITES_SMALLEST_OF_FRACTIONS:
        return ()
    from torch._inductor.codecache import FxGraphHashDetails  # takes seconds, and is needed here

    return (
        Wrappers(
            (CppPrinter, "_print_Min", _of_fractions("min")),
            (CppPrinter, "_print_Max", _of_fractions("max")),
            (FxGraphHashDetails, "__init__", _marked),
        ),
    )


#: What is put into torch while a registry with this set is in force.
HOOKS = _hooks()
