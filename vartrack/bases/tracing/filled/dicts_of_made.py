"""`vars(obj)` of an object that the traced code makes: the dict goes on when the object does not.

torch makes only objects that somebody still has when the graph has run, and sets the attributes of
no other: such a dict came out empty.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from vartrack.compat.names import DunderDictVariable
from vartrack.core.wrapping.wrappers import Wrappers, in_this_release

__all__ = ["DICTS_OF_MADE"]


def _with_object(own: Callable[..., Any]) -> Any:
    """Torch goes through what a tracker has to find who is still there."""

    @functools.wraps(own)
    def create(tx: Any, of: Any) -> Any:
        result = own(tx, of)
        if of.source is None:
            result.made_of = of
        return result

    return staticmethod(create)


#: What is put in place in torch. Up to 2.12 it has no tracker of such a dict, and needs none.
DICTS_OF_MADE = Wrappers(*in_this_release((DunderDictVariable, "create", _with_object)))
