"""`omegaconf`: configurations as snapshots.

The key of a configuration is its content with interpolations resolved, missing values left
missing, and the flags that make it read-only or closed. So attribute and item access, iteration,
``**config`` and the functions of `OmegaConf` that only read are evaluated while tracing. Changing
a configuration breaks the graph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vartrack.extras.omegaconf.configs import Configs
from vartrack.extras.omegaconf.functions import OmegaConfClass

if TYPE_CHECKING:
    from vartrack.dispatch.registry import Registry

__all__ = ["Configs", "register"]


def register(registry: Registry) -> None:
    """Add the visitors for configurations to ``registry``.

    .. versionadded:: 0.1
    """
    registry.register(Configs)
    registry.register(OmegaConfClass)
