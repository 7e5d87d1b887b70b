"""For tests of visitors: a registry for the test alone, and checks of what every visitor promises.

Have pytest know the fixture with ``pytest_plugins = ["vartrack.testing"]`` in ``conftest.py``. The
checks are plain functions that raise `AssertionError`.
"""

from __future__ import annotations

import contextlib
import copy
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from typing import Any

import numpy as np
import pytest
import torch
import torch._dynamo
from torch._dynamo.exc import Unsupported
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.core.context import BuilderContext
from vartrack.core.halves import Sourced, Sourceless
from vartrack.core.keys import same
from vartrack.core.visitor import Visitor
from vartrack.defaults import stock
from vartrack.dispatch.registry import Registry
from vartrack.installation import use

__all__ = ["PLACES", "check_guards", "check_halves_agree", "isolated_registry"]

#: Where a value can stand when a compiled function meets it.
PLACES: tuple[str, ...] = ("argument", "attribute", "global", "closure")

Subject = type[Visitor] | Iterable[type[Visitor]] | Registry
Values = Iterable[Any] | Callable[[], Iterable[Any]]
Function = Callable[[torch.Tensor, Any], Any]


@pytest.fixture
def isolated_registry(request: pytest.FixtureRequest) -> Iterator[Registry]:
    """A registry for this test, with what ships with vartrack, in force while the test runs.

    Nothing that was compiled before counts in the test, and nothing is left of it.

    .. versionadded:: 0.1
    """
    registry = stock.derive(f"of {request.node.name}")
    with _forgetting(), use(registry):
        yield registry


@contextlib.contextmanager
def _forgetting() -> Iterator[None]:
    torch._dynamo.reset()
    try:
        yield
    finally:
        torch._dynamo.reset()


def shown(x: torch.Tensor, value: Any) -> Any:
    """What `check_guards` compiles unless it is told otherwise: the text of the value."""
    return repr(value)


def check_guards(
    visitor: Subject,
    values: Values,
    function: Function = shown,
    *,
    graphs: int | None = None,
    places: Iterable[str] = PLACES,
    fullgraph: bool = True,
) -> None:
    """Check that the guards notice a change of the value, and nothing but a change.

    In each place in turn a function is compiled and called with one value after the other. It
    must give what it gives without ``torch.compile``, and be compiled once for each distinct
    value. Two values count as distinct if they are not equal, are not of the same type, or
    ``function`` tells them apart.

    Args:
        visitor: what to test: a visitor class, several of them, which are added to a registry
            derived from ``vartrack.stock``, or a registry.
        values: what to call the function with: equal, unequal and again equal ones; or a
            generator function, which may change a value and yield it again.
        function: takes a tensor and the value. By default it gives ``repr(value)``.
        graphs: how often it is to be compiled, if not once for each distinct value. A record with
            a tensor in it needs one graph for any number of tensors, for example.
        places: those of `PLACES` to try.
        fullgraph: whether a graph break is an error.

    Raises:
        AssertionError: a result is wrong, the number of graphs is, or the visitor does not take
            one of the values.
        TypeError: ``values`` is an iterator, which would be used up in the first place.

    .. versionadded:: 0.1
    """
    if isinstance(values, Iterator):
        raise TypeError("an iterator has its values once, not for each place; pass a function")
    registry, visitors = _registry_of(visitor)
    for place in places:
        met = values() if callable(values) else values
        with _forgetting(), use(registry), _as_often_as_needed():
            _check_place(place, registry, visitors, met, function, graphs, fullgraph)


def _check_place(
    place: str,
    registry: Registry,
    visitors: tuple[type[Visitor], ...],
    values: Iterable[Any],
    function: Function,
    graphs: int | None,
    fullgraph: bool,
) -> None:
    backend = _Counting()
    run = _standing(place, function, backend, fullgraph)
    met: list[tuple[Any, Any]] = []
    before = ""
    for call, value in enumerate(values, 1):
        name = _taker(registry, visitors, value)
        expected = function(_tensor(), value)
        got = run(_tensor(), value)
        if not _alike(got, expected):
            noticed = f"The guards did not notice that it was {before} before. " if before else ""
            raise AssertionError(
                f"{name}: call {call} with the value as {place}, {value!r}, gave {got!r} instead "
                f"of {expected!r}. {noticed}A value that the graph depends on needs a guard or, "
                "in a ConstantVisitor or SnapshotVisitor, a key that tells it apart."
            )
        before = repr(value)
        if not any(_alike(value, one, False) and _alike(expected, given) for one, given in met):
            met.append((_kept(value), expected))
    wanted = len(met) if graphs is None else graphs
    if backend.graphs != wanted:
        many = backend.graphs > wanted
        raise AssertionError(
            f"With the value as {place}, {backend.graphs} graph{'s' * (backend.graphs != 1)} had "
            f"to be compiled instead of {wanted}"
            f"{'' if graphs is not None else ', one for each distinct value'}. "
            + (
                "The guards fail for values that are the same: guard less, or by a key."
                if many
                else "The guards hold for values that are not the same: guard more, or pass "
                "`graphs` if they need not be told apart."
            )
        )


class _Counting:
    """A backend that runs graphs as they are and counts them."""

    def __init__(self) -> None:
        self.graphs = 0

    def __call__(self, graph: torch.fx.GraphModule, _: Any) -> Callable[..., Any]:
        self.graphs += 1
        forward: Callable[..., Any] = graph.forward
        return forward


def _tensor() -> torch.Tensor:
    return torch.arange(4.0)


@contextlib.contextmanager
def _as_often_as_needed() -> Iterator[None]:
    """No limit to compiling again, and no numbers that become symbols when they change."""
    options = {"recompile_limit": 1000, "automatic_dynamic_shapes": False}
    with torch._dynamo.config.patch(options):
        yield


class _Holder(torch.nn.Module):
    def __init__(self, function: Function) -> None:
        super().__init__()
        self.function = function
        self.value: Any = None

    def forward(self, x: torch.Tensor) -> Any:
        return x + 1, self.function(x, self.value)


_held: Any = None


def _standing(place: str, function: Function, backend: _Counting, fullgraph: bool) -> Function:
    """``function``, compiled, as what takes a tensor and the value to put in ``place``."""

    # what is compiled adds 1 to the tensor, so that there is a graph to be counted

    def compiled(entry: Callable[..., Any]) -> Callable[..., Any]:
        made: Callable[..., Any] = torch.compile(entry, backend=backend, fullgraph=fullgraph)
        return made

    if place == "argument":
        entry = compiled(lambda x, value: (x + 1, function(x, value)))
        return lambda x, value: entry(x, value)[1]
    if place == "attribute":
        holder = _Holder(function)
        entry = compiled(holder)

        def with_attribute(x: torch.Tensor, value: Any) -> Any:
            holder.value = value
            return entry(x)[1]

        return with_attribute
    if place == "global":
        entry = compiled(lambda x: (x + 1, function(x, _held)))

        def with_global(x: torch.Tensor, value: Any) -> Any:
            global _held
            _held = value
            try:
                return entry(x)[1]
            finally:
                _held = None

        return with_global
    if place != "closure":
        raise ValueError(f"There is no place {place!r}; use some of {', '.join(PLACES)}.")
    cell: Any = None
    entry = compiled(lambda x: (x + 1, function(x, cell)))

    def with_closure(x: torch.Tensor, value: Any) -> Any:
        nonlocal cell
        cell = value
        return entry(x)[1]

    return with_closure


def _registry_of(subject: Subject) -> tuple[Registry, tuple[type[Visitor], ...]]:
    """The registry to run on, and the visitors that must take the values, if any will do none."""
    if isinstance(subject, Registry):
        return subject, ()
    visitors = (subject,) if isinstance(subject, type) else tuple(subject)
    registry = stock.derive("of a check")
    for visitor in visitors:
        registry.register(visitor, override=True)
    return registry, visitors


def _taker(
    registry: Registry, visitors: tuple[type[Visitor], ...], value: Any, sourced: bool = True
) -> str:
    """The name of the visitor that takes ``value``."""
    taker = registry.resolve(value, sourced=sourced)
    if visitors and type(taker) not in visitors:
        wanted = " or ".join(visitor.__name__ for visitor in visitors)
        raise AssertionError(
            f"{wanted} does not take {value!r}:\n"
            f"{registry.explain_resolution(value, sourced=sourced)}"
        )
    return "no visitor" if taker is None else taker.name


# both halves


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
    registry, visitors = _registry_of(visitor)
    for cls in visitors:
        missing = [half.__name__ for half in (Sourced, Sourceless) if not issubclass(cls, half)]
        if missing:
            reason = f" ({cls.one_half})" if getattr(cls, "one_half", "") else ""
            raise AssertionError(
                f"{cls.__name__} has no {missing[0]} half{reason}, so "
                "there is nothing to agree with."
            )
    names = [_taker(registry, visitors, value, sourced) for sourced in (True, False)]
    found = [_look(registry, value, sourced) for sourced in (True, False)]
    for fact, with_source in found[0].items():
        without = found[1][fact]
        if not _alike(with_source, without):
            raise AssertionError(
                f"{' and '.join(dict.fromkeys(names))}: the two halves disagree on {value!r}. Its "
                f"{fact} is {with_source!r} with a source and {without!r} without."
            )


def _look(registry: Registry, value: Any, sourced: bool) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    looking = type("Looking", (_Looking,), {"with_source": sourced, "facts": facts})
    registry = registry.derive()
    registry.register(looking)
    compiled = torch.compile(lambda x, probe: x + probe.number, backend="eager", fullgraph=True)
    with _forgetting(), use(registry):
        try:
            compiled(_tensor(), _Probe(value))
        except Unsupported as error:
            raise AssertionError(
                f"{value!r} cannot be built {'with' if sourced else 'without'} a source: {error}"
            ) from error
    return facts


# sameness


def _kept(value: Any) -> Any:
    """What ``value`` is now, whatever is done to it later; itself if it cannot be copied."""
    try:
        return copy.deepcopy(value)
    except Exception:
        return value


def _alike(one: Any, other: Any, by_text: bool = True) -> bool:
    """Whether two things are the same in type and content.

    Args:
        one: the one.
        other: the other.
        by_text: whether equal things with a ``repr`` of their own that differs are not the same.
    """
    if one is other:
        return True
    cls = type(one)
    if cls is not type(other):
        return False
    alike = functools.partial(_alike, by_text=by_text)
    if isinstance(one, torch.Tensor):
        try:
            torch.testing.assert_close(one, other, rtol=0, atol=0, equal_nan=True)
        except AssertionError:
            return False
        return True
    if isinstance(one, np.ndarray):
        about = (one.dtype, one.shape) == (other.dtype, other.shape)
        return about and alike(one.tolist(), other.tolist())
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, Mapping):
        return alike(list(one.items()), list(other.items()))
    if isinstance(one, Set):
        return len(one) == len(other) and all(any(alike(a, b) for b in other) for a in one)
    if _inherits(cls, "__eq__"):
        return hasattr(one, "__dict__") and alike(vars(one), vars(other))
    if not _equal(one, other):
        return False
    return not by_text or _inherits(cls, "__repr__") or repr(one) == repr(other)


def _inherits(cls: type, method: str) -> bool:
    """Whether ``cls`` leaves ``method`` as ``object`` has it."""
    return getattr(cls, method) is getattr(object, method)


def _equal(one: Any, other: Any) -> bool:
    try:
        return same(one, other)
    except Exception:
        return repr(one) == repr(other)
