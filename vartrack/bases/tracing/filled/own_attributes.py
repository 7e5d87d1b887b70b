"""Attributes that a program sets on a constant, which happens when the graph has run.

A timestamp of pandas is a constant, and an object with an instance dict: a program may note
something on it. No method of its class reads that, so all else about the value stays as it is.
Where one may read it, nothing that is not traced is asked of the value from then on.
"""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from torch._dynamo import exc
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.misc import DeletedVariable

from vartrack import session
from vartrack.bases.tracing.classes.lookup import is_of_cython, on_class, reads_in_c
from vartrack.bases.tracing.classes.own_code import has_own_code, written_in_python
from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.bases.tracing.filled.kept_apart import note_change, note_deletion
from vartrack.core.guarding.exporting import is_exporting

if TYPE_CHECKING:
    from vartrack.bases.tracing.folded.attributes import Attributes

__all__ = [
    "SetVariable",
    "given_to",
    "has_set",
    "is_set_known",
    "knows_no_attributes",
    "set_here",
    "sets_attribute",
]

_SET = "attributes set on constants"
#: What reads all that a value has, whatever it is called.
_REDUCE = "__reduce_ex__"
_OF_ALL = frozenset({"__dict__", "__getstate__", "__reduce__", _REDUCE})
_IN_C = (types.WrapperDescriptorType, types.MethodDescriptorType)
_NOTHING: dict[str, VariableTracker] = {}


class SetVariable(VariableTracker):
    """Stands for a constant where torch sets its attributes when the graph has run.

    Args:
        value: the constant, of which torch asks what was there before.
        options: ``source``, where the constant is.
    """

    _nonvar_fields = {"value", *VariableTracker._nonvar_fields}

    def __init__(self, value: Any, **options: Any) -> None:
        super().__init__(**options)
        self.value = value

    def python_type(self) -> type:
        return type(self.value)


def sets_attribute(tracker: Attributes, tx: Any, change: str, args: Any) -> bool:
    """Have an attribute set or deleted when the graph has run, if that can be replayed.

    Args:
        tracker: the value.
        tx: the tracer.
        change: the method that would set or delete it.
        args: the name, and what it is set to.

    Returns:
        whether it will be; if not, the change is to be refused.
    """
    operand = args[0].realize() if args else tracker
    if change not in ("__setattr__", "__delattr__") or type(operand) is not ConstantVariable:
        return False
    name = operand.as_python_constant()
    if tracker.content is None or tracker.changeable or is_exporting(tx):
        return False
    cls = type(tracker.example)
    if not _may_be_set(cls, change, name):
        return False
    if _is_known_to(cls, name) and not (tracker.sets_known and has_own_code(cls)):
        return False
    note_change(tx, type(tracker.example))
    if change == "__delattr__":
        given = given_to(tracker, tx)
        if name not in given:
            note_deletion(tx, tracker, tracker.example, name)  # raises if there is none
        elif type(given[name]) is DeletedVariable:
            _raise_lacking(tracker, tx, name)
    stand_in = _stand_in(tracker, tx) or _new_stand_in(tracker, tx)
    new = DeletedVariable() if len(args) == 1 else args[1]
    tx.output.side_effects.store_attr(stand_in, name, new)
    return True


def given_to(tracker: Attributes, tx: Any) -> Mapping[str, VariableTracker]:
    """What the traced code has set attributes to, by name; a `DeletedVariable` if deleted."""
    stand_in = _stand_in(tracker, tx)
    return tx.output.side_effects.store_attr_mutations.get(stand_in, _NOTHING)  # type: ignore[no-any-return]


def set_here(tracker: Attributes, tx: Any, name: str) -> VariableTracker | None:
    """What the traced code has set the attribute to; None if it has not.

    Raises:
        Unsupported: the traced code has set one, and now asks for all that the value has.
    """
    given = given_to(tracker, tx)
    if given and name in _OF_ALL and not (name == _REDUCE and tracker.is_copied_as_object()):
        tracker.refuse(name, "is asked of a value that this function has set attributes of")
    if type(given.get(name)) is DeletedVariable:
        _raise_lacking(tracker, tx, name)
    return given.get(name)


def has_set(tracker: Attributes, tx: Any, name: str) -> bool | None:
    """Whether the attribute is there, if the traced code has set or deleted it."""
    try:
        return None if set_here(tracker, tx, name) is None else True
    except exc.ObservedAttributeError:
        exc.handle_observed_exception(tx)
        return False


def is_set_known(tracker: Attributes, tx: Any) -> bool:
    """Whether the traced code has set an attribute that its class may know of."""
    cls = type(tracker.example)
    return any(_is_known_to(cls, name) for name in given_to(tracker, tx))


def knows_no_attributes(cls: type, what: str) -> bool:
    """Whether a method is in C, of a base whose objects have no attributes, and asks no other."""
    base = next((base for base in cls.__mro__ if what in vars(base)), None)
    if base is None or base.__dictoffset__ or what in _OF_ALL:
        return False
    if base is object and what not in ("__eq__", "__hash__"):
        return False  # it asks what the class has
    return type(vars(base)[what]) in _IN_C


def _is_known_to(cls: type, name: str) -> bool:
    """Whether code of the class may read or set an attribute of this name."""
    if has_own_code(cls) or on_class(cls, name) is not None:
        return True
    known = _names_known_to(cls)
    return name in known or (known is _PRIVATE and name.startswith("_"))


def _may_be_set(cls: type, change: str, name: Any) -> bool:
    """Whether the change puts an attribute into the value's dict, or takes it out."""
    if not isinstance(name, str) or not cls.__dictoffset__ or name == "__dict__":
        return False
    if on_class(cls, change) is not vars(object)[change] or not reads_in_c(cls):
        return False
    if on_class(cls, "__getattr__") is not None:
        return False
    static = on_class(cls, name)
    return static is None or (change == "__setattr__" and not inspect.isdatadescriptor(static))


#: Stands for a class of Cython, whose functions show no names: it keeps private ones for itself.
_PRIVATE: frozenset[str] = frozenset({"__dict__"})


@functools.lru_cache(maxsize=256)
def _names_known_to(cls: type) -> frozenset[str]:
    """The names that functions of the class may read or set."""
    found = [static for base in cls.__mro__ for static in vars(base).values()]
    if any(map(is_of_cython, found)):
        return _PRIVATE
    functions = (function for static in found if (function := written_in_python(static)))
    codes = [function.__code__ for function in functions]
    texts = (text for code in codes for text in code.co_consts if isinstance(text, str))
    return frozenset(name for code in codes for name in code.co_names).union(texts)


def _stand_in(tracker: Attributes, tx: Any) -> SetVariable | None:
    """What stands for the value in `set_here`; None if none of its attributes was set."""
    compile = session.compile_of(tx)
    keys = {} if compile is None else compile.notes.get(_SET, {})
    key = keys.get(id(tracker.example))
    found: SetVariable | None = tx.output.side_effects.id_to_variable.get(id(key))
    return None if key is None else found


def _new_stand_in(tracker: Attributes, tx: Any) -> SetVariable:
    # filed with the value, so that no other one gets its id
    key = (tracker.example,)
    session.compile_of(tx).notes.setdefault(_SET, {})[id(tracker.example)] = key  # type: ignore[union-attr]
    new = SetVariable(tracker.example, source=tracker.source)
    return tx.output.side_effects.track_object_existing(key, new)  # type: ignore[no-any-return]


def _raise_lacking(tracker: Attributes, tx: Any, name: str) -> None:
    kind = tracker.python_type().__name__
    raise_in_program(tx, AttributeError(f"{kind!r} object has no attribute {name!r}"))
