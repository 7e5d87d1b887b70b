"""The order of an `OrderedDict`: torch guards another, which `move_to_end` leaves as it is."""

from __future__ import annotations

import collections
import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torch._dynamo.guards import GuardBuilder

from vartrack.core.guarding.keys import KEY_MATCH, KeyCheck
from vartrack.core.sources.own_sources import Itself
from vartrack.core.wrapping.wrappers import Wrappers

if TYPE_CHECKING:
    from torch._guards import Guard

    from vartrack.core.context import BuilderContext

__all__ = ["KEY_ORDER", "watch_order"]

#: Among the notes of a compile: the sources of the ordered dicts whose order counts.
_WATCHED = "bases.ordered dicts"


def watch_order(ctx: BuilderContext) -> None:
    """Have the order of the `OrderedDict` at ``ctx`` guarded where torch guards its keys."""
    ctx.compile.notes.setdefault(_WATCHED, set()).add(ctx.source)


def _in_order(own: Callable[[Any, Guard], None]) -> Callable[[Any, Guard], None]:
    """``own``, which has compiled code check the keys of a dict, as they lie in the dict."""

    @functools.wraps(own)
    def DICT_KEYS_MATCH(self: GuardBuilder, guard: Guard) -> None:
        own(self, guard)
        output: Any = self.check_fn_manager.output_graph
        compile = getattr(output, "vartrack_compile", None)
        source = guard.originating_source
        if compile is not None and source in compile.notes.get(_WATCHED, ()):
            beside = Itself(source).make_guard(own)
            KEY_MATCH(self, beside, check=KeyCheck(self.get(source), _order))

    return DICT_KEYS_MATCH


def _order(value: collections.OrderedDict[Any, Any]) -> tuple[int, ...]:
    """The places that its keys have in the dict, one after the other."""
    places = {id(key): place for place, key in enumerate(dict.keys(value))}
    return tuple(places[id(key)] for key in collections.OrderedDict.keys(value))


#: What is put in place in torch.
KEY_ORDER = Wrappers((GuardBuilder, "DICT_KEYS_MATCH", _in_order))
