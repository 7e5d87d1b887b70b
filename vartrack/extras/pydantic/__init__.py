"""`pydantic`: models as snapshots, or as records if they hold tensors.

A model without tensors is known while tracing, down to its private attributes: its methods, its
computed fields, ``model_dump`` and ``==`` are evaluated, and so is making one from constants, with
its validators. Changing one breaks the graph. A model that holds a tensor or a module is a record:
each field is built from its own place, and fields may be set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vartrack.extras.pydantic.models import Fields, Models
from vartrack.extras.pydantic.records import ModelsWithTensors

if TYPE_CHECKING:
    from vartrack.dispatch.registry import Registry

__all__ = ["Models", "ModelsWithTensors", "register"]


def register(registry: Registry) -> None:
    """Add the visitors for models to ``registry``.

    .. versionadded:: 0.1
    """
    registry.register(Fields)
    registry.register(Models)
    registry.register(ModelsWithTensors)
