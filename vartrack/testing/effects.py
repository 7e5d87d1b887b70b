"""Whether what is tried leaves a value as it is: else two calls with it are two programs."""

from __future__ import annotations

import itertools
import warnings
from typing import Any

from vartrack.bases import MappingVisitor
from vartrack.core.texts.articles import with_article
from vartrack.dispatch.registry import Registry
from vartrack.errors import VisitorWarning
from vartrack.testing.wording import told_of
from vartrack.trials.running import Program, a_tensor
from vartrack.trials.sameness import alike, kept
from vartrack.trials.uses import stored_fields

__all__ = ["check_items", "check_repeats"]

#: How many items of a mapping are read.
_ITEMS = 4


def check_repeats(value: Any, function: Program) -> None:
    """Check that ``function`` gives the same a second time, as it is called twice.

    Raises:
        AssertionError: it does not, so that nothing can be told by it of guards.
    """
    made = kept(value)
    if made is value:
        return  # who knows what a call more does to the very object
    first = _outcome(function, made)
    second = _outcome(function, made)
    if not alike(first, second):
        raise AssertionError(
            f"The function, not compiled, gives {told_of(first)} for {told_of(value)}, and "
            f"{told_of(second)} when it is called with that once more: it changes the value, "
            "or depends on more than that. Check the guards with a function that does not."
        )


def _outcome(function: Program, value: Any) -> Any:
    try:
        return function(a_tensor(), value)
    except Exception as error:
        return type(error), str(error)


def check_items(registry: Registry, value: Any) -> bool:
    """Look whether reading an item changes a mapping.

    Warns:
        VisitorWarning: it does.

    Returns:
        whether it was warned of.
    """
    visitor, made = registry.resolve(value), kept(value)
    if not isinstance(visitor, MappingVisitor) or made is value:
        return False
    before = {name: kept(part) for name, part in stored_fields(made).items()}
    for key in itertools.islice([*made.keys()], _ITEMS):
        made[key]
    after = stored_fields(made)
    changed = [name for name, part in before.items() if _changed(part, after.get(name))]
    if not changed:
        return False
    cls = type(value).__qualname__
    warnings.warn(
        VisitorWarning(
            "VT604",
            f"{visitor.name}: reading an item of {with_article(cls)} changes its "
            f"`{changed[0]}`. A compiled function reads items while it is traced, "
            "and its guards may read them at every call.",
            f"take a SnapshotVisitor for {cls} with a `key` without `{changed[0]}`, or read the "
            "items outside the compiled function.",
        ),
        stacklevel=4,
    )
    return True


def _changed(before: Any, after: Any) -> bool:
    """Whether something was there, and is another now; what was empty may have been filled."""
    return before is not None and not alike(before, after)
