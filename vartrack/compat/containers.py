"""How trackers of user-defined containers are made.

Up to torch 2.14 such a tracker keeps the tracker of a plain container inside; from 2.15 on it holds
the items itself. Every function here takes the context, the value and its items, and ``options``
as `Sourced.tracker` gets them.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from torch._dynamo.variables import base
from torch._dynamo.variables import user_defined as trackers
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.lists import DequeVariable, ListVariable, TupleVariable
from torch.fx import immutable_collections

from vartrack.compat.making import takes
from vartrack.compat.names import (
    DefaultDictVariable,
    FrozensetVariable,
    NamedTupleVariable,
    OrderedDictVariable,
    SetVariable,
    find,
)
from vartrack.compat.release import runs_on

if TYPE_CHECKING:
    from vartrack.core.context import BuilderContext

__all__ = [
    "DICTS_KNOW_CLASS",
    "HOLDS_ITEMS",
    "NAMED_ASKED",
    "NAMED_ASK_CLASS",
    "TRACKED_DEFAULT_DICT",
    "TRACKED_DICT",
    "TRACKED_ORDERED_DICT",
    "TRACKED_SET",
    "LateItems",
    "default_dict",
    "dict_items",
    "immutable_dict",
    "late_dict",
    "named_tuple",
    "new_named_tuple",
    "new_ordered_dict",
    "ordered_dict",
    "plain_inside",
    "set_items",
    "user_deque",
    "user_dict",
    "user_list",
    "user_set",
    "user_tuple",
    "with_class",
]

Items = dict[VariableTracker, VariableTracker]

#: Whether the tracker of a user-defined container holds its items itself.
HOLDS_ITEMS: bool = runs_on(">=2.15")
#: Whether an OrderedDict is a dict to torch, and no user-defined object around one.
_ORDERED_IS_DICT: bool = runs_on(">=2.14")
#: Whether a dict of another standard type is a dict to torch that knows its class.
DICTS_KNOW_CLASS: bool = runs_on("<2.13")
#: How a container is registered whose content and attributes can both change.
TRACKED_DICT: str = "both" if HOLDS_ITEMS else "existing"
#: How an OrderedDict is registered, and how a defaultdict.
TRACKED_ORDERED_DICT: str = "existing" if runs_on(">=2.13,<2.14") else "mutable"
TRACKED_DEFAULT_DICT: str = "mutable" if DICTS_KNOW_CLASS else TRACKED_DICT
#: How a set of other things than literals is registered. Up to 2.14 changes of it were lost.
TRACKED_SET: str = "mutable" if HOLDS_ITEMS else "existing"

_ITERATE = find("_dynamo.utils:set_base_iter")


#: Where the tracker of a user-defined container keeps that of a plain one, if it does; up to 2.11
#: each kind has a name of its own.
_DICT_INSIDE = "_base_vt" if runs_on(">=2.12") else "_dict_vt"
_INSIDE = ("_base_vt", "_dict_vt", "_set_vt", "_list_vt", "_tuple_vt")


def plain_inside(tracker: Any) -> Any:
    """The tracker of a plain container inside of ``tracker``; None if there is none."""
    held = (getattr(tracker, name, None) for name in _INSIDE)
    return next((one for one in held if one is not None), None)


def with_class(tracker: Any, items: dict[Any, Any]) -> dict[Any, Any]:
    """``items`` as a dict of the standard class that ``tracker`` stands for, up to 2.12."""
    cls = getattr(tracker, "user_cls", dict)
    if cls is collections.OrderedDict:
        return collections.OrderedDict(items)
    if cls is collections.defaultdict:
        return collections.defaultdict(tracker.default_factory.as_python_constant(), items)
    return items


def dict_items(value: dict[Any, Any]) -> Iterator[tuple[int, Any, Any]]:
    """The items of a dict without running code of a subclass, each with its key's position."""
    if _ENUMERATE is not None:
        return iter(_ENUMERATE(value))
    return ((position, *item) for position, item in enumerate(_ITEMS_OF(value)))


_ENUMERATE = find("_dynamo.utils:enumerate_items_with_dict_position")
_ITEMS_OF = find("_dynamo.utils:get_items_from_dict")
#: What is stored in a set is read past an ``__iter__`` of its class.
READS_STORED_ITEMS: bool = _ITERATE is not None


def set_items(value: Iterable[Any]) -> Iterator[Any]:
    """The items of a set in its own order, without running code of a subclass."""
    if _ITERATE is not None and isinstance(value, (set, frozenset)):
        return iter(_ITERATE(value))
    return iter(dict.fromkeys(value))


def _inside(ctx: BuilderContext) -> dict[str, Any]:
    return {"source": ctx.source, "mutation_type": base.ValueMutationExisting()}


def user_tuple(
    ctx: BuilderContext, value: Any, items: list[VariableTracker], options: Any
) -> VariableTracker:
    """A tuple subclass."""
    return _tuple(trackers.UserDefinedTupleVariable, ctx, value, items, options)


def _tuple(
    cls: Any, ctx: BuilderContext, value: Any, items: list[VariableTracker], options: Any
) -> VariableTracker:
    if HOLDS_ITEMS:
        return cls(value, items=items, **options)
    return cls(value, tuple_vt=TupleVariable(items, **_inside(ctx)), **options)


#: Whether a named tuple has the tracker of a tuple subclass; before, it had one of its own, which
#: asks the class for nothing that tuples have.
NAMED_ASK_CLASS: bool = runs_on(">=2.12")
#: What is asked of the class of a named tuple that is made while tracing all the same.
NAMED_ASKED: frozenset[str] = frozenset({"__add__", "__mul__"} if runs_on(">=2.11") else ())


def named_tuple(
    ctx: BuilderContext, value: Any, items: list[VariableTracker], options: Any
) -> VariableTracker:
    """A named tuple with a source."""
    if NAMED_ASK_CLASS:
        cls = trackers.UserDefinedTupleVariable.get_vt_cls(type(value))
        return _tuple(cls, ctx, value, items, options)
    if takes(NamedTupleVariable, "tuple_vt"):
        options = {**options, "tuple_vt": TupleVariable(items, **_inside(ctx))}
    return NamedTupleVariable(items, type(value), **options)


def new_named_tuple(value: Any, items: list[VariableTracker], options: Any) -> VariableTracker:
    """A named tuple made while tracing, or given by an operation."""
    if not NAMED_ASK_CLASS:
        return NamedTupleVariable(items, type(value), **options)
    cls = trackers.UserDefinedTupleVariable.get_vt_cls(type(value))
    new = {"mutation_type": base.ValueMutationNew()}
    if HOLDS_ITEMS:
        return cls(value, items=items, **{**new, **options})
    kind = options.get("mutation_type", new["mutation_type"])
    return cls(value, tuple_vt=TupleVariable(items, mutation_type=kind), **options)


def user_list(
    ctx: BuilderContext, value: Any, items: list[VariableTracker], options: Any
) -> VariableTracker:
    """A list subclass."""
    if HOLDS_ITEMS:
        return trackers.UserDefinedListVariable(value, items=items, **options)
    inside = ListVariable(items, **_inside(ctx))
    return trackers.UserDefinedListVariable(value, list_vt=inside, **options)


def user_deque(
    ctx: BuilderContext, value: Any, items: list[VariableTracker], options: Any
) -> VariableTracker:
    """A deque subclass, which has a tracker of its own from 2.14 on."""
    maxlen = ConstantVariable.create(value.maxlen)
    if not HOLDS_ITEMS:
        inside = DequeVariable(items, maxlen=maxlen, **_inside(ctx))
        return trackers.UserDefinedDequeVariable(value, deque_vt=inside, **options)
    return trackers.UserDefinedDequeVariable(value, items=items, maxlen=maxlen, **options)


def user_set(
    ctx: BuilderContext, value: Any, items: list[VariableTracker], options: Any
) -> VariableTracker:
    """A subclass of set or frozenset, or a frozenset of other things than literals."""
    changeable = isinstance(value, set)
    if HOLDS_ITEMS:
        cls = (
            trackers.UserDefinedSetVariable if changeable else trackers.UserDefinedFrozensetVariable
        )
        return cls(value, items=items, **options)
    inside = (SetVariable if changeable else FrozensetVariable)(items, **_inside(ctx))
    return trackers.UserDefinedSetVariable(value, set_vt=inside, **options)


def _dict_inside(ctx: BuilderContext, items: Items, ordered: bool = False) -> ConstDictVariable:
    if takes(ConstDictVariable, "user_cls"):
        cls = collections.OrderedDict if ordered else dict
        return ConstDictVariable(items, user_cls=cls, **_inside(ctx))
    inside: ConstDictVariable = (OrderedDictVariable if ordered else ConstDictVariable)(
        items, **_inside(ctx)
    )
    return inside


def default_dict(ctx: BuilderContext, value: Any, items: Items, options: Any) -> VariableTracker:
    """A ``collections.defaultdict``; its factory is built at once."""
    if HOLDS_ITEMS:
        factory = ctx.attr("default_factory").visit(value.default_factory)
        return DefaultDictVariable(items, default_factory=factory, **options)
    if DICTS_KNOW_CLASS:
        factory = ctx.attr("default_factory").visit(value.default_factory)
        return DefaultDictVariable(items, type(value), default_factory=factory, **options)
    inside = _dict_inside(ctx, items)
    factory = ctx.attr("default_factory").visit(value.default_factory)
    return DefaultDictVariable(value, default_factory=factory, dict_vt=inside, **options)


def ordered_dict(ctx: BuilderContext, value: Any, items: Items, options: Any) -> VariableTracker:
    """A ``collections.OrderedDict`` with a source."""
    if DICTS_KNOW_CLASS:
        return ConstDictVariable(items, type(value), **options)
    if _ORDERED_IS_DICT:
        return OrderedDictVariable(items, **options)
    inside = _dict_inside(ctx, items, ordered=True)
    return OrderedDictVariable(value, dict_vt=inside, **options)


def new_ordered_dict(items: Items, options: Any) -> VariableTracker:
    """A ``collections.OrderedDict`` made while tracing."""
    if _ORDERED_IS_DICT:
        return OrderedDictVariable(items, **options)
    return ConstDictVariable(items, collections.OrderedDict, **options)


def immutable_dict(items: Items, options: Any) -> VariableTracker:
    """torch.fx's immutable dict made while tracing."""
    if _ORDERED_IS_DICT:
        return ConstDictVariable(items, **options)
    return ConstDictVariable(items, immutable_collections.immutable_dict, **options)


def user_dict(
    ctx: BuilderContext,
    value: Any,
    items: Items,
    options: Any,
    to_class: Callable[[Any], Any] = lambda cls: cls,
) -> VariableTracker:
    """A dict subclass.

    Args:
        ctx: the context.
        value: the value.
        items: its items.
        options: as `Sourced.tracker` gets them.
        to_class: from torch's tracker class to the one to make.
    """
    ordered = isinstance(value, collections.OrderedDict)
    if not HOLDS_ITEMS:
        inside = _dict_inside(ctx, items, ordered)
        # one way to write it back is enough: all of it
        inside.should_reconstruct_all = True
        own = ordered and not (_ORDERED_IS_DICT or DICTS_KNOW_CLASS)
        cls = OrderedDictVariable if own else trackers.UserDefinedDictVariable
        return to_class(cls)(value, dict_vt=inside, **options)  # type: ignore[no-any-return]
    if isinstance(value, collections.defaultdict):
        factory = ctx.attr("default_factory").visit(value.default_factory)
        cls = trackers.UserDefinedDefaultDictVariable
        return to_class(cls)(value, default_factory=factory, items=items, **options)  # type: ignore[no-any-return]
    cls = trackers.UserDefinedOrderedDictVariable if ordered else trackers.UserDefinedDictVariable
    return to_class(cls)(value, items=items, **options)  # type: ignore[no-any-return]


class LateItems:
    """Has the tracker of a dict subclass build its items when they are first asked for.

    A base of tracker classes, before ``UserDefinedDictVariable``. See `late_dict`.
    """

    #: Builds the items; None once it has, or if they were there from the beginning.
    late: Callable[[], Any] | None = None

    def _there(self, name: str) -> Any:
        build, self.late = self.late, None
        if build is not None:
            build()
        return self.__dict__[name]

    def is_base_vt_modified(self, side_effects: Any) -> bool:
        """Whether the dict inside was changed, which nobody did who never saw it."""
        return self.late is None and super().is_base_vt_modified(side_effects)  # type: ignore[misc,no-any-return]

    def is_underlying_vt_modified(self, side_effects: Any) -> bool:
        """The same, as torch up to 2.11 asks it."""
        return self.late is None and super().is_underlying_vt_modified(side_effects)  # type: ignore[misc,no-any-return]

    def has_new_items(self) -> bool:
        """Whether an item was set or deleted."""
        return self.late is None and super().has_new_items()  # type: ignore[misc,no-any-return]


def _built_late(name: str) -> property:
    def get(self: LateItems) -> Any:
        return self._there(name)

    def put(self: LateItems, value: Any) -> None:
        self.__dict__[name] = value

    return property(get, put)


for _name in ("items", "original_items") if HOLDS_ITEMS else (_DICT_INSIDE,):
    setattr(LateItems, _name, _built_late(_name))


def late_dict(
    make: Callable[..., Any],
    inside: Any,
    ctx: BuilderContext,
    value: Any,
    items: Callable[[], Items],
    options: Any,
) -> VariableTracker:
    """A dict subclass whose items are built when they are first asked for.

    Args:
        make: makes the tracker, which has `LateItems` as a base.
        inside: the class of the tracker of a plain dict, where there is one inside.
        ctx: the context.
        value: the value.
        items: builds the items.
        options: as `Sourced.tracker` gets them.
    """
    if HOLDS_ITEMS:
        tracker = make(value, items={}, **options)

        def build() -> None:
            whole = inside(items())
            tracker.items, tracker.original_items = whole.items, whole.original_items

    else:
        tracker = make(value, dict_vt=ConstDictVariable({}), **options)

        def build() -> None:
            whole = inside(items(), **_inside(ctx))
            # one way to write it back is enough: all of it
            whole.should_reconstruct_all = True
            setattr(tracker, _DICT_INSIDE, whole)

    tracker.late = build
    return tracker  # type: ignore[no-any-return]
