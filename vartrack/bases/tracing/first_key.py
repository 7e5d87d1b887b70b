"""The first key that a program hashes: if it stays the only one, nothing depends on its hash.

A dict or set of one key is made with whatever the key is then. As soon as another key is hashed, to
be looked for or to be put beside it, both have their content guarded.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from torch._dynamo.symbolic_convert import InstructionTranslator

from vartrack import session
from vartrack.compat.names import HashableTracker
from vartrack.core.wrappers import Wrappers

__all__ = ["FIRST_KEY"]

_HASHED = "vartrack first key"


def _first_unguarded(own: Callable[..., None]) -> Callable[..., None]:
    """Makes a key, and leaves its content unguarded if it is the first."""

    @functools.wraps(own)
    def make(self: Any, vt: Any) -> None:
        compile = session.compile_of(InstructionTranslator.current_tx())
        if compile is None:
            own(self, vt)
            return
        first = compile.notes.get(_HASHED)
        if first is None:
            vt = vt.realize() if hasattr(type(vt.unwrap()), "hash_waits") else vt
            waits = getattr(vt, "hash_waits", None)
            if waits is not None and waits():
                compile.notes[_HASHED] = vt
                self._hash, self.vt = hash(vt.example), vt
                return
        elif first is not _HASHED:
            first.depend()
        compile.notes[_HASHED] = _HASHED
        own(self, vt)

    return make


#: What is put in place in torch, where it hashes a key as it is made.
FIRST_KEY = Wrappers(
    *(
        ((HashableTracker, "__init__", _first_unguarded),)
        if "_hash" in HashableTracker.__init__.__code__.co_names
        else ()
    )
)
