"""The guard kind of users' own types: same type, and the same key at every call."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torch._dynamo.guards import get_verbose_code_parts

if TYPE_CHECKING:
    from torch._dynamo.guards import GuardBuilder
    from torch._guards import Guard

__all__ = ["KEY_MATCH", "KeyCheck", "UnusableKey"]


class UnusableKey(ValueError):
    """A key, or a value without one, that cannot say whether two values are the same."""


class KeyCheck:
    """Asks whether a value is still the one it was: the same type, and the same key.

    Args:
        value: the value as it is now.
        key: from a value to what makes it the same; None to compare values themselves.

    Raises:
        UnusableKey: the key raises, is not hashable or is not equal to itself, or without one the
            value cannot be compared with itself.
    """

    __slots__ = ("cls", "cost", "expected", "key")

    def __init__(self, value: Any, key: Callable[[Any], Any] | None) -> None:
        self.cls = type(value)
        self.key = key
        start = time.perf_counter_ns()
        try:
            self.expected = value if key is None else key(value)
        except Exception as error:
            raise UnusableKey(
                f"key({self.cls.__qualname__}) raised {type(error).__name__}: {error}"
            ) from error
        if key is not None:
            try:
                hash(self.expected)
            except TypeError:
                raise UnusableKey(
                    f"key({self.cls.__qualname__}) gave a {type(self.expected).__name__}, which "
                    "is not hashable and so may change; give a tuple of what it holds"
                ) from None
        try:
            same = self.expected == (value if key is None else key(value))
        except Exception as error:
            raise UnusableKey(
                f"comparing {self._what()} raised {type(error).__name__}: {error}; give a key"
            ) from error
        #: Nanoseconds that one check takes, as measured now.
        self.cost = time.perf_counter_ns() - start
        if key is None:
            same = same is True or (same is not False and None)
            if same is None:
                raise UnusableKey(
                    f"comparing {self._what()} gave neither True nor False; give a key"
                )
        elif same is not True:
            raise UnusableKey(f"{self._what()} is not equal to itself; give another key")

    def _what(self) -> str:
        return f"a {self.cls.__qualname__}" if self.key is None else f"the key of a {self.cls.__qualname__}"

    def __call__(self, value: Any) -> bool:
        """Whether ``value`` is the same; False also if comparing raises."""
        if type(value) is not self.cls:
            return False
        try:
            if self.key is None:
                return value is self.expected or bool(value == self.expected)
            return bool(self.key(value) == self.expected)
        except Exception:
            return False


def KEY_MATCH(builder: GuardBuilder, guard: Guard, *, check: KeyCheck) -> None:
    """Have compiled code call ``check`` on the guarded value."""
    expected = repr(check.expected)
    name = getattr(check.key, "__qualname__", None) or "value"
    code = f"{name}({builder.arg_ref(guard)}) == {expected:.200} of {check.cls.__qualname__}"
    guard.set_export_info("KEY_MATCH", None, [code], None)
    builder.get_guard_manager(guard).add_lambda_guard(
        check, get_verbose_code_parts(code, guard), guard.user_stack
    )
