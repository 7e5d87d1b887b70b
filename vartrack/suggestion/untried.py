"""What was not tried with a value, as it takes operands or does more than compute."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

from vartrack.trials.uses import Use

__all__ = ["untried"]


#: What is done by special methods, and not tried with what cannot be copied.
_BY_METHOD = {"__enter__": "with v", "__iter__": "[*v]"}


def untried(value: Any, tried: Iterable[Use]) -> list[str]:
    """What the type of ``value`` offers by name, and no use in ``tried`` does."""
    cls = type(value)
    done = {use.text.removesuffix(": ...") for use in tried}
    by_method = [use for name, use in _BY_METHOD.items() if hasattr(cls, name)]
    names = (name for name in dir(cls) if not name.startswith("_"))
    methods = [name for name in names if _is_method(inspect.getattr_static(cls, name))]
    return [
        *(use for use in by_method if use not in done),
        *(name for name in methods if f"v.{name}()" not in done),
    ]


def _is_method(static: Any) -> bool:
    """Whether it is one; a property that keeps what it gave is called a routine as well."""
    own = callable(static) or isinstance(static, (classmethod, staticmethod))
    return own and inspect.isroutine(static)
