"""Value categories that take more than an expression: states of torch, made for real.

Each entry of `MADE` makes the state of one row of ``rows.json`` that has no example there; each
entry of `reasons` says why that cannot be done here.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from rows import Example, prelude
from torch._dynamo import config
from torch._dynamo import source as sources
from torch._dynamo.comptime import comptime
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch.autograd import forward_ad
from torch.fx.experimental.dynamic_spec import IntVar, ParamsSpec, ShapesSpec, TensorSpec

from vartrack import compat

#: Rows of one kind of machinery or another, by their id; each gives what to build.
MADE: dict[str, list[Example]] = {}

LOCAL = sources.LocalSource("v", is_input=True)


def made(row: str, **options: Any) -> Callable[[Any], Any]:
    """Decorates a function that makes the value of ``row``, or an `Example` of it."""

    def note(what: Any) -> Any:
        if isinstance(what, type):
            example = what(**options)
        else:
            example = options.pop("example", Example)(make=what, **options)
        MADE.setdefault(row, []).append(example)
        return what

    return note


@dataclass
class InState(Example):
    """Built, and its value made, while ``state`` is in force."""

    state: Callable[[], Any] = contextlib.nullcontext

    def value(self) -> Any:
        return None

    def value_in(self, tx: Any, value: Any) -> Any:
        return super().value()

    def inside(self, tx: Any) -> Any:
        return self.state()


@dataclass
class Sourceless(Example):
    """Made with the help of the tracer, and then built as if it was made while tracing."""

    #: Makes the value from the tracer.
    of: Callable[[Any], Any] = id

    def value(self) -> Any:
        return None

    def value_in(self, tx: Any, value: Any) -> Any:
        return self.of(tx)


def build_at(tx: Any, source: sources.Source, value: Any) -> VariableTracker:
    """What the builder under test makes of ``value`` at ``source``."""
    from torch._dynamo.variables import builder

    return builder.VariableBuilder(tx, source, False)(value)


# lists that compiled autograd empties


@made("SEQ-08")
@dataclass
class StolenList(Example):
    """The frame's ``self`` says that its local ``inputs`` is to be emptied."""

    steal: bool = True

    def value(self) -> Any:
        self.tensors = [torch.ones(2), torch.ones(3)]
        return self.tensors

    def program(self, build_here: Any) -> Any:
        def program(self: Any, inputs: Any) -> None:
            comptime(build_here)

        owner = torch.fx.GraphModule(torch.nn.Module(), torch.fx.Graph())
        owner.meta["locals_to_steal"] = ["inputs"] if self.steal else []
        return program, (owner, self.tensors)

    def source(self) -> sources.Source:
        return sources.LocalSource("inputs", is_input=True)


@made("TEN-27")
@dataclass
class ItemOfStolenList(StolenList):
    """What a stolen list held is an input already when it is met by itself."""

    def tracker(self, tx: Any, value: Any, sourceless: bool, *options: bool) -> Any:
        whole = super().tracker(tx, value, False)
        return build_at(tx, sources.GetItemSource(self.source(), 1), value[1]).__class__, whole


@made("TEN-27")
@dataclass
class SameSourceAgain(Example):
    """Two tensors read from one place, which torch does not keep: it is an input once."""

    def value(self) -> Any:
        return torch.ones(2), torch.ones(2)

    def tracker(self, tx: Any, value: Any, sourceless: bool, *options: bool) -> Any:
        # what is found under such a name may change while tracing, so it is looked up each time
        place = sources.AttrSource(LOCAL, "JVP_NESTING")
        first = build_at(tx, place, value[0])
        second = build_at(tx, place, value[1])
        assert second is first, "the source was not known"
        return second


# tensors


def functional_tensor() -> Any:
    from torch._subclasses.functional_tensor import FunctionalTensor, FunctionalTensorMode

    with FunctionalTensorMode():
        return FunctionalTensor.to_functional(torch.ones(2))


made("TEN-05")(functional_tensor)


@made("TEN-22", example=InState, state=forward_ad.dual_level)
def dual_tensor() -> Any:
    return forward_ad.make_dual(torch.ones(2), torch.ones(2))


def with_spec(**params: Any) -> Callable[[], Any]:
    """``torch.compile``'s spec of what is dynamic, in force."""
    name = "_shapes_spec" if hasattr(config, "_shapes_spec") else "_dynamic_shapes_spec"
    spec = ShapesSpec(ParamsSpec(params))
    return lambda: config.patch(name, spec)


for sizes in ([IntVar("n"), 3], [2, None], [IntVar("m"), IntVar("k")], [2], [4, 3]):
    made("TEN-28", example=InState, state=with_spec(v=TensorSpec(sizes)))(
        lambda: torch.ones(2, 3)
    )
made("TEN-28", example=InState, state=with_spec(other=None))(lambda: torch.ones(2, 3))
made("NUM-01", example=InState, state=with_spec(other=3))(lambda: 7)
made("NUM-02", example=InState, state=with_spec(v=7))(lambda: 7)
made("NUM-02", example=InState, state=with_spec(v=8))(lambda: 7)
made("NUM-03", example=InState, state=with_spec(v=IntVar("n")))(lambda: 7)
made("NUM-03", example=InState, state=with_spec(v=IntVar("n") + 1))(lambda: 7)


# numbers


if compat.runs_on(">=2.15"):
    MADE["NUM-04"] = [Example.read("[static_sources=L['v']] [dynamic_sources=L['v']] 7")]

DYNAMIC = [("assume_static_by_default", "False")]


@made("NUM-12")
@dataclass
class AllIntsUnbacked(Example):
    """As inside a keyed jagged tensor, where every int is a size."""

    def value(self) -> Any:
        return 7

    def inside(self, tx: Any) -> Any:
        from torch._guards import TracingContext

        return TracingContext.patch(force_unspec_int_unbacked_size_like=True)


@contextlib.contextmanager
def grad_level() -> Iterator[None]:
    """Inside ``torch.func.grad``, where a tensor made from a number tracks gradients."""
    from torch._C import _functorch

    _functorch._grad_increment_nesting()
    try:
        yield
    finally:
        _functorch._grad_decrement_nesting()


made("NUM-15", example=InState, state=grad_level, flags=DYNAMIC)(lambda: 1.5)


@made("NUM-26")
@dataclass
class RandomValue(Example):
    """What a call of ``random.random`` gave when it was traced."""

    def value(self) -> Any:
        return 0.25

    def source(self) -> sources.Source:
        return sources.RandomValueSource(0)

    def tracker(self, tx: Any, value: Any, sourceless: bool, *options: bool) -> Any:
        from torch._dynamo.variables import builder

        return builder.VariableBuilder(tx, self.source()).wrap_unspecialized_primitive(value)


@made("NUM-26")
@dataclass
class PlainValue(RandomValue):
    """The same for a number that is not random, which is guarded by its type."""

    def source(self) -> sources.Source:
        return LOCAL


# modules


@made("NNM-12")
def attribute_proxy() -> Any:
    from torch.fx.experimental.proxy_tensor import _ModuleStackTracer

    child = prelude()["MyMod"]()
    root = torch.nn.ModuleDict({"first": child, "second": child})
    tracer = _ModuleStackTracer(torch.fx.GraphModule(root, torch.fx.Graph()))
    proxy = tracer.proxy_type(child, "first")
    proxy.kept = tracer  # it goes when nobody else holds it
    return proxy


@contextlib.contextmanager
def freezing() -> Iterator[None]:
    """As for inference with ``torch._inductor.config.freezing``."""
    import torch._inductor.config as inductor

    with inductor.patch(freezing=True), torch.no_grad():
        yield


made("NNM-17", example=InState, state=freezing)(lambda: prelude()["MyMod"]())
made("NNM-17", example=InState, state=freezing)(lambda: torch.nn.BatchNorm1d(2))


@made("NNM-19")
@dataclass
class ModuleMetTwice(Example):
    """A module that has a tracker is met through another source."""

    def value(self) -> Any:
        return prelude()["MyMod"]()

    def tracker(self, tx: Any, value: Any, sourceless: bool, *options: bool) -> Any:
        first = build_at(tx, LOCAL, value)
        second = build_at(tx, sources.LocalSource("w", is_input=True), value)
        assert second is first
        return second


# functions


@made("FUN-09")
def script_function_alone() -> Any:
    return torch.jit.CompilationUnit("def f(x):\n    return x + 1").f


@made("FUN-12")
def partial_with_odd_keyword() -> Any:
    return functools.partial(prelude()["pyf"], **{type("Name", (str,), {})("x"): 1})


@made("FUN-48")
@dataclass
class LocalMap(Example):
    """DTensor's ``local_map`` while it is kept whole."""

    def value(self) -> Any:
        from torch.distributed.tensor.experimental._func_map import _local_map_wrapped

        return _local_map_wrapped

    def inside(self, tx: Any) -> Any:
        from torch._dynamo.variables.higher_order_ops import LocalMapWrappedHigherOrderVariable

        return LocalMapWrappedHigherOrderVariable.enable()


@made("FUN-51")
def operator_without_tracker() -> Any:
    class Unknown(torch._ops.HigherOrderOperator):
        def __init__(self) -> None:
            super().__init__("vartrack_tests_unknown")

        def __call__(self, x: Any) -> Any:
            return super().__call__(x)

    return _once(Unknown)


@functools.cache
def _once(make: Callable[[], Any]) -> Any:
    return make()
