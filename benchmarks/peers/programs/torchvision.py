"""Programs of ``torchvision``: models without weights, operators, transforms."""

from __future__ import annotations

import torch
import torchvision
from models import Call
from torchvision import ops
from torchvision.transforms import v2


def resnet() -> Call:
    """A residual network of few channels."""
    block = torchvision.models.resnet.BasicBlock
    model = torchvision.models.ResNet(block, [1, 1, 1, 1], num_classes=4)
    return model.eval(), (torch.randn(1, 3, 32, 32),), {}


def mobilenet() -> Call:
    """A MobileNet."""
    model = torchvision.models.mobilenet_v2(num_classes=4, width_mult=0.25)
    return model.eval(), (torch.randn(1, 3, 32, 32),), {}


def vit() -> Call:
    """A vision transformer of two layers."""
    model = torchvision.models.VisionTransformer(
        image_size=16, patch_size=8, num_layers=2, num_heads=2, hidden_dim=16, mlp_dim=32
    )
    return model.eval(), (torch.randn(2, 3, 16, 16),), {}


def swin() -> Call:
    """A Swin transformer with one block a stage."""
    model = torchvision.models.SwinTransformer(
        [4, 4], embed_dim=16, depths=[1, 1], num_heads=[1, 2], window_size=[2, 2], num_classes=4
    )
    return model.eval(), (torch.randn(1, 3, 32, 32),), {}


def boxes() -> Call:
    """How much boxes cover each other, and which are kept."""

    def run(found, scores):
        kept = ops.nms(found, scores, 0.5)
        return ops.box_iou(found, found), found[kept]

    corners = torch.rand(6, 2)
    return run, (torch.cat([corners, corners + torch.rand(6, 2)], 1), torch.rand(6)), {}


def focal() -> Call:
    """A loss for classes of which few are there."""

    def run(found, target):
        return ops.sigmoid_focal_loss(found, target, reduction="mean")

    return run, (torch.randn(4, 3), torch.randint(0, 2, (4, 3)).float()), {}


def aligned() -> Call:
    """Regions of a feature map, each at one size."""
    return (
        ops.RoIAlign(2, spatial_scale=1.0, sampling_ratio=2),
        (torch.randn(1, 3, 8, 8), torch.tensor([[0.0, 0.0, 0.0, 4.0, 4.0]])),
        {},
    )


def transformed() -> Call:
    """What is done to an image before a model sees it."""
    steps = v2.Compose(
        [
            v2.Resize((16, 16), antialias=True),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize([0.5, 0.5, 0.5], [0.2, 0.2, 0.2]),
        ]
    )
    return steps, (torch.randint(0, 256, (3, 24, 24), dtype=torch.uint8),), {}


PROGRAMS = (resnet, mobilenet, vit, swin, boxes, focal, aligned, transformed)
