"""`Attributes`: what a folded value has, read where it is stored or evaluated."""

from __future__ import annotations

import inspect
from typing import Any

from torch._dynamo import exc
from torch._dynamo.source import AttrSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable

from vartrack.bases.content import content_key
from vartrack.bases.tracing.classes.lacking import lacks_attribute
from vartrack.bases.tracing.classes.lookup import is_by_identity, on_class, reads_in_c
from vartrack.bases.tracing.classes.own_code import is_own_code
from vartrack.bases.tracing.contents.stored_attributes import (
    guard_keys,
    has_guarded_keys,
    hides_more,
    is_found,
)
from vartrack.bases.tracing.contents.zeros import with_sign
from vartrack.bases.tracing.filled.own_attributes import has_set
from vartrack.bases.tracing.folded.attribute_places import FIELDS, PLACES, evaluated
from vartrack.bases.tracing.folded.comparing import Compared
from vartrack.bases.tracing.known.changed_values import changed_values
from vartrack.core.guarding import guards
from vartrack.core.guarding.exporting import is_exporting

__all__ = ["Attributes"]

_is_literal = ConstantVariable.is_base_literal


def held_in(name: str, value: Any) -> Any:
    """All that an attribute holds, with its order and the signs of its zeros."""
    return content_key(getattr(value, name))


class Attributes(Compared):
    """Answers ``value.name`` and ``hasattr``, guarding that one attribute where it is enough."""

    def tp_getattro_impl(self, tx: Any, name: str) -> VariableTracker:
        try:
            return self.attribute(tx, name)
        except exc.Unsupported:
            self.refused = True
            raise

    def attribute(self, tx: Any, name: str) -> VariableTracker:
        """The tracker of an attribute, of the first place that has it."""
        static = self.of_class(name)
        for place in PLACES:
            found = place(self, tx, name, static)
            if found is not None:
                return found
        return evaluated(self, tx, name)

    def is_guarded_to_lack(self, tx: Any, name: str) -> bool:
        """Whether a value that passes its guards lacks the attribute, which may be guarded now."""
        cls = type(self.example)
        if name in self.impure or self.content is None or is_exporting(tx):
            return False
        if lacks_attribute(cls, name):
            return True
        plain = reads_in_c(cls) and on_class(cls, "__getattr__") is None
        if not plain or hasattr(self.example, name) or self.may_be_filled(tx):
            return False
        self.guard_presence(name)
        return True

    def may_be_filled(self, tx: Any) -> bool:
        """Whether the traced code has changed the value, of which anything may be another now."""
        return self.changeable and id(self.example) in changed_values(tx)

    def guard_presence(self, name: str) -> None:
        """Guard whether the value has the attribute."""
        if is_by_identity(type(self.example), "__getattribute__"):
            guards.install_presence(self.source, self.example, name)
        elif self.content is not None:
            # nor does torch run a guard on a subclass of dict that did not change
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
        if type(static) is property and (
            self.is_to_be_traced(name, static.fget)
            or (is_own_code(static.fget) and self.is_changed(tx))
        ):
            return ConstantVariable.create(self.gives_attribute(tx, name))
        # one of a package may be asked at each call, one of the user's is traced
        plain = in_c and (own is not None or not is_own_code(on_class(cls, "__getattr__")))
        plain = plain and (static is None or isinstance(static, FIELDS))
        if plain and self.content is not None and not self.may_be_filled(tx):
            # as it was before: what the traced code sets of a constant was answered above
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
