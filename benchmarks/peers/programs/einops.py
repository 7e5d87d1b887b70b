"""Programs of ``einops``: axes named in a text."""

from __future__ import annotations

import torch
from einops import einsum, pack, rearrange, reduce, repeat, unpack
from einops.layers.torch import EinMix, Rearrange, Reduce
from models import Call


def patches() -> Call:
    """An image cut into patches."""

    def run(images):
        return rearrange(images, "b c (h p) (w q) -> b (h w) (p q c)", p=4, q=4) * 2

    return run, (torch.randn(2, 3, 8, 8),), {}


def pooled() -> Call:
    """Means and maxima over axes, and the mean given back to every place."""

    def run(x):
        mean = reduce(x, "b t c -> b c", "mean")
        return repeat(mean, "b c -> b t c", t=x.shape[1]) + reduce(x, "b t c -> b 1 c", "max")

    return run, (torch.randn(2, 5, 3),), {}


def heads() -> Call:
    """Attention of several heads in three einsums."""

    def run(x, weight):
        q, k, v = rearrange(x @ weight, "b t (k h d) -> k b h t d", k=3, h=2)
        scores = einsum(q, k, "b h i d, b h j d -> b h i j").softmax(-1)
        return rearrange(einsum(scores, v, "b h i j, b h j d -> b h i d"), "b h t d -> b t (h d)")

    return run, (torch.randn(2, 5, 8), torch.randn(8, 24)), {}


def packed() -> Call:
    """Tensors of several shapes packed into one and taken apart again."""

    def run(image, token):
        together, shapes = pack([token, image], "b * c")
        first, rest = unpack(together.relu(), shapes, "b * c")
        return first.sum() + rest.sum()

    return run, (torch.randn(2, 4, 4, 3), torch.randn(2, 3)), {}


def layers() -> Call:
    """The layers, in a sequence."""
    model = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3, padding=1),
        Reduce("b c (h 2) (w 2) -> b c h w", "max"),
        Rearrange("b c h w -> b (h w) c"),
        EinMix("b t c -> b t d", weight_shape="c d", bias_shape="d", c=4, d=5),
    )
    return model, (torch.randn(2, 3, 8, 8),), {}


PROGRAMS = (patches, pooled, heads, packed, layers)
