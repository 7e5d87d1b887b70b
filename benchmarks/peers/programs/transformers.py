"""Programs of ``transformers``: models of two layers with random weights."""

from __future__ import annotations

import torch
import transformers
from models import Call

#: What most configurations share.
SMALL = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "vocab_size": 64,
}


def tokens() -> torch.Tensor:
    return torch.randint(3, 64, (2, 8))


def bert() -> Call:
    """An encoder that classifies, with a mask and a loss."""
    model = transformers.BertForSequenceClassification(transformers.BertConfig(**SMALL)).eval()
    mask = torch.ones(2, 8, dtype=torch.long)
    return model, (tokens(),), {"attention_mask": mask, "labels": torch.tensor([0, 1])}


def llama() -> Call:
    """A decoder with rotary positions and grouped heads, and its cache."""
    config = transformers.LlamaConfig(**SMALL, num_key_value_heads=1)
    return transformers.LlamaForCausalLM(config).eval(), (tokens(),), {"use_cache": True}


def t5() -> Call:
    """An encoder and a decoder."""
    config = transformers.T5Config(
        d_model=32, d_kv=16, d_ff=64, num_layers=1, num_heads=2, vocab_size=64
    )
    config.decoder_start_token_id = 0
    model = transformers.T5ForConditionalGeneration(config).eval()
    return model, (), {"input_ids": tokens(), "labels": tokens()}


def clip() -> Call:
    """A text model and an image model held against each other."""
    config = transformers.CLIPConfig(
        text_config={**SMALL, "bos_token_id": 1, "eos_token_id": 2},
        vision_config={**SMALL, "image_size": 16, "patch_size": 8},
        projection_dim=16,
    )
    model = transformers.CLIPModel(config).eval()
    return model, (), {"input_ids": tokens(), "pixel_values": torch.randn(2, 3, 16, 16)}


def mixtral() -> Call:
    """A decoder with a mixture of experts."""
    config = transformers.MixtralConfig(
        **SMALL, num_key_value_heads=1, num_local_experts=2, num_experts_per_tok=1
    )
    return transformers.MixtralForCausalLM(config).eval(), (tokens(),), {"use_cache": False}


def activation() -> Call:
    """An activation function, looked up by name."""
    return transformers.activations.get_activation("gelu_new"), (torch.randn(4),), {}


PROGRAMS = (bert, llama, t5, clip, mixtral, activation)
