"""`MappingVisitor`: mappings of any type, read item by item."""

from __future__ import annotations

import collections
import operator
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from vartrack.bases.attributes import check_functions, check_names
from vartrack.bases.content import content_key
from vartrack.bases.traced_types import why_no_mapping
from vartrack.bases.tracing.contents.content_guard import ContentGuard
from vartrack.bases.tracing.contents.key_order import watch_order
from vartrack.bases.tracing.in_torch.empty_dicts import note_if_empty
from vartrack.bases.tracing.mappings.mapping_variable import MappingVariable
from vartrack.bases.tracing.mappings.standard_dicts import knowing_class
from vartrack.bases.tracing.mappings.stored_dict import DictMappingVariable
from vartrack.compat import containers
from vartrack.core.halves import Sourced, Tracked
from vartrack.core.visitor import Visitor
from vartrack.visitors.user_mappings import UserDicts

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker

    from vartrack.core.context import BuilderContext

__all__ = ["MappingVisitor"]

_first = operator.itemgetter(0)


def keys_in_order(mapping: Any) -> Any:
    """The keys of a mapping as it gives them: those that it iterates, and its ``keys()``.

    Of one that has more items than keys also the keys of these: a ``MultiDict`` gives each key
    once, and the values of all.
    """
    keys, count = tuple(mapping.keys()), len(mapping)
    of_items = None if count == len(keys) else tuple(map(_first, mapping.items()))
    return content_key((tuple(mapping), keys, count, of_items))


def _is_mapping(cls: type) -> bool:
    """Whether the values of ``cls`` give items by key. Others are left to torch."""
    return why_no_mapping(cls) is None


class MappingVisitor(Sourced, Visitor, abstract=True):
    """For mappings: each item is read where it is stored, and guarded when it is used.

    Set ``types``. A mapping that is only carried along has a guard on its type. Reading one item
    guards that item, and neither the others nor their number; ``**mapping``, ``keys()``,
    iteration and the rest guard the keys and their order. Tensors in it are graph inputs. Methods
    that are written in Python are traced. What C code does is read while tracing, if it is one of
    the methods that every mapping has, or listed as ``pure``; anything else in C breaks the graph.

    Attributes:
        stored: the names of the attributes in which the class, written in Python, keeps dicts of
            its items. A key that is missing there is guarded to be missing.
        like_dict: for subclasses of dict: methods that are not written in Python, and do no more
            than those of dict.
        pure: methods in C that only read the mapping, besides those that every mapping has.
        key: for methods in C that depend on all items: what makes two mappings the same, see
            `SnapshotVisitor`.

    .. versionadded:: 0.2
    """

    one_half = "a mapping made while tracing is traced through its constructor"
    guarded_by = "TYPE_MATCH"
    stored: ClassVar[tuple[str, ...]] = ()
    like_dict: ClassVar[tuple[str, ...]] = ()
    pure: ClassVar[tuple[str, ...]] = ()
    key: ClassVar[Callable[[Any], Any]] = staticmethod(content_key)
    mapping_class: ClassVar[type[MappingVariable]] = MappingVariable
    dict_class: ClassVar[type[DictMappingVariable]] = DictMappingVariable

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        check_functions(cls, ("key",))
        check_names(cls, ("stored", "like_dict", "pure"))
        if cls.when is None and cls.when_type is None and any(map(why_no_mapping, cls.types)):
            cls.when_type = staticmethod(_is_mapping)

    @classmethod
    def doubts(cls) -> Iterator[tuple[str, str]]:
        for kind in cls.types:
            if (why := why_no_mapping(kind)) and cls.when_type is _is_mapping:
                yield why

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        kind = type(self)
        note_if_empty(ctx, value)
        if isinstance(value, (collections.OrderedDict, collections.defaultdict)):
            if isinstance(value, collections.OrderedDict):
                watch_order(ctx)
            items = UserDicts.children(self, ctx, value)  # type: ignore[arg-type]
            return containers.user_dict(ctx, value, items, options, knowing_class)
        if isinstance(value, dict):
            return self.dict_class.late_in(ctx, value, kind.like_dict, options)
        keys, whole = (ContentGuard(ctx, self, value, key) for key in (keys_in_order, kind.key))
        return self.mapping_class(
            value,
            ctx=ctx,
            stored=kind.stored,
            pure=kind.pure,
            keys=keys,
            whole=whole,
            **options,
        )

    def track(self, ctx: BuilderContext, value: Any, tracker: VariableTracker) -> VariableTracker:
        how = containers.TRACKED_DICT if isinstance(value, dict) else "existing"
        return Tracked(how).register(ctx, value, tracker)
