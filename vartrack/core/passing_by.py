"""What torch must not pass by: what is read from a value that it takes for immutable.

Below a module that did not change, torch looks at no number, text or tuple again, nor at what is
read from one, and takes those of users' types for such as well. A module that holds one from which
something is read is gone through like any other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch._C._dynamo.guards import DictGuardManager, GuardManager

from vartrack.core.wrappers import Wrappers

__all__ = ["PASSING_BY"]


def _unless_read(own: Callable[[Any], None]) -> Callable[[Any], None]:
    """``own``, which marks the root of what is passed by, for roots below which nothing is read."""

    def mark_tag_safe_root(node: Any) -> None:
        if not _has_reading(node):
            own(node)

    return mark_tag_safe_root


def _has_reading(node: Any) -> bool:
    if isinstance(node, DictGuardManager):
        pairs = node.get_key_value_managers().values()
        return any(_has_reading(one) for pair in pairs for one in pair if one is not None)
    if node.is_guarded_value_immutable() and not node.has_no_accessors():
        cls = node.get_type_of_guarded_value()
        if cls.__module__ != "builtins" and not issubclass(cls, torch.Tensor):
            return True
    return any(map(_has_reading, node.get_child_managers()))


#: What is put in place in torch.
PASSING_BY = Wrappers((GuardManager, "mark_tag_safe_root", _unless_read))
