"""A visitor that fails becomes a graph break that says which one, where and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
import torch._dynamo
from making import a_visitor
from torch._dynamo import exc
from torch._dynamo.utils import counters
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

import vartrack
from vartrack import BuilderContext, Registry, Sourced, Visitor
from vartrack.core.diagnostics import nearest_types

ONE = torch.ones(1)


class Thing:
    """Holds a number; each ``inner`` is another thing, without end."""

    def __init__(self) -> None:
        self.number = 3

    @property
    def inner(self) -> Thing:
        return Thing()


THING = Thing()


class Untold:
    def __repr__(self) -> str:
        raise ValueError("no repr")


class UntoldError(Exception):
    def __str__(self) -> str:
        raise ValueError("no str")


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    torch._dynamo.reset()
    counters.clear()
    yield
    torch._dynamo.reset()
    counters.clear()


def number_of(thing: Thing) -> int:
    return thing.number


def program(x: torch.Tensor, thing: Thing) -> torch.Tensor:
    y = x + 1
    number = number_of(thing)
    return y * number


def stock_and(*visitors: type[Visitor]) -> Registry:
    registry = vartrack.stock.derive("with a failing visitor")
    for visitor in visitors:
        registry.register(visitor)
    return registry


def breaks_the_graph(registry: Registry, function: Any = program, value: Any = None) -> str:
    """Run ``function`` both ways; the text of the graph break.

    Without ``fullgraph`` the result is that of eager, after a graph break; with it the same text
    is an error.
    """
    value = Thing() if value is None else value
    with vartrack.use(registry):
        result = torch.compile(function, backend="eager")(ONE, value)
        assert torch.equal(result, function(ONE, value))
        (told,) = counters["graph_break"]
        torch._dynamo.reset()
        with pytest.raises(exc.Unsupported) as caught:
            torch.compile(function, backend="eager", fullgraph=True)(ONE, value)
    error = str(caught.value)
    told = told.partition("\n\nUser code traceback")[0].strip()
    explanation = told.partition("Developer debug context")[0].strip()
    assert explanation.splitlines()[1:] == error.splitlines()[1 : len(explanation.splitlines())]
    return error


def a_failing(half: str = "visit_sourced", *, name: str = "Failing", **given: Any) -> type[Any]:
    if "fails" in given:
        given[half] = given.pop("fails")
    return a_visitor(Thing, name=name, guarded_by="TYPE_MATCH", **given)


def names_everything(text: str, visitor: type[Visitor], source: str = "L['thing']") -> None:
    """That ``text`` names the visitor with its place, the value's source and its type."""
    file, line = visitor.defined_at
    assert f"{visitor.__name__} ({file}:{line})" in text
    assert f"source {source}, type {__name__}.Thing" in text


def raising(error: BaseException) -> Any:
    def fails(self: Any, ctx: BuilderContext, value: Any, *rest: Any, **options: Any) -> Any:
        raise error

    return fails


# a visitor that raises


@pytest.mark.parametrize("step", ["visit_sourced", "guards", "children", "tracker", "track"])
def test_a_visitor_that_raises(step: str) -> None:
    """In whatever step a visitor raises, the break names the visitor and where it is defined, the
    source, the value's type, the error and the line that raised it."""
    visitor = a_failing(step, fails=raising(KeyError("whiskers")))
    if step == "track":
        visitor.tracker_class = UserDefinedObjectVariable
    text = breaks_the_graph(stock_and(visitor))
    names_everything(text, visitor)
    assert "vartrack: a visitor raised" in text
    assert "raised KeyError: 'whiskers'" in text
    line = raising.__code__.co_firstlineno + 2
    assert f"{__file__}:{line}, in fails" in text


@pytest.mark.parametrize(
    "error, told",
    [
        (NotImplementedError("not yet"), "NotImplementedError: not yet"),
        (AssertionError(), "AssertionError."),
        (StopIteration(), "StopIteration."),
        (AttributeError("no purr"), "AttributeError: no purr"),
        (TypeError("unhashable"), "TypeError: unhashable"),
        (RuntimeError("two\nlines"), "RuntimeError: two"),
        (MemoryError("enough"), "MemoryError: enough"),
        (UntoldError(), "UntoldError: (its text cannot be had: ValueError)"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_any_exception_will_do(error: Exception, told: str) -> None:
    """Exceptions that mean something to Dynamo, Python or nobody are all the visitor's failure:
    none is swallowed, none crashes the compile, not even one whose text cannot be had."""
    visitor = a_failing(fails=raising(error))
    text = breaks_the_graph(stock_and(visitor))
    names_everything(text, visitor)
    assert told in text


def test_what_steers_the_tracer_passes_through() -> None:
    """A graph break that a visitor asks for is that graph break, not a failure of the visitor."""

    def refuses(self: Any, ctx: BuilderContext, value: Any) -> Any:
        ctx.unsupported("no things today", "Things are off.", context="a test", hints=["Wait."])

    text = breaks_the_graph(stock_and(a_failing(fails=refuses)))
    assert text.startswith("no things today")
    assert "a visitor raised" not in text


def test_an_interrupt_is_not_a_failure() -> None:
    """``KeyboardInterrupt`` ends the compile, as it does anywhere."""
    registry = stock_and(a_failing(fails=raising(KeyboardInterrupt())))
    with pytest.raises(KeyboardInterrupt), vartrack.use(registry):
        torch.compile(program, backend="eager")(ONE, Thing())


def test_a_value_made_while_tracing() -> None:
    """Without a source the break says so."""

    def builds_one(self: Any, ctx: BuilderContext, value: Any) -> Any:
        vartrack.SourcelessBuilder.create(ctx.tx, complex(1, 2))

    registry = vartrack.stock.derive()
    fails = raising(ValueError("imaginary"))
    numbers = a_visitor(complex, name="Numbers", visit_sourceless=fails)
    registry.register(numbers, override=True)
    registry.register(a_failing(fails=builds_one))
    text = breaks_the_graph(registry)
    assert "Numbers (" in text and "raised ValueError: imaginary" in text
    assert "a value without a source, type builtins.complex" in text


def test_the_rest_of_the_program_is_still_compiled() -> None:
    """The break is an ordinary one: what comes before and after it is in graphs."""
    graphs: list[torch.fx.GraphModule] = []

    def backend(graph: torch.fx.GraphModule, inputs: Any) -> Any:
        graphs.append(graph)
        return graph

    def calls(x: torch.Tensor) -> torch.Tensor:
        y = x + 1
        number = number_of(THING)
        return y * number

    def number_of_the_thing() -> int:
        return THING.number

    def goes_on(x: torch.Tensor) -> torch.Tensor:
        y = x + 1
        number = number_of_the_thing()
        return y * number

    with vartrack.use(stock_and(a_failing(fails=raising(ValueError("no"))))):
        assert torch.compile(goes_on, backend=backend)(ONE).item() == 6
        assert len(graphs) == 2
        # Dynamo cannot break where the value itself is about to be handed on: all is eager
        assert torch.compile(calls, backend=backend)(ONE).item() == 6
        assert len(graphs) == 2


# a visitor that returns something else


@pytest.mark.parametrize(
    "result, told",
    [
        (None, "NoneType None"),
        ({"a": 1}, "dict {'a': 1}"),
        (ConstantVariable, "VariableTrackerMeta <class"),
        (NotImplemented, "NotImplementedType NotImplemented"),
        (Untold(), "Untold (its text cannot be had: ValueError)"),
        ("x" * 1000, f"str '{'x' * 79} instead"),
    ],
    ids=["None", "dict", "a class", "NotImplemented", "untold", "long"],
)
def test_a_visitor_that_returns_no_tracker(result: Any, told: str) -> None:
    """The break names the visitor, the place of the value and what was returned instead."""
    visitor = a_failing(fails=lambda self, ctx, value: result)
    text = breaks_the_graph(stock_and(visitor))
    names_everything(text, visitor)
    assert "vartrack: a visitor returned no tracker" in text
    assert told in text
    assert "instead of a VariableTracker" in text


# a visitor that recurses


def around_itself(self: Any, ctx: BuilderContext, value: Any) -> Any:
    return around_itself(self, ctx, value)


def through_the_builder(self: Any, ctx: BuilderContext, value: Any) -> Any:
    return vartrack.VariableBuilder(ctx.tx, ctx.source, allow_lazy_constant=False)(value)


def through_another_route(self: Any, ctx: BuilderContext, value: Any) -> Any:
    return ctx.continue_with(value, ctx.source)


def ever_deeper(self: Any, ctx: BuilderContext, value: Any) -> Any:
    return ctx.attr("inner").visit(value.inner)


def ever_deeper_without_a_source(self: Any, ctx: BuilderContext, value: Any) -> Any:
    return ctx.sourceless().visit(value.inner)


@pytest.mark.parametrize(
    "fails",
    [
        around_itself,
        through_the_builder,
        through_another_route,
        ever_deeper,
        ever_deeper_without_a_source,
    ],
)
def test_a_visitor_that_recurses_without_end(fails: Any) -> None:
    """Whichever way a visitor comes back to itself, the break names it and says so, in a text of
    readable length; nothing crashes."""
    visitor = a_failing(fails=fails, visit_sourceless=ever_deeper_without_a_source)
    text = breaks_the_graph(stock_and(visitor))
    file, line = visitor.defined_at
    assert f"The visitor Failing ({file}:{line}) recursed without end (RecursionError)" in text
    assert f"type {__name__}.Thing" in text
    assert len(text) < 2500
    if fails in (around_itself, through_the_builder, through_another_route):
        names_everything(text, visitor)


def lazily(self: Any, ctx: BuilderContext, value: Any) -> Any:
    return ctx.lazy(value)


def by_visiting(self: Any, ctx: BuilderContext, value: Any) -> Any:
    return ctx.visit(value)


@pytest.mark.parametrize("fails", [lazily, by_visiting])
def test_a_visitor_that_puts_itself_off(fails: Any) -> None:
    """One that answers with a lazy tracker of the very value it was asked to build would be asked
    for ever; that too is a graph break."""
    visitor = a_failing(fails=fails)
    text = breaks_the_graph(stock_and(visitor))
    names_everything(text, visitor)
    assert "recursed without end" in text


def test_a_visitor_may_answer_with_a_part() -> None:
    """A wrapper that is built as what it holds: the lazy tracker of the part is made real."""

    def unwraps(self: Any, ctx: BuilderContext, value: Any) -> Any:
        ctx.guard("TYPE_MATCH")
        return ctx.attr("number").visit(value.number)

    def adds(x: torch.Tensor, thing: Any) -> torch.Tensor:
        return x + thing

    with vartrack.use(stock_and(a_failing(fails=unwraps))):
        function = torch.compile(adds, backend="eager", fullgraph=True)
        thing = Thing()
        assert function(ONE, thing).item() == 4
        thing.number = 5
        assert function(ONE, thing).item() == 6


# a test that raises


@pytest.mark.parametrize("test", ["when", "when_type"])
@pytest.mark.parametrize("endless", [False, True], ids=["", "endless"])
def test_a_test_that_raises(test: str, endless: bool) -> None:
    """A narrowing test that raises is the failure of its own visitor, not of one that comes
    after it, at each value anew."""

    def bad(asked: Any) -> bool:
        return bad(asked) if endless else 1 / 0

    failing = a_failing(name="Picky", **{test: bad})
    registry = stock_and(failing, a_visitor(Thing, name="Innocent"))
    for _ in range(2):
        torch._dynamo.reset()
        counters.clear()
        text = breaks_the_graph(registry)
        names_everything(text, failing)
        assert "Innocent" not in text
        assert ("RecursionError" if endless else "ZeroDivisionError: division by zero") in text


def test_a_test_before_one_that_raises_can_still_take_the_value() -> None:
    """What is asked first and matches is not harmed by a test that would raise later."""

    def bad(asked: Any) -> bool:
        raise ValueError

    good = a_failing(
        name="Good",
        priority=2,
        when=lambda value: True,
        tracked="existing",
        tracker_class=UserDefinedObjectVariable,
    )
    registry = stock_and(a_failing(name="Picky", priority=1, when_type=bad), good)
    with vartrack.use(registry):
        assert torch.compile(program, backend="eager", fullgraph=True)(ONE, Thing()).item() == 6


# a value that nobody takes


def test_a_value_that_nobody_takes() -> None:
    """With a registry that lacks a category, its values break the graph; the text says which half
    is missing, who was asked, and how to register one."""
    registry = vartrack.stock.derive("no objects")
    registry.unregister(type(registry.resolve(Thing())))
    registry.register(a_visitor(Thing, name="Choosy", when=lambda value: False))
    text = breaks_the_graph(registry)
    assert "vartrack: no visitor" in text
    assert "No visitor with a sourced half takes this Thing." in text
    assert "Asked, and declined: " in text and "Choosy" in text
    assert f"source L['thing'], type {__name__}.Thing" in text
    assert "`@vartrack.register` on a visitor with `types = (Thing,)`" in text
    assert "explain_resolution(value)" in text


def test_the_nearest_types_that_have_a_visitor_are_named() -> None:
    """Those that share bases come first, then those of a like name."""

    class Relative(Thing): ...

    class Thinga: ...

    registry = vartrack.stock.derive("no objects")
    registry.unregister(type(registry.resolve(Thing())))
    for cls in (Relative, Thinga):
        registry.register(a_visitor(cls, name=f"{cls.__name__}s"))
    explanation = next(
        line for line in breaks_the_graph(registry).splitlines() if "Explanation" in line
    )
    _, _, near = explanation.partition("The nearest types that have a visitor: ")
    relative, thinga = (f"{cls.__module__}.{cls.__qualname__}" for cls in (Relative, Thinga))
    assert near.startswith(f"{relative}, {thinga}")
    assert nearest_types(bool, [str, list, int, "some.module:Bool"]) == ["int", "some.module.Bool"]
    assert nearest_types(Thing, [object]) == []


def test_an_empty_registry() -> None:
    """With nothing registered every compile ends in a graph break, and every program gives its
    eager result."""
    with vartrack.use(Registry("empty")):
        result = torch.compile(program, backend="eager")(ONE, Thing())
        assert result.item() == 6
        assert any("vartrack: no visitor" in text for text in counters["unimplemented"])
        torch._dynamo.reset()
        with pytest.raises(exc.Unsupported, match="No visitor with a sourced half"):
            torch.compile(program, backend="eager", fullgraph=True)(ONE, Thing())


def test_a_value_made_while_tracing_that_nobody_takes() -> None:
    """The sourceless half is named when that is what is missing."""

    def builds_one(self: Any, ctx: BuilderContext, value: Any) -> Any:
        vartrack.SourcelessBuilder.create(ctx.tx, complex(1, 2))

    registry = vartrack.stock.derive()
    only_sourced = a_visitor(complex, name="Only", halves=(Sourced,))
    registry.register(only_sourced, override=True)
    registry.unregister(type(registry.resolve(Thing())))
    registry.register(a_failing(fails=builds_one))
    text = breaks_the_graph(registry)
    assert "No visitor with a sourceless half takes this complex." in text
    assert "a value without a source, type builtins.complex" in text


def test_failures_outside_a_call() -> None:
    """A value that is first needed where Dynamo cannot break in the middle of a line: the break
    comes before the line, or the frame is left to eager. The result is right in both cases."""

    def one_call_before(x: torch.Tensor, thing: Thing) -> torch.Tensor:
        return (x + 1) * thing.number

    def two_calls_before(x: torch.Tensor, thing: Thing) -> torch.Tensor:
        y = (x + 1) * 2
        return y * thing.number

    visitor = a_failing(fails=raising(ValueError("no")))
    for function in (one_call_before, two_calls_before):
        counters.clear()
        with vartrack.use(stock_and(visitor)):
            result = torch.compile(function, backend="eager")(ONE, Thing())
        assert torch.equal(result, function(ONE, Thing()))
        (text,) = counters["unimplemented"]
        names_everything(text, visitor)
