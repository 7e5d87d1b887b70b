"""`check_halves_agree`: a value becomes the same with a source and without one."""

from __future__ import annotations

from typing import Any

import torch
from torch._dynamo.exc import Unsupported
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.core.context import BuilderContext
from vartrack.core.halves import Sourced, Sourceless
from vartrack.core.visitor import Visitor
from vartrack.dispatch.registry import Registry
from vartrack.installation import use
from vartrack.testing.registries import Subject, registry_of, taker
from vartrack.testing.wording import told_of
from vartrack.trials.running import a_tensor, forgetting
from vartrack.trials.sameness import alike

__all__ = ["check_halves_agree"]


class _Probe:
    """Stands for the value in a compiled function, so that its tracker can be looked at."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self.number = 1


class _Looking(Sourced, Visitor):
    """Builds what a probe holds, the one way or the other, and writes down what came of it."""

    types = (_Probe,)
    guarded_by = "ID_MATCH"
    one_half = "a probe is an argument"
    with_source = True
    facts: dict[str, Any] = {}

    def children(self, ctx: BuilderContext, value: _Probe) -> None:
        part = ctx.attr("value") if self.with_source else ctx.sourceless()
        tracker = part.visit(value.value).realize()
        self.facts.update(_facts(tracker))

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        return UserDefinedObjectVariable(value, **options)


def _facts(tracker: VariableTracker) -> dict[str, Any]:
    facts: dict[str, Any] = {"tracker class": type(tracker)}
    for name, ask in (
        ("python_type()", tracker.python_type),
        ("value", tracker.as_python_constant),
    ):
        try:
            facts[name] = ask()
        except NotImplementedError:
            facts[name] = _UNKNOWN
    if facts["value"] is _UNKNOWN:
        facts["value"] = getattr(tracker, "value", _UNKNOWN)
    return facts


class _Unknown:
    def __repr__(self) -> str:
        return "not known while tracing"


_UNKNOWN = _Unknown()


def check_halves_agree(visitor: Subject, value: Any) -> None:
    """Check that ``value`` becomes the same with a source and without one.

    The two trackers must be of one class, and say the same of the type and of the value.

    Args:
        visitor: what to test, as for `check_guards`. It must have both halves.
        value: the value.

    Raises:
        AssertionError: they disagree, or the visitor takes the value in one half only.

    .. versionadded:: 0.1
    """
    registry, visitors = registry_of(visitor)
    for cls in visitors:
        missing = [half.__name__ for half in (Sourced, Sourceless) if not issubclass(cls, half)]
        if missing:
            reason = f" ({cls.one_half})" if getattr(cls, "one_half", "") else ""
            raise AssertionError(
                f"{cls.__name__} has no {missing[0]} half{reason}, so "
                "there is nothing to agree with."
            )
    takers = [taker(registry, visitors, value, sourced) for sourced in (True, False)]
    names = ["no visitor" if found is None else found.name for found in takers]
    found = [_look(registry, value, sourced) for sourced in (True, False)]
    for fact, with_source in found[0].items():
        without = found[1][fact]
        if not alike(with_source, without):
            raise AssertionError(
                f"{' and '.join(dict.fromkeys(names))}: the two halves disagree on "
                f"{told_of(value)}. Its {fact} is {told_of(with_source)} with a source and "
                f"{told_of(without)} without."
            )


def _look(registry: Registry, value: Any, sourced: bool) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    looking = type("Looking", (_Looking,), {"with_source": sourced, "facts": facts})
    registry = registry.derive()
    registry.register(looking)
    compiled = torch.compile(lambda x, probe: x + probe.number, backend="eager", fullgraph=True)
    with forgetting(), use(registry):
        try:
            compiled(a_tensor(), _Probe(value))
        except Unsupported as error:
            raise AssertionError(
                f"{told_of(value)} cannot be built {'with' if sourced else 'without'} a source: "
                f"{error}"
            ) from error
    return facts
