"""What torch must not pass by: what is read of a value that it takes for immutable; some dicts.

Below a module that did not change, torch looks at no number, text or tuple again, nor at what is
read from one, and takes those of users' types for such as well. It tells by a dict's version that
it did not change, and does not look at the version of an empty one whose keys were gone through,
nor at that of a `Counter` or another dict of a subclass. A module that holds one of these is gone
through like any other. From Python 3.13 on torch notices no change of an object below a module, and
nothing is passed by.
"""

from __future__ import annotations

import sys
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any

import torch
from torch._C._dynamo.guards import DictGuardManager, GuardManager

from vartrack.core.wrapping.wrappers import Wrappers

__all__ = ["PASSING_BY"]


#: Dicts whose version torch looks at.
_DICTS = (dict, OrderedDict, defaultdict)
#: From 3.13 on Python keeps attributes in the object itself, beside the dict that torch looks at.
_NOTICES_CHANGES = sys.version_info < (3, 13)


def _unless_read(own: Callable[[Any], None]) -> Callable[[Any], None]:
    """``own``, which marks the root of what is passed by, for roots below which nothing is read."""

    def mark_tag_safe_root(node: Any) -> None:
        if _NOTICES_CHANGES and not _has_reading(node):
            own(node)

    return mark_tag_safe_root


def _has_reading(node: Any) -> bool:
    cls = node.get_type_of_guarded_value()
    if issubclass(cls, dict) and cls not in _DICTS:
        return True
    if isinstance(node, DictGuardManager):
        pairs = node.get_key_value_managers().values()
        within = [one for pair in pairs for one in pair if one is not None]
        return not within or any(map(_has_reading, within))
    if node.is_guarded_value_immutable() and not node.has_no_accessors():
        of_users = cls.__module__ != "builtins" and not issubclass(cls, torch.Tensor)
        if of_users:
            return True
    return any(map(_has_reading, node.get_child_managers()))


#: What is put in place in torch.
PASSING_BY = Wrappers((GuardManager, "mark_tag_safe_root", _unless_read))
