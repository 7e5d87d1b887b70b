"""Causes beyond the common ten: each is told as what it is, with a way out that can be followed."""

from __future__ import annotations

import contextlib
import enum
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
import torch.compiler.config

import vartrack
from vartrack import compat
from vartrack.explanation import Explanation, Recompile, explain_calls

X = torch.ones(2)


def doubled(x: torch.Tensor) -> torch.Tensor:
    return x * 2


def times(x: torch.Tensor, by: Any) -> torch.Tensor:
    return x * by


def long_or_short(x: torch.Tensor) -> torch.Tensor:
    x = x + 1
    return x * 2 if x.shape[0] > 10 else x


def far_or_near(x: torch.Tensor, steps: int) -> torch.Tensor:
    x = x + 1
    return x * 2 if steps > 10 else x * steps


class Mode(enum.Enum):
    UP = 1
    DOWN = 2


def up_or_down(x: torch.Tensor, mode: Mode) -> torch.Tensor:
    return x + 1 if mode is Mode.UP else x - 1


def repeated(x: torch.Tensor, times: int) -> torch.Tensor:
    for _ in range(times):
        x = x + 1
    return x


@contextlib.contextmanager
def in_double() -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


#: From a context around the second call to what is told of it.
CONTEXTS = {
    "no_grad": (torch.no_grad, "on", "off"),
    "inference_mode": (torch.inference_mode, "on", "off"),
    "autocast": (lambda: torch.autocast("cpu"), "off", "on"),
    "default dtype": (in_double, "torch.float32", "torch.float64"),
    "device": (lambda: torch.device("meta"), "none", "device meta"),
}


def explained(fn: Callable[..., Any], *args: tuple[Any, ...]) -> Explanation:
    found = explain_calls(fn, [(each, {}) for each in args])
    assert found.ran, found
    return found


def last(found: Explanation) -> Recompile:
    return [recompile for _, recompile in found.recompiles][-1]


def test_a_check_of_a_size_is_told_as_one_with_its_own_line() -> None:
    found = explained(long_or_short, *((torch.ones(n),) for n in (2, 30, 3)))
    again = last(found)
    assert (again.kind, again.cause, again.label) == ("SHAPE_ENV", "size", "x")
    assert (again.before, again.after) == ("(30,) float32", "(3,) float32")
    assert again.place is not None and again.place.text.startswith("return x * 2 if")
    assert "do what depends on it outside of the compiled function" in again.way_out
    (shapes,) = [each for each in found.compiles[-2].guards if each.kind == "SHAPE_ENV"]
    assert again.check in shapes.code and again.place in shapes.places


def test_a_check_of_a_number_is_told_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    again = last(explained(far_or_near, *((X, steps) for steps in (2, 30, 3))))
    assert (again.kind, again.cause, again.label) == ("SHAPE_ENV", "number", "steps")
    assert (again.before, again.after) == ("30", "3")
    assert again.place is not None and again.place.text.startswith("return x * 2 if steps")
    # a symbol from the first call on does not help, so it is not what is told
    assert "dynamic_sources" not in again.way_out
    with torch.compiler.config.patch(dynamic_sources="L['steps']"):
        assert explained(far_or_near, (X, 2), (X, 30), (X, 3)).graphs > 1


@pytest.mark.parametrize("sizes", [(5, 1), (1, 5), (5, 0)])
def test_sizes_that_are_constants(sizes: tuple[int, ...]) -> None:
    again = last(explained(doubled, *((torch.ones(n),) for n in sizes)))
    assert again.cause == "size 0 or 1"
    tensors = [torch.ones(n) for n in sizes]
    for x in tensors:
        exec(again.way_out.partition(" before")[0], {"torch": torch, "x": x})
    assert explained(doubled, *((x,) for x in tensors)).graphs == 1


def test_a_dynamic_size_that_becomes_one() -> None:
    tensors = [torch.ones(5), torch.ones(1)]
    torch._dynamo.mark_dynamic(tensors[0], 0)
    again = last(explained(doubled, *((x,) for x in tensors)))
    assert (again.cause, again.label) == ("size 0 or 1", "x")
    assert again.way_out.startswith("torch._dynamo.decorators.mark_unbacked(x, 0)")


def test_the_size_of_an_array() -> None:
    arrays = [np.ones(n, dtype=np.float32) for n in (2, 3, 4)]

    def summed(x: torch.Tensor, by: Any) -> Any:
        return x.sum() * by

    again = last(explained(summed, *((X, by) for by in arrays[:2])))
    assert again.cause == "size of an array"
    assert "torch.from_numpy(by), with torch._dynamo.mark_dynamic(..., 0)" in again.way_out
    tensors = [torch.from_numpy(by) for by in arrays]
    for by in tensors:
        torch._dynamo.mark_dynamic(by, 0)
    assert explained(summed, *((X, by) for by in tensors)).graphs == 1


def test_another_model_and_a_parameter_are_right() -> None:
    def applied(x: torch.Tensor, module: torch.nn.Module) -> Any:
        return module(x)

    again = last(explained(applied, *((X, torch.nn.Linear(2, n)) for n in (2, 3))))
    assert (again.cause, again.right) == ("size of a parameter", True)
    again = last(explained(doubled, (X,), (torch.nn.Parameter(X.clone()),)))
    assert (again.cause, again.right) == ("type", True)


def test_one_tensor_in_two_places() -> None:
    again = last(explained(times, (X, X), (X, torch.ones(2))))
    assert (again.cause, again.right) == ("aliases", True)
    assert explained(times, (X, X.clone()), (X, torch.ones(2))).graphs == 1


@pytest.mark.skipif(
    compat.runs_on("<2.12"),
    reason="this torch can die of two threads that compile at once",
)
def test_two_threads_that_compile_the_same_at_once() -> None:
    """The second waits for the first, and is then compiled although its guards hold."""
    both = threading.Barrier(2)

    def backend(graph: torch.fx.GraphModule, inputs: Any) -> Any:
        time.sleep(0.5)  # let the other come to the lock
        return graph.forward

    compiled = torch.compile(doubled, backend=backend)

    results = []

    def run() -> None:
        both.wait()
        results.append(compiled(torch.ones(3)).tolist())

    torch._dynamo.reset()
    with vartrack.watch() as found:
        threads = [threading.Thread(target=run) for _ in range(2)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    assert results == [[2.0] * 3] * 2
    causes = {recompile.cause for _, recompile in found.recompiles}
    assert causes == {"threads"}
    assert "backend" not in last(found).way_out


def test_another_backend_is_told_as_one() -> None:
    torch._dynamo.reset()
    with vartrack.watch() as found:
        for _ in range(2):
            torch.compile(doubled, backend=lambda graph, inputs: graph.forward)(X)
    assert [recompile.cause for _, recompile in found.recompiles] == ["backend"]


@pytest.mark.parametrize("form", ["summary", "full", "guards"])
def test_a_value_of_the_environment_is_in_no_text(
    form: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, other = "s3cret-of-the-test", "0ther-of-the-test"
    monkeypatch.setenv("A_SECRET", secret)
    monkeypatch.setenv("ANOTHER_SECRET", other)

    def chosen(x: torch.Tensor, mode: str) -> torch.Tensor:
        if x.shape[0] == 3:
            raise ValueError(mode)
        return x + 1 if mode == "up" else x - 1

    made = [((X, secret), {}), ((X, other), {}), ((torch.ones(3), secret), {})]
    found = explain_calls(chosen, made)
    assert found.error and [*found.recompiles]
    told = found.to_json() + found.to_html() + found.text(form=form)
    assert "(of the environment)" in told
    assert secret not in told and other not in told


def test_a_value_of_the_environment_that_is_a_key_is_in_no_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    secret = "s3cret-of-the-test"
    monkeypatch.setenv("A_SECRET", secret)
    weights = {secret: torch.ones(2), "other": torch.ones(2)}

    def summed(x: torch.Tensor) -> torch.Tensor:
        for weight in weights.values():
            x = x + weight
        return x

    found = explained(summed, (X,))
    told = [found.text(form=form) for form in ("summary", "full", "guards")]
    told += [found.to_json(), found.to_html()]
    assert found.graphs == 1 and "(of the environment)" in found.to_json()
    assert not any(secret in text or "s3cret_of_the_test" in text for text in told)


def test_members_of_an_enum_are_told_by_name() -> None:
    again = last(explained(up_or_down, (X, Mode.UP), (X, Mode.DOWN)))
    assert again.cause == "member of an enum"
    assert (again.before, again.after) == ("Mode.UP", "Mode.DOWN")


@pytest.mark.parametrize("name", CONTEXTS)
def test_a_context_around_a_call_is_told_with_what_it_changes(name: str) -> None:
    torch._dynamo.reset()
    enter, before, after = CONTEXTS[name]
    with vartrack.watch() as found:
        compiled = torch.compile(doubled, backend="eager")
        compiled(X)
        with enter():
            compiled(X)
    again = last(found)
    assert (again.before, again.after) == (before, after)
    assert again.right


def test_a_number_that_is_needed_as_one_is_not_advised_to_be_a_symbol() -> None:
    found = explained(repeated, *((X, times) for times in (2, 3, 4)))
    ways_out = [recompile.way_out for _, recompile in found.recompiles]
    assert len(ways_out) == 3 - 1
    assert not any("dynamic_sources" in way_out for way_out in ways_out)
    with torch.compiler.config.patch(dynamic_sources="L['times']"):
        assert explained(repeated, *((X, times) for times in (2, 3, 4))).graphs == 3


def test_a_list_of_numbers_is_not_advised_to_be_one_tensor() -> None:
    found = explained(lambda x, items: x + len(items), (X, [1, 2]), (X, [1, 2, 3]))
    ((_, recompile),) = found.recompiles
    assert recompile.cause == "length"
    assert "torch.stack" not in recompile.way_out and "one length" in recompile.way_out


@pytest.mark.gives_up
def test_a_limit_of_recompiles_is_told_with_the_function_and_where_its_reasons_are() -> None:
    def named(x: torch.Tensor, name: str) -> torch.Tensor:
        return x + len(name)

    with torch._dynamo.config.patch(recompile_limit=2):
        found = explained(named, *((X, name) for name in ("a", "bb", "ccc", "dddd")))
    (stop,) = [entry for entry in found.breaks if entry.kind == "skip"]
    assert stop.place is not None and stop.place.function == "named"
    assert stop.line == named.__code__.co_firstlineno
    assert "`Compiled again`" in stop.ways_out[0]
    assert "Compiled again: " in found.text(width=80)


def test_another_stride_is_told_with_both() -> None:
    ((_, recompile),) = explained(doubled, (torch.ones(2, 3),), (torch.ones(3, 2).t(),)).recompiles
    assert recompile.cause == "stride"
    assert (recompile.before, recompile.after) == ("stride 3 of dimension 0", "stride 1")


@pytest.mark.parametrize("first", [True, False])
def test_gradients_are_told_with_who_requires_them(first: bool) -> None:
    with_grad = torch.ones(2, requires_grad=True)
    inputs = (with_grad, X) if first else (X, with_grad)
    ((_, recompile),) = explained(doubled, *((x,) for x in inputs)).recompiles
    words = ("requires grad", "requires no grad")
    assert (recompile.before, recompile.after) == (words if first else words[::-1])
    assert recompile.right


def test_members_of_a_set_are_told_and_can_be_asked_for_outside() -> None:
    sets = ({"a"}, {"b", "c"})
    found = explained(lambda x, names: x + ("a" in names), *((X, names) for names in sets))
    ((_, recompile),) = found.recompiles
    assert recompile.cause == "members of a set"
    assert (recompile.before, recompile.after) == ("1 item: 'a'", "2 items: 'b', 'c'")
    asked = explained(
        lambda x, there: x + there, *((X, torch.tensor("a" in each)) for each in sets)
    )
    assert not list(asked.recompiles)


def test_two_lambdas_are_told_apart_by_their_lines() -> None:
    ((_, recompile),) = explained(
        lambda x, do: do(x),
        (X, lambda x: x + 1),
        (X, lambda x: x + 2),
    ).recompiles
    assert recompile.cause == "function" and recompile.before != recompile.after


def test_training_and_evaluation_are_right() -> None:
    model = torch.nn.Dropout(0.5)
    compiled = torch.compile(model, backend="eager")
    with vartrack.watch() as found:
        compiled(X)
        model.eval()
        compiled(X)
    ((_, recompile),) = found.recompiles
    assert (recompile.cause, recompile.before, recompile.after) == (
        "training or not",
        "True",
        "False",
    )
    assert recompile.right
