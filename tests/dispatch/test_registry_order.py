"""The order in which a registry asks its visitors: tests, nearness, and places in the table."""

from __future__ import annotations

from typing import Any

import pytest
from making import a_visitor
from registries import Animal, Cat, Kitten, Point, a_registry, outcomes, taker

import vartrack
from vartrack import Registry, Sourced, Sourceless, Visitor
from vartrack.dispatch.order import Chain, Order
from vartrack.errors import RegistrationError
from vartrack.visitors import STOCK
from vartrack.visitors.user_sequences import NamedTuples, UserTuples

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
