"""Programs of ``diffusers``: parts of image generators with random weights."""

from __future__ import annotations

import diffusers
import torch
from models import Call


def unet() -> Call:
    """A U-Net without a condition."""
    model = diffusers.UNet2DModel(
        sample_size=8,
        block_out_channels=(8, 16),
        down_block_types=("DownBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "UpBlock2D"),
        layers_per_block=1,
        norm_num_groups=4,
        attention_head_dim=4,
    )
    return model.eval(), (torch.randn(1, 3, 8, 8), 10), {}


def conditioned() -> Call:
    """A U-Net that attends to a text."""
    model = diffusers.UNet2DConditionModel(
        sample_size=8,
        block_out_channels=(8, 16),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        layers_per_block=1,
        norm_num_groups=4,
        cross_attention_dim=8,
        attention_head_dim=4,
    )
    return model.eval(), (torch.randn(1, 4, 8, 8), torch.tensor(10), torch.randn(1, 3, 8)), {}


def autoencoder() -> Call:
    """An image to its latents and back."""
    model = diffusers.AutoencoderKL(
        block_out_channels=(8, 16),
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        norm_num_groups=4,
    )
    return model.eval(), (torch.randn(1, 3, 16, 16),), {"return_dict": False}


def transformer() -> Call:
    """A diffusion transformer of two layers."""
    model = diffusers.DiTTransformer2DModel(
        num_attention_heads=2,
        attention_head_dim=8,
        in_channels=4,
        num_layers=2,
        sample_size=8,
        patch_size=2,
        num_embeds_ada_norm=10,
    )
    labels = {"timestep": torch.tensor([3]), "class_labels": torch.tensor([1])}
    return model.eval(), (torch.randn(1, 4, 8, 8),), labels


def noised() -> Call:
    """Noise as a scheduler adds it."""
    scheduler = diffusers.DDPMScheduler(num_train_timesteps=20)

    def run(clean, noise, steps):
        return scheduler.add_noise(clean, noise, steps)

    return run, (torch.randn(2, 3, 4, 4), torch.randn(2, 3, 4, 4), torch.tensor([1, 7])), {}


def stepped() -> Call:
    """One step back of a scheduler."""
    scheduler = diffusers.DDIMScheduler(num_train_timesteps=20)
    scheduler.set_timesteps(5)

    def run(noise, sample):
        return scheduler.step(noise, 12, sample).prev_sample

    return run, (torch.randn(1, 3, 4, 4), torch.randn(1, 3, 4, 4)), {}


PROGRAMS = (unet, conditioned, autoencoder, transformer, noised, stepped)
