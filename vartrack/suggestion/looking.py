"""`Look`: one value, others of its type, and what comes of using them."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from vartrack.core.user_code.interrupts import RAISED
from vartrack.dispatch.registry import Registry
from vartrack.installation import use
from vartrack.suggestion.others import changed_values, equal_values
from vartrack.suggestion.ready_made import ready_made
from vartrack.suggestion.traits import Traits, traits_of
from vartrack.trials.changing import changed_in_place, copied, emptied
from vartrack.trials.running import Outcome, a_tensor, try_use
from vartrack.trials.sameness import alike, has_text, kept, print_differently
from vartrack.trials.uses import Use, field_uses, uses_of

__all__ = ["Look"]

#: After how many seconds nothing more is tried, and no more is read of the value.
_PATIENCE, _READING = 60.0, 10.0
#: How many changed values, equal values, fields and methods are looked at.
_CHANGED, _EQUAL, _FIELDS, _COMPUTED = 2, 2, 8, 4


class Look:
    """One look at a value.

    Args:
        value: the value.
        others: others of its type, as given.

    Attributes:
        given: whether there are such others.
        ready_made: the extras that have a visitor for the value.
        traits: what is known of the value.
        equals: pairs of values that are equal and print differently.
        changed: values that are not the same.
        values: all of them.
    """

    def __init__(self, value: Any, others: Sequence[Any]) -> None:
        self.value = value
        self.given = bool(others)
        self.ready_made = ready_made(value)
        self._end = time.monotonic() + _PATIENCE
        self.traits: Traits = traits_of(value, time.monotonic() + _READING)
        self.equals = _pairs([value, *others]) or [
            (value, other) for other in itertools.islice(equal_values(value), _EQUAL)
        ]
        twins = [id(other) for _, other in self.equals]
        self.changed = [other for other in others if id(other) not in twins] or list(
            itertools.islice(changed_values(value), _CHANGED)
        )
        self.values = [value, *self.changed, *(other for _, other in self.equals)]

    def uses(self) -> list[Use]:
        """The uses that Python itself has an answer for."""
        fields = [use for use in field_uses(self.value) if use.text[2:] not in self.traits.caches]
        every = [
            *uses_of(self.value, few=True),
            *fields[:_FIELDS],
            *map(Use, self.traits.computed[:_COMPUTED]),
        ]
        return [use for use in dict.fromkeys(every) if not self.is_late() and self.is_answered(use)]

    def is_late(self) -> bool:
        """Whether trying has taken as long as it may."""
        return time.monotonic() > self._end

    def is_answered(self, use: Use) -> bool:
        """Whether Python gives an answer, the same each time."""
        function, value = use.function(kept(self.value)), kept(self.value)
        try:
            return alike(function(a_tensor(), value)[1], function(a_tensor(), value)[1])
        except RAISED:
            return False

    def steps(self) -> Iterator[Any]:
        """The value, changed ones, one that changes in place, and the value again."""
        yield kept(self.value)
        # those that were given, or one that was made of each kind
        yield from map(kept, self.changed if self.given else self.changed[:1])
        yield from (kept(other) for _, other in self.equals[:1])
        if self.traits.settable and not self.traits.by_value:
            with contextlib.suppress(*RAISED):
                moving = copied(self.value)
                yield moving
                for name in self.traits.fields:
                    if not name.startswith("_"):
                        changed_in_place(moving, name)
                emptied(moving, self.value, self.traits.caches)
                yield moving
        yield kept(self.value)

    def tried(self, registry: Registry | None, each: Use) -> Outcome:
        """What comes of a use on ``registry``, or with torch alone."""
        with use(registry, unknown_torch=True):
            return try_use(each, self.steps(), kept(self.value))

    def program(self, each: Use) -> Callable[[], Any]:
        """What makes the program of a use anew."""
        return lambda: each.function(kept(self.value))


def _pairs(values: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Pairs of ``values`` that are equal and print differently."""
    found = []
    for one, other in itertools.combinations(values, 2):
        with contextlib.suppress(*RAISED):
            if has_text(type(one)) and bool(one == other) and print_differently(one, other):
                found.append((one, other))
    return found
