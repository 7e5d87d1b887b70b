"""Partials: the order of their keywords, attributes of their own, and partials of partials."""

from __future__ import annotations

import functools
from inspect import CO_VARKEYWORDS
from types import FunctionType
from typing import Any

from torch._dynamo.exc import unimplemented
from torch._dynamo.source import AttrSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.functions import FunctoolsPartialVariable
from torch._dynamo.variables.lists import ListVariable, TupleVariable

from vartrack.compat.hooks import hook_name
from vartrack.compat.instructions import builtins_with
from vartrack.soundness.facts.sourced import name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import find
from vartrack.soundness.watchers.attributes.absence import absent, asked

__all__ = ["WATCHERS"]

_PARTS = ("func", "args", "keywords")
_COMPARING = ("eq", "ne", "lt", "le", "gt", "ge")

#: What torch knows of every partial, comparisons beside it.
_KNOWN = frozenset({*_PARTS, *(f"__{name}__" for name in _COMPARING)})


def _called(ledger: Ledger, tracker: Any, *_: Any, **__: Any) -> None:
    """``partial()``: torch guards each keyword, and not which one comes first."""
    if not _is_all_one_to(tracker.func):
        _in_order(ledger, tracker)


def _is_all_one_to(called: Any) -> bool:
    """Whether it is a function that has a parameter for each, and none that collects the others."""
    function = vars(called.realize()).get("fn")
    return type(function) is FunctionType and not function.__code__.co_flags & CO_VARKEYWORDS


def _in_order(ledger: Ledger, tracker: Any) -> None:
    name = name_of(tracker.source)
    if name is not None and len(tracker.keywords) > 1:
        text = f"the keywords of {name}, in order"
        ledger.sourced.asked("containers", text, text, [tracker.source], _keywords)


def _keywords(value: functools.partial[Any]) -> list[str]:
    return list(value.keywords)


def _read(ledger: Ledger, tracker: Any, tx: Any, name: Any, *_: Any, **__: Any) -> None:
    if _is_own(tracker, name):
        held = _attributes(ledger, tracker)
        if held is not None and name not in held:
            absent(ledger, "bodies", tracker.source, name)
    elif name == "keywords":
        _in_order(ledger, tracker)


def _has(ledger: Ledger, tracker: Any, tx: Any, name: Any, *_: Any, **__: Any) -> None:
    if _is_own(tracker, name):
        asked(ledger, "bodies", tracker.source, name)


def _own_attribute(ledger: Ledger, own: Any, tracker: Any, tx: Any, name: Any, *rest: Any) -> Any:
    """``partial.name``, of which torch knows nothing."""
    if name == "__dict__" and name_of(tracker.source) is not None:
        (value,) = ledger.values_of([tracker.source]) or (None,)
        if isinstance(value, functools.partial):
            return VariableTracker.build(tx, vars(value), AttrSource(tracker.source, name))
    held = _attributes(ledger, tracker) if _is_own(tracker, name) else None
    if held is None or name not in held:
        if _is_of_all(name):
            _refuse(tracker, name)
        result = own(tracker, tx, name, *rest)
        # a list up to 2.12
        return TupleVariable(result.items) if type(result) is ListVariable else result
    return VariableTracker.build(tx, held[name], AttrSource(tracker.source, name))


def _got(ledger: Ledger, builtin: Any, tx: Any, args: Any, *_: Any, **__: Any) -> None:
    """``partial.__reduce__``, which torch says is not there, or reads of a copy of the partial."""
    of = args[0].unwrap()
    if type(of) is not FunctoolsPartialVariable:
        return
    name = args[1].unwrap()
    if not name.is_python_constant():
        return
    name = name.as_python_constant()
    if _is_of_all(name) and (name != "__dict__" or name_of(of.source) is None):
        _refuse(of, name)


def _is_of_all(name: Any) -> bool:
    """Whether all partials have it, and torch does not know it."""
    return (
        isinstance(name, str) and name not in _KNOWN and find(functools.partial, name) is not None
    )


def _made(
    ledger: Ledger,
    own: Any,
    tracker: Any,
    func: Any,
    args: Any,
    keywords: Any,
    *rest: Any,
    **more: Any,
) -> None:
    """``partial(partial(f, 1), 2)``: one of the two, if the one inside has no attributes."""
    inner = func.realize()
    given = more.get("source") is None and type(inner) is FunctoolsPartialVariable
    if given and not _has_own_dict(ledger, inner):
        func = inner.func
        args, keywords = [*inner.args, *args], {**inner.keywords, **keywords}
    own(tracker, func, args, keywords, *rest, **more)


def _has_own_dict(ledger: Ledger, tracker: Any) -> bool:
    """Whether the partial was ever asked for its attributes, and so has a place for them."""
    name = name_of(tracker.source)
    found = None if name is None else ledger.values_of([tracker.source])
    if found is None or not isinstance(found[0], functools.partial):
        return False  # made while tracing
    text = f"whether {name} has attributes of its own"
    ledger.sourced.asked("bodies", text, text, [tracker.source], _has_dict)
    return _has_dict(found[0])


def _has_dict(value: functools.partial[Any]) -> bool:
    return _dict_of(value) is not None


def _dict_of(value: functools.partial[Any]) -> dict[str, Any] | None:
    """The attributes of a partial; `vars` would make a dict where there is none."""
    parts: Any = functools.partial.__reduce__(value)
    found: dict[str, Any] | None = parts[2][3]
    return found


def _has_own(ledger: Ledger, own: Any, tracker: Any, tx: Any, name: Any, *rest: Any) -> Any:
    held = _attributes(ledger, tracker) if _is_own(tracker, name) else None
    if held is None or name not in held:
        return own(tracker, tx, name, *rest)
    return ConstantVariable.create(True)


def _is_own(tracker: Any, name: Any) -> bool:
    """Whether ``name`` could only be in the partial's own ``__dict__``."""
    return (
        isinstance(name, str)
        and name_of(tracker.source) is not None
        and find(functools.partial, name) is None
    )


def _attributes(ledger: Ledger, tracker: Any) -> dict[str, Any] | None:
    found = ledger.values_of([tracker.source])
    if found is None or not isinstance(found[0], functools.partial):
        return None
    return _dict_of(found[0]) or {}


def _refuse(tracker: Any, name: str) -> None:
    """``partial.__reduce_ex__``, by which it is copied, and others: torch says there are none."""
    unimplemented(
        gb_type="vartrack: an attribute that all partials have",
        context=f"{name} of {tracker}",
        explanation="torch knows `func`, `args` and `keywords` of a partial, and nothing else.",
        hints=["Do it outside of the compiled function."],
    )


_ATTRIBUTE = hook_name("tp_getattro_impl")

WATCHERS: tuple[Watcher, ...] = (
    Watcher(FunctoolsPartialVariable, "__init__", "tracing", instead=_made, subclasses=False),
    Watcher(FunctoolsPartialVariable, "call_function", "containers", _called),
    Watcher(FunctoolsPartialVariable, _ATTRIBUTE, "bodies", _read),
    Watcher(FunctoolsPartialVariable, "call_obj_hasattr", "bodies", _has, needed=False),
    Watcher(FunctoolsPartialVariable, _ATTRIBUTE, "tracing", instead=_own_attribute, needed=False),
    Watcher(
        FunctoolsPartialVariable, "call_obj_hasattr", "tracing", instead=_has_own, needed=False
    ),
    *(
        Watcher(cls, "call_function", "tracing", _got, subclasses=False)
        for cls in builtins_with("_call_getattr")
    ),
    Watcher(BuiltinVariable, "call_function", "tracing", _got, subclasses=False, of=(getattr,)),
)
