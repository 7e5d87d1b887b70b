"""A transformer encoder with a small classifier, steered by a config dataclass.

Try ``python -m vartrack explain examples/encoder.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Config:
    """Sizes and choices of `Classifier`."""

    vocabulary: int = 100
    width: int = 32
    heads: int = 4
    layers: int = 2
    classes: int = 5
    pooling: str = "mean"
    dropout: float = 0.1


class Classifier(nn.Module):
    """Tokens (batch, length) of int64 to class scores (batch, classes) of float32."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocabulary, config.width)
        layer = nn.TransformerEncoderLayer(
            config.width, config.heads, 2 * config.width, config.dropout, batch_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, config.layers, enable_nested_tensor=False)
        self.head = nn.Linear(config.width, config.classes)

    def forward(self, tokens: Tensor) -> Tensor:
        hidden = self.encoder(self.embedding(tokens))
        pooled = hidden.mean(dim=1) if self.config.pooling == "mean" else hidden[:, 0]
        return self.head(pooled)


def train_and_evaluate(model: Classifier, tokens: Tensor) -> tuple[Tensor, Tensor]:
    """The scores in training mode, where dropout is at work, and in evaluation mode."""
    model.train()
    trained = model(tokens)
    model.eval()
    return trained, model(tokens)


def target() -> tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]:
    """What ``vartrack explain`` compiles: a callable, its arguments and keyword arguments."""
    torch.manual_seed(0)
    model = Classifier(Config())
    tokens = torch.randint(0, 100, (2, 7))
    return train_and_evaluate, (model, tokens), {}
