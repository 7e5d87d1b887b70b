"""What a registry takes, refuses and gives back: register, override, unregister, derive, and types
by name."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
from making import a_visitor
from registries import CAT, Animal, Cat, Kitten, a_registry, here, names, taker

import vartrack
from vartrack import Registry, Sourced, Sourceless, Visitor
from vartrack.errors import RegistrationError

# register


def test_register_as_a_call_and_as_a_decorator() -> None:
    """``register`` returns the class it was given: called, as a bare decorator, and as one with
    arguments."""
    registry = Registry("r")

    class First(Sourced, Sourceless, Visitor):
        types = (Animal,)

    assert registry.register(First) is First

    @registry.register
    class Second(Sourced, Sourceless, Visitor):
        types = (Cat,)

    @registry.register(override=True)
    class Third(Sourced, Sourceless, Visitor):
        types = (Cat,)

    assert [cls.__name__ for cls in (First, Second, Third)] == names(registry)
    assert First in registry and Third in registry and a_visitor(int) not in registry
    assert len(registry) == 3 and repr(registry) == "<registry 'r', 3 visitors>"
    assert taker(registry, Animal()) == "First"
    assert taker(registry, Kitten()) == "Third"


def test_two_visitors_for_one_type_are_an_error_that_names_both_places() -> None:
    """Of two plain visitors for a type the second is refused, with the ``file:line`` where each
    was registered, and leaves nothing behind."""
    registry = Registry("r")
    before, _ = here(), registry.register(a_visitor(Cat, name="First"))
    after = here(2)
    with pytest.raises(RegistrationError) as caught:
        registry.register(a_visitor(Animal, Cat, name="Second"))
    text = str(caught.value)
    assert caught.value.code == "VT204"
    assert f"Cat is taken by First (registered at {before})" in text
    assert f"Second (registered at {after})" in text
    assert "override=True" in text
    assert names(registry) == ["First"]
    assert taker(registry, Animal()) is None


def test_a_class_is_registered_once() -> None:
    """Registering a class again is an error that says where it was registered."""
    registry, cats = Registry("mine"), a_visitor(Cat, name="Cats", when=lambda value: True)
    before, _ = here(), registry.register(cats)
    with pytest.raises(RegistrationError, match="VT202") as caught:
        registry.register(cats, override=True)
    assert before in str(caught.value) and "'mine'" in str(caught.value)


def test_only_visitor_classes_are_registered() -> None:
    """An instance, another class and a base that holds no category are refused."""
    registry = Registry("r")
    for wrong in (a_visitor(Cat)(), Cat, "Cat"):
        with pytest.raises(RegistrationError, match="VT203"):
            registry.register(wrong)  # type: ignore[call-overload]

    class Base(Sourced, Sourceless, Visitor, abstract=True): ...

    for base in (Base, Visitor):
        with pytest.raises(RegistrationError, match="VT201"):
            registry.register(base)
    assert len(registry) == 0


def test_a_visitor_for_another_torch_is_skipped() -> None:
    """One whose ``on_torch`` does not fit the running release is left out without an error, and
    leaves its types free; its class is not even checked."""
    registry = Registry("r")
    future = a_visitor(name="Future", halves=(), on_torch=">=99")
    assert registry.register(future) is future
    past = a_visitor(Cat, name="Past", on_torch="<2")
    registry.register(past)
    registry.register(a_visitor(Cat, name="Now", on_torch=">=2"))
    assert names(registry) == ["Now"]
    assert taker(registry, Cat()) == "Now"


def test_vartrack_register_says_where_it_was_called() -> None:
    """``vartrack.register`` adds to the default registry, and the place that is noted is the
    user's own."""
    cats = a_visitor(Cat, name="Cats")
    where, _ = here(), vartrack.register(cats)
    try:
        assert cats in vartrack.default and cats not in vartrack.stock
        assert where in str(vartrack.default.explain_resolution(Cat()))
    finally:
        vartrack.default.unregister(cats)


# override and unregister


def test_override_of_one_type_leaves_the_others() -> None:
    """A visitor that loses one of its types to an override keeps the rest, and its place."""
    registry = a_registry(a_visitor(Animal, Cat, int, name="Many"))
    registry.register(a_visitor(Cat, name="Cats"), override=True)
    assert taker(registry, Cat()) == "Cats"
    assert taker(registry, Animal()) == taker(registry, 3) == "Many"
    assert names(registry) == ["Many", "Cats"]


def test_unregistering_an_override_restores_what_was_there() -> None:
    """Overrides of a type are undone in any order: what shows is the newest that is left."""
    first, second, third = (a_visitor(Cat, Animal, name=n) for n in ("First", "Second", "Third"))
    for undone in ([second, third, first], [third, second, first], [first, third, second]):
        registry, left = Registry("r"), [first, second, third]
        for visitor in left:
            registry.register(visitor, override=True)
        for visitor in undone:
            registry.unregister(visitor)
            left.remove(visitor)
            expected = left[-1].__name__ if left else None
            assert taker(registry, Cat()) == taker(registry, Animal()) == expected
        assert registry.dispatcher.funcs == {}


def test_an_override_of_what_was_added_to_the_dispatcher_is_undone() -> None:
    """A visitor that was given to the dispatcher itself comes back as well."""
    registry = Registry("r")
    direct = a_visitor(Cat, name="Direct")()
    registry.dispatcher.add((Cat,), direct)
    cats = a_visitor(Cat, name="Cats")
    with pytest.raises(RegistrationError, match="taken by Direct"):
        registry.register(cats)
    registry.register(cats, override=True)
    assert taker(registry, Cat()) == "Cats"
    registry.unregister(cats)
    assert registry.resolve(Cat()) is direct


def test_unregister_what_is_not_there() -> None:
    """Taking out a class that is not in the registry is an error, also the second time."""
    registry, cats = Registry("mine"), a_visitor(Cat, name="Cats")
    for _ in range(2):
        with pytest.raises(RegistrationError, match=r"VT205.*Cats is not in the registry 'mine'"):
            registry.unregister(cats)
        registry.register(cats)
        registry.unregister(cats)
    assert taker(registry, Cat()) is None


def test_unregister_what_is_no_class() -> None:
    """The name of one, or one itself as `list` shows it."""
    registry = Registry("mine")
    registry.register(a_visitor(Cat, name="Cats"))
    (held,) = registry
    for given in ("Cats", held):
        with pytest.raises(RegistrationError, match=r"VT205.*Cats.*\n.*give the class of one"):
            registry.unregister(given)  # type: ignore[arg-type]


def test_unregister_a_test() -> None:
    """A visitor with a test goes as well."""
    registry = a_registry(a_visitor(Animal, name="Plain"))
    picky = registry.register(a_visitor(Animal, name="Picky", when=lambda value: True))
    assert taker(registry, Cat()) == "Picky"
    registry.unregister(picky)
    assert taker(registry, Cat()) == "Plain"


# derive


def test_a_derived_registry_goes_its_own_way() -> None:
    """What is registered, overridden or taken out on one side is not seen on the other."""
    old, picky = a_visitor(Cat, name="Old"), a_visitor(int, name="Picky", when=lambda value: True)
    parent = a_registry(old, picky)
    child = parent.derive("child")
    assert child.name == child.dispatcher.name == "child"
    assert names(child) == names(parent)

    child.register(a_visitor(Cat, name="New"), override=True)
    child.unregister(picky)
    assert (taker(parent, Cat()), taker(child, Cat())) == ("Old", "New")
    assert (taker(parent, 3), taker(child, 3)) == ("Picky", None)

    parent.unregister(old)
    parent.register(a_visitor(str, name="Text"))
    assert (taker(parent, Cat()), taker(child, Cat())) == (None, "New")
    assert (taker(parent, ""), taker(child, "")) == ("Text", None)


def test_an_override_is_undone_on_either_side_of_a_derivation() -> None:
    """An override that was made before a derivation can be undone in both registries."""
    old, new = a_visitor(Cat, name="Old"), a_visitor(Cat, name="New")
    parent = a_registry(old)
    parent.register(new, override=True)
    child = parent.derive()
    assert child.name == "derived from r"
    parent.unregister(new)
    assert (taker(parent, Cat()), taker(child, Cat())) == ("Old", "New")
    child.unregister(new)
    assert (taker(parent, Cat()), taker(child, Cat())) == ("Old", "Old")


# types by name


def test_a_name_stands_for_its_class_and_subclasses() -> None:
    """``"package.module:Name"`` is matched like the class itself: by the nearest real base, with
    ``exact`` by the class alone."""
    registry = a_registry(a_visitor(CAT, name="Cats"), a_visitor(Animal, name="Animals"))
    assert taker(registry, Cat()) == taker(registry, Kitten()) == "Cats"
    assert taker(registry, Animal()) == "Animals"
    exact = a_registry(a_visitor(CAT, name="Cats", exact=True))
    assert (taker(exact, Cat()), taker(exact, Kitten())) == ("Cats", None)
    tested = a_registry(a_visitor(CAT, name="Cats", when=lambda value: True, exact=True))
    assert (taker(tested, Cat()), taker(tested, Kitten())) == ("Cats", None)


def test_of_two_bases_of_one_name_the_nearer_counts() -> None:
    """A class that is defined anew on top of itself, as in a notebook, keeps its name."""
    again = type("Cat", (Cat,), {"__module__": Cat.__module__})
    for options in ({}, {"when": lambda value: True}):
        registry = a_registry(a_visitor(CAT, name="Cats", exact=True, **options))
        assert taker(registry, again()) == "Cats"


def test_a_name_does_not_import_its_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A visitor for a class that is named costs nothing until that class is met."""
    (tmp_path / "vartrack_unmet.py").write_text("class Thing: ...")
    monkeypatch.syspath_prepend(tmp_path)
    registry = a_registry(a_visitor("vartrack_unmet:Thing", "no_such_package:Thing", name="Things"))
    assert taker(registry, Cat()) is None
    assert "vartrack_unmet" not in sys.modules
    met = importlib.import_module("vartrack_unmet")
    assert taker(registry, met.Thing()) == "Things"


@pytest.mark.parametrize("first, second", [(CAT, CAT), (CAT, Cat), (Cat, CAT)])
def test_a_name_conflicts_like_its_class(first: Any, second: Any) -> None:
    """A name, and the class of that name, are one type: two visitors for it are an error, an
    override works in both directions, and undoing it restores."""
    registry = a_registry(a_visitor(first, name="First"))
    other = a_visitor(second, name="Second")
    with pytest.raises(RegistrationError, match="VT204") as caught:
        registry.register(other)
    assert "taken by First" in str(caught.value)
    registry.register(other, override=True)
    assert taker(registry, Kitten()) == "Second"
    registry.unregister(other)
    assert taker(registry, Kitten()) == "First"
    registry.register(other, override=True)
    registry.unregister(type(next(iter(registry))))
    assert names(registry) == ["Second"]
    assert taker(registry, Kitten()) == "Second"
    registry.unregister(other)
    assert taker(registry, Kitten()) is None
    assert not registry.dispatcher.funcs and not registry.dispatcher.named
