"""Process groups, meshes and placements up to torch 2.11; from then on they are opaque objects."""

from __future__ import annotations

from typing import Any

from vartrack.compat.names import (
    DeviceMeshVariable,
    PlacementClassVariable,
    PlacementVariable,
    ProcessGroupVariable,
)
from vartrack.core.halves import Sourced, Sourceless
from vartrack.core.visitor import Visitor
from vartrack.visitors.one_half import AS_ANY_CLASS_WHEN_NEW, REFUSED_WHEN_NEW

_UP_TO_211 = "<2.12"


class ProcessGroups(Sourced, Visitor):
    """Process groups, known by identity."""

    one_half = REFUSED_WHEN_NEW
    on_torch = _UP_TO_211
    types = (object,)
    guarded_by = "ID_MATCH"
    tracker_class = ProcessGroupVariable

    @staticmethod
    def when(value: Any) -> bool:
        return bool(ProcessGroupVariable.is_process_group(value))


class DeviceMeshes(Sourced, Sourceless, Visitor):
    """Device meshes, which equality guards."""

    on_torch = _UP_TO_211
    types = ("torch.distributed.device_mesh:DeviceMesh",)
    guarded_by = "EQUALS_MATCH"
    tracker_class = DeviceMeshVariable

    @staticmethod
    def when(value: Any) -> bool:
        return bool(DeviceMeshVariable.is_device_mesh(value))


class PlacementClasses(Sourced, Visitor):
    """The classes of placements."""

    one_half = AS_ANY_CLASS_WHEN_NEW
    on_torch = _UP_TO_211
    types = (type,)
    guarded_by = "ID_MATCH"
    tracker_class = PlacementClassVariable

    @staticmethod
    def when(value: type) -> bool:
        return bool(PlacementClassVariable.is_placement_type(value))


class Placements(Sourced, Sourceless, Visitor):
    """Placements of DTensors, which equality guards."""

    on_torch = _UP_TO_211
    types = (object,)
    guarded_by = "EQUALS_MATCH"
    tracker_class = PlacementVariable

    @staticmethod
    def when(value: Any) -> bool:
        return bool(PlacementVariable.is_placement(value))
