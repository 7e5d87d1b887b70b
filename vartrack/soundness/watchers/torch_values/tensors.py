"""What a tensor says of itself besides its type, its sizes and its numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch._dynamo.exc import unimplemented
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.tensor import TensorVariable

from vartrack.compat.hooks import hook_name
from vartrack.soundness.facts.sourced import name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger

__all__ = ["WATCHERS"]


def _is_there(name: str) -> Callable[[Any], bool]:
    return lambda value: getattr(value, name) is not None


#: Attributes that torch reads of its own copy of a tensor and guards nowhere, with what is kept.
_ASKED: dict[str, Callable[[Any], Any]] = {
    "is_leaf": lambda value: value.is_leaf,
    "retains_grad": lambda value: value.retains_grad,
    "output_nr": lambda value: value.output_nr,
    "grad_fn": _is_there("grad_fn"),
    "_base": _is_there("_base"),
    "_backward_hooks": lambda value: bool(value._backward_hooks),
    "_post_accumulate_grad_hooks": lambda value: bool(value._post_accumulate_grad_hooks),
}

#: Those of them that torch's copy never has.
_FORGOTTEN = frozenset({"retains_grad", "_backward_hooks", "_post_accumulate_grad_hooks"})


def _read(ledger: Ledger, tracker: Any, tx: Any, name: Any, *_: Any, **__: Any) -> None:
    ask = _ASKED.get(name)
    place = name_of(tracker.source)
    if ask is not None and place is not None:
        text = f"{name} of {place}"
        ledger.sourced.asked("values", text, text, [tracker.source], ask)
        if ledger.guards and name in _FORGOTTEN:
            found = ledger.values_of([tracker.source])
            if found is not None and ask(*found):
                _refuse(name, place)


def _refuse(name: str, place: str) -> None:
    unimplemented(
        gb_type="vartrack: an attribute of a tensor that is traced without it",
        context=f"{place}.{name}",
        explanation=f"{place} has {name}. The tensor that torch traces with in its place has none.",
        hints=["Read it outside of the compiled function."],
    )


def _compared(
    ledger: Ledger, own: Callable[..., Any], tensor: Any, tx: Any, other: Any, op: str
) -> Any:
    """``tensor == number``, of a number of a user's class: torch 2.13 calls them unequal."""
    number = getattr(other, "_base_vt", None)
    return own(tensor, tx, number if type(number) is ConstantVariable else other, op)


WATCHERS: tuple[Watcher, ...] = (
    Watcher(TensorVariable, hook_name("tp_getattro_impl"), "values", _read),
    Watcher(
        TensorVariable,
        hook_name("tp_richcompare_impl"),
        "values",
        instead=_compared,
        subclasses=False,
        needed=False,
    ),
)
