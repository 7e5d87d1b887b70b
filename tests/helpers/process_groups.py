"""The default process group of a test, whatever other tests of the process have left behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import distributed

__all__ = ["end_process_group", "process_group"]


def end_process_group() -> None:
    """No group any more: the rows make theirs when they need it, and again when it is gone."""
    if distributed.is_initialized():
        distributed.destroy_process_group()


@contextmanager
def process_group(backend: str, store: distributed.Store) -> Iterator[None]:
    """A group of this process alone, in the place of one that is there; afterwards there is none."""
    end_process_group()
    distributed.init_process_group(backend, store=store, rank=0, world_size=1)
    try:
        yield
    finally:
        end_process_group()
