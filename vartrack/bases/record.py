"""`RecordVisitor`: objects made of named fields, each built on its own."""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from torch._dynamo.variables.base import VariableTracker

from vartrack.bases.content import content_key
from vartrack.bases.traced_types import is_left_to_torch, is_literal_record, why_no_record
from vartrack.bases.tracing.contents.content_guard import ContentGuard
from vartrack.bases.tracing.filled.kept_apart import note_value
from vartrack.bases.tracing.objects.fields import LazyFields
from vartrack.bases.tracing.objects.literal_record import LiteralRecordVariable
from vartrack.bases.tracing.objects.record_variable import RecordVariable
from vartrack.core.guarding.guards import GUARD_KINDS
from vartrack.core.halves import Sourced
from vartrack.core.texts.wording import worded
from vartrack.core.visitor import Visitor

if TYPE_CHECKING:
    from vartrack.core.context import BuilderContext

__all__ = ["ByKeyword", "RecordVariable", "RecordVisitor", "check_fields"]


class ByKeyword:
    """Makes a record from its fields: ``cls(**fields)``."""

    def __new__(cls, names: tuple[str, ...], *values: Any) -> Any:  # type: ignore[misc]
        """A new ``cls``, which is the class of the record."""
        return cls(**dict(zip(names, values, strict=True)))


def check_fields(cls: type[Visitor]) -> None:
    """Refuse a visitor whose ``fields`` are a string or a plain function.

    Raises:
        VisitorError: naming the class, where it stands and what to write instead.
    """
    fields = inspect.getattr_static(cls, "fields")
    if isinstance(fields, str):
        fix = f"write `fields = ({fields!r},)`."
    elif isinstance(fields, types.FunctionType):
        fix = "put @staticmethod above `def fields`, or write `fields = staticmethod(...)`."
    elif not _are_names(fields) and not callable(getattr(cls, "fields", None)):
        fix = 'write `fields = ("name",)`, with the name of each.'
    else:
        return
    raise cls.error("VT109", "has `fields` that are neither names nor a static method", fix)


def _are_names(fields: Any) -> bool:
    """Whether ``fields`` can be gone through again and again, and gives names."""
    return (
        isinstance(fields, Iterable)
        and not isinstance(fields, (str, Iterator))
        and all(isinstance(name, str) for name in fields)
    )


def _is_record(cls: type) -> bool:
    """Whether the values of ``cls`` are tracked by their fields; others are left to torch."""
    return not is_left_to_torch(cls)


def _is_left(cls: type | str) -> bool:
    return not isinstance(cls, str) and is_left_to_torch(cls)


def _is_literal(cls: type) -> bool:
    """Whether torch traces values of ``cls`` as the numbers or texts that they are."""
    return "CONSTANT_SUBCLASS_MATCH" in GUARD_KINDS and is_literal_record(cls)


class RecordVisitor(Sourced, Visitor, abstract=True):
    """For objects made of fields: a tensor field is a graph input, others have their own guards.

    Set ``types`` and ``fields``. The class is guarded, and each field when it is used, at its own
    place; a field that is itself a record is built when it is used, so records may refer to each
    other. Methods and properties written in Python are traced. Setting a field is replayed when
    the graph has run. Numbers, texts and containers of a subclass are left to torch, as they hold
    more than fields: if they do what their kind does, and there is no `when` or `when_type`.

    Attributes:
        fields: the names, or a static method from the value to the names.
        by_fields: for classes that implement setting, comparing or hashing in C: whether these
            do no more than those of a dataclass, so that they can be traced field by field. If
            not, they break the graph.
        record_class: the tracker class.

    Raises:
        VisitorError: from the class statement, if ``fields`` is a string or a plain function.

    .. versionadded:: 0.1
    """

    one_half = "a record made while tracing is traced through its constructor"
    fields: ClassVar[Any] = ()
    by_fields: ClassVar[bool] = False
    record_class: ClassVar[type[RecordVariable]] = RecordVariable
    guarded_by = "TYPE_MATCH"
    tracked = "existing"

    #: `fields`, if they are the same for every value.
    _fixed: ClassVar[tuple[str, ...] | None] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        check_fields(cls)
        cls._fixed = None if callable(cls.fields) else tuple(cls.fields)
        if cls.when is None and cls.when_type is None and any(map(_is_left, cls.types)):
            cls.when_type = staticmethod(_is_record)

    @classmethod
    def doubts(cls) -> Iterator[tuple[str, str]]:
        for kind in cls.types:
            narrowed = cls.when_type not in (None, _is_record) or cls.when is not None
            if (why := why_no_record(kind)) and not narrowed:
                yield why

    def names(self, value: Any) -> tuple[str, ...]:
        """The names of the fields of ``value``.

        Raises:
            TypeError: the function gave something else.
        """
        if self._fixed is not None:
            return self._fixed
        found = self.fields(value)
        names = tuple(found) if isinstance(found, Iterable) and not isinstance(found, str) else None
        if names is None or not _are_names(names):
            raise TypeError(f"`fields` gave {worded(found)} instead of names")
        return names

    def guards(self, ctx: BuilderContext, value: Any) -> None:
        super().guards(ctx, value)
        if _is_literal(type(value)):
            ctx.guard("CONSTANT_SUBCLASS_MATCH")

    def children(self, ctx: BuilderContext, value: Any) -> Mapping[str, VariableTracker]:
        if _is_literal(type(value)):
            return {}  # torch reads them where they are stored
        parts = {}
        for name in self.names(value):
            try:
                parts[name] = getattr(value, name)
            except AttributeError as error:
                ctx.unsupported(
                    "vartrack: a record lacks a field",
                    context=f"{self.name}, {type(value).__module__}.{type(value).__qualname__}",
                    explanation=f"{type(value).__qualname__} has no field {name!r}, which "
                    f"{self.name} lists: {error}.",
                    hints=[f"List in {self.name}.fields what every value has, or pass a function."],
                )
        return LazyFields(ctx, parts)

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        note_value(ctx.compile, value, ctx.source)
        if _is_literal(type(value)):
            content = ContentGuard(ctx, self, value, content_key)
            return LiteralRecordVariable(value, content, **options)
        return self.record_class(value, children, self.by_fields, **options)
