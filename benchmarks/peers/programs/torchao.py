"""Programs of ``torchao``: models with quantized weights."""

from __future__ import annotations

import torch
from models import Call
from torchao import quantization
from torchao.quantization import quantize_


def quantized(config: object, dtype: torch.dtype = torch.float32) -> Call:
    """Two linear layers with weights as ``config`` says."""
    model = torch.nn.Sequential(
        torch.nn.Linear(32, 64), torch.nn.ReLU(), torch.nn.Linear(64, 32)
    ).to(dtype)
    quantize_(model.eval(), config)
    return model, (torch.randn(4, 32, dtype=dtype),), {}


def weights() -> Call:
    """Weights of eight bits."""
    return quantized(quantization.Int8WeightOnlyConfig())


def both() -> Call:
    """Weights and activations of eight bits."""
    return quantized(quantization.Int8DynamicActivationInt8WeightConfig())


def floating() -> Call:
    """Weights of eight bits with a point."""
    return quantized(quantization.Float8WeightOnlyConfig())


def trained() -> Call:
    """Training that acts as if the weights had few bits."""
    fake = quantization.qat.IntxFakeQuantizeConfig(torch.int4, group_size=32)
    return quantized(quantization.qat.QATConfig(weight_config=fake, step="prepare"))


def affine() -> Call:
    """The functions below: to few bits and back."""

    def run(x):
        scale, zero = quantization.choose_qparams_affine(
            x, quantization.MappingType.ASYMMETRIC, (1, 8), torch.int8
        )
        small = quantization.quantize_affine(x, (1, 8), scale, zero, torch.int8)
        return quantization.dequantize_affine(small, (1, 8), scale, zero, torch.int8)

    return run, (torch.randn(4, 8),), {}


PROGRAMS = (weights, both, floating, trained, affine)
