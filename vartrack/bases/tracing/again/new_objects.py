"""`id` of a value that is worked out again at each call: it is another object each time.

`copy.deepcopy` asks it of all that it copies, and torch would have guarded that it stays the same.
In 2.12 the text of what torch has for the `id` of a known value shows where its tracker is.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from torch._dynamo.source import CallFunctionNoArgsSource
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import TupleVariable

from vartrack.bases.tracing.again.places import AgainSource
from vartrack.bases.tracing.known.known_variable import KnownVariable
from vartrack.compat import behaviour
from vartrack.compat.names import FakeIdVariable
from vartrack.core.sources.worked_out import WorkedOutSource
from vartrack.core.wrapping.wrappers import Wrappers

__all__ = ["NEW_OBJECTS"]


def _is_new(tracker: Any) -> bool:
    """Whether it is made at each call; a text may also be looked up in something that stays."""
    if type(tracker.source) is WorkedOutSource:
        return type(tracker) in (ConstantVariable, TupleVariable)
    if type(tracker.source) is CallFunctionNoArgsSource:
        return tracker.python_type() in (int, float)  # see `computed_numbers`
    return type(tracker.source) is AgainSource


def _of_new_objects(own: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(own)
    def call_id(self: Any, tx: Any, *args: Any) -> Any:
        known = args[0].realize() if len(args) == 1 else None
        if known is not None and _is_new(known):
            return FakeIdVariable(id(known))
        number = own(self, tx, *args)
        is_fake = behaviour.SHOWS_FAKE_IDS and type(number) is FakeIdVariable
        if is_fake and isinstance(known, KnownVariable) and known.source is not None:
            return ConstantVariable.create(id(known.value))  # torch has guarded which it is
        return number

    return call_id


#: What is put in place in torch.
NEW_OBJECTS = Wrappers(
    *(() if FakeIdVariable is None else ((BuiltinVariable, "call_id", _of_new_objects),))
)
