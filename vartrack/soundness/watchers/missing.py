"""Attributes that no value of a type has: torch raises only when the graph has run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch._dynamo.exc import raise_observed_exception
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.misc import GetAttrVariable

from vartrack.compat.instructions import BUILTINS
from vartrack.compat.names import LAZY
from vartrack.soundness.hooking import Watcher
from vartrack.soundness.ledger import Ledger
from vartrack.soundness.lookups import find

__all__ = ["WATCHERS"]


def _put_off(
    ledger: Ledger, _: Any, tracker: Any, of: Any, name: str, py_type: Any = None, **__: Any
) -> None:
    """``value.name``: Python raises here, where a ``try`` of the function may catch it."""
    if py_type is not None or type(of) in LAZY:
        return
    tx = InstructionTranslator.current_tx()
    if not _is_caught(tx):
        return
    if isinstance(of, BuiltinVariable):
        if not hasattr(of.fn, name):
            text = f"{of.fn.__name__} has no attribute '{name}'"
            raise_observed_exception(AttributeError, tx, args=[text])
        return
    try:
        cls = of.python_type()
    except NotImplementedError:
        return
    if not isinstance(cls, type) or type.__dict__["__dictoffset__"].__get__(cls):
        return  # it may have attributes of its own
    if find(cls, name) is None and find(cls, "__getattr__") is None:
        text = f"'{cls.__name__}' object has no attribute '{name}'"
        raise_observed_exception(AttributeError, tx, args=[text])


def _read(
    ledger: Ledger, own: Any, builtin: Any, tx: Any, given: Any, *more: Any, **named: Any
) -> Any:
    """``value.name`` that torch reads from the value itself: it would die of what that raises."""
    try:
        return own(builtin, tx, given, *more, **named)
    except AttributeError as error:
        of = given[0] if isinstance(given, Sequence) else given  # alone up to 2.11
        value = getattr(of.unwrap(), "value", None)
        if value is None or error.obj is not value:
            raise
        raise_observed_exception(AttributeError, tx, args=[*error.args])


def _is_caught(tx: Any) -> bool:
    """Whether a ``try`` of the function is around the line that is traced.

    Without one it makes no difference when the error comes.
    """
    while tx is not None:
        if tx.block_stack or getattr(tx.current_instruction, "exn_tab_entry", None) is not None:
            return True
        tx = getattr(tx, "parent", None)
    return False


WATCHERS: tuple[Watcher, ...] = (
    Watcher(GetAttrVariable, "__init__", "tracing", after=_put_off, needed=False),
    Watcher(BuiltinVariable, "call_getattr", "tracing", instead=_read, needed=False),
    *(
        Watcher(cls, "_call_getattr", "tracing", instead=_read, subclasses=False)
        for cls in BUILTINS
        if "_call_getattr" in vars(cls)  # its own since 2.12
    ),
)
