"""Dicts that a mapping stores its items in, or is: what is read of them is guarded, and no more."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torch._dynamo import polyfills
from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.source import DictSubclassGetItemSource, is_constant_source
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.misc import DeletedVariable
from torch._dynamo.variables.user_defined import UserDefinedDictVariable

from vartrack.bases.tracing.classes.lookup import is_by_identity, on_class
from vartrack.bases.tracing.contents.zeros import lazy_part
from vartrack.bases.tracing.objects.merging import merged_by_keys
from vartrack.bases.tracing.objects.reducing import reduced
from vartrack.bases.tracing.objects.same_key import TracedKey
from vartrack.bases.tracing.objects.traced_text import TracedText, of_texts
from vartrack.compat import containers
from vartrack.compat.hooks import COMPARES_BY_METHOD, Hooks, hook_name
from vartrack.visitors.mappings import Items, all_literal, items_by_key, items_by_position

if TYPE_CHECKING:
    from vartrack.core.context import BuilderContext

__all__ = ["DictMappingVariable", "StoredDictVariable", "track_stored"]


#: Methods after which torch puts back all items that are left, as they are while tracing.
_TAKING = frozenset({"__delitem__", "move_to_end", "pop", "popitem"})
#: Those after which it puts back what is new, where it can.
_PUTTING = frozenset({"__ior__", "__setitem__", "setdefault", "update"})


class _WatchedKeys:
    """Guards what torch takes for granted: the order of the keys, and that one is missing."""

    if TYPE_CHECKING:
        items: Any
        source: Any
        install_dict_contains_guard: Callable[..., None]

        def __contains__(self, key: object) -> bool: ...

    @property
    def inside(self) -> Any:
        """What holds the items."""
        return self

    def install_dict_keys_match_guard(self) -> None:
        if self.source and not is_constant_source(self.source):
            tx: Any = InstructionTranslator.current_tx()
            tx.output.guard_on_key_order.add(self.source)
        super().install_dict_keys_match_guard()  # type: ignore[misc]

    def written(self, *, all_of_it: bool) -> None:
        """Guard the keys before the dict is changed, if all that is in it will be put back."""
        held = self.inside
        if all_of_it or held.should_reconstruct_all:
            held.install_dict_keys_match_guard()

    def changes(self, name: str) -> bool:
        """Whether the method ``name`` changes the dict itself, and not by others that it calls."""
        return name in _TAKING or name in _PUTTING

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if self.changes(name):
            self.written(all_of_it=name in _TAKING)
        return super().call_method(tx, name, args, kwargs)  # type: ignore[misc,no-any-return]

    def mp_ass_subscript_impl(self, tx: Any, *args: Any) -> VariableTracker:
        takes = len(args) < 2 or args[1] is None
        if self.changes("__delitem__" if takes else "__setitem__"):
            self.written(all_of_it=takes)
        return super().mp_ass_subscript_impl(tx, *args)  # type: ignore[misc,no-any-return]

    def nb_inplace_or_impl(self, tx: Any, other: VariableTracker) -> VariableTracker:
        if self.changes("__ior__"):
            self.written(all_of_it=False)
        return super().nb_inplace_or_impl(tx, other)  # type: ignore[misc,no-any-return]

    def getitem_const_raise_exception_if_absent(
        self, tx: Any, key: VariableTracker
    ) -> VariableTracker:
        if key not in self:
            self.install_dict_contains_guard(tx, [key])
        return super().getitem_const_raise_exception_if_absent(tx, key)  # type: ignore

    def length(self, tx: Any) -> VariableTracker:
        """How many items there are: whichever they are, and in whatever order."""
        if self.source and not is_constant_source(self.source):
            install_guard(self.source.make_guard(GuardBuilder.SEQUENCE_LENGTH))
        # by type: `isinstance` would build the items, and so have them guarded
        there = [item for item in self.items.values() if type(item) is not DeletedVariable]
        return VariableTracker.build(tx, len(there))


class StoredDictVariable(Hooks, _WatchedKeys, ConstDictVariable):
    """The dict that a mapping keeps its items in."""

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if COMPARES_BY_METHOD and name == "__eq__":  # torch does, of no subclass of its own
            equal: Any = VariableTracker.build(tx, polyfills.dict___eq__)
            return equal.call_function(tx, [self, *args], kwargs)  # type: ignore[no-any-return]
        return super().call_method(tx, name, args, kwargs)

    def mp_length_impl(self, tx: Any) -> VariableTracker:
        return self.length(tx)

    def tp_repr_impl(self, tx: Any) -> VariableTracker:
        self.install_dict_keys_match_guard()  # torch shows its items and guards those alone
        return super().tp_repr_impl(tx)


def track_stored(ctx: BuilderContext, stored: dict[Any, Any]) -> VariableTracker:
    """The tracker of the dict that a mapping keeps its items in; its context is ``ctx``."""
    ctx.guard("TYPE_MATCH")
    literal = all_literal(stored)
    items = (
        items_by_key(ctx, stored, lazy_part)
        if literal
        else items_by_position(ctx, stored, make=lazy_part)
    )
    return ctx.track_mutable(stored, StoredDictVariable(items, source=ctx.source))


class DictMappingVariable(
    containers.LateItems, TracedKey, TracedText, _WatchedKeys, UserDefinedDictVariable
):
    """A mapping that is a dict itself: its items are read with dict's own methods.

    Methods that the class has in Python are traced.

    Args:
        value: the mapping.
        like_dict: see `MappingVisitor`.
        options: what torch's tracker of dict subclasses takes.

    .. versionadded:: 0.2
    """

    _nonvar_fields = {"late", "like_dict", *UserDefinedDictVariable._nonvar_fields}

    def __init__(self, value: Any, like_dict: tuple[str, ...] = (), **options: Any) -> None:
        self.like_dict = like_dict
        super().__init__(value, **options)

    @classmethod
    def late_in(
        cls, ctx: BuilderContext, value: Any, like_dict: tuple[str, ...], options: Any
    ) -> VariableTracker:
        """The tracker of ``value``, whose items are built when they are first asked for."""

        def items() -> Items:
            # torch evaluates `value[key]` for the guard on a part with a literal key
            place, read = DictSubclassGetItemSource, on_class(type(value), "__getitem__")
            own = read is not dict.__getitem__ and "__getitem__" not in like_dict
            if own or not all_literal(dict.keys(value)):
                return items_by_position(ctx, value, place, lazy_part)
            return {
                ConstantVariable.create(key): lazy_part(ctx.under(place, key), item)
                for key, item in dict.items(value)
            }

        def make(value: Any, **options: Any) -> VariableTracker:
            return cls(value, like_dict, **options)

        return containers.late_dict(make, StoredDictVariable, ctx, value, items, options)

    @property
    def inside(self) -> Any:
        """What holds the items."""
        return self if containers.HOLDS_ITEMS else containers.plain_inside(self)

    def changes(self, name: str) -> bool:
        # one in Python is traced, and comes to the dict inside, if there is one
        is_traced = isinstance(self.lookup_class_mro_attr(name), types.FunctionType)
        return super().changes(name) and (containers.HOLDS_ITEMS or not is_traced)

    def in_dict(self, name: str) -> bool:
        """Whether a method that is not written in Python does what that of dict does."""
        return name in self.like_dict

    def lookup_class_mro_attr(self, name: str) -> Any:
        return getattr(dict, name) if self.in_dict(name) else super().lookup_class_mro_attr(name)

    def _maybe_get_baseclass_method(self, name: str) -> Any:
        if self.in_dict(name):
            return getattr(dict, name)
        return super()._maybe_get_baseclass_method(name)

    def merged(self, tx: Any) -> VariableTracker | None:
        """What ``**value`` and ``dict(value)`` take of it, as a new dict."""
        # C code asks a subclass for its keys only if iterating it is not left to dict
        if self.lookup_class_mro_attr("__iter__") is not dict.__iter__:
            return merged_by_keys(tx, self)
        self.inside.install_dict_keys_match_guard()
        return ConstDictVariable(dict(self.inside.items))

    def traceable(self, name: str) -> None:
        """Break the graph if the method ``name`` is neither dict's nor written in Python."""
        found = self.lookup_class_mro_attr(name)
        if found is not getattr(dict, name, None) and callable(found):
            super().traceable(name)

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if name == "__reduce_ex__" and is_by_identity(type(self.value), name):
            parts = reduced(self, tx)
            assert parts is not None, "a dict has items"
            return parts
        self.traceable(name)
        if name in ("__or__", "__ror__", "__ior__"):
            # as a method, up to torch 2.12, which takes all items and guards no keys
            self.inside.install_dict_keys_match_guard()
        return super().call_method(tx, name, args, kwargs)

    # what torch asks by a hook of its own, and looks for in the class as well

    def mp_length_impl(self, tx: Any) -> VariableTracker:
        self.traceable("__len__")
        if self.lookup_class_mro_attr("__len__") is dict.__len__:
            return self.inside.length(tx)  # type: ignore[no-any-return]
        return super().mp_length_impl(tx)

    def mp_subscript_impl(self, tx: Any, key: VariableTracker) -> VariableTracker:
        self.traceable("__getitem__")
        return super().mp_subscript_impl(tx, key)

    def mp_ass_subscript_impl(self, tx: Any, *args: Any) -> VariableTracker:
        self.traceable("__setitem__")
        self.traceable("__delitem__")
        return super().mp_ass_subscript_impl(tx, *args)

    def sq_contains_impl(self, tx: Any, item: VariableTracker) -> VariableTracker:
        self.traceable("__contains__")
        return super().sq_contains_impl(tx, item)

    def tp_iter_impl(self, tx: Any) -> VariableTracker:
        self.traceable("__iter__")
        return super().tp_iter_impl(tx)

    def tp_richcompare_impl(self, tx: Any, other: VariableTracker, op: str) -> VariableTracker:
        self.traceable(op)
        reflexive = op in ("__eq__", "__ne__") and other.unwrap() is self
        if reflexive and self.lookup_class_mro_attr(op) is getattr(dict, op):
            return ConstantVariable.create(op == "__eq__")  # each item is itself
        return super().tp_richcompare_impl(tx, other, op)

    def nb_or_impl(self, tx: Any, other: VariableTracker, reverse: bool = False) -> VariableTracker:
        self.traceable("__ror__" if reverse else "__or__")
        return super().nb_or_impl(tx, other, reverse)

    def nb_inplace_or_impl(self, tx: Any, other: VariableTracker) -> VariableTracker:
        self.traceable("__ior__")
        result = super().nb_inplace_or_impl(tx, other)
        # that of dict gives the very object, of which torch up to 2.14 gives the dict inside
        return self if self.lookup_class_mro_attr("__ior__") is dict.__ior__ else result

    def call_base_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        # since 2.15, for `super().__repr__()`: the text that torch makes of the items guards no key
        if name == "__repr__":
            self.inside.install_dict_keys_match_guard()
        return super().call_base_method(tx, name, args, kwargs)

    def text_in_c(self, tx: Any, method: str) -> VariableTracker:
        inherited = getattr(
            UserDefinedDictVariable, hook_name("tp_repr_impl"), None
        )  # or torch has none
        if inherited is None or self.lookup_class_mro_attr(method) is not getattr(dict, method):
            return super().text_in_c(tx, method)
        self.inside.install_dict_keys_match_guard()
        return inherited(self, tx)  # type: ignore[no-any-return]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        OPERATIONS.add_class(cls)


OPERATIONS = of_texts(DictMappingVariable)
