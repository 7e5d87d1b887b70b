"""Visitors are asked in torch's order: for each two that take one value, the right one gets it.

Every entry of `RULES` is a value that several visitors would take, with these visitors in the
order in which they have to be asked. The value is built by torch's own builder and by vartrack,
with a source and without; then the visitors are taken out one after the other, which has to give
the value to the next one, and something else than torch makes of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import order_values
import pytest
from order_rules import RULES, VISITORS, Rule
from rows import Built, assert_same, build

import vartrack


@pytest.fixture(autouse=True)
def told_for_one_test() -> Iterator[None]:
    """What a test tells torch about functions holds for that test."""
    yield
    order_values.forget()


def cases(**only: Any) -> list[Any]:
    """The rules, or those of which something is ``only``."""
    return [
        pytest.param(one, id=what)
        for what, one in RULES.items()
        if all(getattr(one, name) == value for name, value in only.items())
    ]


def built(one: Rule, registry: Any) -> Built:
    """The value, built in the half that the rule is about."""
    return build(one.example, registry, sourceless=one.sourceless, realize=not one.sourceless)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("one", cases())
def test_the_value_is_built_as_torch_builds_it(one: Rule) -> None:
    """In the half that the rule is about."""
    assert_same(built(one, vartrack.stock), built(one, None))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("one", cases(sourceless=False))
def test_the_value_is_built_alike_when_it_was_made_while_tracing(one: Rule) -> None:
    """A rule for values with a source gives nothing else than torch has without one."""
    assert_same(
        build(one.example, vartrack.stock, sourceless=True),
        build(one.example, None, sourceless=True),
    )


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("one", [case for case in cases() if case.values[0].order])
def test_the_visitors_take_it_in_this_order(one: Rule) -> None:
    """With the first visitors taken out, the next takes the value, and that makes a difference."""
    registry = vartrack.stock.derive()
    with one.example.configured():
        value = one.example.value()
        for place, name in enumerate(one.order):
            taken = registry.resolve(value, sourced=not one.sourceless)
            assert type(taken) is VISITORS[name], f"{taken} in place {place}"
            registry.unregister(VISITORS[name])
    if len(one.order) > 1:
        last = vartrack.stock.derive()
        for name in one.order[:-1]:
            last.unregister(VISITORS[name])
        assert built(one, last) != built(one, None)
