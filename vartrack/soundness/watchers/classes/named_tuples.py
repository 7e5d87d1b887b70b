"""Named tuples whose class says otherwise than torch has it.

Up to 2.11 torch does not ask it, and on all releases it makes one by ``_make``, which asks for a
length, where Python has made it otherwise.
"""

from __future__ import annotations

import collections
import functools
from typing import Any

from torch._dynamo.exc import unimplemented

from vartrack.compat import behaviour
from vartrack.compat.containers import NAMED_ASK_CLASS, NAMED_ASKED
from vartrack.compat.hooks import hook_name
from vartrack.compat.names import NamedTupleVariable
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import can_change, find
from vartrack.soundness.reading.named_tuples import gives_stored, unasked

__all__ = ["WATCHERS"]

#: What is asked of the value itself, with what the class has.
_EVALUATED = ("__repr__", "__str__")


def _made(ledger: Ledger, tracker: Any, items: Any, cls: type, *_: Any, **__: Any) -> None:
    if not can_change(cls):
        return
    names = unasked(cls)
    ledger.classes.look(cls, *names, *_EVALUATED, guarded=False)
    others = [name for name in names if name not in NAMED_ASKED and not gives_stored(cls, name)]
    if others and ledger.guards:
        unimplemented(
            gb_type="vartrack: a named tuple whose class gives other items",
            context=cls.__qualname__,
            explanation=f"{cls.__qualname__} has {', '.join(others)} of its own, which this "
            "release of torch does not ask where a named tuple is made.",
            hints=["Make it outside of the compiled function."],
        )


def _read(ledger: Ledger, tracker: Any, tx: Any, name: Any, *_: Any, **__: Any) -> None:
    if isinstance(name, str) and can_change(tracker.tuple_cls):
        ledger.classes.look(tracker.tuple_cls, name, guarded=False)
    if name == "_replace" and behaviour.LOSES_REPLACED and ledger.guards:
        unimplemented(
            gb_type="vartrack: a named tuple that would hold nothing",
            context=tracker.tuple_cls.__qualname__,
            explanation="This release of torch gives back a named tuple without items for what "
            "`_replace` makes.",
            hints=["Make it of all of its fields, or outside of the compiled function."],
        )


def _made_again(ledger: Ledger, own: Any, tracker: Any) -> Any:
    """What makes the tuple when the graph has run."""
    cls = tracker.tuple_cls
    ledger.classes.look(cls, "__len__", "_make", guarded=False)
    if ledger.of_class(_is_made_by_items, cls):
        return own(tracker)
    return functools.partial(tuple.__new__, cls)


def _is_made_by_items(cls: type) -> bool:
    """Whether ``cls._make(items)`` gives one with these items."""
    made, plain = (find(each, "_make") for each in (cls, _ANY))
    codes = {
        getattr(getattr(found and found[1], "__func__", None), "__code__", None)
        for found in (made, plain)
    }
    return find(cls, "__len__") == find(tuple, "__len__") and len(codes) == 1


_ANY = collections.namedtuple("_ANY", "a")
WATCHERS: tuple[Watcher, ...] = (
    Watcher(NamedTupleVariable, "get_construct_fn", "classes", instead=_made_again, needed=False),
    *(
        ()
        if NAMED_ASK_CLASS
        else (
            Watcher(NamedTupleVariable, "__init__", "classes", _made, subclasses=False),
            Watcher(NamedTupleVariable, hook_name("tp_getattro_impl"), "classes", _read),
        )
    ),
)
