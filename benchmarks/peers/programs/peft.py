"""Programs of ``peft``: a few trained parameters beside frozen ones."""

from __future__ import annotations

import peft
import torch
from models import Call


class Base(torch.nn.Module):
    """Two layers to be adapted."""

    def __init__(self) -> None:
        super().__init__()
        self.first = torch.nn.Linear(8, 16)
        self.second = torch.nn.Linear(16, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.second(torch.relu(self.first(x)))


def adapted(config: peft.PeftConfig) -> Call:
    """``Base`` with adapters."""
    return peft.get_peft_model(Base(), config), (torch.randn(3, 8),), {}


def lora() -> Call:
    """Matrices of low rank added, with dropout, in training."""
    config = peft.LoraConfig(r=2, target_modules=["first", "second"], lora_dropout=0.1)
    model, args, kwargs = adapted(config)
    return model.train(), args, kwargs


def dora() -> Call:
    """The same with magnitudes of their own."""
    return adapted(peft.LoraConfig(r=2, target_modules=["first"], use_dora=True))


def scaled() -> Call:
    """Factors that are trained."""
    return adapted(peft.IA3Config(target_modules=["first"], feedforward_modules=[]))


def products() -> Call:
    """Kronecker products."""
    return adapted(peft.LoKrConfig(r=2, target_modules=["first", "second"]))


def two() -> Call:
    """Two adapters, of which the second is the one in use."""
    model, args, kwargs = adapted(peft.LoraConfig(r=2, target_modules=["first"]))
    model.add_adapter("other", peft.LoraConfig(r=3, target_modules=["second"]))
    model.set_adapter("other")
    return model, args, kwargs


def merged() -> Call:
    """An adapter merged into the weights."""
    model, args, kwargs = adapted(peft.LoraConfig(r=2, target_modules=["first"]))
    model.merge_adapter()
    return model, args, kwargs


PROGRAMS = (lora, dora, scaled, products, two, merged)
