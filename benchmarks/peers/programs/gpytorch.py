"""Programs of ``gpytorch``: kernels, distributions and the likelihood of a Gaussian process."""

from __future__ import annotations

import gpytorch
import torch
from models import Call


class Process(gpytorch.models.ExactGP):
    """A process with a constant mean."""

    def __init__(self, x: torch.Tensor, y: torch.Tensor, likelihood: torch.nn.Module) -> None:
        super().__init__(x, y, likelihood)
        self.mean = gpytorch.means.ConstantMean()
        self.kernel = gpytorch.kernels.ScaleKernel(gpytorch.kernels.RBFKernel())

    def forward(self, x: torch.Tensor) -> gpytorch.distributions.MultivariateNormal:
        return gpytorch.distributions.MultivariateNormal(self.mean(x), self.kernel(x))


def process() -> tuple[Process, torch.nn.Module, torch.Tensor, torch.Tensor]:
    """A process with what was seen of it."""
    x = torch.linspace(0, 1, 6)
    y = torch.sin(6 * x)
    likelihood = gpytorch.likelihoods.GaussianLikelihood()
    return Process(x, y, likelihood), likelihood, x, y


def rbf() -> Call:
    """A matrix of a kernel."""
    kernel = gpytorch.kernels.RBFKernel()

    def run(x):
        return kernel(x).to_dense()

    return run, (torch.randn(5, 2),), {}


def kernels() -> Call:
    """A sum and a product of kernels."""
    kernel = gpytorch.kernels.ScaleKernel(
        gpytorch.kernels.MaternKernel(nu=1.5) + gpytorch.kernels.LinearKernel()
    )

    def run(x, y):
        return kernel(x, y).to_dense()

    return run, (torch.randn(5, 2), torch.randn(3, 2)), {}


def prior() -> Call:
    """What a process says before anything was seen."""
    model, _, x, _ = process()

    def run(x):
        found = model.forward(x)
        return found.mean, found.variance

    return run, (x,), {}


def marginal() -> Call:
    """The marginal likelihood that is maximized in training."""
    model, likelihood, x, y = process()
    model.train()
    likelihood.train()
    objective = gpytorch.mlls.ExactMarginalLogLikelihood(likelihood, model)

    def run(x, y):
        return -objective(model(x), y)

    return run, (x, y), {}


def posterior() -> Call:
    """What a process says elsewhere."""
    model, likelihood, _, _ = process()
    model.eval()
    likelihood.eval()

    def run(x):
        return model(x).mean

    return run, (torch.rand(3),), {}


PROGRAMS = (rbf, kernels, prior, marginal, posterior)
