"""Programs of ``tensordict``: dictionaries of tensors that share a batch, and modules over them."""

from __future__ import annotations

import torch
from models import Call
from tensordict import TensorDict, tensorclass
from tensordict.nn import TensorDictModule, TensorDictSequential


def batch() -> TensorDict:
    """Observations with a nested part."""
    return TensorDict(
        {"seen": torch.randn(4, 3), "next": {"reward": torch.randn(4, 1)}}, batch_size=[4]
    )


def arithmetic() -> Call:
    """A sum of entries, one of them nested."""

    def run(data):
        return (data + 1)["seen"].sum() + data["next", "reward"].sum()

    return run, (batch(),), {}


def indexed() -> Call:
    """Rows of a whole dictionary, changed and put together again."""

    def run(data):
        return torch.cat([data[:2], data[2:].apply(torch.relu)])

    return run, (batch(),), {}


def written() -> Call:
    """An entry that is set, and one that is renamed."""

    def run(data):
        new = data.clone()
        new["twice"] = new["seen"] * 2
        new.rename_key_("twice", "double")
        return new

    return run, (batch(),), {}


def module() -> Call:
    """A module that reads and writes entries."""
    return (
        TensorDictModule(torch.nn.Linear(3, 2), in_keys=["seen"], out_keys=["act"]),
        (batch(),),
        {},
    )


def sequence() -> Call:
    """Two such modules, one after the other."""
    model = TensorDictSequential(
        TensorDictModule(torch.nn.Linear(3, 4), in_keys=["seen"], out_keys=["hidden"]),
        TensorDictModule(torch.tanh, in_keys=["hidden"], out_keys=[("next", "act")]),
    )
    return model, (batch(),), {}


@tensorclass
class Pair:
    """Two tensors of one batch."""

    left: torch.Tensor
    right: torch.Tensor


def fields() -> Call:
    """A tensor class, read and made anew."""

    def run(pair):
        return Pair(left=pair.right, right=pair.left + 1, batch_size=pair.batch_size)

    return run, (Pair(left=torch.randn(3), right=torch.randn(3), batch_size=[3]),), {}


PROGRAMS = (arithmetic, indexed, written, module, sequence, fields)
