"""Classes of the program that extend a number, a date or a time of the standard library."""

from __future__ import annotations

import datetime
import decimal
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from torch._dynamo.source import AttrSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases import ConstantVisitor
from vartrack.bases.tracing.contents.stored_attributes import guard_keys
from vartrack.bases.tracing.folded.answering import AnsweringVariable
from vartrack.compat.hooks import hook_of, of_base
from vartrack.compat.names import NO_SUCH_SUBOBJ
from vartrack.core.texts.articles import with_article
from vartrack.extras.stdlib.dates import Dates, DateTimes, Durations, Times
from vartrack.extras.stdlib.numbers import Decimals

if TYPE_CHECKING:
    from vartrack.core.context import BuilderContext

__all__ = ["Subclasses"]

#: Each type, and the visitor of its own values; a datetime is a date as well.
_BASES: dict[type, type[ConstantVisitor]] = {
    datetime.datetime: DateTimes,
    datetime.date: Dates,
    datetime.time: Times,
    datetime.timedelta: Durations,
    decimal.Decimal: Decimals,
}
_SETTERS = ("__setattr__", "__delattr__")
_IN_PYTHON = (types.FunctionType, property, classmethod, staticmethod)
#: What every class has anew, or what only making a value calls.
_OF_EVERY_CLASS = frozenset(
    {"__dict__", "__doc__", "__init__", "__init_subclass__", "__module__", "__new__", "__slots__"}
    | {"__weakref__", "__annotations__", "__firstlineno__", "__static_attributes__"}
)
#: What an operator calls, and no method of a base, which is in C, calls for another.
_OPERATORS = frozenset(
    f"__{prefix}{name}__"
    for prefix in ("", "r", "i")
    for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "divmod", "pow")
) | {f"__{name}__" for name in ("abs", "neg", "pos", "lt", "le", "gt", "ge", "eq", "ne")}
_read_object = hook_of(UserDefinedObjectVariable, "tp_getattro_impl")


def _base_of(cls: type) -> type:
    return next(base for base in _BASES if issubclass(cls, base))


def _own_names(cls: type) -> set[str]:
    """What the classes of the program add to the base, or have in place of what it has."""
    base = _base_of(cls)
    classes = cls.__mro__[: cls.__mro__.index(base)]
    return {name for one in classes for name in vars(one)} - _OF_EVERY_CLASS


class SubclassVariable(AnsweringVariable):
    """A value with more to it than its base: what is the program's own is traced.

    What the base computes is evaluated, unless the class has put something of its own in place of
    any of it, which C code may call.
    """

    @property
    def value(self) -> Any:
        """The value. torch reads it to trace what is the program's own, which has own guards."""
        return self.example

    @value.setter
    def value(self, value: Any) -> None:
        self.__dict__["value"] = value

    def as_python_constant(self) -> Any:
        self.depend()
        return of_base(super().as_python_constant)()

    def get_real_python_backed_value(self) -> Any:
        return self.example  # whose __dict__ torch reads; `is` is answered before it asks

    def own(self, name: str) -> bool:
        """Whether ``name`` is the program's own: an attribute, a method or a property."""
        return name in getattr(self.example, "__dict__", ()) or name in _own_names(
            type(self.example)
        )

    def tp_getattro_impl(self, tx: Any, name: str) -> VariableTracker:
        stored = getattr(self.example, "__dict__", {}).get(name, NO_SUCH_SUBOBJ)
        changed = tx.output.side_effects.has_pending_mutation_of_attr(self, name)
        if stored is not NO_SUCH_SUBOBJ and self.source is not None and not changed:
            return VariableTracker.build(tx, stored, AttrSource(self.source, name))
        if name == "__dict__" and self.content is not None:
            guard_keys(self.content, name)  # torch guards nothing of it but what is read from it
            return _read_object(self, tx, name)  # type: ignore[no-any-return]
        if changed or self.own(name):
            return _read_object(self, tx, name)  # type: ignore[no-any-return]
        return super().tp_getattro_impl(tx, name)

    def call_obj_hasattr(self, tx: Any, name: str) -> ConstantVariable:
        if tx.output.side_effects.has_pending_mutation_of_attr(self, name):
            return ConstantVariable.create(self.gives_attribute(tx, name))
        return super().call_obj_hasattr(tx, name)

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if name in _SETTERS or self.own(name):
            return UserDefinedObjectVariable.call_method(self, tx, name, args, kwargs)
        return super().call_method(tx, name, args, kwargs)

    def fold(self, tx: Any, what: str, function: Callable[[Any], Any]) -> VariableTracker:
        if self.own(what):
            return self.call_method(tx, what, [], {})
        return super().fold(tx, what, function)

    def fold_call(
        self, tx: Any, what: str, bound: Callable[[Any], Any], args: Any, kwargs: Any
    ) -> VariableTracker | None:
        return None if self.own(what) else super().fold_call(tx, what, bound, args, kwargs)

    def replaced(self) -> list[str]:
        """What of the base the class has something of its own in place of."""
        cls = type(self.example)
        return sorted(_own_names(cls) & set(dir(_base_of(cls))) - _OPERATORS)

    def may_ask_again(self, what: str) -> bool:
        return not self.replaced() and super().may_ask_again(what)

    def evaluated(self, tx: Any, what: str, function: Callable[[Any], Any]) -> Any:
        cls = type(self.example)
        replaced = self.replaced()
        if replaced:
            self.refuse_own(what, f"may call {', '.join(replaced)}, which {cls.__qualname__} has")
        result = super().evaluated(tx, what, function)
        if isinstance(result, cls) and result is not self.example:
            self.refuse_own(what, f"makes {with_article(cls)}, for which it runs its __new__")
        return result

    def refuse_own(self, what: str, why: str) -> NoReturn:
        """Break the graph because C code would run code of the program that nobody traces."""
        self.refuse(
            what,
            f"is implemented in C and {why}",
            f"Convert the value to {with_article(_base_of(type(self.example)))} first, outside "
            "the compiled function.",
        )


class Subclasses(ConstantVisitor):
    """Values of the program's own subclasses of Decimal, date, datetime, time and timedelta.

    Attributes, methods and properties that the subclass adds are traced, and guarded as those of
    any object; what the base computes is evaluated, under the guards of the base.

    .. versionadded:: 0.2
    """

    types = tuple(_BASES)
    folded_class = SubclassVariable
    tracked = "existing"  # attributes that are set while tracing are set when the graph has run

    @staticmethod
    def when_type(cls: type) -> bool:
        base = _base_of(cls)
        between = cls.__mro__[: cls.__mro__.index(base)]
        # a class that is made by C or Cython has more to it than can be seen
        return cls is not base and all(
            not callable(part) or isinstance(part, (*_IN_PYTHON, type))
            for one in between
            for part in vars(one).values()
        )

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        base = _BASES[_base_of(type(value))]
        tracker: Any = super().tracker(ctx, value, children, **options)
        tracker.impure, tracker.key, tracker.state = base.impure, base.key, base.state
        tracker.content.key = base.key
        return tracker  # type: ignore[no-any-return]

    def class_tracker(self, ctx: BuilderContext, cls: type, **options: Any) -> None:
        return None  # making a value runs code of the program, which is traced or refused
