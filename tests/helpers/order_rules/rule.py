"""What an order rule is, and all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rows import Example
from torch._dynamo import config

from vartrack import compat
from vartrack.core.halves import Sourced, Sourceless
from vartrack.visitors import STOCK

VISITORS = {visitor.__name__: visitor for visitor in STOCK}


@dataclass(frozen=True)
class Rule:
    """A value, and the visitors that take it, in the order they are asked.

    Attributes:
        order: the names of the visitors. With the first ones taken out, the next one takes the
            value.
        example: makes the value.
        sourceless: whether the order is that of values made while tracing.
    """

    order: tuple[str, ...]
    example: Example
    sourceless: bool = False


#: Settings that torch keeps elsewhere.
_FLAGS = ("dynamic_sources", "dynamic_values", "unbacked_sources", "static_sources")

RULES: dict[str, Rule] = {}


def rule(
    what: str,
    order: str,
    make: Callable[[], Any] | str | Example,
    *,
    sourceless: bool = False,
    on_torch: str = "",
) -> None:
    """Note a rule; ``order`` names the visitors, those that this torch has no use for left out.

    ``make`` is a function, an `Example` or the text of one.
    """
    if not compat.runs_on(on_torch):
        return
    half = Sourceless if sourceless else Sourced
    names = tuple(name for name in order.split() if VISITORS[name].has_half(half))
    if isinstance(make, str):
        make = Example.read(make)
    example = make if isinstance(make, Example) else Example(make=make)
    if not all(flag in _FLAGS or hasattr(config, flag) for flag, _ in example.flags):
        return  # about a setting that this torch does not have
    assert what not in RULES, what
    RULES[what] = Rule(names, example, sourceless)
