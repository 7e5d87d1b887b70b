"""`suggest`: tries a value with torch alone, and with the visitor that fits."""

from __future__ import annotations

import contextlib
import copy
import itertools
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch

from vartrack import extras
from vartrack.comparison.state import undisturbed
from vartrack.core.keys import KeyCheck
from vartrack.core.wording import without_addresses, worded
from vartrack.defaults import KEPT, stock
from vartrack.dispatch.registry import Registry
from vartrack.errors import VartrackError
from vartrack.installation import use
from vartrack.suggestion.choosing import fitting_base
from vartrack.suggestion.keys import Key, key_of_fields, key_that_tells_apart
from vartrack.suggestion.others import changed_in_place, changed_values, equal_values
from vartrack.suggestion.report import Suggestion, Trial
from vartrack.suggestion.traits import Traits, traits_of
from vartrack.suggestion.writing import class_from, written
from vartrack.trials.running import Outcome, a_tensor, as_often_as_needed, try_use
from vartrack.trials.sameness import alike, inherits, kept
from vartrack.trials.timing import Times, times_of
from vartrack.trials.uses import TEXTS, Use, field_uses, uses_of

__all__ = ["suggest"]

#: From the best to the worst that can come of a use.
_RANK = ("ok", "recompiles", "graph break", "crash", "wrong", "stale")
#: How many changed values, equal values, fields and methods are looked at.
_CHANGED, _EQUAL, _FIELDS, _COMPUTED = 2, 2, 8, 4


def suggest(value: Any, /, *others: Any) -> Suggestion:
    """What to register for values like ``value``, if anything.

    torch alone is tried with it: each use that the type offers is compiled, and called with the
    value, with changed ones and with the value again. If it does not cope, the base that fits is
    tried in the same way, and suggested if more is right with it.

    Methods and properties without parameters are called, on copies of the value, unless their names
    say that they do more than to compute something. ``torch._dynamo.reset()`` is called before
    and after, as by `vartrack.explain`.

    Args:
        value: a value of the type.
        others: more values of the type, to be compared with it: changed ones, and ones that are
            equal and yet behave differently. Some are made if none are given.

    Returns:
        The suggestion. Print it, or read its fields; ``visitor`` is the text to paste.

    Raises:
        TypeError: ``others`` are of another type.

    .. versionadded:: 0.2
    """
    cls = type(value)
    for other in others:
        if type(other) is not cls:
            raise TypeError(
                f"a {type(other).__qualname__} cannot be compared with a {cls.__qualname__}: give "
                "values of one type"
            )
    with undisturbed(), as_often_as_needed(), contextlib.ExitStack() as stack:
        stack.enter_context(torch.no_grad())
        return _Look(value, others).suggestion()


class _Look:
    """One look at a value.

    Args:
        value: the value.
        others: others of its type, as given.
    """

    def __init__(self, value: Any, others: Sequence[Any]) -> None:
        self.value = value
        self.given = bool(others)
        self.ready_made = _ready_made(value)
        self.traits: Traits = traits_of(value)
        self.equals = _pairs([value, *others]) or [
            (value, other) for other in itertools.islice(equal_values(value), _EQUAL)
        ]
        twins = [id(other) for _, other in self.equals]
        self.changed = [other for other in others if id(other) not in twins] or list(
            itertools.islice(changed_values(value), _CHANGED)
        )
        self.values = [value, *self.changed, *(other for _, other in self.equals)]

    def suggestion(self) -> Suggestion:
        """What comes of it."""
        cls = type(self.value)
        name = cls.__qualname__
        alone = {each: self.tried(None, each) for each in self.uses()}
        facts: dict[str, Any] = {
            "type": f"{cls.__module__}.{name}".removeprefix("builtins."),
            "shows": worded(self.value, 100),
            "equals": tuple((worded(one), worded(other)) for one, other in self.equals),
            "caches": self.traits.caches,
            "ready_made": self.ready_made,
        }
        faults = [use for use, outcome in alone.items() if _is_fault(use, outcome)]
        base, why = fitting_base(self.traits, name)
        if not faults or cls in KEPT:
            trials = tuple(_trial(use, outcome, None) for use, outcome in alone.items())
            reasons = tuple(self.why_nothing(name, base, alone))
            return Suggestion(**facts, reasons=reasons, trials=trials)
        key = self.key(base)
        text = written(base, cls, self.traits, key)
        visitor = class_from(text, cls)
        registry = stock.derive("of a suggestion")
        registry.register(visitor, override=True)
        after = {each: self.tried(registry, each) for each in alone}
        trials = tuple(_trial(use, alone[use], after[use]) for use in alone)
        better = [each for each in alone if _rank(after[each]) < _rank(alone[each])]
        worse = [each for each in alone if _rank(after[each]) > _rank(alone[each])]
        if not any(each in better for each in faults) or len(worse) >= len(better):
            but = f"does worse at {_listed(worse)}" if worse else "does not help there"
            reasons = (
                f"torch alone has trouble with {_listed(faults)}; {base}, which fits best, {but}.",
                "Do that outside the compiled function.",
            )
            return Suggestion(**facts, reasons=reasons, trials=trials)
        reasons = (why, *self.why(base, key, alone, better, worse))
        return Suggestion(
            **facts,
            base=base,
            reasons=reasons,
            visitor=text,
            key=key.text if key else "",
            trials=trials,
            **self.cost(base, registry, key, after),
        )

    # what is tried

    def uses(self) -> list[Use]:
        """The uses that Python itself has an answer for."""
        fields = [use for use in field_uses(self.value) if use.text[2:] not in self.traits.caches]
        every = [
            *uses_of(self.value, few=True),
            *fields[:_FIELDS],
            *map(Use, self.traits.computed[:_COMPUTED]),
        ]
        return [use for use in dict.fromkeys(every) if self.is_answered(use)]

    def is_answered(self, use: Use) -> bool:
        """Whether Python gives an answer, the same each time."""
        function, value = use.function(kept(self.value)), kept(self.value)
        try:
            return alike(function(a_tensor(), value)[1], function(a_tensor(), value)[1])
        except Exception:
            return False

    def steps(self) -> Iterator[Any]:
        """The value, changed ones, one that changes in place, and the value again."""
        yield kept(self.value)
        # those that were given, or one that was made of each kind
        yield from map(kept, self.changed if self.given else self.changed[:1])
        yield from (kept(other) for _, other in self.equals[:1])
        if self.traits.settable and not self.traits.by_value:
            with contextlib.suppress(Exception):
                moving = copy.deepcopy(self.value)
                yield moving
                for name in self.traits.fields:
                    if not name.startswith("_"):
                        changed_in_place(moving, name)
                yield moving
        yield kept(self.value)

    def tried(self, registry: Registry | None, each: Use) -> Outcome:
        """What comes of a use on ``registry``, or with torch alone."""
        with use(registry, unknown_torch=True):
            return try_use(each, self.steps(), kept(self.value))

    def key(self, base: str) -> Key | None:
        """What to give as ``key``; None if the default of the base is right."""
        if base == "ConstantVisitor" and not self.traits.member:
            if self.equals or inherits(type(self.value), "__eq__"):
                return key_that_tells_apart(self.values, self.traits)
        elif base == "SnapshotVisitor" and self.traits.caches:
            return key_of_fields(self.value, self.traits)
        return None

    # why

    def why_nothing(self, name: str, base: str, alone: dict[Use, Outcome]) -> Iterator[str]:
        """Why nothing is to be registered, and what to know all the same."""
        if type(self.value) in KEPT:
            yield f"{name} is a type that torch itself needs: no visitor is to stand in for it."
            return
        texts = [use for use in alone if use.text in TEXTS and alone[use].status != "ok"]
        besides = " besides its texts" if texts else ""
        yield f"torch copes with {name} by itself: what was tried{besides} is right, in one graph."
        if texts:
            told = ", ".join(f"`{use.text}` ({alone[use].status})" for use in texts)
            yield (
                f"Its texts go wrong: {told}. Make them outside the compiled function; if that "
                f"cannot be, see whether {base} helps."
            )
        if not self.changed:
            yield (
                "No other value could be made, so whether a change is noticed was not seen: give "
                "one as well, suggest(value, other)."
            )

    def why(
        self,
        base: str,
        key: Key | None,
        alone: dict[Use, Outcome],
        better: list[Use],
        worse: list[Use],
    ) -> Iterator[str]:
        """Why the base is suggested, and what to know of it."""
        if self.ready_made:
            yield (
                f"There are visitors for it already: vartrack.install(extras={[*self.ready_made]})."
            )
        for status, words in (
            ("stale", "gives the answer of an earlier value for"),
            ("wrong", "is wrong for"),
            ("crash", "fails with an error of its own at"),
            ("graph break", "breaks the graph at"),
            ("recompiles", "compiles too often for"),
        ):
            uses = [each for each in better if alone[each].status == status]
            if uses:
                yield f"torch alone {words} {_listed(uses)}; the visitor does not."
        if worse:
            yield f"What torch alone does better: {_listed(worse)}."
        for one, other in self.equals:
            what = f"{worded(one)} and {worded(other)} are equal and print differently"
            if base != "ConstantVisitor":
                continue
            yield (
                f"{what}: `key` tells them apart."
                if key is not None
                else f"{what}: give a `key` that tells them apart."
            )
        if self.traits.caches:
            names = ", ".join(f"`{name}`" for name in self.traits.caches)
            how = (
                "they are left out of what is compared"
                if key or base != "SnapshotVisitor"
                else ("give a `key` without them")
            )
            yield f"{names}: filled while the value is read, so {how}."

    # what it costs

    def cost(
        self, base: str, registry: Registry, key: Key | None, after: dict[Use, Outcome]
    ) -> dict[str, Any]:
        """The times of a check, and of a call."""
        found: dict[str, Any] = {}
        if base in ("ConstantVisitor", "SnapshotVisitor"):
            visitor: Any = registry.resolve(self.value)
            found["check_nanoseconds"] = _check_time(self.value, type(visitor).key)
        depending = [each for each in after if each.depends != "type"]
        carried = [each for each in after if each.depends == "type"]
        for each in (*depending, *carried):
            if after[each].status != "ok":
                continue
            times: Times | None = times_of(registry, self.program(each), self.value)
            if times is not None:
                found["timed"] = each.text
                found["call_nanoseconds"] = times.one
                found["torch_call_nanoseconds"] = times.other
                break
        return found

    def program(self, each: Use) -> Callable[[], Any]:
        """What makes the program of a use anew."""
        return lambda: each.function(kept(self.value))


def _pairs(values: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Pairs of ``values`` that are equal and print differently."""
    found = []
    for one, other in itertools.combinations(values, 2):
        with contextlib.suppress(Exception):
            own = not inherits(type(one), "__repr__")
            if own and bool(one == other) and repr(one) != repr(other):
                found.append((one, other))
    return found


def _is_fault(use: Use, outcome: Outcome) -> bool:
    """Whether something should be done about it; texts can wait until the graph has run."""
    if use.text in TEXTS or outcome.status == "ok":
        return False
    return outcome.status != "recompiles" or use.depends != "content"


def _rank(outcome: Outcome) -> int:
    return _RANK.index(outcome.status)


def _trial(each: Use, alone: Outcome, after: Outcome | None) -> Trial:
    messages = [
        "" if outcome is None else without_addresses(outcome.message) for outcome in (alone, after)
    ]
    return Trial(each.text, alone.status, messages[0], after.status if after else None, messages[1])


def _listed(uses: Sequence[Use], most: int = 6) -> str:
    names = [f"`{each.text}`" for each in uses[:most]]
    more = len(uses) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")


def _ready_made(value: Any) -> tuple[str, ...]:
    """The extras that have a visitor for the value."""
    names = []
    for name in extras.NAMES:
        try:
            registry = stock.derive()
            extras.load(name).register(registry)
        except VartrackError:  # the package is not installed
            continue
        if any(
            type(registry.resolve(value, sourced=sourced))
            is not type(stock.resolve(value, sourced=sourced))
            for sourced in (True, False)
        ):
            names.append(name)
    return tuple(names)


def _check_time(value: Any, key: Any) -> float | None:
    """What a check with another object of the same content takes, in nanoseconds."""
    try:
        check = KeyCheck(value, key)
        other = copy.deepcopy(value)
        times = []
        for _ in range(25):
            start = time.perf_counter_ns()
            for _ in range(20):
                check(other)
            times.append((time.perf_counter_ns() - start) / 20)
    except Exception:
        return None
    return statistics.median(times)
