"""What a metaclass has is for the class: torch also takes it for what instances have."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from torch._dynamo.variables import user_defined

from vartrack.bases.tracing.classes.lookup import has_on_class
from vartrack.core.wrapping.wrappers import Wrappers

__all__ = ["METACLASSES", "is_of_metaclass"]


def is_of_metaclass(cls: type, name: str) -> bool:
    """Whether ``cls`` has ``name``, and its instances have not."""
    return type(cls) is not type and hasattr(cls, name) and not has_on_class(cls, name)


def _of_instances(own: Callable[..., Any]) -> Callable[..., Any]:
    """Looks for the `__getattr__` that Python asks for what an object lacks."""

    @functools.wraps(own)
    def get_custom_getattr(value: Any, *args: Any) -> Any:
        return own(value, *args) if has_on_class(type(value), "__getattr__") else None

    return get_custom_getattr


#: What is put in place in torch.
METACLASSES = Wrappers((user_defined, "get_custom_getattr", _of_instances))
