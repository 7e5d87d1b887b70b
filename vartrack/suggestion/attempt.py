"""`Attempt`: a base that is tried with a value, and what comes of each use with it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

from vartrack.defaults import stock
from vartrack.dispatch.registry import Registry
from vartrack.errors import VisitorWarning
from vartrack.suggestion.keys import Key, key_of_fields, key_that_tells_apart
from vartrack.suggestion.looking import Look
from vartrack.suggestion.writing import class_from, written
from vartrack.trials.running import Outcome
from vartrack.trials.sameness import inherits
from vartrack.trials.uses import OPERAND, Use

__all__ = ["Attempt", "attempted", "rank"]

#: From the best to the worst that can come of a use.
_RANK = ("ok", "recompiles", "graph break", "crash", "wrong", "stale")


def rank(outcome: Outcome) -> int:
    """How bad it is what came of a use; 0 if it is fine."""
    return _RANK.index(outcome.status)


@dataclass(frozen=True)
class Attempt:
    """A visitor, and what comes of each use with it.

    Attributes:
        base: the name of its base.
        key: what it has as ``key``, if anything.
        impure: what it has as ``impure``.
        text: the visitor as text.
        registry: has it registered.
        alone: what comes of each use with torch alone.
        after: what comes of each use with the visitor.
    """

    base: str
    key: Key | None
    impure: tuple[str, ...]
    text: str
    registry: Registry
    alone: Mapping[Use, Outcome]
    after: Mapping[Use, Outcome]

    @property
    def better(self) -> list[Use]:
        """The uses that are better with it than with torch alone."""
        return [each for each in self.alone if rank(self.after[each]) < rank(self.alone[each])]

    @property
    def worse(self) -> list[Use]:
        """The uses that are worse with it."""
        return [each for each in self.alone if rank(self.after[each]) > rank(self.alone[each])]

    def helps(self, faults: list[Use]) -> bool:
        """Whether some of ``faults`` are better with it, and little is worse."""
        better, worse = self.better, self.worse
        if any(each.text == OPERAND for each in worse):
            return False
        return any(each in better for each in faults) and len(worse) < len(better)


def attempted(look: Look, base: str, alone: Mapping[Use, Outcome]) -> Attempt:
    """The base tried with the key that fits: with another one if its own breaks the graph."""
    first = _with_key(look, base, _key(look, base), alone)
    refused = [each for each in alone if first.after[each].status == "graph break"]
    if base != "ConstantVisitor" or first.key is not None or not refused:
        return first
    # two values may be compared by code that cannot be run while tracing, such as one that reads
    key = key_that_tells_apart(look.values, look.traits)
    second = first if key is None else _with_key(look, base, key, alone)
    return second if len(second.better) > len(first.better) else first


def _with_key(look: Look, base: str, key: Key | None, alone: Mapping[Use, Outcome]) -> Attempt:
    """The base tried with ``key``; what it gets wrong is ``impure``."""
    cls = type(look.value)
    text = written(base, cls, look.traits, key)
    registry = _registry_of(text, cls)
    after = {each: look.tried(registry, each) for each in alone}
    wrong = [use for use in after if after[use].status in ("wrong", "stale") and _member(use)]
    impure = tuple(dict.fromkeys(map(_member, wrong)))
    if impure and base in ("ConstantVisitor", "SnapshotVisitor"):
        text = written(base, cls, look.traits, key, impure)
        registry = _registry_of(text, cls)
        after.update({each: look.tried(registry, each) for each in wrong})
    return Attempt(base, key, impure, text, registry, alone, after)


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
