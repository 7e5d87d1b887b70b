"""Gradients, training, higher-order operators and functional transforms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from dynamic_programs import double, hold, rows, times

# gradients


def leaves(n: int) -> Any:
    x = rows(n).requires_grad_()
    return x, (rows(n, 3) * 0.5).requires_grad_()


def test_inputs_that_require_gradients() -> None:
    """Gradients flow to leaves; a leaf that has a gradient already keeps it."""

    def make() -> Callable[..., Any]:
        def program(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            return (x * y).sin().sum()

        return program

    def with_gradients(n: int) -> Any:
        x, y = leaves(n)
        x.grad = torch.ones_like(x)
        return x, y

    hold(double, *times(leaves, 4, 5, 6, 7, 8), make=make)
    hold(double, *times(with_gradients, 4, 5, 6, 7, 8), make=make)


def test_gradients_are_used_in_the_program() -> None:
    def program(x: torch.Tensor, y: torch.Tensor) -> Any:
        return None if x.grad is None else x.grad * y

    def with_gradients(n: int) -> Any:
        x, y = leaves(n)
        if n != 5:
            x.grad = torch.ones_like(x)
        return x, y

    hold(program, *times(with_gradients, 4, 5, 6, 7, 8))


def test_an_inner_tensor_of_the_graph_as_an_input() -> None:
    """An input that is no leaf."""
    hold(double, *times(lambda n: rows(n).requires_grad_() * 2, 4, 5, 6, 7, 8))


def test_switching_gradients_off() -> None:
    def program(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            z = x * 2
        return z + y

    hold(program, *times(leaves, 4, 5, 6, 7, 8))


class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> torch.Tensor:
        (x,) = ctx.saved_tensors
        return 3 * x * x * grad


def test_an_autograd_function() -> None:
    hold(lambda x, y: Cube.apply(x) + y, *times(leaves, 4, 5, 6, 7, 8))


def test_a_training_step() -> None:
    """A step of an optimizer: parameters, gradients and the optimizer's own state."""

    def make() -> Callable[..., Any]:
        torch.manual_seed(0)
        model = torch.nn.Linear(3, 2)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.1)

        @torch.compiler.disable
        def backward(loss: torch.Tensor) -> None:
            loss.backward()

        def program(x: torch.Tensor) -> torch.Tensor:
            optimizer.zero_grad()
            loss = model(x).pow(2).sum()
            backward(loss)
            optimizer.step()
            return loss.detach()

        return program

    hold(double, *times(rows, 4, 5, 6, 4), make=make)


@pytest.mark.parametrize("kind", ["SGD", "AdamW", "RMSprop"])
def test_an_optimizer(kind: str) -> None:
    def make() -> Callable[..., Any]:
        torch.manual_seed(0)
        model = torch.nn.Linear(3, 2)
        model(rows(4)).sum().backward()
        optimizer = getattr(torch.optim, kind)(model.parameters(), lr=0.1)

        def program(x: torch.Tensor) -> torch.Tensor:
            optimizer.step()
            return x

        return program

    hold(double, *times(rows, 4, 4, 4), make=make)


# higher-order operators and functional transforms


def test_vmap() -> None:
    def program(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return torch.func.vmap(torch.dot, in_dims=(0, None))(x, y)

    hold(program, *times(lambda n: (rows(n), torch.ones(3)), 4, 5, 6, 7, 8), steady=False)


def test_grad_and_vmap_of_grad() -> None:
    def program(x: torch.Tensor) -> Any:
        one = torch.func.grad(lambda t: (t**2).sum())(x)
        each = torch.func.vmap(torch.func.grad(lambda t: t.sin().sum()))(x)
        return one, each

    hold(program, *times(rows, 4, 5, 6, 7, 8))


def test_jvp_vjp_and_jacobians() -> None:
    def program(x: torch.Tensor) -> Any:
        out, tangent = torch.func.jvp(torch.sin, (x,), (torch.ones_like(x),))
        _, pull = torch.func.vjp(torch.cos, x)
        return out, tangent, pull(out), torch.func.jacrev(lambda t: t.sum(0))(x)

    hold(program, *times(rows, 4, 5, 6, 7, 8))


def test_functional_call() -> None:
    def make() -> Callable[..., Any]:
        torch.manual_seed(0)
        model = torch.nn.Linear(3, 2)

        def program(x: torch.Tensor) -> torch.Tensor:
            weights = {name: value * 2 for name, value in model.named_parameters()}
            out: torch.Tensor = torch.func.functional_call(model, weights, (x,))
            return out

        return program

    hold(double, *times(rows, 4, 5, 6, 7, 8), make=make)


@pytest.mark.parametrize("predicate", ["data", "size"])
def test_cond(predicate: str) -> None:
    def program(x: torch.Tensor) -> Any:
        test = x.sum() > 10 if predicate == "data" else x.size(0) > 5
        return torch.cond(test, lambda t: t.sin(), lambda t: t.cos() + t.size(0), (x,))

    hold(program, *times(rows, 4, 5, 6, 7, 8))


def test_while_loop() -> None:
    from torch._higher_order_ops.while_loop import while_loop

    def program(count: torch.Tensor, x: torch.Tensor) -> Any:
        return while_loop(
            lambda i, t: i < 3,
            lambda i, t: (i + 1, t * 2),
            (count, x),
        )

    hold(program, *times(lambda n: (torch.zeros((), dtype=torch.int64), rows(n)), 4, 5, 6, 7, 8))


def test_checkpointing() -> None:
    from torch.utils.checkpoint import checkpoint

    def program(x: torch.Tensor, y: torch.Tensor) -> Any:
        return checkpoint(lambda t: (t * y).sin(), x, use_reentrant=False)

    hold(program, *times(leaves, 4, 5, 6, 7, 8))
