"""The models that the benchmarks and the tests compile: small ones of real kinds."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

#: From a name to a factory of (callable, arguments, keyword arguments).
Call = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]
#: What is small in each model of `transformers` that goes by these names.
_TWO_LAYERS: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
}


def encoder() -> Call:
    """``examples/encoder.py``: a transformer encoder with a classifier and a config dataclass."""
    path = Path(__file__).parent.parent / "examples" / "encoder.py"
    spec = importlib.util.spec_from_file_location("encoder", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["encoder"] = module
    spec.loader.exec_module(module)
    return module.target()


def gpt2() -> Call:
    """A GPT-2 of two layers from ``transformers``, with random weights."""
    import transformers

    config = transformers.GPT2Config(n_layer=2, n_head=2, n_embd=32, vocab_size=64, n_positions=32)
    model = transformers.GPT2LMHeadModel(config).eval()
    return model, (torch.randint(0, 64, (2, 8)),), {"use_cache": False}


def vit() -> Call:
    """A ViT of two layers from ``transformers``, with random weights."""
    import transformers

    config = transformers.ViTConfig(image_size=16, patch_size=4, **_TWO_LAYERS)
    return transformers.ViTModel(config).eval(), (torch.randn(2, 3, 16, 16),), {}


def bert() -> Call:
    """A BERT of two layers from ``transformers``, with random weights."""
    import transformers

    config = transformers.BertConfig(vocab_size=64, **_TWO_LAYERS)
    return transformers.BertModel(config).eval(), (torch.randint(0, 64, (2, 8)),), {}


def llama() -> Call:
    """A Llama of two layers from ``transformers``, with random weights."""
    import transformers

    config = transformers.LlamaConfig(vocab_size=64, **_TWO_LAYERS)
    model = transformers.LlamaForCausalLM(config).eval()
    return model, (torch.randint(0, 64, (2, 8)),), {"use_cache": False}


def whisper() -> Call:
    """A Whisper of two and two layers from ``transformers``, with random weights."""
    import transformers

    config = transformers.WhisperConfig(
        vocab_size=64,
        num_mel_bins=8,
        d_model=32,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        max_source_positions=16,
        max_target_positions=16,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
        decoder_start_token_id=1,
    )
    model = transformers.WhisperModel(config).eval()
    sound, text = torch.randn(1, 8, 32), torch.randint(0, 64, (1, 4))
    return model, (), {"input_features": sound, "decoder_input_ids": text, "use_cache": False}


def resnet() -> Call:
    """A ResNet of four stages from ``transformers``, with random weights."""
    import transformers

    config = transformers.ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 8, 16, 16], depths=[1, 1, 1, 1], layer_type="basic"
    )
    return transformers.ResNetModel(config).eval(), (torch.randn(1, 3, 32, 32),), {}


def lstm() -> Call:
    """``torch.nn.LSTM``, which Dynamo does not trace by default."""
    return torch.nn.LSTM(8, 16, num_layers=2, batch_first=True), (torch.randn(2, 5, 8),), {}


def attention() -> Call:
    """``torch.nn.MultiheadAttention``."""
    x = torch.randn(2, 5, 16)
    return torch.nn.MultiheadAttention(16, 4, batch_first=True), (x, x, x), {}


def linear() -> Call:
    """One linear layer: what a compile costs at least."""
    return torch.nn.Linear(4, 4), (torch.randn(2, 4),), {}


MODELS: dict[str, Callable[[], Call]] = {
    "encoder": encoder,
    "gpt2": gpt2,
    "vit": vit,
    "bert": bert,
    "llama": llama,
    "whisper": whisper,
    "resnet": resnet,
    "lstm": lstm,
    "attention": attention,
    "linear": linear,
}
