"""Causes beyond the common ten: each is told as what it is, with a way out that can be followed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.compiler.config

import vartrack
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
