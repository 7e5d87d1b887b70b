"""Tensors that are put into the graph itself, where torch does not ask which tensor it is later."""

from __future__ import annotations

from typing import Any

import torch
from torch._dynamo.output_graph import OutputGraph
from torch._dynamo.utils import get_static_address_type

from vartrack.soundness.facts.remembered import Remembered
from vartrack.soundness.facts.sourced import Holds, name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger

__all__ = ["WATCHERS"]


def _installed(ledger: Ledger, output: Any, target: Any, *_: Any, **options: Any) -> None:
    """A free tensor or a parameter, by torch's settings; those of a fixed place torch guards."""
    source = options.get("source")
    if not isinstance(target, torch.Tensor) or name_of(source) is None:
        return
    if get_static_address_type(target) != "guarded":
        ledger.sourced.rely(
            "identity", ("installed", source), "which tensor it is", [source], _is_it
        )


def _is_it(value: Any) -> Holds:
    return Remembered(value).is_


WATCHERS: tuple[Watcher, ...] = (
    Watcher(OutputGraph, "register_attr_or_module", "identity", _installed, subclasses=False),
)
