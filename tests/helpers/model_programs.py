"""Whole models with two batches each, as programs to be compared."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from vartrack.comparison.copies import Call

__all__ = ["MODELS", "Program", "attention", "encoder", "gpt2", "lstm", "vit"]

Program = tuple[Callable[..., Any], list[Call]]

ENCODER = Path(__file__).parents[2] / "examples" / "encoder.py"


def with_batches(*sizes: int, make: Callable[[int], Any]) -> list[Call]:
    """A call with one tensor for each batch size."""
    return [((make(size),), {}) for size in sizes]


def encoder() -> Program:
    """``examples/encoder.py``: an encoder in training and in evaluation mode."""
    spec = importlib.util.spec_from_file_location("encoder", ENCODER)
    assert spec is not None and spec.loader is not None
    module = sys.modules.get(spec.name)
    if module is None:
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    fn, (model, tokens), kwargs = module.target()
    return fn, [((model, batch), kwargs) for batch in (tokens, torch.cat([tokens, tokens]))]


def gpt2() -> Program:
    """A small GPT-2 of transformers, its cache included."""
    import transformers

    torch.manual_seed(0)
    config = transformers.GPT2Config(
        n_layer=2,
        n_head=2,
        n_embd=32,
        vocab_size=64,
        n_positions=32,
        bos_token_id=0,
        eos_token_id=0,
    )
    calls = with_batches(2, 3, make=lambda size: torch.randint(0, 64, (size, 8)))
    return transformers.GPT2LMHeadModel(config), calls


def vit(training: bool = True) -> Program:
    """A small ViT of transformers."""
    import transformers

    torch.manual_seed(0)
    config = transformers.ViTConfig(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        image_size=16,
        patch_size=8,
    )
    model = transformers.ViTForImageClassification(config).train(training)
    return model, with_batches(2, 3, make=lambda size: torch.randn(size, 3, 16, 16))


def lstm() -> Program:
    """An LSTM, which torch refuses unless the config allows it."""
    torch.manual_seed(0)
    model = torch.nn.LSTM(4, 5, num_layers=2, dropout=0.1, batch_first=True)
    return model, with_batches(2, 3, make=lambda size: torch.randn(size, 3, 4))


def attention(training: bool = True, *, to_itself: bool = True) -> Program:
    """Attention of a sequence to itself, or to another one."""
    torch.manual_seed(0)
    model = torch.nn.MultiheadAttention(8, 2, dropout=0.1, batch_first=True).train(training)
    own = [torch.randn(size, 3, 8) for size in (2, 3)]
    other = [torch.randn(size, 4, 8) for size in (2, 3)]
    if to_itself:
        return model, [((x, x, x), {}) for x in own]
    pairs = zip(own, other, strict=True)
    return model, [((x, y, y), {"need_weights": False}) for x, y in pairs]


#: Every model, by name.
MODELS: dict[str, Callable[[], Program]] = {
    "encoder": encoder,
    "gpt2": gpt2,
    "vit": vit,
    "lstm": lstm,
    "attention": attention,
}
