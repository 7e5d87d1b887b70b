"""`OrderedDict`: the order that `move_to_end` gives, its attributes, and copies of a subclass."""

from __future__ import annotations

import functools
import operator
from collections import OrderedDict
from typing import Any

from torch._dynamo.exc import unimplemented
from torch._dynamo.source import AttrSource, TypeSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable, DictViewVariable
from torch._dynamo.variables.misc import SuperVariable
from torch._dynamo.variables.user_defined import (
    UserDefinedClassVariable,
    UserDefinedDictVariable,
    UserDefinedObjectVariable,
)

from vartrack.compat import behaviour
from vartrack.compat.containers import plain_inside
from vartrack.compat.names import LAZY, object_protocol
from vartrack.core.texts.articles import with_article
from vartrack.soundness.facts.sourced import name_of
from vartrack.soundness.hooks.hooking import Watcher, before_methods, instead_of_methods
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.gone_through import type_at_hand
from vartrack.soundness.reading.lookups import find, has_of_user
from vartrack.soundness.visitors.dicts import ORDERED_VIEWS
from vartrack.soundness.watchers.containers.contents import rely_on_keys

__all__ = ["WATCHERS"]

#: Methods of an `OrderedDict` in C that set items as any mapping does.
_SETTING = frozenset({"update", "setdefault", "__ior__"})
#: The same, and what is done with a new one.
_GIVEN = _SETTING | {"__init__"}
#: Those that give a new one of the same class.
_NEW = frozenset({"copy", "__or__", "__ror__"})


def _reordered(ledger: Ledger, tracker: Any, tx: Any, name: Any, *_: Any, **__: Any) -> None:
    """``items.move_to_end(key)``: no key is new, so that torch would write nothing."""
    if name == "move_to_end":
        inside = plain_inside(tracker)
        (tracker if inside is None else inside).should_reconstruct_all = True


def _copied(ledger: Ledger, tracker: Any, tx: Any, name: Any, *_: Any, **__: Any) -> None:
    _reordered(ledger, tracker, tx, name)
    if name in _SETTING:
        _set_by_class(ledger, tracker, name)
    if name in _NEW and name != "copy":
        _same_class(tracker, name)


def _copy(ledger: Ledger, own: Any, tracker: Any, tx: Any, name: Any, args: Any, *more: Any) -> Any:
    """``items.copy()`` of a subclass: an empty one of that, in which the items are set."""
    if name != "copy" or args or not _gives_its_class(tracker, name):
        return own(tracker, tx, name, args, *more)
    inside = plain_inside(tracker) or tracker  # since 2.15 it holds the items itself
    if tracker.source is None or not isinstance(
        inside, (ConstDictVariable, UserDefinedDictVariable)
    ):
        _same_class(tracker, name)
    cls = type(tracker.value)
    ledger.classes.look(cls, "copy", "__getitem__", "__setitem__", guarded=False)
    if has_of_user(cls, "__getitem__", "__setitem__"):
        _same_class(tracker, name)
    rely_on_keys(ledger, tracker)
    inside.install_dict_keys_match_guard()
    made: Any = VariableTracker.build(tx, cls, TypeSource(tracker.source))
    copied: Any = made.call_function(tx, [], {})
    for key, item in list(inside.items.items()):
        copied.call_method(tx, "__setitem__", [key.vt, item], {})
    return copied


def _set_in_place(ledger: Ledger, tracker: Any, *_: Any, **__: Any) -> None:
    _set_by_class(ledger, tracker, "__ior__")


def _constructed(
    ledger: Ledger, tracker: Any, tx: Any, args: Any, kwargs: Any, *_: Any, **__: Any
) -> None:
    """``Cls(items)``."""
    if args or kwargs:
        _given(ledger, tracker.value, "__init__")


def _initialized(
    ledger: Ledger, above: Any, tx: Any, name: str, args: Any, kwargs: Any, *_: Any
) -> None:
    """``super().__init__(items)``, and ``super().update(items)``."""
    if (args or kwargs) and name in _GIVEN and above.objvar is not None:
        after = above.typevar.realize().as_python_constant()
        _given(ledger, type_at_hand(above.objvar), name, after)


def _set_by_class(ledger: Ledger, tracker: Any, name: str) -> None:
    """``items.update(others)`` and the like."""
    _given(ledger, type(getattr(tracker, "value", None)), name)


def _given(ledger: Ledger, cls: type, name: str, after: type | None = None) -> None:
    """What an `OrderedDict` is given in C goes by the `__setitem__` of its class, past torch."""
    if not issubclass(cls, OrderedDict) or cls is OrderedDict:
        return
    ledger.classes.look(cls, "__setitem__", guarded=False)
    ledger.classes.look(cls, name, after=after, guarded=False)
    found = find(cls, name, after)
    if found is not None and found[0] is OrderedDict and has_of_user(cls, "__setitem__"):
        unimplemented(
            gb_type="vartrack: an OrderedDict that says how items are set",
            context=f"{name} of {cls.__module__}.{cls.__qualname__}",
            explanation=f"{cls.__qualname__} has a `__setitem__` of its own, which {name} calls "
            "and torch does not.",
            hints=["Set the items one by one."],
        )


def _viewed(ledger: Ledger, own: Any, tracker: Any, tx: Any, name: str, *more: Any) -> Any:
    """``items.values()``, which is none of `dict`."""
    view = own(tracker, tx, name, *more)
    kind = ORDERED_VIEWS.get(name)
    if kind is None or not issubclass(type(view), DictViewVariable) or type(view) is kind:
        return view
    if not issubclass(tracker.python_type(), OrderedDict):
        return view
    return kind(view.dv_dict, source=view.source, mutation_type=view.mutation_type)


def _merged(ledger: Ledger, tracker: Any, *_: Any, **__: Any) -> None:
    _same_class(tracker, "__or__")


def _merged_by_function(ledger: Ledger, builtin: Any, tx: Any, args: Any, *_: Any) -> None:
    """The same up to 2.12; before 2.12 torch forgets the class of the right one too."""
    left, *others = (arg.realize() for arg in args)
    _same_class(left, "__or__")
    if behaviour.FORGETS_BOTH_CLASSES and not issubclass(left.python_type(), OrderedDict):
        for other in others:
            _same_class(other, "__or__")


def _gives_its_class(tracker: Any, name: str) -> bool:
    """Whether a method of `OrderedDict` gives one of the subclass that it is called of."""
    cls = type(getattr(tracker, "value", None))
    if not issubclass(cls, OrderedDict) or cls is OrderedDict:
        return False
    found = find(cls, name)
    return found is not None and found[0] is OrderedDict


def _same_class(tracker: Any, name: str) -> None:
    """A copy of a subclass of `OrderedDict` is of that subclass, which torch forgets."""
    if _gives_its_class(tracker, name):
        cls = type(tracker.value)
        unimplemented(
            gb_type="vartrack: a copy of a subclass of OrderedDict",
            context=f"{cls.__module__}.{cls.__qualname__}",
            explanation=f"{name} of {with_article(cls)} gives another one, and torch would give "
            "an OrderedDict.",
            hints=["Copy it outside the compiled function, or make a dict of it."],
        )


def _attribute(ledger: Ledger, own: Any, tracker: Any, tx: Any, name: str) -> Any:
    """``items.name``, which torch since 2.14 looks for on the class alone."""
    held = _attributes(ledger, tracker)
    changed = tx.output.side_effects.has_pending_mutation_of_attr(tracker, name)
    if changed or held is None or name not in held or find(OrderedDict, name) is not None:
        return own(tracker, tx, name)
    return VariableTracker.build(tx, held[name], AttrSource(tracker.source, name))


def _has_attribute(ledger: Ledger, own: Any, tracker: Any, tx: Any, name: str) -> Any:
    """``hasattr(items, name)``, and whether ``getattr(items, name, default)`` gives the default."""
    held = _attributes(ledger, tracker)
    changed = tx.output.side_effects.has_pending_mutation_of_attr(tracker, name)
    if changed or held is None or find(OrderedDict, name) is not None:
        return own(tracker, tx, name)
    text = f"whether {name_of(tracker.source)} has {name}"
    ask = functools.partial(_has, name)
    ledger.sourced.asked("classes", text, text, [tracker.source], ask)
    return ConstantVariable.create(name in held)


def _has(name: str, value: Any) -> bool:
    return name in vars(value)


def _asked(ledger: Ledger, own: Any, builtin: Any, tx: Any, *args: Any, **named: Any) -> Any:
    """``getattr(items, name, default)`` up to 2.12, where torch takes it to have no attributes."""
    has = _is_there(ledger, tx, args)
    if not has:
        return own(builtin, tx, *args, **named)
    items, name = (arg.realize() for arg in args[:2])
    held, name = _attributes(ledger, items) or {}, name.as_python_constant()
    return VariableTracker.build(tx, held[name], AttrSource(items.source, name))


def _asked_if(ledger: Ledger, own: Any, builtin: Any, tx: Any, *args: Any, **named: Any) -> Any:
    """``hasattr(items, name)`` up to 2.12."""
    has = _is_there(ledger, tx, args)
    return own(builtin, tx, *args, **named) if has is None else ConstantVariable.create(has)


def _is_there(ledger: Ledger, tx: Any, args: Any) -> bool | None:
    """Whether an `OrderedDict` has an attribute, which is noted; None if torch is to be asked."""
    items = args[0].realize()
    if len(args) < 2 or not isinstance(items, ConstDictVariable):
        return None
    name = args[1].as_python_constant() if args[1].is_python_constant() else None
    held = _attributes(ledger, items)
    if type(name) is not str or held is None or find(OrderedDict, name) is not None:
        return None
    if tx.output.side_effects.has_pending_mutation_of_attr(items, name):
        return None
    text = f"whether {name_of(items.source)} has {name}"
    ask = functools.partial(_has, name)
    ledger.sourced.asked("classes", text, text, [items.source], ask)
    return name in held


def _built(ledger: Ledger, own: Any, tx: Any, obj: Any, *more: Any) -> Any:
    """``items.name`` of one that is not built yet, which is asked for nothing of its own."""
    if type(obj) in LAZY and not obj.is_realized() and type(obj.original_value()) is OrderedDict:
        obj = obj.realize()
    return own(tx, obj, *more)


def _attributes(ledger: Ledger, tracker: Any) -> dict[str, Any] | None:
    """What attributes an `OrderedDict` from outside has."""
    if tracker.python_type() is not OrderedDict or name_of(tracker.source) is None:
        return None
    found = ledger.values_of([tracker.source])
    return vars(found[0]) if found and type(found[0]) is OrderedDict else None


# where torch has no such function it goes by another, or does not get it wrong
WATCHERS: tuple[Watcher, ...] = (
    *before_methods("tracing", {ConstDictVariable: _reordered, UserDefinedObjectVariable: _copied}),
    *instead_of_methods("tracing", ConstDictVariable, _viewed),
    Watcher(UserDefinedObjectVariable, "call_method", "tracing", instead=_viewed),
    Watcher(UserDefinedObjectVariable, "call_method", "tracing", instead=_copy, of=("copy",)),
    Watcher(UserDefinedClassVariable, "call_function", "tracing", _constructed),
    Watcher(SuperVariable, "call_method", "tracing", _initialized, needed=False),
    Watcher(ConstDictVariable, "tp_getattro_impl", "tracing", instead=_attribute, needed=False),
    *(
        (
            Watcher(ConstDictVariable, "call_obj_hasattr", "tracing", instead=_has_attribute),
            Watcher(object_protocol, "generic_getattr", "tracing", instead=_built),
        )
        if hasattr(object_protocol, "generic_getattr")
        else (
            Watcher(BuiltinVariable, "call_getattr", "tracing", instead=_asked, needed=False),
            Watcher(BuiltinVariable, "call_hasattr", "tracing", instead=_asked_if, needed=False),
        )
    ),
    Watcher(UserDefinedObjectVariable, "nb_or_impl", "tracing", _merged, needed=False),
    *(
        Watcher(cls, "nb_inplace_or_impl", "tracing", _set_in_place, needed=False)
        for cls in (UserDefinedObjectVariable, ConstDictVariable)
    ),
    *(
        Watcher(
            BuiltinVariable,
            "call_function",
            "tracing",
            _merged_by_function,
            subclasses=False,
            needed=False,
            of=(operator.or_,),
        )
        for _ in {"nb_or_impl"}.difference(dir(UserDefinedObjectVariable))
    ),
)
