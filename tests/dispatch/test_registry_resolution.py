"""Which visitor of a registry takes a value, and how the registry explains it."""

from __future__ import annotations

import collections
from typing import Any

import pytest
from making import a_visitor
from registries import Animal, Cat, Kitten, Point, a_registry, here, outcomes, taker

import vartrack
from vartrack import Registry, Sourced, Sourceless


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
    assert lines[0] == f"{Kitten.__module__}.Kitten, sourced, in the registry 'shown':"
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
