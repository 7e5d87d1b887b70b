"""Models of pydantic held against each other: the answer is guarded, and what changed counts."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pydantic
import pytest
import torch
from places import Counting
from torch._dynamo import config

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

STOCK = vartrack.stock.derive("pydantic")
SOUND = vartrack.sound.derive("pydantic on sound")
for _registry in (STOCK, SOUND):
    vartrack.extras.load("pydantic").register(_registry)

ONE = torch.ones(2)


class Part(pydantic.BaseModel):
    width: int = 1


class Model(pydantic.BaseModel):
    n: int = 1
    text: str = "a"
    items: list[int] = [1, 2]
    part: Part = Part()


class Frozen(pydantic.BaseModel, frozen=True):
    n: int = 1


def equal(x: torch.Tensor, one: Any, other: Any) -> torch.Tensor:
    return x + 1 if one == other else x - 1


def unequal(x: torch.Tensor, one: Any, other: Any) -> torch.Tensor:
    return x + 1 if one != other else x - 1


Calls = Iterator[tuple[Any, Any]]


def others() -> Calls:
    yield Model(), Model()
    yield Model(), Model(n=2)
    yield Model(n=3), Model(n=3)
    yield Model(text="b"), Model()
    yield Model(text="c"), Model(text="c")
    yield Model(part=Part(width=3)), Model()
    both = Model()
    yield both, both


def frozen() -> Calls:
    for n in (1, 2, 3):
        yield Frozen(n=n), Frozen(n=n)
        yield Frozen(n=n), Frozen(n=n + 1)


def in_place() -> Calls:
    """What each holds changes, at every depth, and back."""
    one, other = Model(), Model()
    changes: tuple[Callable[[], Any], ...] = (
        *(lambda: None, lambda: one.items.append(3), lambda: one.items.pop()),
        *(lambda: setattr(one.part, "width", 9), lambda: setattr(other.part, "width", 9)),
        *(lambda: setattr(other, "text", "z"), lambda: setattr(other, "text", "a")),
    )
    for change in changes:
        change()
        yield one, other


@pytest.mark.parametrize("recursive", [True, False])
@pytest.mark.parametrize("registry", [STOCK, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize("calls", [others, frozen, in_place])
@pytest.mark.parametrize("function", [equal, unequal])
def test_each_answer_is_one_graph(
    function: Any, calls: Callable[[], Calls], registry: vartrack.Registry, recursive: bool
) -> None:
    backend = Counting()
    with vartrack.use(registry), config.patch(use_recursive_dict_tags_for_guards=recursive):
        run = torch.compile(function, backend=backend, fullgraph=True)
        for pair in calls():
            assert torch.equal(run(ONE, *pair), function(ONE, *pair)), pair
    assert backend.graphs == 2


def sets_the_other(x: torch.Tensor, one: Any, other: Any) -> torch.Tensor:
    other.n = 5
    return equal(x, one, other)


def sets_the_one(x: torch.Tensor, one: Any, other: Any) -> torch.Tensor:
    one.n = 5
    return unequal(x, one, other)


def sets_a_part(x: torch.Tensor, one: Any, other: Any) -> torch.Tensor:
    other.part.width = 4
    return equal(x, one, other)


def adds_to_a_part(x: torch.Tensor, one: Any, other: Any) -> torch.Tensor:
    one.items.append(4)
    return equal(x, one, other)


def finds_it(x: torch.Tensor, one: Any, other: Any) -> torch.Tensor:
    other.n = one.n
    return x + 1 if other in [one] else x - 1


def sets_it_after(x: torch.Tensor, one: Any, other: Any) -> torch.Tensor:
    answer = one == other
    other.n = 7
    return x + 1 if answer else x - 1


@pytest.mark.parametrize(
    "function",
    [sets_the_other, sets_the_one, sets_a_part, adds_to_a_part, finds_it, sets_it_after],
)
def test_what_the_traced_code_has_changed_counts(function: Any) -> None:
    with vartrack.use(STOCK):
        run = torch.compile(function, backend="eager")
        for first, second in ((1, 1), (5, 1), (1, 5), (5, 5)):
            pair = Model(n=first), Model(n=second)
            copied = copy.deepcopy(pair)
            assert torch.equal(run(ONE, *pair), function(ONE, *copied)), (first, second)
            assert pair == copied


def copied(x: torch.Tensor, model: Any) -> Any:
    other = copy.deepcopy(model)
    other.n += 1
    return x, other.n, model.n, other.part is model.part, other.items


def copied_after(x: torch.Tensor, model: Any) -> Any:
    model.n = 5
    return x, copy.deepcopy(model).n, model.model_copy(deep=True).n


def copied_together(x: torch.Tensor, model: Any) -> Any:
    both = copy.deepcopy([model, model])
    return x, both[0] is both[1], both[0].n


@pytest.mark.parametrize("function", [copied, copied_after, copied_together])
def test_a_deep_copy_is_right_or_breaks_the_graph(function: Any) -> None:
    """torch alone dies of all deep copies of models."""
    with vartrack.use(STOCK):
        run = torch.compile(function, backend="eager")
        for n in (1, 2):
            got, want = run(ONE, Model(n=n)), function(ONE, Model(n=n))
            assert got[1:] == want[1:]
