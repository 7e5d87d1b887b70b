"""Why something is to be registered, or nothing: in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from vartrack.bases.traced_types import why_torch_copes
from vartrack.core.guarding.keys import SLOW
from vartrack.core.texts.wording import worded
from vartrack.defaults import KEPT
from vartrack.suggestion.attempt import Attempt
from vartrack.suggestion.looking import Look
from vartrack.suggestion.ready_made import THRIFT
from vartrack.suggestion.untried import untried
from vartrack.trials.running import Outcome
from vartrack.trials.uses import TEXTS, Use

__all__ = [
    "install",
    "listed",
    "there_are",
    "thrift_helps",
    "why_left_out",
    "why_no_constant",
    "why_not",
    "why_nothing",
    "why_this",
]

#: How many methods are named that were not tried.
_UNTRIED = 5
#: What torch alone does to a use, by its status.
_TROUBLE = {
    "stale": "gives the answer of an earlier value for",
    "wrong": "is wrong for",
    "crash": "fails with an error of its own at",
    "graph break": "breaks the graph at",
    "recompiles": "compiles too often for",
}


def why_nothing(
    look: Look,
    base: str,
    alone: dict[Use, Outcome],
    faults: Sequence[Use],
    category: str,
    way: str = "",
) -> Iterator[str]:
    """Why nothing is to be registered, and what to know all the same.

    Args:
        look: the value.
        base: what would fit best.
        alone: what torch alone does with it.
        faults: where torch alone has trouble.
        category: torch's own way with the type, if it has one.
        way: what to do about the faults.
    """
    name = type(look.value).__qualname__
    if type(look.value) in KEPT:
        yield f"{name} is a type that torch itself needs: no visitor is to stand in for it."
        return
    if category and faults:
        yield (
            f"torch has a way of its own with {name} ({category}), which a visitor would stand in "
            "for, also where it was not tried, such as methods that change it."
        )
        yield from _not_tried(look, alone)
        way = there_are(look.ready_made) if look.ready_made else way
        yield f"torch alone has trouble with {listed(faults)}. {way}"
        return
    texts = _wrong_texts(alone)
    besides = " besides its texts" if texts else ""
    often = [use for use in alone if use.text not in TEXTS and alone[use].status == "recompiles"]
    if alone:
        yield f"torch copes with {name} by itself: what was tried{besides} is right, in one piece."
    if often:
        yield f"It compiles more often than it would have to for {listed(often)}."
    if texts:
        doubted = base == "ConstantVisitor" and why_torch_copes(type(look.value))
        may_help = not category and not doubted
        yield _on_texts(alone, f"see whether {base} helps" if may_help else "")
    if not look.changed:
        yield (
            "No other value could be made, so whether a change is noticed was not seen: give "
            "one as well, suggest(value, other)."
        )
    if not category:
        yield from _not_tried(look, alone)
    if look.ready_made and not category:
        yield f"If torch has trouble with something else: {install(look.ready_made)} knows it."


def _wrong_texts(alone: Mapping[Use, Outcome]) -> list[Use]:
    """The texts of the value that torch alone does not get right."""
    return [use for use in alone if use.text in TEXTS and alone[use].status != "ok"]


def _on_texts(alone: Mapping[Use, Outcome], else_: str) -> str:
    """What to do about those.

    Args:
        alone: what torch alone does with each use.
        else_: what to do if they cannot be made elsewhere; "" for nothing.
    """
    told = ", ".join(f"`{use.text}` ({alone[use].status})" for use in _wrong_texts(alone))
    other = f"; if that cannot be, {else_}" if else_ else ""
    return f"Its texts go wrong: {told}. Make them outside the compiled function{other}."


def _not_tried(look: Look, alone: Iterable[Use]) -> Iterator[str]:
    """What the type offers besides."""
    rest = untried(look.value, alone)
    if rest:
        names = ", ".join(f"`{name}`" for name in rest[:_UNTRIED])
        more = f" and {len(rest) - _UNTRIED} more" if len(rest) > _UNTRIED else ""
        yield f"Not tried, as they take operands or may do more than compute: {names}{more}."


def why_no_constant(faults: Sequence[Use], why: str, instead: str) -> Iterator[str]:
    """Why a type is not to be registered that would warn of it, and what may help.

    Args:
        faults: where torch alone has trouble.
        why: what is wrong with a visitor for the type.
        instead: what to do instead.
    """
    yield f"torch alone has trouble with {listed(faults)}; yet {why}."
    yield f"So {instead}. What it holds may need a visitor: ask `suggest` of that."


def why_not(attempt: Attempt, faults: Sequence[Use], way: str) -> Iterator[str]:
    """Why the base that fits best is not suggested.

    Args:
        attempt: that base, and what came of it.
        faults: where torch alone has trouble.
        way: what to do instead.
    """
    base, alone, worse = attempt.base, attempt.alone, attempt.worse
    but = f"does worse at {listed(worse)}" if worse else "does not help there"
    yield f"torch alone has trouble with {listed(faults)}; {base}, which fits best, {but}."
    yield way
    texts = _wrong_texts(alone)
    if texts:
        mended = not worse and all(attempt.after[use].status == "ok" for use in texts)
        yield _on_texts(alone, f"take {base}, which gets them right" if mended else "")


def why_left_out(look: Look, tried: int, most: int) -> Iterator[str]:
    """That trying took long, if it did."""
    if look.is_late():
        name = type(look.value).__qualname__
        left = f"; {most - tried} of {most} uses were left out" if tried < most else ""
        yield f"What is done with {name} takes long, so not all was tried{left}."


def why_this(look: Look, attempt: Attempt, check: float | None) -> Iterator[str]:
    """Why the base is suggested, and what to know of it.

    Args:
        look: the value.
        attempt: the base, and what came of it.
        check: what one check takes, in nanoseconds; None if there is none.
    """
    base, key, alone, impure = attempt.base, attempt.key, attempt.alone, attempt.impure
    better, worse = attempt.better, attempt.worse
    if look.ready_made:
        yield there_are(look.ready_made)
    for status, words in _TROUBLE.items():
        uses = [each for each in better if alone[each].status == status]
        if uses:
            yield f"torch alone {words} {listed(uses)}; not so with the visitor."
    if worse:
        yield f"What torch alone does better: {listed(worse)}."
    if impure:
        names = ", ".join(f"`{name}`" for name in impure)
        yield f"{names}: wrong if worked out while tracing, so `impure` has it break the graph."
    for one, other in look.equals:
        what = f"{worded(one)} and {worded(other)} are equal and print differently"
        if base != "ConstantVisitor":
            continue
        yield (
            f"{what}: `key` tells them apart."
            if key is not None
            else f"{what}: give a `key` that tells them apart."
        )
    if look.traits.caches:
        names = ", ".join(f"`{name}`" for name in look.traits.caches)
        several = len(look.traits.caches) > 1
        are, them = ("they are", "them") if several else ("it is", "it")
        how = (
            f"{are} left out of what is compared"
            if key or base != "SnapshotVisitor"
            else f"give a `key` without {them}"
        )
        yield f"{names}: filled while the value is read, so {how}."
    if check is not None and check > SLOW:
        yield (
            f"A check takes {check / 1e6:.1f} ms: give a `key` that is quicker, such as a tuple of "
            "the fields that matter or a version number."
        )


def thrift_helps(uses: Sequence[Use]) -> str:
    """That the set `thrift` has ``uses`` compiled less often."""
    return f"{install([THRIFT])} has {listed(uses)} compiled less often."


def there_are(names: Sequence[str]) -> str:
    """That the extras ``names`` have visitors for it."""
    return f"There are visitors for it already: {install(names)}."


def install(names: Sequence[str]) -> str:
    """What to write to have the extras ``names``."""
    return f"vartrack.install(extras={[*names]})"


def listed(uses: Sequence[Use], most: int = 6) -> str:
    """The uses in a row; of many only the first."""
    names = [f"`{each.text}`" for each in uses[:most]]
    more = len(uses) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")
