"""`Attributes`: what a folded value has, read where it is stored or evaluated."""

from __future__ import annotations

import collections
import inspect
import types
from typing import Any

from torch._dynamo import exc
from torch._dynamo.source import AttrSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.misc import GetAttrVariable

from vartrack.bases.content import content_key
from vartrack.bases.tracing.again.results import attribute_again
from vartrack.bases.tracing.classes.lacking import lacks_attribute
from vartrack.bases.tracing.classes.lookup import (
    is_by_identity,
    is_of_cython,
    on_class,
    reads_in_c,
)
from vartrack.bases.tracing.classes.own_code import is_own_code
from vartrack.bases.tracing.contents.keepers import kept
from vartrack.bases.tracing.contents.own_attributes import has_set, set_here
from vartrack.bases.tracing.contents.own_dict import own_dict
from vartrack.bases.tracing.contents.stored_attributes import (
    NOT_STORED,
    guard_keys,
    has_guarded_keys,
    hides_more,
    is_found,
    need_stored,
    stored_at,
)
from vartrack.bases.tracing.contents.zeros import with_sign
from vartrack.bases.tracing.evaluating.folding import evaluate, guarded_literal
from vartrack.bases.tracing.folded.comparing import Compared
from vartrack.bases.tracing.folded.traced_code import own_attribute
from vartrack.compat.names import NO_SUCH_SUBOBJ
from vartrack.core import guards
from vartrack.core.exporting import is_exporting

__all__ = ["Attributes", "BoundVariable"]

_METHODS = (types.MethodType, types.BuiltinMethodType, types.MethodWrapperType)
_FIELDS = (
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
    type(collections.namedtuple("_Named", "field").field),  # type: ignore[attr-defined]
)
_IN_C = (
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.ClassMethodDescriptorType,
)
_IN_PYTHON = (types.FunctionType, staticmethod, classmethod)
_is_literal = ConstantVariable.is_base_literal


def held_in(name: str, value: Any) -> Any:
    """All that an attribute holds, with its order and the signs of its zeros."""
    return content_key(getattr(value, name))


class BoundVariable(GetAttrVariable):
    """A method of a folded value. That it is one does not depend on the value."""

    def get_real_python_backed_value(self) -> object:
        return NO_SUCH_SUBOBJ


class Attributes(Compared):
    """Answers ``value.name`` and ``hasattr``, guarding that one attribute where it is enough."""

    def tp_getattro_impl(self, tx: Any, name: str) -> VariableTracker:
        try:
            return self.attribute(tx, name)
        except exc.Unsupported:
            self.refused = True
            raise

    def attribute(self, tx: Any, name: str) -> VariableTracker:
        """The tracker of an attribute."""

        def get(value: Any) -> Any:
            return getattr(value, name)

        if name == "__class__" and self.content is not None:
            return VariableTracker.build(tx, type(self.example), AttrSource(self.source, name))
        if name == "__dict__" and (stored_in := own_dict(self, tx)) is not None:
            return stored_in
        given = set_here(self, tx, name)
        if given is not None:
            return given
        static = self.of_class(name)
        if isinstance(static, _IN_PYTHON):
            return BoundVariable(self, name, py_type=types.MethodType)
        put_away = kept(self, tx, name)
        if put_away is not None:
            return put_away
        need_stored(tx, self.example, name, self.source)
        if self.content is not None and name not in self.impure:
            stored = stored_at(self.example, name)
            if stored is not NOT_STORED:
                # where it is, with guards of its own: other parts may change
                if not is_exporting(tx):
                    self.guard_state()  # an exported program has the value as it is now
                self.guard_beside(name, stored)
                return VariableTracker.build(tx, stored, AttrSource(self.source, name))
            is_place = name in self.content.visitor.places and not isinstance(static, _IN_C)
            if is_place and not self.is_changed(tx):
                return VariableTracker.build(tx, get(self.example), AttrSource(self.source, name))
        if name not in self.impure:
            own = own_attribute(self, tx, name, static)
            if own is not None:
                return own
        if isinstance(static, _IN_C) or is_of_cython(static):
            # the class says that it is there
            return BoundVariable(self, name, py_type=type(get(self.example)))
        if self.content is not None and static is not None and _is_literal(static):
            # the class's, which the content of the value says nothing of, unless it is hidden
            return guarded_literal(static, AttrSource(self.source, name))
        if self.is_of_class(tx, name, static):
            return VariableTracker.build(tx, static, AttrSource(self.source, name))
        if name in self.impure and static is not None and callable(static):
            return BoundVariable(self, name, py_type=type(static))
        if self.content is not None and self.is_stored_in_c(name, static):
            stored = get(self.example)
            if ConstantVariable.is_base_literal(stored):
                # guarded where it is, in C++, and a number that changes becomes a symbol;
                # other parts may change
                if not is_exporting(tx):
                    self.guard_state()
                return VariableTracker.build(tx, stored, AttrSource(self.source, name))
        if static is None and self.is_guarded_to_lack(tx, name):
            evaluate(tx, self.text(name), lambda: get(self.example))  # raises
        again = attribute_again(self, tx, name)
        if again is not None:
            return again
        with self.or_traced(tx, name):
            result = self.evaluated(tx, name, get)
            if isinstance(result, _METHODS) and type(result.__self__) in (type(self.example), type):
                return BoundVariable(self, name, py_type=type(result))
            place = self.source and AttrSource(self.source, name)
            return self.tracked(tx, name, result, get, place)

    def is_of_class(self, tx: Any, name: str, static: Any) -> bool:
        """Whether the attribute is one of the class, which has guards of its own there."""
        bare = static is not None and not hasattr(type(static), "__get__")
        free = self.content is not None and name not in self.impure and not is_exporting(tx)
        return bare and free and reads_in_c(type(self.example))

    def is_stored_in_c(self, name: str, static: Any) -> bool:
        """Whether the attribute is a field of the object that C code reads, and no other code."""
        return (
            isinstance(static, _FIELDS)
            and name not in self.impure
            and reads_in_c(type(self.example))
        )

    def is_guarded_to_lack(self, tx: Any, name: str) -> bool:
        """Whether a value that passes its guards lacks the attribute, which may be guarded now."""
        cls = type(self.example)
        if name in self.impure or self.content is None or is_exporting(tx):
            return False
        if lacks_attribute(cls, name):
            return True
        plain = reads_in_c(cls) and on_class(cls, "__getattr__") is None
        if not plain or hasattr(self.example, name):
            return False
        self.guard_presence(name)
        return True

    def guard_presence(self, name: str) -> None:
        """Guard whether the value has the attribute."""
        if is_by_identity(type(self.example), "__getattribute__"):
            guards.install_presence(self.source, name)
        elif self.content is not None:
            # torch runs no guard on a subclass of a number, text, tuple or dict below a module
            # or dict that did not change, other than on what is read from it
            self.content.of_presence(name).install()

    def call_obj_hasattr(self, tx: Any, name: str) -> ConstantVariable:
        cls = type(self.example)
        in_c = reads_in_c(cls)
        static = self.of_class(name)
        given = has_set(self, tx, name)
        if given is not None:
            return ConstantVariable.create(given)
        if in_c and static is not None and not inspect.isdatadescriptor(static):
            return ConstantVariable.create(True)  # its type says so
        if name in self.impure and callable(static):
            return ConstantVariable.create(True)
        own = None if static is not None else self.own_method("__getattr__")
        if own is not None and not is_found(self.example, name):
            return ConstantVariable.create(self.gives_attribute(tx, name))
        if type(static) is property and is_own_code(static.fget) and self.is_changed(tx):
            return ConstantVariable.create(self.gives_attribute(tx, name))
        # one of a package may be asked at each call, one of the user's is traced
        plain = in_c and (own is not None or not is_own_code(on_class(cls, "__getattr__")))
        plain = plain and (static is None or isinstance(static, _FIELDS))
        if plain and self.content is not None:
            # as it was before: the traced code has not changed this one
            self.guard_presence(name)
            return ConstantVariable.create(hasattr(self.example, name))
        return ConstantVariable.create(self.evaluated(tx, name, lambda value: hasattr(value, name)))

    def gives_attribute(self, tx: Any, name: str) -> bool:
        """Whether asking for the attribute gives one, where the user's own code may be asked."""
        try:
            self.tp_getattro_impl(tx, name)
        except exc.ObservedAttributeError:
            exc.handle_observed_exception(tx)
            return False
        return True

    def guard_beside(self, name: str, stored: Any) -> None:
        """Guard what torch does not of a part: the order of a dict or set, the sign of a zero."""
        if self.content is not None and has_guarded_keys(stored):
            guard_keys(self.content, name)
        elif type(stored) is float and self.content is not None:
            with_sign(self.content.compile, AttrSource(self.source, name), stored)
        elif hides_more(stored):
            flat = stored if type(stored) in (tuple, list) else (stored,)
            if self.content is not None and all(map(_is_literal, flat)):
                self.content.of_answer(held_in, name).install()  # other parts may change
            else:
                self.depend()
