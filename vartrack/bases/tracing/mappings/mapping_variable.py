"""`MappingVariable`: the tracker of a mapping that is no dict itself."""

from __future__ import annotations

import collections
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import ListIteratorVariable, TupleVariable
from torch._dynamo.variables.user_defined import MutableMappingVariable

from vartrack.bases.tracing.classes.lookup import has_on_class
from vartrack.bases.tracing.contents.key_order import watch_order
from vartrack.bases.tracing.contents.zeros import lazy_part
from vartrack.bases.tracing.evaluating.callbacks import evaluate_seen
from vartrack.bases.tracing.evaluating.folding import result_tracker
from vartrack.bases.tracing.known.operands import constants_of
from vartrack.bases.tracing.mappings.mapping_views import VIEWS, MappingViewVariable
from vartrack.bases.tracing.mappings.stored_dict import track_stored
from vartrack.bases.tracing.objects.merging import (
    gone_through,
    listed,
    merged_by_keys,
    need_iterable,
)
from vartrack.bases.tracing.objects.reducing import TracedCopy
from vartrack.bases.tracing.objects.same_key import TracedKey
from vartrack.bases.tracing.objects.traced_text import TracedText, of_texts
from vartrack.compat import operators
from vartrack.compat.hooks import hook_name
from vartrack.core.texts.articles import with_article

if TYPE_CHECKING:
    from vartrack.bases.tracing.contents.content_guard import ContentGuard
    from vartrack.core.context import BuilderContext

__all__ = ["MappingVariable"]

_is_literal = ConstantVariable.is_base_literal
_COMPARISONS = frozenset({"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"})


class _Itself:
    """Stands for a mapping that is compared with itself."""


def _compared(asked: tuple[str, type, Any], value: Any) -> Any:
    """What the method of a comparison gives."""
    method, cls, operand = asked
    return getattr(value, method)(value if cls is _Itself else operand)


class MappingVariable(TracedCopy, TracedKey, TracedText, MutableMappingVariable):
    """A mapping: what its class has in Python is traced, what it has in C is read.

    Args:
        value: the mapping.
        ctx: where it was built.
        stored: the names of the attributes that hold a dict of its items.
        pure: the methods in C that only read, besides those of every mapping.
        keys: the guard on the keys and their order, for methods in C.
        whole: the guard on all that it holds, for methods in C.
        options: what torch's tracker of mappings takes.

    .. versionadded:: 0.2
    """

    _nonvar_fields = {
        "ctx",
        "keys",
        "pure",
        "stored",
        "whole",
        *MutableMappingVariable._nonvar_fields,
    }

    def __init__(
        self,
        value: Any,
        *,
        ctx: BuilderContext,
        stored: tuple[str, ...],
        pure: tuple[str, ...],
        keys: ContentGuard,
        whole: ContentGuard,
        **options: Any,
    ) -> None:
        super().__init__(value, **options)
        self.ctx = ctx
        self.stored = stored
        self.pure = pure
        self.keys = keys
        self.whole = whole

    def merged(self, tx: Any) -> VariableTracker | None:
        """What ``**value`` and ``dict(value)`` take of it, as a new dict."""
        return merged_by_keys(tx, self) if has_on_class(type(self.value), "keys") else None

    def listed(self, tx: Any) -> VariableTracker | None:
        """What ``list(value)`` takes of it."""
        need_iterable(tx, type(self.value))
        return listed(self.parts(tx, "__iter__")) if self.in_c("__iter__") else None

    # the dict behind it

    def tp_getattro_impl(self, tx: Any, name: str) -> VariableTracker:
        if name in self.stored and not tx.output.side_effects.has_pending_mutation_of_attr(
            self, name
        ):
            kept = getattr(self.value, name)
            if type(kept) is dict and kept not in tx.output.side_effects:
                return track_stored(self.ctx.attr(name), kept)
            if type(kept) is collections.OrderedDict:
                watch_order(self.ctx.attr(name))
        if name == "get" and not has_on_class(type(self.value), name):
            own = super(MutableMappingVariable, self)  # it has a `get` for all mappings
            return getattr(own, hook_name("tp_getattro_impl"))(tx, name)  # type: ignore[no-any-return]
        return super().tp_getattro_impl(tx, name)

    def lookup_tp_getset_member(self, name: str) -> Any:
        """What the tracker itself has for an attribute; since 2.15 a `get` for all mappings."""
        if name == "get" and not has_on_class(type(self.value), name):
            return None
        return super().lookup_tp_getset_member(name)

    # methods in C

    def read(self, tx: Any, what: str, function: Callable[[], Any]) -> Any:
        """What ``function`` gives, which runs code in C that reads the mapping."""
        cls = type(self.value)
        return evaluate_seen(tx, f"{cls.__module__}.{cls.__qualname__}.{what}", function)

    def known(self, tx: Any, what: str, *operands: VariableTracker) -> list[Any]:
        """The operands of a method, which must be known while tracing."""
        known = constants_of(operands, {})
        if known is None:
            self.refuse(what, "got an operand that is not known while tracing")
        return known[0]

    def item(self, tx: Any, key: Any) -> VariableTracker:
        """The tracker of the item at ``key``, under its own place if it has one."""
        value = self.value
        part = self.read(tx, "__getitem__", lambda: value[key])
        plain = str(key) if isinstance(key, str) else key
        if _is_literal(plain) and value[plain] is part:
            return lazy_part(self.ctx.item(plain), part)
        return self.covered(part)

    def covered(self, part: Any) -> VariableTracker:
        """The tracker of a part that has no place of its own: the guard on the whole covers it."""
        if not _is_literal(part):
            self.refuse(
                "__getitem__",
                f"gives {with_article(type(part))} that no guard of its own can find again",
                "Use keys that are numbers or texts, each of them once.",
            )
        self.whole.install()
        return ConstantVariable.create(part)

    def parts(self, tx: Any, kind: str) -> list[VariableTracker]:
        """The trackers of all keys, values or items, in the mapping's order."""
        self.keys.install()
        value = self.value
        if kind in ("keys", "__iter__"):
            show: Any = iter if kind == "__iter__" else type(value).keys
            shown = self.read(tx, kind, lambda: [*show(value)])
            return [VariableTracker.build(tx, key) for key in shown]
        found: list[VariableTracker] = []
        # a `__getitem__` in Python is not called by what is in C
        by_key = self.in_c("__getitem__")
        for key, part in self.read(tx, "items", lambda: [*value.items()]):
            item = self.item(tx, key) if by_key and value[key] is part else self.covered(part)
            if kind == "items":
                item = TupleVariable([VariableTracker.build(tx, key), item])
            found.append(item)
        return found

    def method_in_c(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        """The result of a method in C."""
        value = self.value
        if name in VIEWS and not args and not kwargs:
            cls = type(self.read(tx, name, getattr(value, name)))
            return MappingViewVariable(self, name, cls, self.parts(tx, name))
        if name == "__iter__":
            return ListIteratorVariable(self.parts(tx, name), mutation_type=ValueMutationNew())
        if name == "__len__":
            self.keys.install()
            return VariableTracker.build(tx, len(value))
        if name in ("__contains__", "__getitem__", "get"):
            return self.looked_up(tx, name, *args, **kwargs)
        if name in _COMPARISONS and len(args) == 1 and not kwargs:
            return self.compared_in_c(tx, name, args[0])
        if name in ("__hash__", "__repr__", "__str__", *self.pure):
            return self.computed(tx, name, args, kwargs)
        self.refuse(
            name,
            "is implemented in C, so that nothing is known of what it does",
            "Do it outside the compiled function.",
            "If it only reads, list it as `pure` in the visitor.",
        )

    def looked_up(
        self,
        tx: Any,
        name: str,
        key: VariableTracker,
        default: VariableTracker | None = None,
    ) -> VariableTracker:
        """The result of a method that looks for one key."""
        value = self.value
        (wanted,) = self.known(tx, name, key)
        there = self.read(tx, name, lambda: wanted in value)
        if name != "__contains__" and there:
            if not self.in_c("__getitem__"):  # which `get` in C does not call
                return self.covered(self.read(tx, name, lambda: value.get(wanted)))
            return self.item(tx, wanted)
        self.keys.install()
        if name == "__contains__":
            return ConstantVariable.create(there)
        if name == "get":
            return default or ConstantVariable.create(None)
        return self.item(tx, wanted)

    def computed(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        """The result of a method that reads all of it."""
        known = constants_of(args, kwargs)
        if known is None:
            self.refuse(name, "got an operand that is not known while tracing")
        value, (positional, named) = self.value, known
        self.rely_on_all(tx, name)

        def call() -> Any:
            return getattr(value, name)(*positional, **named)

        return result_tracker(tx, name, self.read(tx, name, call), call)

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if self.in_c(name):
            return self.method_in_c(tx, name, args, kwargs)
        return super().call_method(tx, name, args, kwargs)

    def rely_on_all(self, tx: Any, name: str) -> None:
        """Guard all that it holds, for the method ``name``, which reads it."""
        value = self.value
        if not all(map(_is_literal, self.read(tx, "values", lambda: [*value.values()]))):
            self.refuse(name, "reads items that are neither numbers nor texts")
        self.whole.install()

    def compared_in_c(self, tx: Any, op: str, other: VariableTracker) -> VariableTracker:
        """The result of a comparison; beside itself or a literal, the answer alone is guarded."""
        operand = other.realize()
        if operand is not self and issubclass(type(operand), MappingVariable):
            return self.compared_with(tx, op, operand)
        if operand is not self and type(operand) is not ConstantVariable:
            return self.computed(tx, op, [other], {})
        beside = _Itself() if operand is self else operand.as_python_constant()
        asked = (op, type(beside), beside)
        answer = self.read(tx, op, lambda: _compared(asked, self.value))
        self.whole.of_answer(_compared, asked).install()
        return ConstantVariable.create(answer)

    def compared_with(self, tx: Any, op: str, other: Any) -> VariableTracker:
        """The result of a comparison with another mapping, which reads both."""
        for one in (self, other):
            one.rely_on_all(tx, op)
        asked = (op, type(other.value), other.value)
        answer = self.read(tx, op, lambda: _compared(asked, self.value))
        return result_tracker(tx, op, answer, lambda: _compared(asked, self.value))

    def hash_impl(self, tx: Any) -> tuple[int, bool]:
        if not self.in_c("__hash__"):
            return super().hash_impl(tx)
        return int(self.method_in_c(tx, "__hash__", [], {}).as_python_constant()), False

    # the slots of a mapping

    def mp_subscript_impl(self, tx: Any, key: VariableTracker) -> VariableTracker:
        if self.in_c("__getitem__"):
            return self.method_in_c(tx, "__getitem__", [key], {})
        return super().mp_subscript_impl(tx, key)

    def sq_contains_impl(self, tx: Any, item: VariableTracker) -> VariableTracker:
        if self.in_c("__contains__"):
            return self.method_in_c(tx, "__contains__", [item], {})
        return super().sq_contains_impl(tx, item)

    def tp_iter_impl(self, tx: Any) -> VariableTracker:
        if self.in_c("__iter__"):
            return self.method_in_c(tx, "__iter__", [], {})
        return super().tp_iter_impl(tx)

    def unpack_var_sequence(self, tx: Any) -> list[VariableTracker]:
        if self.in_c("__iter__"):
            return self.parts(tx, "__iter__")
        try:
            return list(super().unpack_var_sequence(tx))
        except NotImplementedError:
            return gone_through(tx, self)

    def mp_length_impl(self, tx: Any) -> VariableTracker:
        if self.in_c("__len__"):
            return self.method_in_c(tx, "__len__", [], {})
        return super().mp_length_impl(tx)

    def sq_length_impl(self, tx: Any) -> VariableTracker:
        return self.mp_length_impl(tx) if self.in_c("__len__") else super().sq_length_impl(tx)

    def tp_richcompare_impl(self, tx: Any, other: VariableTracker, op: str) -> VariableTracker:
        if self.in_c(op):
            return self.method_in_c(tx, op, [other], {})
        return super().tp_richcompare_impl(tx, other, op)

    def text_in_c(self, tx: Any, method: str) -> VariableTracker:
        return self.method_in_c(tx, method, [], {})

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        OPERATIONS.add_class(cls)


OPERATIONS = of_texts(MappingVariable, operators.comparisons(MappingVariable))
