"""Why a program was compiled again, and that the way out which is printed leaves one graph."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
import torch.compiler.config

import vartrack
from vartrack import explain_calls
from vartrack.explanation import Recompile

X = torch.ones(3)


class Box:
    def __init__(self, number: int) -> None:
        self.number = number


class Twin(Box):
    pass


class Counting(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.step = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.step += 1  # the step
        return x * self.step


LIMIT = 1


def add_one(x: torch.Tensor) -> torch.Tensor:
    return x + 1


def times(x: torch.Tensor, by: Any) -> torch.Tensor:
    return x * by


def times_number(x: torch.Tensor, box: Box) -> torch.Tensor:
    return x * box.number


def times_limit(x: torch.Tensor) -> torch.Tensor:
    return x * LIMIT


def shifted(x: torch.Tensor, mode: str) -> torch.Tensor:
    return x + 1 if mode == "up" else x - 1


def total(x: torch.Tensor, parts: dict[str, torch.Tensor]) -> torch.Tensor:
    return x + sum(parts.values())


def summed(x: torch.Tensor, items: Any) -> torch.Tensor:
    return x + sum(items)


def applied(x: torch.Tensor, fn: Callable[..., Any]) -> torch.Tensor:
    return fn(x)


Call = tuple[tuple[Any, ...], dict[str, Any]]


def calls(*args: tuple[Any, ...]) -> list[Call]:
    return [(each, {}) for each in args]


def with_limits() -> Iterator[Call]:
    global LIMIT
    for limit in (2, 3, 4):
        LIMIT = limit
        yield (X,), {}


def in_both_modes() -> Iterator[Call]:
    yield (X,), {}
    with torch.no_grad():
        yield (X,), {}


def the_recompile(fn: Callable[..., Any], made: Any) -> Recompile:
    """The first recompile of a program that is compiled again and runs."""
    found = explain_calls(fn, made)
    assert found.ran, found
    assert found.graphs > 1
    _, recompile = next(found.recompiles)
    return recompile


def graphs(fn: Callable[..., Any], made: Any) -> int:
    found = explain_calls(fn, made)
    assert found.ran, found
    return found.graphs


def code_in(way_out: str) -> str:
    """The statement that a way out begins with."""
    return re.split(r" before the first call| in place of ", way_out)[0].removeprefix("pass ")


# ten programs, and their ways out


def test_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    tensors = [torch.ones(n, 4) for n in (3, 4, 5)]
    found = the_recompile(add_one, calls(*((x,) for x in tensors)))
    assert (found.cause, found.label) == ("size", "x")
    assert (found.before, found.after) == ("(3, 4) float32", "(4, 4) float32")
    assert found.place is not None and found.place.text == "return x + 1"
    assert not found.right
    for x in tensors:
        exec(code_in(found.way_out), {"torch": torch, "x": x})
    assert graphs(add_one, calls(*((x,) for x in tensors))) == 1


def test_a_dtype() -> None:
    found = the_recompile(add_one, calls((X,), (X.double(),)))
    assert (found.cause, found.label, found.right) == ("dtype", "x", True)
    assert (found.before, found.after) == ("(3,) float32", "(3,) float64")


@pytest.fixture
def dynamic_sources() -> Iterator[None]:
    with torch.compiler.config.patch(dynamic_sources=""):
        yield


def test_an_int_attribute_of_a_module(dynamic_sources: None) -> None:
    made = calls((X,), (X,), (X,))
    found = the_recompile(Counting(), made)
    assert (found.cause, found.label) == ("int", "self.step")
    assert (found.before, found.after) == ("0", "1")
    assert found.place is not None and found.place.text.endswith("# the step")
    exec(code_in(found.way_out), {"torch": torch})
    counting = Counting()
    counting.step = 2
    assert graphs(counting, made) == 1


def test_an_int_attribute_of_an_object(dynamic_sources: None) -> None:
    made = calls(*((X, Box(n)) for n in (2, 3, 4)))
    found = the_recompile(times_number, made)
    assert (found.cause, found.label) == ("int", "box.number")
    assert (found.before, found.after) == ("2", "3")
    exec(code_in(found.way_out), {"torch": torch})
    assert graphs(times_number, made) == 1


def test_a_float() -> None:
    found = the_recompile(times, calls((X, 1.5), (X, 2.5)))
    assert (found.cause, found.label, found.before, found.after) == ("float", "by", "1.5", "2.5")
    tensors = [eval(code_in(found.way_out), {"torch": torch, "by": by}) for by in (1.5, 2.5, 3.5)]
    assert graphs(times, calls(*((X, by) for by in tensors))) == 1


def test_a_string() -> None:
    found = the_recompile(shifted, calls((X, "up"), (X, "down")))
    assert (found.cause, found.label) == ("string", "mode")
    assert (found.before, found.after) == ("'up'", "'down'")
    assert "look up what mode stands for outside of the compiled function" in found.way_out
    stands_for = {"up": torch.tensor(1.0), "down": torch.tensor(-1.0)}

    def shifted_by(x: torch.Tensor, by: torch.Tensor) -> torch.Tensor:
        return x + by

    made = calls(*((X, stands_for[mode]) for mode in ("up", "down", "up")))
    assert graphs(shifted_by, made) == 1


@pytest.mark.parametrize("names", ["ab", "b"])
def test_a_key_of_a_dict(names: str) -> None:
    def parts(names: str, of: Callable[..., torch.Tensor] = torch.ones) -> dict[str, torch.Tensor]:
        return {name: of(3) for name in names}

    found = the_recompile(total, calls((X, parts("a")), (X, parts(names))))
    assert (found.cause, found.label) == ("dict keys", "parts")
    assert found.before == "1 item: 'a'" and "'b'" in found.after
    assert "same keys in the same order" in found.way_out
    whole = [parts("ab", torch.zeros) | parts(given) for given in ("a", names)]
    assert graphs(total, calls(*((X, each) for each in whole))) == 1


def test_the_length_of_a_list() -> None:
    lists = [[X] * n for n in (2, 3, 4)]
    found = the_recompile(summed, calls(*((X, items) for items in lists)))
    assert (found.cause, found.label) == ("length", "items")
    assert (found.before, found.after) == ("2 items", "3 items")
    assert "torch.stack(items), with torch._dynamo.mark_dynamic(..., 0)" in found.way_out
    stacked = [torch.stack(items) for items in lists]
    for tensor in stacked:
        torch._dynamo.mark_dynamic(tensor, 0)

    def summed_up(x: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
        return x + items.sum(0)

    assert graphs(summed_up, calls(*((X, tensor) for tensor in stacked))) == 1


def test_the_identity_of_a_function() -> None:
    made = calls(*((X, lambda x: x + 1) for _ in range(2)), (X, lambda x: x + 1))
    found = the_recompile(applied, made)
    assert found.cause == "function" and found.label.startswith("fn")
    assert "define it once, outside of the loop" in found.way_out
    once = made[0][0][1]
    assert graphs(applied, calls((X, once), (X, once), (X, once))) == 1


def test_the_identity_of_an_object() -> None:
    registry = vartrack.stock.derive("by identity")

    @registry.register
    class Boxes(vartrack.Sourced, vartrack.Visitor):
        types = (Box,)
        guarded_by = "ID_MATCH"
        tracker_class = torch._dynamo.variables.user_defined.UserDefinedObjectVariable

    def explained(*boxes: Box) -> vartrack.Explanation:
        return explain_calls(times_number, calls(*((X, box) for box in boxes)), registry=registry)

    _, found = next(explained(Box(2), Box(2)).recompiles)
    assert (found.cause, found.label) == ("another object", "box")
    assert "make it once and pass that very object" in found.way_out
    box = Box(2)
    assert explained(box, box, box).graphs == 1


def test_the_grad_mode() -> None:
    found = the_recompile(add_one, in_both_modes())
    assert (found.cause, found.before, found.after) == ("grad mode", "on", "off")
    assert found.right


def test_a_global(dynamic_sources: None) -> None:
    found = the_recompile(times_limit, with_limits())
    assert (found.cause, found.label, found.source) == ("int", "LIMIT", "G['LIMIT']")
    assert (found.before, found.after) == ("2", "3")
    exec(code_in(found.way_out), {"torch": torch})
    assert graphs(times_limit, with_limits()) == 1


# others


def test_a_stride() -> None:
    tensors = [torch.ones(3, 4), torch.ones(4, 3).T]
    found = the_recompile(add_one, calls(*((x,) for x in tensors)))
    assert (found.cause, found.way_out) == ("stride", "pass x.contiguous() at every call")
    assert graphs(add_one, calls(*((x.contiguous(),) for x in tensors))) == 1


@pytest.mark.parametrize(
    ("one", "other", "cause"),
    [
        ((X,), (torch.ones(3, 3),), "number of dimensions"),
        ((X,), (torch.ones(3, requires_grad=True),), "requires_grad"),
    ],
)
def test_of_a_tensor_what_no_advice_can_mend(one: Any, other: Any, cause: str) -> None:
    found = the_recompile(add_one, calls(one, other))
    assert (found.cause, found.right) == (cause, True)


def test_a_type() -> None:
    found = the_recompile(times_number, calls((X, Box(2)), (X, Twin(2))))
    assert (found.cause, found.label, found.right) == ("type", "box", True)
    assert found.before.endswith(".Box") and found.after.endswith(".Twin")


def test_one_tensor_in_two_places() -> None:
    def in_place(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        x.add_(1)
        return x + y

    found = the_recompile(in_place, calls((torch.ones(3), torch.ones(3)), (X, X)))
    assert (found.cause, found.right) == ("aliases", True)


def test_a_key_of_a_users_type() -> None:
    from decimal import Decimal

    registry = vartrack.stock.derive("decimals")

    @registry.register
    class Decimals(vartrack.ConstantVisitor):
        types = (Decimal,)
        key = str

    found = explain_calls(
        lambda x, amount: x + len(amount.__dir__()),
        calls((X, Decimal(3)), (X, Decimal(4))),
        registry=registry,
    )
    _, recompile = next(found.recompiles)
    assert (recompile.cause, recompile.label) == ("key", "amount")
    assert "str(L['amount']) == '3' of Decimal" in recompile.check


# which call did what


def test_each_compile_says_which_call_caused_it_and_which_used_it() -> None:
    sizes = (3, 3, 4, 5, 3)
    found = explain_calls(add_one, calls(*((torch.ones(n),) for n in sizes)))
    assert found.calls == 5
    assert [(made.id, made.call, made.used_by) for made in found.compiles] == [
        ("0/0", 1, [1, 2]),
        ("0/1", 3, [3, 4, 5]),
    ]
    text = found.text()
    assert "compile 0/0 of add_one ran in 2 calls: 1-2" in text
    assert "compile 0/1 of add_one ran in 3 calls: 3-5" in text


def test_several_guards_that_failed_are_told_the_latest_first() -> None:
    found = explain_calls(times_limit, with_limits())
    last = found.compiles[-1]
    assert [made.failed for made in last.recompiles] == ["0/1", "0/0"]
    assert [made.before for made in last.recompiles] == ["3", "2"]


def test_the_calls_end_with_the_first_that_raises() -> None:
    made: list[int] = []

    def fragile(x: torch.Tensor, n: int) -> torch.Tensor:
        torch._dynamo.graph_break()
        made.append(n)
        return x / [1, 2][n]

    found = explain_calls(fragile, calls((X, 0), (X, 2), (X, 1)))
    assert made == [0, 2]
    assert found.calls == 2
    assert "IndexError" in found.problem and found.problem.startswith("It compiled, and then")


def test_a_right_recompile_is_said_to_be_right() -> None:
    found = explain_calls(add_one, calls((X,), (X.double(),)))
    text = " ".join(found.text().split())
    assert "This recompile is right: another dtype is another computation" in text
    assert "Way out" not in text
