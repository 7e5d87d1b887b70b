"""Registering visitors, as a user of ``torch.compile`` sees it: which one built what."""

from __future__ import annotations

import subprocess
import sys
import threading
import warnings
from decimal import Decimal
from typing import Any

import pytest
import torch
from making import a_visitor
from torch._dynamo.exc import Unsupported
from torch._dynamo.variables.constant import ConstantVariable

import vartrack
from vartrack import BuilderContext, ConstantVisitor, RegistrationError, Registry, Visitor
from vartrack.defaults import KEPT
from vartrack.errors import ResetNeededWarning
from vartrack.visitors.callables import Polyfilled
from vartrack.visitors.modules import Modules
from vartrack.visitors.tensors import TensorInput


class Animal:
    legs = 4


class Cat(Animal): ...


class Kitten(Cat): ...


class Bird(Animal):
    legs = 2


pytestmark = pytest.mark.usefixtures("as_before")


def saying(number: int, *types: type, **attributes: Any) -> type[Visitor]:
    """A visitor for which every value is ``number``."""

    def tracker(self: Any, ctx: BuilderContext, value: Any, children: Any, **options: Any) -> Any:
        return ConstantVariable.create(number, **options)

    return a_visitor(
        *types, name=f"Saying{number}", guarded_by="TYPE_MATCH", tracker=tracker, **attributes
    )


def times(x: torch.Tensor, value: Any) -> torch.Tensor:
    return x * value


def said(value: Any, function: Any = times) -> int:
    """What the visitor that is asked now says ``value`` is; 0 if it is built by torch's own."""
    try:
        return int(run(function, value, fullgraph=True))
    except Unsupported:  # no number
        return 0
    finally:
        torch._dynamo.reset()


def run(function: Any, *args: Any, **options: Any) -> Any:
    return torch.compile(function, backend="eager", **options)(torch.ones(()), *args)


# where, for how long, and what for


def test_the_ways_to_register() -> None:
    """As a decorator on the default registry and on another one, with and without arguments, and
    by a call; overridden, taken out, and derived."""

    @vartrack.register
    class Cats(saying(1, Cat), ConstantVisitor):  # type: ignore[misc]
        types = (Cat,)

    with vartrack.use(vartrack.default):
        assert said(Cat()) == 1

    mine = vartrack.default.derive("mine")

    @mine.register(override=True)
    class Louder(saying(2, Cat), ConstantVisitor):  # type: ignore[misc]
        types = (Cat,)

    assert mine.register(saying(3, Bird)) in mine
    for registry, cat, bird in ((mine, 2, 3), (vartrack.default, 1, 0), (vartrack.stock, 0, 0)):
        with vartrack.use(registry):
            assert (said(Cat()), said(Bird())) == (cat, bird), registry
    mine.unregister(Louder)
    with vartrack.use(mine):
        assert (said(Cat()), said(Bird())) == (1, 3)
    vartrack.install()
    assert (said(Cat()), said(Bird())) == (1, 0)
    assert vartrack.default.register(saying(4, Bird)) in vartrack.default
    assert said(Bird()) == 4


def test_what_is_registered_with_vartrack_counts_where_extras_are_installed() -> None:
    """`install` with extras derives a registry; ``vartrack.register`` reaches it and the default
    one, so that it also counts without the extras."""
    in_force = vartrack.install(extras=["stdlib"])
    cats = saying(1, Cat)
    assert vartrack.register(cats) is cats
    assert vartrack.register(override=True)(birds := saying(2, Bird)) is birds
    assert in_force is not vartrack.default and said(Cat()) == 1 and said(Bird()) == 2
    with pytest.raises(RegistrationError, match="VT204"):
        vartrack.register(saying(3, Decimal))  # which only the extras have
    assert all(visitor.name != "Saying3" for visitor in vartrack.default)
    vartrack.uninstall()
    vartrack.install()
    assert said(Cat()) == 1
    vartrack.uninstall()
    mine = vartrack.install(vartrack.stock.derive("mine"))
    assert vartrack.register(saying(5, Kitten)) not in mine
    assert said(Cat()) == 0 and said(Kitten()) == 0


def test_per_type_per_subclass_tree_and_by_a_test() -> None:
    """A visitor takes a type and its subclasses; with ``exact`` the type alone; with ``when`` the
    values that pass, with ``when_type`` the types that do. The nearest type goes first."""
    registry = vartrack.stock.derive("zoo")
    registry.register(saying(1, Animal))
    values = [Animal(), Cat(), Kitten(), Bird()]

    def now() -> list[int]:
        with vartrack.use(registry):
            return [said(value) for value in values]

    assert now() == [1, 1, 1, 1]
    exact = registry.register(saying(2, Cat, exact=True))
    assert now() == [1, 2, 1, 1]
    registry.unregister(exact)
    registry.register(saying(3, Cat))
    assert now() == [1, 3, 3, 1]
    registry.register(saying(4, Animal, when_type=lambda cls: cls.legs == 2))
    assert now() == [1, 3, 3, 4]
    values[2].name = "Tom"
    registry.register(saying(5, Cat, when=lambda value: hasattr(value, "name")))
    assert now() == [1, 3, 5, 4]
    registry.register(saying(6, Kitten, when=lambda value: value.name == "Tim"))
    assert now() == [1, 3, 5, 4]


def test_it_counts_wherever_the_value_stands() -> None:
    """In containers, in attributes of modules and objects, as a default, a global, in a closure,
    as the result of a call, and for values that are made while tracing."""
    registry = vartrack.stock.derive("mine")
    registry.register(saying(7, Cat))
    cat = Cat()
    holder = torch.nn.Module()
    holder.cat = cat
    holder.cats = {"one": [cat]}

    def default(x: torch.Tensor, value: Any, cat: Any = cat) -> torch.Tensor:
        return x * cat

    def made(x: torch.Tensor, value: Any) -> torch.Tensor:
        return x * value.made()

    class Maker:
        made = staticmethod(lambda: cat)

    places = {
        "list": ([cat], lambda x, v: x * v[0]),
        "dict in a tuple": (({"cat": cat},), lambda x, v: x * v[0]["cat"]),
        "attribute of a module": (holder, lambda x, v: x * v.cat),
        "container in a module": (holder, lambda x, v: x * v.cats["one"][0]),
        "closure": (None, lambda x, v: x * cat),
        "default": (None, default),
        "global": (None, lambda x, v: x * A_CAT),
        "result": (Maker(), made),
    }
    with vartrack.use(registry):
        assert {place: said(*what) for place, what in places.items()} == dict.fromkeys(places, 7)


A_CAT = Cat()


# two threads


@pytest.mark.filterwarnings("ignore::vartrack.errors.ResetNeededWarning")
def test_two_threads_with_two_registries_do_not_see_each_others() -> None:
    """Each registers a visitor for the same type, compiles a function of its own for one value
    after the other, and registers more meanwhile. The two go step by step at the same time."""
    step = threading.Barrier(2, timeout=60)
    outcomes: dict[int, list[float]] = {}
    errors: list[BaseException] = []

    def work(mine: int) -> None:
        registry = vartrack.stock.derive(f"thread {mine}")
        function = eval("lambda x, value: x * value")
        try:
            with vartrack.use(registry):
                compiled = torch.compile(function, backend="eager", fullgraph=True)
                got = outcomes[mine] = []
                for number, cls in enumerate((Cat, Bird, Cat, Kitten), 1):
                    step.wait()
                    if number != 3:
                        registry.register(saying(10 * number + mine, cls))
                    step.wait()
                    got.append(compiled(torch.ones(()), cls()).item())
        except BaseException as error:
            errors.append(error)
            step.abort()

    threads = [threading.Thread(target=work, args=(number,)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(180)
    assert not errors, errors
    assert outcomes == {1: [11, 21, 11, 41], 2: [12, 22, 12, 42]}


# after something was compiled


def warned(registry: Registry, visitor: type[Visitor], **options: Any) -> list[str]:
    """What registering says, apart from the address of the code to blame for it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        registry.register(visitor, **options)
    assert all(warning.filename == __file__ for warning in caught)
    assert all(isinstance(warning.message, ResetNeededWarning) for warning in caught)
    return [str(warning.message) for warning in caught]


def test_registering_after_a_compile_warns() -> None:
    """Once for what is compiled at that time, with the registry, the functions and what to do; it
    stays as it is until ``torch._dynamo.reset()``, and then there is nothing to warn of."""
    registry = vartrack.stock.derive("mine")
    assert warned(registry, saying(1, Cat)) == []
    compiled = torch.compile(times, backend="eager", fullgraph=True)
    with vartrack.use(registry):
        assert compiled(torch.ones(()), Cat()).item() == 1
        (text,) = warned(registry, saying(2, Cat), override=True)
        assert "[VT208] Saying2 was registered in the registry 'mine' after it was" in text
        assert "compiled with: times." in text and "torch._dynamo.reset()" in text
        assert compiled(torch.ones(()), Cat()).item() == 1
        assert warned(registry, saying(3, Bird)) == []  # the same is not told twice
        torch._dynamo.reset()
        assert compiled(torch.ones(()), Cat()).item() == 2
        torch._dynamo.reset()
        assert warned(registry, saying(4, Cat), override=True) == []
        assert compiled(torch.ones(()), Cat()).item() == 4
        with pytest.warns(ResetNeededWarning, match="Saying3 was unregistered"):
            registry.unregister(next(type(v) for v in registry if v.name == "Saying3"))


def test_only_what_was_compiled_with_this_registry_counts() -> None:
    """Not what ran on the registry it was derived from, on torch's own builder or on another."""
    registry, other = vartrack.stock.derive("mine"), vartrack.stock.derive("other")
    child = registry.derive("child")
    for in_force in (None, other, child, vartrack.stock):
        with vartrack.use(in_force):
            run(eval("lambda x, y: x * y"), 3)
    assert warned(registry, saying(1, Cat)) == []
    assert len(warned(child, saying(1, Cat))) == 1


def test_what_never_came_to_be_does_not_count() -> None:
    """A compile that ended in an error left nothing: the next call will try again."""
    registry = vartrack.stock.derive("mine")
    with vartrack.use(registry):
        for options in ({"fullgraph": True}, {}):
            with (
                pytest.raises(Unsupported),
                torch._dynamo.error_on_graph_break(True),
            ):
                run(breaking, **options)
        assert warned(registry, saying(2, Bird)) == []
        run(breaking)
        (text,) = warned(registry, saying(3, Kitten))
        assert "breaking" in text


def breaking(x: torch.Tensor) -> torch.Tensor:
    x = x + 1
    torch._dynamo.graph_break()
    return x + 1


def given_up(x: torch.Tensor) -> torch.Tensor:
    for _ in range(2):
        torch._dynamo.graph_break()
    return x


def test_what_dynamo_gave_up_on_counts() -> None:
    """It runs uncompiled until ``torch._dynamo.reset()``, also where a visitor could help now."""
    registry = vartrack.stock.derive("mine")
    with vartrack.use(registry):
        run(given_up)
        (text,) = warned(registry, saying(1, Cat))
    assert "given_up" in text


def test_many_functions_are_listed_in_short() -> None:
    registry = vartrack.stock.derive("mine")
    functions = [eval(f"lambda x: x + {number}") for number in range(5)]
    with vartrack.use(registry):
        for function in functions:
            run(function)
        run(functions[0])
    (text,) = warned(registry, saying(1, Cat))
    assert "compiled with: <lambda>, <lambda>, <lambda> and 2 more." in text


# what torch must keep


@pytest.mark.parametrize("name", ["object", "Tensor", "Parameter", "Module", "function", "dict"])
def test_a_type_that_torch_must_keep_is_refused(name: str) -> None:
    """With the visitor, the place, the type and ways out; also with a place of its own and by its name. The
    registry works on as before."""
    (kept,) = (cls for cls in KEPT if cls.__qualname__ == name)
    by_name = f"{kept.__module__}:{kept.__qualname__}"
    for registry in (vartrack.stock.derive("mine"), vartrack.default):
        before = len(registry)
        for visitor, where in (
            (saying(1, kept), {}),
            (saying(1, Cat, kept), {}),
            (saying(1, by_name), {}),  # type: ignore[arg-type]
            (saying(1, kept), {"before": Polyfilled}),
        ):
            with pytest.raises(RegistrationError) as caught:
                registry.register(visitor, **where)
            error = caught.value
            assert error.code == "VT207"
            assert error.what.startswith(f"Saying1 (registered at {__file__}:")
            assert f"every {name} there is" in error.what
            assert "class of your own" in error.fix and "override=True" in error.fix
        assert len(registry) == before
    with vartrack.use(vartrack.default):
        assert run(lambda x, v: x * v["n"], {"n": 3}, fullgraph=True).item() == 3


def test_override_takes_even_such_a_type() -> None:
    """Whoever says ``override=True`` gets what they ask for, until it is unregistered."""
    registry = vartrack.stock.derive("mine")
    objects = registry.register(saying(9, object), override=True)
    with vartrack.use(registry):
        assert said(Cat()) == 9
        registry.unregister(objects)
        assert said(Cat()) == 0


def test_a_narrowing_test_may_be_bounded_by_such_a_type() -> None:
    registry = vartrack.stock.derive("mine")
    registry.register(saying(3, object, when_type=lambda cls: hasattr(cls, "legs")))
    registry.register(saying(4, dict, when=lambda value: "answer" in value))
    with vartrack.use(registry):
        assert said(Cat()) == 3
        assert said({"answer": None}) == 4
        assert run(lambda x, v: x * v["n"], {"n": 5}, fullgraph=True).item() == 5


class Scaled(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * 2


class Finer(Scaled): ...


class Marked(torch.Tensor): ...


def test_trees_below_such_a_type_are_the_users_own() -> None:
    """Visitors for one's own subclasses of Module and Tensor, made from the built-in ones by
    overriding a step, are registered like any other and take the whole tree."""
    met: list[str] = []

    class ScaledModules(Modules):
        types = (Scaled,)

        def visit_sourced(self, ctx: BuilderContext, value: Any) -> Any:
            met.append(type(value).__name__)
            return super().visit_sourced(ctx, value)

    class MarkedTensors(TensorInput):
        types = (Marked,)

        def visit_sourced(self, ctx: BuilderContext, value: Any) -> Any:
            met.append(type(value).__name__)
            return super().visit_sourced(ctx, value)

    registry = vartrack.stock.derive("mine")
    registry.register(ScaledModules)
    registry.register(MarkedTensors)
    marked = torch.ones(2).as_subclass(Marked)
    with vartrack.use(registry):
        got = run(lambda x, m, n, t: m(x) + n(x) + t, Scaled(), Finer(), marked, fullgraph=True)
        assert torch.equal(got.as_subclass(torch.Tensor), torch.full((2,), 5.0))
    assert met == ["Scaled", "Finer", "Marked"]


def test_a_registry_that_was_not_derived_has_nothing_to_keep() -> None:
    """In one that starts empty, everything is the user's own business."""
    registry = Registry("empty")
    assert registry.register(saying(1, object)) in registry


def test_extras_need_no_import_of_their_own() -> None:
    """A set is there as an attribute, and one that there is not says so."""
    program = """
import vartrack
assert vartrack.extras.stdlib.register
assert vartrack.extras.load("numpy") is vartrack.extras.numpy
assert not hasattr(vartrack.extras, "nothing")
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True)
