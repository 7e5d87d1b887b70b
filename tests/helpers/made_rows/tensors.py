"""Tensors, the lists that compiled autograd empties, and inputs whose shapes were told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from rows import Example
from specs import IntVar, TensorSpec, in_force
from torch._dynamo import source as sources
from torch._dynamo.comptime import comptime
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.lists import TupleVariable
from torch.autograd import forward_ad

from made_rows.base import LOCAL, InState, build_at, in_state, makes

# lists that compiled autograd empties


@dataclass
class StolenList(Example):
    """A list that compiled autograd empties: the frame's ``self`` names the local."""

    stolen: bool = True

    def value(self) -> Any:
        self.tensors = [torch.ones(2), torch.ones(3)]
        return self.tensors

    def program(self, build_here: Any) -> Any:
        def program(self: Any, inputs: Any) -> None:
            comptime(build_here)

        owner = torch.fx.GraphModule(torch.nn.Module(), torch.fx.Graph())
        owner.meta["locals_to_steal"] = ["inputs"] if self.stolen else []
        return program, (owner, self.tensors)

    def source(self) -> sources.Source:
        return sources.LocalSource("inputs", is_input=True)


class ItemOfStolenList(StolenList):
    """A tensor that came with a stolen list, met by itself."""

    def tracker(self, tx: Any, value: Any, sourceless: bool, *options: bool) -> VariableTracker:
        whole = super().tracker(tx, value, False, *options)
        item = build_at(tx, sources.GetItemSource(self.source(), 1), value[1])
        return TupleVariable([whole, item])


class SameSourceAgain(Example):
    """Another tensor at a place that is an input already.

    Trackers are filed by their source, except under this name: what is there changes while
    tracing.
    """

    def value(self) -> Any:
        return torch.ones(2), torch.ones(2)

    def tracker(self, tx: Any, value: Any, sourceless: bool, *options: bool) -> VariableTracker:
        place = sources.AttrSource(LOCAL, "JVP_NESTING")
        first = build_at(tx, place, value[0])
        second = build_at(tx, place, value[1])
        assert second is first
        return second


makes("SEQ-08", StolenList(), StolenList(stolen=False))
makes("TEN-27", ItemOfStolenList(), ItemOfStolenList(stolen=False))
makes("TEN-27", SameSourceAgain())


# tensors


def functional_tensor() -> torch.Tensor:
    from torch._subclasses.functional_tensor import FunctionalTensor, FunctionalTensorMode

    with FunctionalTensorMode():
        return FunctionalTensor.to_functional(torch.ones(2))


def dual_tensor() -> torch.Tensor:
    return forward_ad.make_dual(torch.ones(2), torch.ones(2))


makes("TEN-05", functional_tensor)
makes("TEN-22", InState(make=dual_tensor, state=forward_ad.dual_level))


def with_spec(**params: Any) -> Callable[[], Any]:
    """The state in which ``torch.compile`` was told what is dynamic."""
    return lambda: in_force(**params)


if IntVar is not None:
    for sizes in ([IntVar("n"), 3], [IntVar("m"), None], [2], [4, 3]):
        in_state("TEN-28", with_spec(v=TensorSpec(sizes)), lambda: torch.ones(2, 3))
    in_state(
        "NUM-01", with_spec(other=None), lambda: 7, flags=[("assume_static_by_default", "False")]
    )
    in_state("NUM-02", with_spec(v=7), lambda: 7, flags=[("assume_static_by_default", "False")])
    in_state("NUM-02", with_spec(v=8), lambda: 7)
    in_state("NUM-03", with_spec(v=IntVar("n")), lambda: 7)
    in_state("NUM-03", with_spec(v=IntVar("k") * 2 + 1), lambda: 7)
