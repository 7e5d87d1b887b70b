"""Modules in the states that only tracing or freezing bring about."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch
from rows import Example, prelude
from torch._dynamo.variables.base import VariableTracker

from made_rows.base import LOCAL, OTHER, build_at, in_state, makes


def attribute_proxy() -> torch.nn.Module:
    """What ``make_fx`` shows of a module that is reached by two names."""
    from torch.fx.experimental.proxy_tensor import _ModuleStackTracer

    child = prelude()["MyMod"]()
    root = torch.nn.ModuleDict({"first": child, "second": child})
    tracer = _ModuleStackTracer(torch.fx.GraphModule(root, torch.fx.Graph()))
    proxy: torch.nn.Module = tracer.proxy_type(child, "first")
    object.__setattr__(proxy, "kept", tracer)  # its books are gone when nobody holds it
    return proxy


@contextlib.contextmanager
def freezing() -> Iterator[None]:
    """As for inference with ``torch._inductor.config.freezing``."""
    import torch._inductor.config as inductor

    with inductor.patch(freezing=True), torch.no_grad():
        yield


class ModuleMetTwice(Example):
    """A module that has a tracker, met at another place."""

    def tracker(self, tx: Any, value: Any, sourceless: bool, *options: bool) -> VariableTracker:
        first = build_at(tx, LOCAL, value)
        second = build_at(tx, OTHER, value)
        assert second is first
        return second


def my_module() -> torch.nn.Module:
    module: torch.nn.Module = prelude()["MyMod"]()
    return module


makes("NNM-12", attribute_proxy, my_module)
in_state("NNM-17", freezing, my_module)
in_state("NNM-17", freezing, lambda: torch.nn.BatchNorm1d(2))
makes("NNM-19", ModuleMetTwice(make=my_module), my_module)
