"""Where an attribute of a folded value may be found, in the order in which it is looked for.

Each place is a function of the tracker, the tracer, the name and what the class has under it; it
gives None where it does not have the attribute. What no place has is evaluated.
"""

from __future__ import annotations

import collections
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from torch._dynamo.source import AttrSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.misc import GetAttrVariable

from vartrack.bases.tracing.again.results import attribute_again
from vartrack.bases.tracing.classes.lookup import has_on_class, is_of_cython, reads_in_c
from vartrack.bases.tracing.contents.stored_attributes import NOT_STORED, need_stored, stored_at
from vartrack.bases.tracing.evaluating.folding import evaluate, guarded_literal
from vartrack.bases.tracing.filled.keepers import kept
from vartrack.bases.tracing.filled.own_attributes import set_here
from vartrack.bases.tracing.filled.own_dict import own_dict
from vartrack.bases.tracing.folded.traced_code import own_attribute
from vartrack.compat.names import NO_SUCH_SUBOBJ
from vartrack.core.guarding.exporting import is_exporting

if TYPE_CHECKING:
    from vartrack.bases.tracing.folded.attributes import Attributes

__all__ = ["FIELDS", "PLACES", "BoundVariable", "evaluated"]

#: What C code reads from the object itself.
FIELDS = (
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
    type(collections.namedtuple("_Named", "field").field),  # type: ignore[attr-defined]
)
_METHODS = (types.MethodType, types.BuiltinMethodType, types.MethodWrapperType)
_IN_C = (
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.ClassMethodDescriptorType,
)
_IN_PYTHON = (types.FunctionType, staticmethod, classmethod)
_is_literal = ConstantVariable.is_base_literal

_Place: TypeAlias = "Callable[[Attributes, Any, str, Any], VariableTracker | None]"


class BoundVariable(GetAttrVariable):
    """A method of a folded value. That it is one does not depend on the value."""

    def get_real_python_backed_value(self) -> object:
        return NO_SUCH_SUBOBJ


def _type(of: Attributes, tx: Any, name: str, static: Any) -> VariableTracker | None:
    if name != "__class__" or of.content is None:
        return None
    return VariableTracker.build(tx, type(of.example), AttrSource(of.source, name))


def _dict(of: Attributes, tx: Any, name: str, static: Any) -> VariableTracker | None:
    return own_dict(of, tx) if name == "__dict__" else None


def _set_by_the_graph(of: Attributes, tx: Any, name: str, static: Any) -> VariableTracker | None:
    return set_here(of, tx, name)


def _method_in_python(of: Attributes, tx: Any, name: str, static: Any) -> VariableTracker | None:
    if not isinstance(static, _IN_PYTHON):
        return None
    return BoundVariable(of, name, py_type=types.MethodType)


def _put_away(of: Attributes, tx: Any, name: str, static: Any) -> VariableTracker | None:
    return kept(of, tx, name)


def _stored(of: Attributes, tx: Any, name: str, static: Any) -> VariableTracker | None:
    """Where it is, with guards of its own: other parts may change."""
    need_stored(tx, of.example, name, of.source)
    if of.content is None or name in of.impure:
        return None
    stored = stored_at(of.example, name)
    if stored is not NOT_STORED:
        _guard_type(of, tx)
        of.guard_beside(name, stored)
    elif name in of.content.visitor.places and not isinstance(static, _IN_C):
        if of.is_changed(tx):
            return None
        stored = getattr(of.example, name)
    else:
        return None
    return VariableTracker.build(tx, stored, AttrSource(of.source, name))


def _guard_type(of: Attributes, tx: Any) -> None:
    if not is_exporting(tx):
        of.guard_state()  # an exported program has the value as it is now


def _traced(of: Attributes, tx: Any, name: str, static: Any) -> VariableTracker | None:
    return None if name in of.impure else own_attribute(of, tx, name, static)


def _method_in_c(of: Attributes, tx: Any, name: str, static: Any) -> VariableTracker | None:
    """A method of which the class says that it is there."""
    if not isinstance(static, _IN_C) and not is_of_cython(static):
        return None
    return BoundVariable(of, name, py_type=type(getattr(of.example, name)))


def _literal_of_class(of: Attributes, tx: Any, name: str, static: Any) -> VariableTracker | None:
    """The class's, which the content of the value says nothing of, unless it is hidden."""
    if of.content is None or not _is_literal(static):
        return None
    if static is None and not _is_none_of_class(of.example, name):
        return None
    return guarded_literal(static, AttrSource(of.source, name))


def _is_none_of_class(value: Any, name: str) -> bool:
    """Whether a value has None of its class, and not an attribute in its place, or none at all."""
    return has_on_class(type(value), name) and stored_at(value, name) is NOT_STORED


def _of_class(of: Attributes, tx: Any, name: str, static: Any) -> VariableTracker | None:
    """One of the class, which has guards of its own there."""
    bare = static is not None and not hasattr(type(static), "__get__")
    free = of.content is not None and name not in of.impure and not is_exporting(tx)
    if not bare or not free or not reads_in_c(type(of.example)):
        return None
    return VariableTracker.build(tx, static, AttrSource(of.source, name))


def _impure_method(of: Attributes, tx: Any, name: str, static: Any) -> VariableTracker | None:
    if name not in of.impure or static is None or not callable(static):
        return None
    return BoundVariable(of, name, py_type=type(static))


def _field_in_c(of: Attributes, tx: Any, name: str, static: Any) -> VariableTracker | None:
    """A literal that C code alone reads: guarded where it is, so that others may change.

    The guard is one of torch's in C++, and a number that changes becomes a symbol.
    """
    free = of.content is not None and name not in of.impure
    if not free or not isinstance(static, FIELDS) or not reads_in_c(type(of.example)):
        return None
    stored = getattr(of.example, name)
    if not _is_literal(stored):
        return None
    _guard_type(of, tx)
    return VariableTracker.build(tx, stored, AttrSource(of.source, name))


def _nowhere(of: Attributes, tx: Any, name: str, static: Any) -> VariableTracker | None:
    """An error of the program, for a value that is guarded to lack the attribute."""
    if static is None and of.is_guarded_to_lack(tx, name):
        evaluate(tx, of.text(name), lambda: getattr(of.example, name))
    return None


def _worked_out(of: Attributes, tx: Any, name: str, static: Any) -> VariableTracker | None:
    return attribute_again(of, tx, name)


#: In this order.
PLACES: tuple[_Place, ...] = (
    _type,
    _dict,
    _set_by_the_graph,
    _method_in_python,
    _put_away,
    _stored,
    _traced,
    _method_in_c,
    _literal_of_class,
    _of_class,
    _impure_method,
    _field_in_c,
    _nowhere,
    _worked_out,
)


def evaluated(of: Attributes, tx: Any, name: str) -> VariableTracker:
    """What the value itself gives for the attribute."""

    def get(value: Any) -> Any:
        return getattr(value, name)

    with of.or_traced(tx, name):
        result = of.evaluated(tx, name, get)
        if isinstance(result, _METHODS) and type(result.__self__) in (type(of.example), type):
            return BoundVariable(of, name, py_type=type(result))
        place = of.source and AttrSource(of.source, name)
        return of.tracked(tx, name, result, get, place)
