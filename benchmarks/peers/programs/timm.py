"""Programs of ``timm``: image models of several families, smaller than those that are trained."""

from __future__ import annotations

import timm
import torch
from models import Call
from timm.loss import LabelSmoothingCrossEntropy
from timm.models.convnext import ConvNeXt
from timm.models.mlp_mixer import MlpMixer
from timm.models.resnet import BasicBlock, ResNet
from timm.models.vision_transformer import VisionTransformer


def of(model: torch.nn.Module, size: int = 32) -> Call:
    """``model`` on an image."""
    return model.eval(), (torch.randn(1, 3, size, size),), {}


def resnet() -> Call:
    """A residual network of one block a stage."""
    return of(ResNet(BasicBlock, [1, 1, 1, 1], num_classes=4, channels=(8, 8, 16, 16)))


def vit() -> Call:
    """A vision transformer of two layers."""
    return of(VisionTransformer(32, 8, num_classes=4, embed_dim=32, depth=2, num_heads=2))


def convnext() -> Call:
    """A ConvNeXt of one block a stage."""
    return of(ConvNeXt(num_classes=4, depths=(1, 1, 1, 1), dims=(8, 8, 16, 16)))


def mixer() -> Call:
    """An MLP-Mixer of two layers."""
    return of(MlpMixer(4, 32, patch_size=8, num_blocks=2, embed_dim=16))


def mobilenet() -> Call:
    """A MobileNet as it is registered."""
    return of(timm.create_model("mobilenetv3_small_050", num_classes=4))


def features() -> Call:
    """The feature maps of a network instead of its classes."""
    return of(timm.create_model("test_efficientnet", features_only=True))


def smoothed() -> Call:
    """A loss with smoothed labels."""
    return LabelSmoothingCrossEntropy(0.1), (torch.randn(4, 5), torch.randint(0, 5, (4,))), {}


PROGRAMS = (resnet, vit, convnext, mixer, mobilenet, features, smoothed)
