"""Texts: what `str` and `repr` gave for an object or a class, where torch asks it itself."""

from __future__ import annotations

import dataclasses
import dis
import operator
import reprlib
import string
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from functools import partial
from types import FunctionType
from typing import Any

from torch._dynamo.exc import unimplemented
from torch._dynamo.symbolic_convert import InstructionTranslatorBase
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.functions import BaseUserFunctionVariable, FunctoolsPartialVariable
from torch._dynamo.variables.lists import BaseListVariable
from torch._dynamo.variables.nn_module import UnspecializedNNModuleVariable
from torch._dynamo.variables.user_defined import (
    UserDefinedClassVariable,
    UserDefinedObjectVariable,
)

from vartrack.bases.tracing.known.changed_values import has_changed
from vartrack.compat import behaviour
from vartrack.compat.containers import plain_inside
from vartrack.compat.hooks import hook_name
from vartrack.compat.names import (
    OBJECTS,
    AnyListIteratorVariable,
    AnySetVariable,
    UserDefinedConstantVariable,
)
from vartrack.soundness.facts.remembered import Remembered
from vartrack.soundness.facts.sourced import name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.memory.lying import names_of
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.noting.parts import look_within
from vartrack.soundness.reading.lookups import can_change, find, has_of_user
from vartrack.soundness.reading.packages import is_of_user
from vartrack.soundness.reading.themselves import asked_itself

__all__ = ["WATCHERS", "named_as", "traced"]

#: Built-in functions that make a text of their arguments.
_FUNCTIONS: tuple[Any, ...] = (str, repr, ascii, format, operator.mod)
#: Classes whose `repr` tells the name of a subclass.
_NAMED = (set, frozenset, OrderedDict)
#: How the parts of a container are shown.
_REPR = "{0!r}"
#: How each of them shows them.
_FORMS = ("{0!s}", _REPR, _REPR, "{0}", "{0!s}{0!r}")
#: The same by what an instruction says of a conversion, but for none.
_CONVERTED = ("", "{0!s}", _REPR, _REPR)
_SHOWING = ("__str__", "__repr__", "__format__")
#: What of a form says which of them is asked; without a sign it is the last, which asks others.
_SIGNS = ("!s", "!r", "{0:")
_CONTAINERS = (dict, list, tuple, set, frozenset, OrderedDict, defaultdict, Counter, deque)
#: Where a metaclass has what shows its classes, if it has nothing of its own.
_PLAIN = (type, object)
#: What gives the names in the text of a class, as they are stored.
_NAMES_OF_CLASS: dict[str, Callable[[type], Any]] = {
    name: type.__dict__[name].__get__ for name in ("__module__", "__qualname__")
}
#: Up to 2.13 torch has no hook of this name: `str` asks the object where its class has none but
#: that of `object`, and traces another as a function that came from nowhere.
_HAS_STR: bool = hasattr(UserDefinedObjectVariable, "tp_str_impl")
#: Where Python has what keeps a ``__repr__`` from asking itself.
_AGAINST_CYCLES = frozenset((dataclasses.__file__, reprlib.__file__))
#: Whose text shows where in memory they, or what they hold, are.
_WITH_ADDRESS = (BaseUserFunctionVariable, FunctoolsPartialVariable)


def _text(value: Any) -> tuple[str, str]:
    return str(value), repr(value)


def _text_of_class(cls: Any) -> tuple[str, str, str]:
    """Its metaclass may have each of them."""
    return *_text(cls), format(cls)


def _asked(ledger: Ledger, result: Any, tracker: Any, *_: Any, **__: Any) -> None:
    """torch evaluated the text of the real object, and kept it.

    One that is written in Python was traced: to ask the object would fill what it puts away.
    """
    cls = tracker.python_type()
    if type(tracker) in OBJECTS and _is_traced(cls):
        ledger.classes.look(cls, "__str__", "__repr__", guarded=False)
        return
    name = name_of(tracker.source)
    if result is not None and result.is_python_constant() and name is not None:
        ledger.sourced.asked("texts", name, f"the text of {name}", [tracker.source], _text)


def _is_traced(cls: type) -> bool:
    """Whether torch traces what ``str`` gives of an instance."""
    found = find(cls, "__str__")
    if found is not None and found[0] is object and _HAS_STR:
        found = find(cls, "__repr__")
    return found is not None and type(found[1]) is FunctionType


def _repr(ledger: Ledger, result: Any, tracker: Any, *_: Any, **__: Any) -> None:
    """One that is written in Python is traced, so that what it reads has guards."""
    found = find(type(tracker.value), "__repr__")
    if found is None or type(found[1]) is not FunctionType:
        _asked(ledger, result, tracker)


def traced(ledger: Ledger, tracker: Any, tx: Any, shown: FunctionType) -> Any:
    """What ``__repr__`` gives, which is written in Python.

    That of a dataclass is wrapped in what notes, by thread, which objects are being shown.
    """
    wrapped = getattr(shown, "__wrapped__", None)
    if shown.__code__.co_filename not in _AGAINST_CYCLES or type(wrapped) is not FunctionType:
        return tracker.call_method(tx, "__repr__", [], {})
    ledger.classes.look(tracker.python_type(), "__repr__", guarded=False)
    return VariableTracker.build(tx, wrapped).call_function(tx, [tracker], {})


def _named(ledger: Ledger, own: Any, tracker: Any, tx: Any) -> Any:
    """The `repr` in C of a set or an OrderedDict has the name of the class, which torch forgets.

    Of an OrderedDict torch forgets a `__repr__` of its own as well.
    """
    cls = type(tracker.value)
    found = find(cls, "__repr__")
    if isinstance(tracker, UnspecializedNNModuleVariable):
        return own(tracker, tx)  # it traces that of all modules, which is no method to it
    if found is not None and type(found[1]) is FunctionType:
        return traced(ledger, tracker, tx, found[1])
    if issubclass(cls, OrderedDict) and found is not None and is_of_user(found[1]):
        return tracker.call_method(tx, "__repr__", [], {})
    if found is not None and found[0] is OrderedDict is not cls:
        _by_items(ledger, cls)
    told = own(tracker, tx)
    if found is None or not told.is_python_constant():
        return told
    text = told.as_python_constant()
    named = named_as(cls, found[0], text)
    return told if named is text else ConstantVariable.create(named)


def _by_items(ledger: Ledger, cls: type) -> None:
    """The `repr` in C of an OrderedDict shows what the class has for ``items``."""
    ledger.classes.look(cls, "items", guarded=False)
    if has_of_user(cls, "items"):
        unimplemented(
            gb_type="vartrack: the text of an OrderedDict that says what its items are",
            context=f"items of {cls.__module__}.{cls.__qualname__}",
            explanation=f"{cls.__qualname__} has `items` of its own, which is asked for the text, "
            "and torch does not.",
            hints=["Make the text outside of the function."],
        )


def named_as(cls: type, owner: type, text: str) -> str:
    """``text`` with the name of ``cls``, if the `repr` in C that ``owner`` has tells it."""
    if owner is cls or owner not in _NAMED:
        return text
    inside = f"({text})" if text.startswith("{") else text[text.index("(") :]
    return cls.__name__ + inside


def _str(ledger: Ledger, result: Any, builtin: Any, tx: Any, tracker: Any, *_: Any) -> None:
    if isinstance(tracker, UserDefinedObjectVariable):
        _asked(ledger, result, tracker)


def _of_changed(ledger: Ledger, own: Any, builtin: Any, tx: Any, tracker: Any, *more: Any) -> Any:
    """``str(obj)`` of what is made here, or once something was changed: torch asks the real object.

    That is done up to 2.13 where the class has no ``__str__`` but that of `object`, which asks its
    ``__repr__``. One in Python is traced as the method that it is, so that its cells and defaults
    have guards; that of a container is of what is in it by now. One that sets attributes is traced
    as well: to ask the object would set them while tracing.
    """
    if type(tracker) in OBJECTS and not _HAS_STR:
        asked = find(tracker.python_type(), "__str__")
        if asked is not None and type(asked[1]) is FunctionType:
            return tracker.call_method(tx, "__str__", [], {})
    if isinstance(tracker, UserDefinedObjectVariable) and (
        tracker.source is None or has_changed(tx) or _sets_attributes(tracker.python_type())
    ):
        asked, shown = (find(tracker.python_type(), name) for name in ("__str__", "__repr__"))
        if asked is not None and asked[0] is object and shown is not None:
            if type(shown[1]) is FunctionType:
                return traced(ledger, tracker, tx, shown[1])
            if shown[0] in _CONTAINERS:
                return BuiltinVariable(repr).call_function(tx, [tracker], {})
    return own(builtin, tx, tracker, *more)


def _sets_attributes(cls: type) -> bool:
    """Whether the ``__repr__`` of a class keeps something, its text say, for the next time."""
    found = find(cls, "__repr__")
    if found is None or not is_of_user(found[1]):
        return False
    return any(each.opname == "STORE_ATTR" for each in dis.get_instructions(found[1]))


def _made(ledger: Ledger, builtin: Any, tx: Any, args: Any, kwargs: Any, *_: Any) -> None:
    """``str(Cls)`` and its like: its names can be set, and its version stays what it was."""
    if builtin.fn is format and len(args) > 1 and args[1].is_python_constant():
        form = f"{{0:{args[1].as_python_constant()}}}"
    else:
        form = _FORMS[_FUNCTIONS.index(builtin.fn)]
    _taken(ledger, (*args, *kwargs.values()), form, behaviour.SHOWS_COPIES)


def _method(
    ledger: Ledger, tracker: Any, tx: Any, name: Any, args: Any, kwargs: Any, *_: Any
) -> None:
    if name == "format":
        _taken(ledger, (*args, *kwargs.values()), _each_for_one(tracker.value))


def _each_for_one(template: str) -> str:
    """A text that shows one value in each of the ways in which ``template`` shows several."""
    try:
        fields = [place for place in string.Formatter().parse(template) if place[1] is not None]
    except ValueError:  # it is no template, and torch is about to say so
        return ""
    forms = {f"{{0{(how and f'!{how}') or ''}:{spec}}}" for _, _, spec, how in fields}
    return "".join(sorted(forms))


def _formatted(ledger: Ledger, tx: Any, spec: Any, flags: int, *_: Any, **__: Any) -> None:
    spec = spec.as_python_constant() if spec.is_python_constant() else ""
    form = _CONVERTED[flags & 3] or f"{{0:{spec}}}"
    _taken(ledger, tx.stack[-1:], form, behaviour.SHOWS_COPIES)


def _taken(ledger: Ledger, args: Any, form: str, shows_copies: bool = False) -> None:
    look_within(
        ledger,
        args,
        partial(_all_of, ledger, form),
        inner=partial(_all_of, ledger, _REPR),
        again=_refuse if shows_copies or form == _REPR else None,
    )


def _iterator(ledger: Ledger, tracker: Any) -> bool:
    """Whether it is an iterator, such as of ``str(reversed(items))``; torch may show another."""
    made = ledger.iterators.get(id(tracker))
    if isinstance(tracker, AnyListIteratorVariable):
        found = made[1:] if made else ledger.values_of([tracker.source])
        if not found or not tracker.is_python_constant():
            return True
        if type(tracker.as_python_constant()) is type(found[0]):
            return True
    elif made is None or not isinstance(tracker, UserDefinedObjectVariable):
        return made is not None
    return unimplemented(
        gb_type="vartrack: the text of an iterator",
        context=str(tracker),
        explanation="torch has an iterator of another class in its place, whose text is another.",
        hints=["Show what it goes through, or make the text outside of the function."],
    )


def _refuse(tracker: Any) -> None:
    """The text of what holds itself: torch shows a copy, in which that comes one level later."""
    unimplemented(
        gb_type="vartrack: the text of a container that holds itself",
        context=str(type(tracker).__name__),
        explanation="torch makes the text of a copy, which holds the container and not itself.",
        hints=["Make the text outside of the function."],
    )


def _all_of(ledger: Ledger, form: str, tracker: Any) -> Iterable[Any]:
    if _iterator(ledger, tracker):
        return ()
    inside = plain_inside(tracker) or tracker
    if isinstance(inside, BaseListVariable):
        return inside.items  # type: ignore[no-any-return]
    if isinstance(inside, (ConstDictVariable, AnySetVariable)):
        return (*(key.vt for key in inside.items), *inside.items.values())
    if asked_itself(tracker) is not None:
        _by_itself(ledger, tracker, form)
    elif isinstance(tracker, _WITH_ADDRESS):
        _shown(ledger, tracker, repr)
    elif isinstance(tracker, UserDefinedConstantVariable):
        # a subclass of a number or text: its value is guarded, and not the text of it
        ledger.classes.look(tracker.python_type(), *_SHOWING, guarded=False)
    elif isinstance(tracker, UserDefinedClassVariable) and can_change(tracker.value):
        _class_shown(ledger, tracker)
    return ()


def _by_itself(ledger: Ledger, tracker: Any, form: str) -> None:
    """One that torch asks itself, such as a member of an enum: what it reads has no guards."""
    cls = tracker.python_type()
    ledger.classes.look(cls, *_SHOWING, guarded=False)
    if not has_of_user(cls, *_SHOWING) and not _in_python(cls, form):
        return
    name, ask = name_of(tracker.source), partial(_filled_in, form)
    text = f"what {form.replace('0', name or repr(tracker.value))} gives"
    if name is None:
        ask = partial(ask, tracker.value)
        ledger.state.given(text, ask, ask())
    else:
        ledger.sourced.asked("texts", (name, form), text, [tracker.source], ask)


def _in_python(cls: type, form: str) -> bool:
    """Whether what shows it is written in Python: it reads its name, and that of the class."""
    asked = [name for name, sign in zip(_SHOWING, _SIGNS, strict=True) if sign in form]
    found = (find(cls, name) for name in asked or _SHOWING[2:])
    return any(one is not None and type(one[1]) is FunctionType for one in found)


def _filled_in(form: str, value: Any) -> Any:
    try:
        return form.format(value)
    except Exception as error:  # a spec may be for another value
        return type(error)


def _class_shown(ledger: Ledger, tracker: Any) -> None:
    """The text of a class: its two names, unless the metaclass shows it otherwise."""
    cls, name = tracker.value, name_of(tracker.source)
    kind = type(cls)
    if name is None:
        return
    if any(found is None or found[0] not in _PLAIN for found in (find(kind, n) for n in _SHOWING)):
        ledger.sourced.asked("texts", name, f"the text of {name}", [tracker.source], _text_of_class)
        return
    if kind is not type:
        ledger.classes.look(kind, *_SHOWING, guarded=False)
    lying = names_of(cls)
    if lying is None:
        for what, ask in _NAMES_OF_CLASS.items():
            text = f"{what} of {name}, which its text shows"
            ledger.sourced.asked("texts", (name, what), text, [tracker.source], ask)
        return
    text = f"that {name} is the class whose text is shown"
    ledger.sourced.rely("texts", name, text, [tracker.source], _is_the_same, lasting=True)
    shown = partial(_names_of, lying.ref)
    text = f"the names of {cls.__module__}.{cls.__qualname__}, which its text shows"
    ledger.state.given(text, shown, shown(), lying, "texts")


def _is_the_same(cls: type) -> Callable[[Any], bool]:
    return Remembered(cls).is_


def _names_of(ref: Callable[[], Any]) -> list[Any]:
    return [ask(ref()) for ask in _NAMES_OF_CLASS.values()]


def _shown(ledger: Ledger, tracker: Any, ask: Callable[[Any], Any]) -> None:
    name = name_of(tracker.source)
    if name is not None:
        ledger.sourced.asked("texts", name, f"the text of {name}", [tracker.source], ask)


WATCHERS: tuple[Watcher, ...] = (
    Watcher(
        UserDefinedObjectVariable,
        hook_name("tp_repr_impl"),
        "tracing",
        instead=_named,
        needed=False,
    ),
    Watcher(BuiltinVariable, "call_str", "texts", after=_str),
    Watcher(BuiltinVariable, "call_str", "tracing", instead=_of_changed),
    Watcher(BuiltinVariable, "call_function", "texts", _made, of=_FUNCTIONS),
    Watcher(InstructionTranslatorBase, "_format_value", "texts", _formatted),
    Watcher(ConstantVariable, "call_method", "texts", _method),
    *(
        Watcher(UserDefinedObjectVariable, hook_name(name), "texts", after=after, needed=needed)
        for name, after, needed in (("tp_repr_impl", _repr, True), ("tp_str_impl", _asked, False))
    ),
)
