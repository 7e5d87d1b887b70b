"""Dicts that a mapping stores its items in, or is: what is read of them is guarded, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch._dynamo.source import DictSubclassGetItemSource, is_constant_source
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.user_defined import UserDefinedDictVariable

from vartrack.bases.tracing.merging import merged_by_keys
from vartrack.compat import containers
from vartrack.compat.hooks import Hooks
from vartrack.visitors.mappings import Items, all_literal, items_by_key, items_by_position

if TYPE_CHECKING:
    from vartrack.core.context import BuilderContext

__all__ = ["DictMappingVariable", "StoredDictVariable", "track_stored"]


class _WatchedKeys:
    """Guards what torch takes for granted: the order of the keys, and that one is missing."""

    if TYPE_CHECKING:
        source: Any

    def install_dict_keys_match_guard(self) -> None:
        if self.source and not is_constant_source(self.source):
            tx: Any = InstructionTranslator.current_tx()
            tx.output.guard_on_key_order.add(self.source)
        super().install_dict_keys_match_guard()  # type: ignore[misc]

    def getitem_const_raise_exception_if_absent(
        self, tx: Any, key: VariableTracker
    ) -> VariableTracker:
        if key not in self:  # type: ignore[operator]
            self.install_dict_contains_guard(tx, [key])  # type: ignore[attr-defined]
        return super().getitem_const_raise_exception_if_absent(tx, key)  # type: ignore[misc,no-any-return]


class StoredDictVariable(_WatchedKeys, ConstDictVariable):
    """The dict that a mapping keeps its items in."""


def track_stored(ctx: BuilderContext, stored: dict[Any, Any]) -> VariableTracker:
    """The tracker of the dict that a mapping keeps its items in; its context is ``ctx``."""
    ctx.guard("TYPE_MATCH")
    literal = all_literal(stored)
    items = items_by_key(ctx, stored) if literal else items_by_position(ctx, stored)
    return ctx.track_mutable(stored, StoredDictVariable(items, source=ctx.source))


class DictMappingVariable(containers.LateItems, Hooks, _WatchedKeys, UserDefinedDictVariable):
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
            if not all_literal(dict.keys(value)):
                return items_by_position(ctx, value, DictSubclassGetItemSource)
            return {
                ConstantVariable.create(key): ctx.under(DictSubclassGetItemSource, key).lazy(item)
                for key, item in dict.items(value)
            }

        def make(value: Any, **options: Any) -> VariableTracker:
            return cls(value, like_dict, **options)

        return containers.late_dict(make, StoredDictVariable, ctx, value, items, options)

    def lookup_class_mro_attr(self, name: str) -> Any:
        return (
            getattr(dict, name) if name in self.like_dict else super().lookup_class_mro_attr(name)
        )

    def _maybe_get_baseclass_method(self, name: str) -> Any:
        if name in self.like_dict:
            return getattr(dict, name)
        return super()._maybe_get_baseclass_method(name)

    def merged(self, tx: Any) -> VariableTracker | None:
        """What ``**value`` and ``dict(value)`` take of it, as a new dict."""
        # C code asks a subclass for its keys only if iterating it is not left to dict
        if self.lookup_class_mro_attr("__iter__") is not dict.__iter__:
            return merged_by_keys(tx, self)
        inside: Any = self if containers.HOLDS_ITEMS else self._base_vt
        inside.install_dict_keys_match_guard()
        return ConstDictVariable(dict(inside.items))
