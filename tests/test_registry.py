"""What a registry takes, refuses, gives back, and says about itself."""

from __future__ import annotations

import collections
import inspect
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from making import a_visitor

import vartrack
from vartrack import Registry, Sourced, Sourceless, Visitor
from vartrack.errors import RegistrationError

HERE = str(Path(__file__))


class Animal: ...


class Cat(Animal): ...


class Kitten(Cat): ...


Point = collections.namedtuple("Point", "x y")

CAT = f"{__name__}:Cat"


def here() -> str:
    """The place of the caller's line, as ``file:line``."""
    frame = inspect.currentframe().f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def names(registry: Registry) -> list[str]:
    return [visitor.name for visitor in registry]


def taker(registry: Registry, value: Any, **options: Any) -> str | None:
    visitor = registry.resolve(value, **options)
    return None if visitor is None else visitor.name


# register


def test_register_as_a_call_and_as_a_decorator() -> None:
    """``register`` returns the class it was given, called, bare as a decorator, or with
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

    assert (Second.__name__, Third.__name__) == ("Second", "Third")
    assert names(registry) == ["First", "Second", "Third"]
    assert len(registry) == 3
    assert First in registry and a_visitor(int) not in registry
    assert taker(registry, Animal()) == "First"
    assert taker(registry, Kitten()) == "Third"
    assert repr(registry) == "<registry 'r', 3 visitors>"


def test_two_visitors_for_one_type_are_an_error_that_names_both_places() -> None:
    """Of two plain visitors for a type the second is refused, with ``file:line`` of both."""
    registry = Registry("r")
    first, second = a_visitor(Cat, name="First"), a_visitor(Animal, Cat, name="Second")
    registry.register(first); before = here()  # fmt: skip  # noqa: E702
    with pytest.raises(RegistrationError) as caught:
        registry.register(second); after = here()  # fmt: skip  # noqa: E702
    after = f"{HERE}:{caught.tb.tb_lineno}" if sys.version_info < (3, 0) else line_of(caught)
    text = str(caught.value)
    assert caught.value.code == "VT204"
    assert "Cat is taken by First" in text and "Second" in text
    assert before in text and after in text
    assert "override=True" in text
    assert names(registry) == ["First"]
    assert taker(registry, Animal()) is None, "a refused visitor leaves nothing behind"


def line_of(caught: pytest.ExceptionInfo[BaseException]) -> str:
    return f"{HERE}:{caught.traceback[0].lineno + 1}"
