"""The flags of torch's backends, which torch's test helpers freeze for the whole process."""

from __future__ import annotations

import torch

__all__ = ["thaw"]


def thaw() -> None:
    """Let the flags be set again; called by what imports torch's test helpers."""
    torch.backends.__allow_nonbracketed_mutation_flag = True
