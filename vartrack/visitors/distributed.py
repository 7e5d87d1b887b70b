"""``dist.group`` and its like. Process groups, meshes and placements are opaque objects."""

from __future__ import annotations

from torch._dynamo.variables.distributed import WorldMetaClassVariable
from torch.distributed.distributed_c10d import _WorldMeta

from vartrack.halves import Sourced
from vartrack.visitor import Visitor


class WorldGroups(Sourced, Visitor):
    one_half = "made while tracing, it is a class like any other"
    unguarded = "what it stands for is guarded where it is read"
    types = (_WorldMeta,)
    exact = True
    tracker_class = WorldMetaClassVariable
