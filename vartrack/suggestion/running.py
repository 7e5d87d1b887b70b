"""`suggest`: tries a value with torch alone, and with the visitor that fits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from vartrack.bases.traced_types import why_torch_copes
from vartrack.comparison.state import undisturbed
from vartrack.core.texts.articles import with_article
from vartrack.core.texts.wording import without_addresses, worded
from vartrack.defaults import KEPT, stock
from vartrack.installation import use
from vartrack.suggestion.attempt import attempted, rank
from vartrack.suggestion.choosing import fitting_base
from vartrack.suggestion.costs import cost_of
from vartrack.suggestion.looking import Look
from vartrack.suggestion.ready_made import THRIFT, with_set
from vartrack.suggestion.reasons import (
    there_are,
    thrift_helps,
    why_left_out,
    why_no_constant,
    why_not,
    why_nothing,
    why_this,
)
from vartrack.suggestion.report import Suggestion, Trial
from vartrack.trials.running import Outcome, as_often_as_needed, unlogged, unprinted
from vartrack.trials.uses import TEXTS, Use

__all__ = ["suggest"]

#: How many uses a ready-made set is tried with.
_FAULTS = 3


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
                f"{with_article(type(other))} cannot be compared with {with_article(cls)}: give "
                "values of one type"
            )
    # vartrack is put in place once, not for each use that is tried
    in_place = use(None, unknown_torch=True)
    with undisturbed(), as_often_as_needed(), unlogged(), unprinted(), torch.no_grad(), in_place:
        return _suggestion(Look(value, others))


def own_category(value: Any) -> str:
    """The visitor that torch's own way with the type of ``value`` has; empty if none.

    That is one for just this type, or for what it inherits in its own package, as the dtypes of
    NumPy do.
    """
    cls = type(value)
    for sourced in (True, False):
        visitor = stock.resolve(value, sourced=sourced)
        types = () if visitor is None else visitor.types
        if visitor is not None and any(_is_of(cls, base) for base in types):
            return visitor.name
    return ""


def _is_of(cls: type, base: Any) -> bool:
    if cls is base or base is object or not isinstance(base, type):
        return cls is base
    return issubclass(cls, base) and _package(cls) == _package(base)


def _package(cls: type) -> str:
    return cls.__module__.partition(".")[0]


def _suggestion(look: Look) -> Suggestion:
    """What comes of a look."""
    cls = type(look.value)
    name = cls.__qualname__
    uses = look.uses()
    alone = {each: look.tried(None, each) for each in uses if not look.is_late()}
    left_out = why_left_out(look, len(alone), len(uses))
    faults = [use for use, outcome in alone.items() if _is_fault(use, outcome)]
    base, why = fitting_base(look.traits, name)
    category = own_category(look.value)
    if not faults or cls in KEPT or category:
        way = _way_out(look, alone, faults) if faults and category and cls not in KEPT else ""
        reasons = why_nothing(look, base, alone, faults, category, way)
        return Suggestion(
            **_facts(look), reasons=(*reasons, *left_out), trials=_trials(alone, None)
        )
    if base == "ConstantVisitor" and (doubt := why_torch_copes(cls)) is not None:
        if issubclass(cls, tuple):
            reasons = why_no_constant(faults, *doubt)
            return Suggestion(
                **_facts(look), reasons=(*reasons, *left_out), trials=_trials(alone, None)
            )
        base, why = "SnapshotVisitor", f"For a ConstantVisitor, {doubt[0]}."
    attempt = attempted(look, base, alone)
    trials = _trials(alone, attempt.after)
    if not attempt.helps(faults):
        reasons = why_not(attempt, faults, _way_out(look, alone, faults))
        return Suggestion(**_facts(look), reasons=(*reasons, *left_out), trials=trials)
    costs = cost_of(look, base, attempt.registry, alone, attempt.after)
    return Suggestion(
        **_facts(look),
        base=base,
        reasons=(why, *why_this(look, attempt, costs.get("check_nanoseconds")), *left_out),
        visitor=attempt.text,
        key=attempt.key.text if attempt.key else "",
        trials=trials,
        **costs,
    )


def _facts(look: Look) -> dict[str, Any]:
    """What a suggestion tells of the value, whatever comes of it."""
    cls = type(look.value)
    return {
        "type": f"{cls.__module__}.{cls.__qualname__}".removeprefix("builtins."),
        "shows": worded(look.value, 100),
        "equals": tuple((worded(one), worded(other)) for one, other in look.equals),
        "caches": look.traits.caches,
        "ready_made": look.ready_made,
    }


def _way_out(look: Look, alone: dict[Use, Outcome], faults: list[Use]) -> str:
    """What to do about ``faults``, with which no base helps: perhaps a ready-made set does."""
    helpful = [name for name in look.ready_made if _is_better_with(name, look, alone, faults)]
    if helpful:
        return there_are(helpful)
    often = [each for each in faults if alone[each].status == "recompiles"]
    if often and _is_better_with(THRIFT, look, alone, often):
        return thrift_helps(often)
    return "Do that outside the compiled function."


def _is_better_with(name: str, look: Look, alone: dict[Use, Outcome], faults: list[Use]) -> bool:
    registry = with_set(name)
    return any(rank(look.tried(registry, each)) < rank(alone[each]) for each in faults[:_FAULTS])


def _is_fault(use: Use, outcome: Outcome) -> bool:
    """Whether something should be done about it; texts can wait until the graph has run."""
    if use.text in TEXTS or outcome.status == "ok":
        return False
    return outcome.status != "recompiles" or use.depends != "content"


def _trials(alone: dict[Use, Outcome], after: Mapping[Use, Outcome] | None) -> tuple[Trial, ...]:
    return tuple(_trial(use, alone[use], after[use] if after else None) for use in alone)


def _trial(each: Use, alone: Outcome, after: Outcome | None) -> Trial:
    messages = [
        "" if outcome is None else without_addresses(outcome.message) for outcome in (alone, after)
    ]
    return Trial(each.text, alone.status, messages[0], after.status if after else None, messages[1])
