"""Programs of ``kornia``: image processing made of tensors."""

from __future__ import annotations

import kornia
import torch
from models import Call


def image() -> torch.Tensor:
    return torch.rand(1, 3, 16, 16)


def color() -> Call:
    """One color space to another and back."""

    def run(x):
        return kornia.color.hsv_to_rgb(kornia.color.rgb_to_hsv(x)) + kornia.color.rgb_to_grayscale(
            x
        )

    return run, (image(),), {}


def blurred() -> Call:
    """A Gaussian blur, and where the edges are."""

    def run(x):
        return kornia.filters.sobel(kornia.filters.gaussian_blur2d(x, (3, 3), (1.0, 1.0)))

    return run, (image(),), {}


def warped() -> Call:
    """An image turned about its middle."""

    def run(x, angle):
        return kornia.geometry.transform.rotate(x, angle)

    return run, (image(), torch.tensor([30.0])), {}


def morphology() -> Call:
    """An image dilated less the same eroded."""

    def run(x, kernel):
        return kornia.morphology.dilation(x, kernel) - kornia.morphology.erosion(x, kernel)

    return run, (image(), torch.ones(3, 3)), {}


def similar() -> Call:
    """A loss that asks for alike structure."""
    return kornia.losses.SSIMLoss(5), (image(), image()), {}


def augmented() -> Call:
    """Random changes as in training, each of them made."""
    steps = torch.nn.Sequential(
        kornia.augmentation.RandomHorizontalFlip(p=1.0),
        kornia.augmentation.ColorJiggle(0.1, 0.1, 0.1, 0.1, p=1.0),
    )
    return steps, (image(),), {}


def rotation() -> Call:
    """An axis and an angle to a matrix."""
    return kornia.geometry.axis_angle_to_rotation_matrix, (torch.randn(2, 3),), {}


PROGRAMS = (color, blurred, warped, morphology, similar, augmented, rotation)
