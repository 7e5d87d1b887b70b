"""`suggest`: tries a value with torch alone, and with the visitor that fits."""

from __future__ import annotations

import re
import warnings
from typing import Any

import torch

from vartrack.bases.traced_types import why_torch_copes
from vartrack.comparison.state import undisturbed
from vartrack.core.wording import without_addresses, worded
from vartrack.defaults import KEPT, stock
from vartrack.dispatch.registry import Registry
from vartrack.errors import VisitorWarning
from vartrack.suggestion.choosing import fitting_base
from vartrack.suggestion.costs import cost_of
from vartrack.suggestion.keys import Key, key_of_fields, key_that_tells_apart
from vartrack.suggestion.looking import Look
from vartrack.suggestion.ready_made import with_set
from vartrack.suggestion.reasons import listed, there_are, why_no_constant, why_nothing, why_this
from vartrack.suggestion.report import Suggestion, Trial
from vartrack.suggestion.writing import class_from, written
from vartrack.trials.running import Outcome, as_often_as_needed, unlogged, unprinted
from vartrack.trials.sameness import inherits
from vartrack.trials.uses import OPERAND, TEXTS, Use

__all__ = ["suggest"]

#: From the best to the worst that can come of a use.
_RANK = ("ok", "recompiles", "graph break", "crash", "wrong", "stale")
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
                f"a {type(other).__qualname__} cannot be compared with a {cls.__qualname__}: give "
                "values of one type"
            )
    with undisturbed(), as_often_as_needed(), unlogged(), unprinted(), torch.no_grad():
        return _suggestion(Look(value, others))


def own_category(value: Any) -> str:
    """The visitor that torch's own way with just the type of ``value`` has; empty if none."""
    for sourced in (True, False):
        visitor = stock.resolve(value, sourced=sourced)
        if visitor is not None and type(value) in visitor.types:
            return visitor.name
    return ""


def _suggestion(look: Look) -> Suggestion:
    """What comes of a look."""
    cls = type(look.value)
    name = cls.__qualname__
    alone = {each: look.tried(None, each) for each in look.uses()}
    facts: dict[str, Any] = {
        "type": f"{cls.__module__}.{name}".removeprefix("builtins."),
        "shows": worded(look.value, 100),
        "equals": tuple((worded(one), worded(other)) for one, other in look.equals),
        "caches": look.traits.caches,
        "ready_made": look.ready_made,
    }
    faults = [use for use, outcome in alone.items() if _is_fault(use, outcome)]
    base, why = fitting_base(look.traits, name)
    category = own_category(look.value)
    if not faults or cls in KEPT or category:
        trials = tuple(_trial(use, outcome, None) for use, outcome in alone.items())
        reasons = tuple(why_nothing(look, base, alone, faults, category))
        return Suggestion(**facts, reasons=reasons, trials=trials)
    if base == "ConstantVisitor" and (doubt := why_torch_copes(cls)) is not None:
        if issubclass(cls, tuple):
            trials = tuple(_trial(use, outcome, None) for use, outcome in alone.items())
            reasons = tuple(why_no_constant(faults, *doubt))
            return Suggestion(**facts, reasons=reasons, trials=trials)
        base, why = "SnapshotVisitor", f"For a ConstantVisitor, {doubt[0]}."
    key = _key(look, base)
    text = written(base, cls, look.traits, key)
    registry = _registry_of(text, cls)
    after = {each: look.tried(registry, each) for each in alone}
    wrong = [use for use in after if after[use].status in ("wrong", "stale") and _member(use)]
    impure = tuple(dict.fromkeys(map(_member, wrong)))
    if impure and base in ("ConstantVisitor", "SnapshotVisitor"):
        text = written(base, cls, look.traits, key, impure)
        registry = _registry_of(text, cls)
        after.update({each: look.tried(registry, each) for each in wrong})
    trials = tuple(_trial(use, alone[use], after[use]) for use in alone)
    better = [each for each in alone if _rank(after[each]) < _rank(alone[each])]
    worse = [each for each in alone if _rank(after[each]) > _rank(alone[each])]
    is_lost = any(each.text == OPERAND for each in worse)
    if is_lost or not any(each in better for each in faults) or len(worse) >= len(better):
        but = f"does worse at {listed(worse)}" if worse else "does not help there"
        reasons = (
            f"torch alone has trouble with {listed(faults)}; {base}, which fits best, {but}.",
            _way_out(look, alone, faults),
        )
        return Suggestion(**facts, reasons=reasons, trials=trials)
    reasons = (why, *why_this(look, base, key, alone, better, worse, impure))
    return Suggestion(
        **facts,
        base=base,
        reasons=reasons,
        visitor=text,
        key=key.text if key else "",
        trials=trials,
        **cost_of(look, base, registry, alone, after),
    )


def _way_out(look: Look, alone: dict[Use, Outcome], faults: list[Use]) -> str:
    """What to do about ``faults``, with which no base helps: perhaps a ready-made set does."""
    helpful = [
        name
        for name in look.ready_made
        if any(
            _rank(look.tried(with_set(name), each)) < _rank(alone[each])
            for each in faults[:_FAULTS]
        )
    ]
    return there_are(helpful) if helpful else "Do that outside the compiled function."


def _registry_of(text: str, cls: type) -> Registry:
    """A registry with the visitor that ``text`` defines."""
    registry = stock.derive("of a suggestion")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", VisitorWarning)  # whether it serves is to be seen
        registry.register(class_from(text, cls), override=True)
    return registry


def _member(use: Use) -> str:
    """The method or property that the use asks for; "" if it is another use."""
    found = re.fullmatch(r"v\.(\w+)(\(\))?", use.text)
    return found[1] if found else ""


def _key(look: Look, base: str) -> Key | None:
    """What to give as ``key``; None if the default of the base is right."""
    if base == "ConstantVisitor" and not look.traits.member:
        if look.equals or inherits(type(look.value), "__eq__"):
            return key_that_tells_apart(look.values, look.traits)
    elif base == "SnapshotVisitor" and look.traits.caches:
        return key_of_fields(look.value, look.traits)
    return None


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
