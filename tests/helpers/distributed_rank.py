"""One rank of `test_distributed`: compares programs over real process groups.

    python distributed_rank.py RANK WORLD STORE_FILE

Prints a JSON list of ``[program, equal, report]``.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Callable
from typing import Any

import torch
import torch.distributed as dist
from torch.distributed._functional_collectives import all_reduce
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.fsdp._fully_shard import _fsdp_param
from torch.distributed.tensor import Replicate, Shard, distribute_tensor

from vartrack import compare_calls

Program = tuple[Callable[..., Any], list[Any]]


def process_group() -> Program:
    """A collective over a process group that is an argument."""

    def summed(x: torch.Tensor, group: dist.ProcessGroup) -> torch.Tensor:
        return all_reduce(x * 2, "sum", group) + dist.get_world_size(group)

    x = torch.arange(4.0) + dist.get_rank()
    return summed, [((x, dist.group.WORLD), {}), ((x + 1, dist.group.WORLD), {})]


def rewritten_collective() -> Program:
    """``dist.all_reduce``, which Dynamo rewrites into its functional form."""

    def summed(x: torch.Tensor) -> torch.Tensor:
        y = x.sin()
        dist.all_reduce(y)
        return y.cos()

    return summed, [((torch.ones(3) * (1 + dist.get_rank()),), {})]


def mesh_and_dtensor() -> Program:
    """A DTensor over a device mesh, and the mesh itself."""
    mesh = init_device_mesh("cpu", (dist.get_world_size(),), mesh_dim_names=("data",))

    def program(x: Any, mesh: Any) -> Any:
        y = (x * 2).redistribute(mesh, [Replicate()])
        return y.to_local() + mesh.size()

    torch.manual_seed(0)
    sharded = distribute_tensor(torch.randn(4, 3), mesh, [Shard(0)])
    return program, [((sharded, mesh), {}), ((sharded + 1, mesh), {})]


class Net(torch.nn.Module):
    """Two layers, one of them under FSDP on its own."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = torch.nn.Linear(4, 8)
        self.outer = torch.nn.Linear(8, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.outer(self.inner(x).relu() * 2)


def fsdp2() -> Program:
    """A module under ``fully_shard``, in a forward pass."""
    torch.manual_seed(0)
    # hooks and parameters are numbered through the whole process, and each side makes its own
    torch.utils.hooks.RemovableHandle.next_id = 10_000
    _fsdp_param._orig_param_uid_counter = itertools.count()
    mesh = init_device_mesh("cpu", (dist.get_world_size(),))
    model = Net()
    fully_shard(model.inner, mesh=mesh)
    fully_shard(model, mesh=mesh)
    return model, [((torch.ones(2, 4),), {}), ((torch.ones(3, 4),), {})]


PROGRAMS = (process_group, rewritten_collective, mesh_and_dtensor, fsdp2)


def main(rank: int, world: int, store: str) -> None:
    dist.init_process_group("gloo", rank=rank, world_size=world, store=dist.FileStore(store, world))
    rows = []
    for program in PROGRAMS:
        comparison = compare_calls(make=program)
        raised = [str(o.error)[:300] for o in comparison.torch.outcomes if o.error is not None]
        graphs = comparison.torch.graphs()
        rows.append([program.__name__, comparison.equal, str(comparison), graphs, raised])
        dist.barrier()
    print("ROWS " + json.dumps(rows), flush=True)
    dist.destroy_process_group()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
