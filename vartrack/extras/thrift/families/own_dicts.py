"""Names that are looked for in the ``__dict__`` of an object, where what is found is late.

torch has no guard for that, but one on the type of what it has built, which is not there without
the name.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from torch._dynamo.variables.base import VariableTracker

from vartrack.bases.tracing.late.waiting import waits
from vartrack.compat.hooks import hook_name
from vartrack.compat.names import DunderDictVariable
from vartrack.core.wrapping.wrappers import Wrappers, in_this_release

__all__ = ["HOOKS"]


def _looked_for(own: Callable[..., VariableTracker]) -> Callable[..., VariableTracker]:
    """What says whether a name is there."""

    @functools.wraps(own)
    def contains(self: Any, tx: Any, item: VariableTracker) -> VariableTracker:
        if item.is_python_constant():
            found = self.items.get(item.as_python_constant())
            if waits(found):
                found.rely_on_type()
        return own(self, tx, item)

    return contains


#: What is put into torch while a registry with this set is in force, if torch has such a tracker.
HOOKS = (
    Wrappers(*in_this_release((DunderDictVariable, hook_name("sq_contains_impl"), _looked_for))),
)
