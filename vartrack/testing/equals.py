"""Equal values that are not the same: whoever takes them for one gives the text of the other."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

from vartrack.bases import ConstantVisitor, SnapshotVisitor
from vartrack.core.guarding.keys import same
from vartrack.core.visitor import Visitor
from vartrack.dispatch.registry import Registry
from vartrack.errors import VisitorWarning
from vartrack.testing.wording import told_of
from vartrack.trials.sameness import has_text, kept, print_differently

__all__ = ["taken_for_one", "told_apart", "warn_of", "warn_of_equal_values"]


def taken_for_one(
    visitor: Visitor | None, one: Any, other: Any, also_unequal: bool = False
) -> bool:
    """Whether the visitor's key says of two values of one type that they are the same.

    Args:
        visitor: takes both.
        one: the one.
        other: the other.
        also_unequal: whether it counts for values that are not equal as well.
    """
    if not isinstance(visitor, ConstantVisitor) or type(one) is not type(other):
        return False
    key = type(visitor).key
    try:
        if not also_unequal and not bool(one == other):
            return False
        return bool(one == other) if key is None else same(key(one), key(other))
    except Exception:
        return False


def told_apart(visitor: Visitor | None, one: Any, other: Any) -> bool:
    """Whether the visitor's key tells two values apart that are equal and print differently."""
    if not isinstance(visitor, (ConstantVisitor, SnapshotVisitor)) or not has_text(type(one)):
        return False
    key = type(visitor).key
    return key is not None and print_differently(one, other) and not same(key(one), key(other))


def warn_of_equal_values(registry: Registry, values: Iterable[Any]) -> None:
    """Warn of the first two values that the visitor takes for the same, and that print differently.

    Values of a type whose texts are those of `object` are never compared.
    """
    met: list[Any] = []
    for value in values:
        if not has_text(type(value)):
            continue
        visitor = registry.resolve(value)
        for earlier in met:
            if print_differently(earlier, value) and taken_for_one(visitor, earlier, value):
                assert visitor is not None
                warn_of(visitor, earlier, value, "print differently")
                return
        met.append(kept(value))


def warn_of(visitor: Visitor, one: Any, other: Any, what: str, why: str = "they are equal") -> None:
    """Warn that two values which the visitor takes for the same are not.

    Args:
        visitor: takes both.
        one: the one.
        other: the other.
        what: what they do that values which are the same do not.
        why: why the visitor takes them for the same.
    """
    warnings.warn(
        VisitorWarning(
            "VT602",
            f"{visitor.name} takes {told_of(one)} and {told_of(other)} for the same, as "
            f"{why}, but they {what}: the compiled function may give the answer of the "
            "one for the other.",
            f"give {visitor.name} a `key` that tells them apart, such as `key = str`; "
            "`vartrack.suggest(value)` proposes one.",
        ),
        stacklevel=2,
    )
