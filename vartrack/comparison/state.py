"""The state of the process that a run starts from and must not leave changed."""

from __future__ import annotations

import contextlib
import copy
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch._dynamo.utils import counters

__all__ = ["RandomState", "undisturbed"]


class RandomState:
    """The state of the generators of Python, NumPy and torch at the time this is made."""

    def __init__(self) -> None:
        self._python = random.getstate()
        self._numpy = np.random.get_state()
        self._torch = torch.random.get_rng_state()
        started = torch.cuda.is_available() and torch.cuda.is_initialized()
        self._cuda = torch.cuda.get_rng_state_all() if started else None

    def restore(self) -> None:
        """Put the generators back into it."""
        random.setstate(self._python)
        np.random.set_state(self._numpy)
        torch.random.set_rng_state(self._torch)
        if self._cuda is not None:
            torch.cuda.set_rng_state_all(self._cuda)


@contextlib.contextmanager
def undisturbed() -> Iterator[RandomState]:
    """Give back, after the block, what it changed: generators, Dynamo's counters, grad mode.

    Dynamo's compiled code is dropped before and after.
    """
    generators = RandomState()
    counted: dict[str, Any] = copy.deepcopy(dict(counters))
    grad = torch.is_grad_enabled()
    dtype = torch.get_default_dtype()
    torch._dynamo.reset()
    try:
        yield generators
    finally:
        torch._dynamo.reset()
        torch.set_default_dtype(dtype)
        torch.set_grad_enabled(grad)
        counters.clear()
        counters.update(counted)
        generators.restore()
