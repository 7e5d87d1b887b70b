"""Writing one key of a dict guards no keys, until something is read of the dict as a whole.

Whether the key was there already makes no difference to what is written, nor to what is there then.
Where several are written, it makes one to their order.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.side_effects import SideEffects
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._guards import Source

from vartrack import session
from vartrack.bases.tracing.evaluating.intents import Intent, asked, asks_for
from vartrack.bases.tracing.late.waiting import waits
from vartrack.core.sources.worked_out import worked_out
from vartrack.core.wrapping.wrappers import Wrappers, in_this_release
from vartrack.extras.thrift.unread.late_keys import is_late_key

__all__ = ["KEYS", "order_of", "rely_on", "spare", "with_order_of", "written_by_key"]

_SPARED = "_vartrack_spared"
_ORDER = "_vartrack_order"
_GUARD = "install_dict_keys_match_guard"


#: What writes one key or asks for one, and what asks whether anything was written at all.
_BY_KEY = (
    *("mp_ass_subscript_impl", "mp_subscript_impl", "sq_contains", "sq_contains_impl"),
    *("__contains__", "getitem_const", "getitem_const_raise_exception_if_absent"),
    *("maybe_getitem_const", "install_dict_contains_guard", "has_new_items"),
)
#: For what the items of a dict are read without that its other keys matter.
_SPARING = (Intent.ONE_KEY, Intent.WRITING)


def _is_plain(key: VariableTracker) -> bool:
    return key.source is None and isinstance(key, ConstantVariable)


def _what_is(key: Any) -> Any:
    """The literal that a key is, or where a late one is."""
    return key.place() if waits(key) else key.as_python_constant()


def _guard_key(tracker: Any, key: Any) -> None:
    """Guard whether one key, a literal or a place, was in the dict before the call."""
    if isinstance(key, Source):
        place = worked_out("({1} in {0})", "operator.contains", (tracker.source, key))
        install_guard(place.make_guard(GuardBuilder.CONSTANT_MATCH), skip=1)
        return
    there = any(one.value == key for one in tracker.original_items)
    cls = type(tracker)
    kind = cls.CONTAINS_GUARD if there else cls.NOT_CONTAINS_GUARD
    install_guard(tracker.make_guard(functools.partial(kind, key=key)), skip=1)


def _note(tracker: Any, key: Any) -> None:
    """Note a key that is written. Of several it counts which of them are new, and come last."""
    KEYS.watch()
    spared: list[Any] = vars(tracker).setdefault(_SPARED, [])
    spared.append(key)
    if len(spared) > 1:
        for one in spared if len(spared) == 2 else [key]:
            _guard_key(tracker, one)


def _written(own: Callable[..., Any]) -> Callable[..., Any]:
    """``d[key] = value``, with a guard on the one key."""

    @functools.wraps(own)
    def write(self: Any, tx: Any, key: VariableTracker, value: Any) -> Any:
        compile = session.compile_of(tx)
        if (
            value is None
            or type(self) is not ConstDictVariable
            or self.source is None
            or compile is None
            or KEYS not in compile.attached
            or not (_is_plain(key) or is_late_key(tx, key))
            or not _can_be_spared(self, tx.output.side_effects)
        ):
            return own(self, tx, key, value)
        vars(self)[_GUARD] = _nothing
        what = _what_is(key)
        try:
            result = own(self, tx, key, value)
        finally:
            del vars(self)[_GUARD]
        _note(self, what)
        return result

    return write


def spare(tracker: Any) -> None:
    """Have no keys guarded of a dict that was written to, if torch lets that be."""
    if KEYS.works and _is_written_by_key(tracker):
        KEYS.watch()
        vars(tracker)[_SPARED] = []
    else:
        tracker.install_dict_keys_match_guard()


def _can_be_spared(tracker: Any, effects: SideEffects) -> bool:
    """Whether what is written to the dict is written back key by key, and no more is known of it.

    An ordered or default dict has such a tracker within its own, and is written back as a whole.
    """
    if _SPARED in vars(tracker):
        return True
    return (
        not effects.is_modified(tracker)
        and _is_written_by_key(tracker)
        and any(one is tracker for one in effects.id_to_variable.values())
    )


def _is_written_by_key(tracker: Any) -> bool:
    """Whether torch writes back what was written; a dict of a global it writes as a whole."""
    return not tracker.should_reconstruct_all and all(
        isinstance(key, ConstantVariable) for key in tracker.original_items
    )


def written_by_key(tracker: Any) -> tuple[list[Any], dict[Any, Any]] | None:
    """What was written to a dict under literals, of which no more than single keys were read.

    Returns:
        The keys and values, and the items as they were before; None if it is not so.
    """
    held = vars(tracker)
    spared, items = held.get(_SPARED), held["items"]
    if not spared or any(isinstance(key, Source) for key in spared):
        return None
    at = {key.vt.value: key for key in items if _is_plain(key.vt.unwrap())}
    first = {key.value: value for key, value in tracker.original_items.items()}
    if not at.keys() >= {*spared, *first} or len(at) != len(items):
        return None  # some were taken away
    written = [(at[key].vt, items[at[key]]) for key in dict.fromkeys(spared)]
    return written, {at[key]: value for key, value in first.items()}


def _nothing() -> None:
    """Takes the place of the guard on all keys while one is written."""


def _asked(own: Callable[..., None]) -> Callable[..., None]:
    """Guards a key that is asked for, also in a dict that was written to."""

    @functools.wraps(own)
    def install(self: Any, tx: Any, args: list[VariableTracker]) -> None:
        if _SPARED in vars(self):
            if not _is_plain(args[0]):
                _give_up(self)
            elif (key := args[0].as_python_constant()) not in vars(self)[_SPARED]:
                _guard_key(self, key)
        own(self, tx, args)

    return install


def _give_up(tracker: Any) -> None:
    """Have all keys guarded, as torch has of a dict that was written to."""
    del vars(tracker)[_SPARED]
    tracker.install_dict_keys_match_guard()


def with_order_of(tracker: Any, places: Iterable[Source]) -> Any:
    """``tracker``, of a dict that is made in the order of others, on which nothing relies yet.

    Args:
        tracker: it is of torch's kind.
        places: where the others are.
    """
    if len(vars(tracker)["items"]) < 2:
        return tracker  # in any order
    if KEYS.works:
        KEYS.watch()
        vars(tracker)[_ORDER] = tuple(dict.fromkeys(places))
    else:  # nobody is told that the items are read
        rely_on(InstructionTranslator.current_tx(), places)
    return tracker


def order_of(tracker: Any) -> tuple[Source, ...]:
    """The places of the dicts in whose order a dict is made; none once something relies on it."""
    return vars(tracker).get(_ORDER, ())  # type: ignore[no-any-return]


def rely_on(tx: Any, places: Iterable[Source]) -> None:
    """Have the order guarded in which the keys of dicts from outside come."""
    tx.output.guard_on_key_order.update(places)


class _Items:
    """The items of a dict's tracker: who reads them, except for one key, relies on all keys.

    And on their order, if that was put off.
    """

    def __get__(self, tracker: Any, owner: Any = None) -> Any:
        if tracker is None:
            return self
        held = vars(tracker)
        if _SPARED in held and asked() not in _SPARING:
            _give_up(tracker)
        if _ORDER in held and asked() is not Intent.ONE_KEY:
            rely_on(InstructionTranslator.current_tx(), held.pop(_ORDER))
        return held["items"]

    def __set__(self, tracker: Any, items: Any) -> None:
        vars(tracker)["items"] = items


def _read_first(own: Callable[..., Any]) -> Callable[..., Any]:
    """A copy of a tracker, of which what was put off is not known."""

    @functools.wraps(own)
    def clone(self: Any, **options: Any) -> Any:
        _ = self.items
        return own(self, **options)

    return clone


def _by_one_key(own: Callable[..., Any]) -> Callable[..., Any]:
    """A method that looks for one key, of a dict that is made in an order that was put off."""
    ask = asks_for(Intent.ONE_KEY)(own)

    @functools.wraps(own)
    def call(self: Any, *given: Any) -> Any:
        return (ask if _ORDER in vars(self) else own)(self, *given)

    return call


def _called(own: Callable[..., Any]) -> Callable[..., Any]:
    """The same of methods that go by ``call_method``."""
    ask = _by_one_key(own)

    @functools.wraps(own)
    def call_method(self: Any, tx: Any, name: str, args: Any, kwargs: Any) -> Any:
        return (ask if name in _ONE_KEY else own)(self, tx, name, args, kwargs)

    return call_method


#: The methods that look for one key.
_ONE_KEY = frozenset({"get", "pop", "setdefault"})


class _Keys:
    """Puts all of it in place, on a torch that writes a key of a dict by a method of its own."""

    def __init__(self) -> None:
        self.wrappers = Wrappers(
            *in_this_release(
                *((ConstDictVariable, name, asks_for(Intent.ONE_KEY)) for name in _BY_KEY)
            ),
            (ConstDictVariable, "mp_ass_subscript_impl", _written),
            (ConstDictVariable, "install_dict_contains_guard", _asked),
            (ConstDictVariable, "clone", _read_first),
            (ConstDictVariable, "call_method", _called),
            *in_this_release(
                *((ConstDictVariable, f"dict_{name}", _by_one_key) for name in _ONE_KEY)
            ),
        )
        self.works = hasattr(ConstDictVariable, "mp_ass_subscript_impl")

    def add(self) -> None:
        """Put it in place."""
        if self.works:
            self.wrappers.add()

    def watch(self) -> None:
        """Be told from now on who reads items; most programs have no dict where that counts."""
        if not isinstance(vars(ConstDictVariable).get("items"), _Items):
            ConstDictVariable.items = _Items()  # type: ignore[assignment]

    def remove(self) -> None:
        """Give torch its own back."""
        if self.works:
            if isinstance(vars(ConstDictVariable).get("items"), _Items):
                del ConstDictVariable.items
            self.wrappers.remove()


#: What is put in place.
KEYS = _Keys()
