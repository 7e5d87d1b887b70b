"""What makes two values the same, asked by itself: a key may be asked by no use that is tried."""

from __future__ import annotations

from typing import Any

from vartrack.bases import ConstantVisitor
from vartrack.bases.tracing.contents.slow_keys import warn_if_slow
from vartrack.core.guarding.keys import KeyCheck, UnusableKey
from vartrack.dispatch.registry import Registry
from vartrack.testing.equals import warn_of
from vartrack.testing.wording import told_of
from vartrack.trials.sameness import inherits, kept

__all__ = ["Keys"]


class Keys:
    """Checks that the key of a visitor, or `==` if it has none, can tell its values apart.

    Args:
        registry: what to run on.
        shared: whether values that are not equal may have the same key.
    """

    def __init__(self, registry: Registry, shared: bool = False) -> None:
        self.registry = registry
        self.shared = shared
        self._met: list[Any] = []
        self._taken_for_one: tuple[Any, Any, Any] | None = None

    def check(self, value: Any) -> None:
        """Check the key of one value more.

        Raises:
            AssertionError: it raises, changes, looks at a file or the clock, or cannot be hashed.

        Warns:
            VisitorWarning: it takes long.
        """
        visitor = self.registry.resolve(value)
        if not isinstance(visitor, ConstantVisitor):
            return
        key = type(visitor).key
        try:
            check = KeyCheck(value, key)
        except UnusableKey as error:
            raise AssertionError(
                f"{visitor.name} cannot tell whether {told_of(value)} is the same at the next "
                f"call: {error}. Give it a `key` that any two values can be told apart by, such "
                "as a tuple of the fields that matter."
            ) from error
        warn_if_slow(visitor, check)
        if key is None or self.shared:
            return
        for earlier in self._met:
            if type(earlier) is type(value) and _differ(earlier, value) and check(earlier):
                self._taken_for_one = visitor, earlier, kept(value)
                self.shared = True  # told once
                return
        self._met.append(kept(value))

    def warn(self) -> None:
        """Warn of two values that are not equal and have one key, after all else was right.

        Warns:
            VisitorWarning: there are such.
        """
        if self._taken_for_one is not None:
            warn_of(*self._taken_for_one, "are not equal", "its key is the same")


def _differ(one: Any, other: Any) -> bool:
    """Whether two values say that they are not equal."""
    if inherits(type(one), "__eq__"):
        return False
    try:
        return not bool(one == other)
    except Exception:
        return False
