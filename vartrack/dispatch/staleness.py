"""`StaleCode`: what compiles that ran on a registry have left behind in this process."""

from __future__ import annotations

import weakref
from types import CodeType
from typing import Any

from torch._dynamo.convert_frame import input_codes
from torch._dynamo.eval_frame import _debug_get_cache_entry_list

__all__ = ["StaleCode"]


class StaleCode:
    """Remembers the functions that were compiled, until torch forgets what became of them.

    A function that Dynamo gave up on counts too, as it will not be tried again. One whose compile
    ended in an error (as a graph break does with ``fullgraph=True``) does not: it left nothing.
    """

    def __init__(self) -> None:
        # by id, as equal code in two places is compiled twice; weak, so that functions can go
        self._codes: weakref.WeakValueDictionary[int, CodeType] = weakref.WeakValueDictionary()
        #: Those of them that cannot have been given up on without an error.
        self._strict: set[int] = set()

    def add(self, tx: Any) -> None:
        """Remember what ``tx`` compiles. A tracer other than Dynamo's keeps its own books."""
        code = getattr(tx, "f_code", None)
        if not isinstance(code, CodeType):
            return
        known = id(code) in self._codes
        self._codes[id(code)] = code
        if not (getattr(tx, "one_graph", False) or getattr(tx, "error_on_graph_break", False)):
            self._strict.discard(id(code))
        elif not known:
            self._strict.add(id(code))

    def take(self) -> list[str]:
        """The names of what is compiled, or was given up on, since the last ``take``."""
        left = [(key in self._strict, code) for key, code in list(self._codes.items())]
        self._codes.clear()
        self._strict.clear()
        return [
            code.co_qualname if hasattr(code, "co_qualname") else code.co_name
            for strict, code in left
            if _stands(code, strict)
        ]


def _stands(code: CodeType, strict: bool) -> bool:
    # `torch._dynamo.reset()` empties `input_codes`
    return code in input_codes and (not strict or bool(_debug_get_cache_entry_list(code)))
