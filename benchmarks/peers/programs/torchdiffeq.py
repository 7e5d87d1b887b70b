"""Programs of ``torchdiffeq``: solving differential equations, with the solver in the graph."""

from __future__ import annotations

import torch
from models import Call
from torchdiffeq import odeint, odeint_adjoint


class Field(torch.nn.Module):
    """A vector field of two layers."""

    def __init__(self) -> None:
        super().__init__()
        self.net = torch.nn.Sequential(
            torch.nn.Linear(2, 8), torch.nn.Tanh(), torch.nn.Linear(8, 2)
        )

    def forward(self, t: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return self.net(y**3) * torch.cos(t)


def solved(method: str, solve=odeint, **options) -> Call:
    """The way through ``Field`` from one point, by ``method``."""
    field = Field()

    def run(start, times):
        return solve(field, start, times, method=method, **options)

    return run, (torch.tensor([[2.0, 0.5]]), torch.linspace(0.0, 1.0, 4)), {}


def euler() -> Call:
    """Fixed steps of first order."""
    return solved("euler")


def rk4() -> Call:
    """Fixed steps of fourth order, smaller than the times asked for."""
    return solved("rk4", options={"step_size": 0.2})


def dopri5() -> Call:
    """Steps that follow the error."""
    return solved("dopri5", rtol=1e-2, atol=1e-2)


def adjoint() -> Call:
    """The gradient by the adjoint equation."""
    return solved("midpoint", odeint_adjoint)


def loss() -> Call:
    """A solver under a loss."""
    field = Field()

    def run(start, times, target):
        found = odeint(field, start, times, method="midpoint")
        return (found[-1] - target).abs().mean()

    return run, (torch.randn(3, 2), torch.tensor([0.0, 0.5, 1.0]), torch.randn(3, 2)), {}


PROGRAMS = (euler, rk4, dopri5, adjoint, loss)
