"""Classes that the function makes, where torch is set to trace that: it makes them of copies."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from enum import EnumMeta
from types import FunctionType, ModuleType
from typing import Any

from torch._dynamo.exc import Unsupported, unimplemented
from torch._dynamo.variables.builtin import BuiltinVariable

from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger

__all__ = ["WATCHERS"]

#: Of these it is all one whether the class has them or copies.
_STAYS = (int, float, complex, str, bytes, type(None), FunctionType, ModuleType, type)
_CHANGES = (list, dict, set, bytearray, deque)


def _made(ledger: Ledger, own: Any, builtin: Any, tx: Any, *args: Any, **kwargs: Any) -> Any:
    """``class Name: ...``: what its methods change of the function's is another object's."""
    made = own(builtin, tx, *args, **kwargs)
    cls, body = made.value, args[0]
    for name, held in _closed_over(tx, body):
        kind = held.python_type()
        if not issubclass(kind, _STAYS):
            _refuse(cls, f"its methods use {name}, of type {kind.__qualname__}, of the function")
    if not isinstance(cls, EnumMeta):
        for name in body.get_code().co_names:
            if type(vars(cls).get(name)) in _CHANGES and not name.startswith("__"):
                _refuse(cls, f"its attribute {name} can be changed")
    return made


def _closed_over(tx: Any, body: Any) -> Iterator[tuple[str, Any]]:
    """What the body of the class, and the functions in it, take from around it."""
    cells = [] if body.closure is None else body.closure.items
    for name, cell in zip(body.get_code().co_freevars, cells, strict=False):
        try:
            held = tx.output.side_effects.load_cell(cell)
        except Unsupported:  # it is empty yet
            continue
        yield name, held.realize()


def _refuse(cls: type, what: str) -> None:
    unimplemented(
        gb_type="vartrack: a class that is made of copies",
        context=f"{cls.__qualname__}: {what}",
        explanation=f"The function makes {cls.__qualname__} while it is traced, and {what}: torch "
        "loses what is changed of it.",
        hints=["Define the class outside of the compiled function."],
    )


WATCHERS: tuple[Watcher, ...] = (
    Watcher(BuiltinVariable, "call___build_class__", "tracing", instead=_made, needed=False),
)
