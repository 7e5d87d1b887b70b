"""What a registry takes, refuses, gives back, and says about itself."""

from __future__ import annotations

import collections
import importlib
import inspect
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from making import a_visitor

import vartrack
from vartrack import Registry, Sourced, Sourceless, Visitor
from vartrack.dispatch.order import Chain, Order
from vartrack.errors import RegistrationError
from vartrack.visitors import STOCK
from vartrack.visitors.user_sequences import NamedTuples, UserTuples


class Animal: ...


class Cat(Animal): ...


class Kitten(Cat): ...


Point = collections.namedtuple("Point", "x y")

ANIMAL, CAT = f"{__name__}:Animal", f"{__name__}:Cat"


def here(further: int = 0) -> str:
    """The place of the caller's line, or so many lines below, as ``file:line``."""
    frame = inspect.currentframe().f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno + further}"


def a_registry(*visitors: type[Visitor], name: str = "r") -> Registry:
    registry = Registry(name)
    for visitor in visitors:
        registry.register(visitor)
    return registry


def names(registry: Registry) -> list[str]:
    return [visitor.name for visitor in registry]


def taker(registry: Registry, value: Any, **options: Any) -> str | None:
    visitor = registry.resolve(value, **options)
    return None if visitor is None else visitor.name


def outcomes(registry: Registry, value: Any, **options: Any) -> list[tuple[str, str]]:
    verdicts = registry.explain_resolution(value, **options).candidates
    return [(verdict.candidate.visitor.name, verdict.outcome) for verdict in verdicts]


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
    again = type("Cat", (Cat,), {"__module__": __name__})
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


# tests


def test_a_test_goes_before_the_plain_visitor_of_the_same_type_only() -> None:
    """A narrowing test is asked where its type stands: before the plain visitor of that type, and
    after every visitor of a nearer one. So a user's visitor for a class of their own wins over a
    stock test for ``tuple`` or ``object``."""
    registry = a_registry(
        a_visitor(tuple, name="Plain"),
        a_visitor(tuple, name="Named", when_type=lambda cls: hasattr(cls, "_fields")),
        a_visitor(object, name="Anything", when=lambda value: True),
    )
    assert taker(registry, Point(1, 2)) == "Named"
    assert taker(registry, (1, 2)) == "Plain"
    assert taker(registry, 3) == "Anything"
    registry.register(a_visitor(Point, name="Points"))
    assert taker(registry, Point(1, 2)) == "Points"
    assert taker(vartrack.stock, Point(1, 2)) == "NamedTuples"


def test_ties_between_tests() -> None:
    """Of tests for one type the higher priority is asked first, of equal ones the newest."""
    registry = Registry("r")
    for number, priority in enumerate([0, 0, 5, -5, 5]):
        visitor = a_visitor(Animal, name=f"V{number}", priority=priority, when=lambda value: False)
        registry.register(visitor)
    assert [name for name, _ in outcomes(registry, Cat())] == ["V4", "V2", "V1", "V0", "V3"]


def test_a_nearer_test_goes_before_one_of_higher_priority() -> None:
    """Priority breaks ties; it does not outweigh nearness."""
    registry = a_registry(
        a_visitor(Animal, name="Far", priority=99, when=lambda value: True),
        a_visitor(Cat, name="Near", priority=-99, when=lambda value: True),
    )
    assert taker(registry, Kitten()) == "Near"
    assert taker(registry, Animal()) == "Far"


def test_when_is_asked_per_value_and_when_type_per_type() -> None:
    """``when_type`` is asked once for a type, ``when`` each time, and only of values whose type
    passed."""
    asked: list[Any] = []

    def fits(cls: type) -> bool:
        asked.append(cls)
        return cls is not Animal

    def when(value: Any) -> bool:
        asked.append(value)
        return False

    registry = a_registry(a_visitor(Animal, when_type=fits, when=when))
    cat, animal = Cat(), Animal()
    for value in (cat, cat, animal, animal, 3):
        assert taker(registry, value) is None
    assert asked == [Cat, cat, cat, Animal]


# the order


def no(value: Any) -> bool:
    return False


def ordered(
    *visitors: type[Visitor],
    first: tuple[Any, ...] = (),
    checks: tuple[Any, ...] = (),
    last: tuple[Any, ...] = (),
    sourceless: Chain | None = None,
) -> Registry:
    """A registry with ``visitors`` and, in both halves, these places."""
    chain = Chain(first, checks, last)
    registry = Registry("ordered", Order(chain, chain if sourceless is None else sourceless))
    for visitor in visitors:
        registry.register(visitor)
    return registry


def test_first_and_last() -> None:
    """First those of the section "first", then those without a place, then "last", then the plain
    visitor for ``object``; inside the two sections the line counts before nearness."""
    last = [
        a_visitor(Kitten, name="LastNear", when=no),
        a_visitor(object, name="LastFar", when=no),
    ]
    first = [
        a_visitor(Kitten, name="FirstNear", when=no),
        a_visitor(object, name="FirstFar", when=no),
    ]
    registry = ordered(
        a_visitor(object, name="Everything"),
        a_visitor(Kitten, name="Near", when=no),
        *last,
        *first,
        a_visitor(object, name="Test", priority=99, when=no),
        first=tuple(first[::-1]),
        last=tuple(last[::-1]),
    )
    order = [name for name, _ in outcomes(registry, Kitten())]
    assert order == [
        *("FirstFar", "FirstNear", "Near", "Test", "LastFar", "LastNear", "Everything")
    ]
    assert taker(registry, Kitten()) == "Everything"


def test_one_in_the_last_section_without_a_test_takes_all_it_sees() -> None:
    """It ends the search for its types, and does not conflict with the plain visitor of the same
    type."""
    structural = a_visitor(Animal, name="Structural")
    registry = ordered(
        structural,
        a_visitor(Animal, name="Plain", exact=True),
        a_visitor(object, name="Everything"),
        last=(structural,),
    )
    assert taker(registry, Animal()) == "Plain"
    assert taker(registry, Cat()) == "Structural"
    assert taker(registry, 3) == "Everything"


def test_visitors_with_a_place_are_asked_in_that_order() -> None:
    """However near they are; each half has a table of its own."""
    near, both, far, rest = visitors = (
        a_visitor(Kitten, name="Near", when=no),
        a_visitor(Cat, name="Both", when=no),
        a_visitor(object, name="Far", when=no),
        a_visitor(Animal, name="Rest"),
    )
    registry = ordered(
        *visitors,
        checks=(far, both, near, rest),
        sourceless=Chain(checks=(far, near, both, rest)),
    )
    assert [n for n, _ in outcomes(registry, Kitten())] == ["Far", "Both", "Near", "Rest"]
    order = [n for n, _ in outcomes(registry, Kitten(), sourced=False)]
    assert order == ["Far", "Near", "Both", "Rest"]


def test_on_one_line_the_nearest_and_then_the_newest_goes_first() -> None:
    """torch has no order for the visitors of one line."""
    old, new, near = visitors = (
        a_visitor(Animal, name="Old", when=no),
        a_visitor(Animal, name="New", when=no),
        a_visitor(Cat, name="Near", when=no),
    )
    registry = ordered(*visitors, checks=((old, new, near),))
    assert [n for n, _ in outcomes(registry, Kitten())] == ["Near", "New", "Old"]


def test_a_visitor_without_a_place_goes_before_what_is_not_nearer() -> None:
    """So a user's visitor wins over what ships with vartrack for all farther types, whatever
    their places; a nearer one of those that takes every value still goes before."""
    far, near, taking, rest = visitors = (
        a_visitor(object, name="Far", when=no),
        a_visitor(Kitten, name="Near", when=no),
        a_visitor(Kitten, name="Taker"),
        a_visitor(Animal, name="Rest"),
    )
    registry = ordered(
        far, near, rest, a_visitor(Cat, name="User"), checks=(far, near, taking, rest)
    )
    assert [n for n, _ in outcomes(registry, Cat())] == ["User", "Far", "Rest"]
    assert [n for n, _ in outcomes(registry, Kitten())] == ["User", "Far", "Near", "Rest"]
    assert [n for n, _ in outcomes(registry, Animal())] == ["Far", "Rest"]
    registry.register(visitors[2])
    assert taker(registry, Kitten()) == "Taker"
    assert [n for n, _ in outcomes(registry, Kitten())][:3] == ["Far", "Near", "Taker"]


def test_what_does_not_fit_pulls_no_visitor_forward() -> None:
    """A visitor with a place that says nothing of the type, or has not the half that is asked,
    does not count as one that another goes before."""
    unfit, half, near = visitors = (
        a_visitor(object, name="Unfit", when_type=lambda cls: False, when=no),
        a_visitor(object, name="Half", when=no, halves=(Sourceless,), one_half="no"),
        a_visitor(Kitten, name="Near", when=lambda value: True),
    )
    registry = ordered(*visitors, a_visitor(Cat, name="User"), checks=((unfit, half), near))
    assert taker(registry, Kitten()) == "Near"
    assert taker(registry, Kitten(), sourced=False) == "User"


def test_at_one_type_a_priority_says_which_side_of_the_table() -> None:
    """A test goes before those with a place that have the same type; below 0, after them."""
    test, plain = visitors = (a_visitor(Cat, name="Test", when=no), a_visitor(Cat, name="Plain"))
    for priority, expected in ((0, ["User", "Test", "Plain"]), (-1, ["Test", "User", "Plain"])):
        user = a_visitor(Cat, name="User", when=no, priority=priority)
        registry = ordered(*visitors, user, checks=(test, plain))
        assert [n for n, _ in outcomes(registry, Cat())] == expected


def test_of_two_unrelated_bases_the_table_decides_and_a_user_nearer_to_either_wins() -> None:
    """torch asks for its own categories in one order for every class."""

    class Toy: ...

    class ToyCat(Toy, Cat): ...

    toys, cats = a_visitor(Toy, name="Toys"), a_visitor(Cat, name="Cats")

    def registry(*users: type[Visitor]) -> Registry:
        return ordered(toys, cats, *users, checks=(cats, toys))

    assert taker(registry(), ToyCat()) == "Cats"
    assert taker(registry(a_visitor(ToyCat, name="User")), ToyCat()) == "User"
    # nearer than Cats, and Toys would not have taken it
    assert taker(registry(a_visitor(Toy, name="User", when=bool)), ToyCat()) == "User"
    assert taker(registry(a_visitor(Animal, name="User")), ToyCat()) == "Cats"


def test_a_subclass_stands_where_the_nearest_named_class_does() -> None:
    """A place is that of the types it was said of: a subclass that names types has none, and
    neither has what inherits from that one."""
    stock, narrow = a_visitor(Animal), a_visitor(Cat)
    same = type("Same", (stock,), {"one_half": "the same types"})
    other = type("Other", (stock,), {"types": (Cat,)})
    below = type("Below", (other,), {})
    named = type("Named", (stock,), {"types": (Kitten,)})
    chain = Chain(checks=(narrow, (stock, named)))
    assert chain.place(stock) == chain.place(same) == chain.place(named) == ("checks", 1)
    assert chain.place(narrow) == ("checks", 0)
    assert chain.place(other) is chain.place(below) is chain.place(Visitor) is None


def test_the_order_belongs_to_the_registry() -> None:
    """A derived registry has a copy that goes its own way, a new one has none."""
    assert Registry("new").order == Order()
    child = vartrack.stock.derive("child")
    assert child.order == vartrack.stock.order
    mine = child.register(a_visitor(Cat, name="Mine", when=no), before=UserTuples)
    assert child.order.sourced.place(mine) == child.order.sourced.place(UserTuples)._replace(
        line=child.order.sourced.place(UserTuples).line - 1
    )
    assert vartrack.stock.order.sourced.place(mine) is None
    assert child.derive().order == child.order
    child.unregister(mine)
    assert child.order == vartrack.stock.order


def test_a_visitor_can_be_given_a_place() -> None:
    """Before or after one that has a place, however near the types of both are."""
    far, rest = a_visitor(object, name="Far", when=no), a_visitor(Animal, name="Rest")
    near = a_visitor(Kitten, name="Near", when=no)
    last = a_visitor(object, name="Last", when=no)
    registry = ordered(far, rest, last, checks=(far, rest), last=(last,))

    def names() -> list[str]:
        return [name for name, _ in outcomes(registry, Kitten())]

    assert names() == ["Far", "Rest", "Last"]
    for where, expected in (
        ({"before": far}, ["Near", "Far", "Rest", "Last"]),
        ({"after": far}, ["Far", "Near", "Rest", "Last"]),
        ({"after": rest}, ["Far", "Rest", "Near", "Last"]),
        ({"after": last}, ["Far", "Rest", "Last", "Near"]),
        ({}, ["Near", "Far", "Rest", "Last"]),
    ):
        registry.register(near, **where)
        assert names() == expected
        registry.unregister(near)
    assert names() == ["Far", "Rest", "Last"]
    registry.register(before=rest)(near)
    assert names() == ["Far", "Near", "Rest", "Last"]


def test_a_visitor_that_is_placed_after_all_others_has_its_types_beside_them() -> None:
    """What is asked before or after everybody else is no rival for a type."""
    last = a_visitor(object, name="Last", when=no)
    registry = ordered(last, a_visitor(Animal, name="Plain", exact=True), last=(last,))
    registry.register(a_visitor(Animal, name="Beside"), before=last)
    assert taker(registry, Animal()) == "Plain"
    assert taker(registry, Cat()) == "Beside"


def test_a_wrong_place_is_refused_and_both_are_named() -> None:
    """A place beside a visitor that has none, on both sides at once, or beside no visitor."""
    registry = ordered(checks=())
    placed = registry.register(a_visitor(Cat, name="Placed"))
    for where, text in (
        ({"before": placed}, "User cannot stand before Placed"),
        ({"after": placed}, "User cannot stand after Placed"),
        ({"after": UserTuples}, "User cannot stand after UserTuples"),
        ({"before": "UserTuples"}, "User cannot stand before 'UserTuples'"),
        ({"before": placed, "after": placed}, "User is to stand both before and after"),
    ):
        with pytest.raises(RegistrationError, match="VT209") as caught:
            registry.register(a_visitor(Kitten, name="User"), **where)
        assert text in caught.value.what
        assert len(registry) == 1 and taker(registry, Kitten()) == "Placed"
    with pytest.raises(RegistrationError, match="VT209"):
        Order().move(placed)


def test_what_a_release_does_otherwise_is_a_move() -> None:
    """The order of a release is that of all others with one line elsewhere."""
    order = vartrack.stock.order
    lines = order.sourced.checks
    (moved,) = (line for line in lines[-1:] if isinstance(line, type))
    there = order.move(moved, before=lines[0])
    assert there.sourced.checks == (moved, *lines[:-1])
    assert there.move(moved, after=lines[-2]).sourced == order.sourced


def test_the_order_names_every_visitor_that_is_not_of_exact_types() -> None:
    """What has no place would be asked as a user's, by nearness; nothing is named twice."""
    order = vartrack.stock.order
    for chain, half in ((order.sourced, Sourced), (order.sourceless, Sourceless)):
        named = [
            visitor
            for _, lines in chain.sections()
            for line in lines
            for visitor in (line if isinstance(line, tuple) else (line,))
        ]
        assert len(named) == len(set(named))
        assert set(named) <= set(STOCK) and all(issubclass(visitor, half) for visitor in named)
        for visitor in STOCK:
            if issubclass(visitor, half) and visitor.types != (object,):
                assert visitor in named or visitor.exact, visitor


def test_an_explanation_says_why_one_is_asked_before_another() -> None:
    """By its line in the table, by nearness, or because it takes what is left."""

    class Point3(Point): ...

    registry = vartrack.stock.derive("mine")
    registry.register(a_visitor(Point3, name="Mine", when=no))
    why = {
        verdict.candidate.visitor.name: verdict.candidate.why
        for verdict in registry.explain_resolution(Point3(1, 2)).candidates
    }
    assert why["Mine"] == "by nearness"
    line = registry.order.sourced.place(NamedTuples).line + 1
    assert why["NamedTuples"] == f"line {line} of `checks`"
    assert why["UserTuples"] == "line 1 of `last`"
    assert why["Objects"] == "it takes what is left"
    assert f", line {line} of `checks`]" in str(registry.explain_resolution(Point3(1, 2)))


# resolve and explain_resolution


def test_the_two_halves_resolve_apart() -> None:
    """A visitor with one half is passed over where the other is needed, and the next one of a
    farther type takes the value."""
    registry = a_registry(
        a_visitor(Cat, name="Cats", halves=(Sourced,), one_half="cats are never made"),
        a_visitor(Animal, name="Animals", halves=(Sourceless,), one_half="animals are"),
    )
    assert taker(registry, Cat(), sourced=True) == "Cats"
    assert taker(registry, Cat(), sourced=False) == "Animals"
    assert taker(registry, Animal(), sourced=True) is None
    assert outcomes(registry, Cat(), sourced=False) == [
        ("Cats", "has no sourceless half (cats are never made)"),
        ("Animals", "matched"),
    ]


def test_an_explanation_lists_all_candidates_in_order() -> None:
    """Each visitor whose types cover the value, in the order of the search: what came of it, and
    the ``file:line`` where it was registered and defined."""
    registry = Registry("shown")
    places = [
        (here(), registry.register(a_visitor(object, name="Everything"))),
        (here(), registry.register(a_visitor(Animal, name="Animals"))),
        (here(), registry.register(a_visitor(Cat, name="Hungry", when=lambda value: False))),
        (here(), registry.register(a_visitor(Cat, name="Wild", when_type=lambda cls: False))),
        (here(), registry.register(a_visitor(Cat, name="Old", exact=True))),
        (here(), registry.register(a_visitor(Kitten, name="No", when=lambda value: value == 1))),
        (here(), registry.register(a_visitor(Cat, name="Tame", when=lambda v: True, priority=-1))),
        (here(), registry.register(a_visitor(int, name="Numbers"))),
    ]
    resolution = registry.explain_resolution(Kitten())
    assert outcomes(registry, Kitten()) == [
        ("No", "when(value) is false"),
        ("Wild", "when_type(Kitten) is false"),
        ("Hungry", "when(value) is false"),
        ("Tame", "when(value) is true: matched"),
        ("Animals", "not asked, the value was taken"),
        ("Everything", "not asked, the value was taken"),
    ]
    where = {visitor.__name__: place for place, visitor in places}
    for verdict in resolution.candidates:
        assert verdict.where == where[verdict.candidate.visitor.name]
        assert verdict.defined.startswith(a_visitor.__code__.co_filename)
    assert resolution.matched is registry.resolve(Kitten())
    lines = str(resolution).splitlines()
    assert lines[0] == f"{__name__}.Kitten, sourced, in the registry 'shown':"
    assert lines[4] == (
        f"-> Tame for Cat: when(value) is true: matched [registered {where['Tame']}, by nearness]"
    )
    assert registry.explain_resolution(2, sourced=False).matched.name == "Numbers"
    assert str(Registry("empty").explain_resolution(2)).endswith("nothing takes it")


@pytest.mark.parametrize("test", ["when", "when_type"])
def test_an_explanation_survives_a_test_that_raises(test: str) -> None:
    """A test that raises ends the search, as it ends a compile's; the explanation says so, and
    ``resolve`` passes the error on."""

    def bad(value: Any) -> bool:
        raise ValueError("no idea")

    registry = a_registry(a_visitor(Animal, name="Rest"), a_visitor(Cat, name="Bad", **{test: bad}))
    argument = "value" if test == "when" else "Cat"
    for _ in range(2):
        assert outcomes(registry, Cat()) == [
            ("Bad", f"{test}({argument}) raised ValueError: no idea"),
            ("Rest", "not asked, a test raised"),
        ]
        with pytest.raises(ValueError, match="no idea"):
            registry.resolve(Cat())
    assert registry.explain_resolution(Cat()).matched is None
    assert taker(registry, Animal()) == "Rest"


def test_the_explanation_agrees_with_the_answer_for_stock_values() -> None:
    """For values of many kinds, what ``explain_resolution`` shows is what ``resolve`` answers."""
    values = [3, True, "s", None, [1], (1,), {}, {1}, Point(1, 2), len, print, Cat, Cat(), vartrack]
    values += [collections.OrderedDict(), collections.Counter(), object(), range(3), slice(3)]
    for value in values:
        for sourced in (True, False):
            shown = vartrack.stock.explain_resolution(value, sourced=sourced).matched
            assert shown is vartrack.stock.resolve(value, sourced=sourced), value


# snapshots and threads


def test_a_snapshot_lasts_until_something_changes() -> None:
    """Compiles share a snapshot, and with it the routes found so far, until a registration."""
    registry = a_registry(a_visitor(Animal))
    first = registry.frozen()
    assert registry.frozen() is first
    for change in (
        lambda: registry.register(a_visitor(int, name="Ints")),
        lambda: registry.register(a_visitor(int, when=lambda value: True)),
        lambda: registry.register(a_visitor("some.module:Name")),
        lambda: registry.dispatcher.add((str,), a_visitor(str)()),
        lambda: registry.unregister(type(registry.resolve(3, sourced=False))),
    ):
        change()
        second = registry.frozen()
        assert second is not first
        first = second


def test_registering_in_many_threads() -> None:
    """Nothing is lost, doubled or handed to two when threads register and unregister at once."""
    registry = Registry("r")
    classes = [type(f"T{number}", (), {}) for number in range(40)]
    refused: list[str] = []
    barrier = threading.Barrier(4)

    def work(mine: str) -> None:
        barrier.wait(10)
        for cls in classes:
            passing = registry.register(a_visitor(object, name="Passing", when=lambda value: False))
            try:
                registry.register(a_visitor(cls, name=mine))
            except RegistrationError:
                refused.append(mine)
            list(registry), registry.derive(), registry.explain_resolution(cls())
            registry.unregister(passing)

    threads = [threading.Thread(target=work, args=(f"of{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(registry) == len(classes)
    assert len(refused) == 3 * len(classes)
    assert all(taker(registry, cls()) is not None for cls in classes)
    serials = [entry.serial for entry in registry.entries()]
    assert len(set(serials)) == len(serials)
