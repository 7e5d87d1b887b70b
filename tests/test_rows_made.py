"""The value categories that take more than an expression: the state is made for real.

`MADE` has an entry for each row of ``rows.json`` without an example whose state can be made here,
`REASONS` says of the others why not. What torch's own builder makes of it, vartrack makes too.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import random
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock

import pytest
import torch
from rows import ROWS, Example, assert_same, build, prelude
from torch._dynamo import config
from torch._dynamo import source as sources
from torch._dynamo.comptime import comptime
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import TupleVariable
from torch._library.opaque_object import register_opaque_type
from torch._opaque_base import OpaqueBase
from torch.autograd import forward_ad
from torch.fx.experimental.dynamic_spec import IntVar, ParamsSpec, ShapesSpec, TensorSpec
from torch.utils import _triton

import vartrack
from vartrack import compat
from vartrack.compat import triton as compat_triton

RUNNING = f"{compat.RUNNING.major}.{compat.RUNNING.minor}"
LOCAL = sources.LocalSource("v", is_input=True)
OTHER = sources.LocalSource("w", is_input=True)


@dataclass(frozen=True)
class Case:
    """One way to make the state of a row.

    Attributes:
        example: what to build.
        plain: the same without the state; what torch makes of that has to be something else. None
            if there is no such thing.
        sourceless: which half is asked.
    """

    example: Example
    plain: Example | None = None
    sourceless: bool = False


MADE: dict[str, list[Case]] = {}

#: Why a row cannot be made on this machine, with this torch.
REASONS: dict[str, str] = {
    "TEN-29": "takes an accelerator, and a second one that is not the current one",
    "TEN-30": "an assertion that the normal way into the builder never reaches",
    "NPY-15": "a rule that no value reaches: every numpy number is taken by an earlier one",
    "FUN-56": "a step that no value reaches: compiled functions are taken by an earlier rule",
    "USR-19": "sentinels come with Python 3.15",
    "SL-47": "sentinels come with Python 3.15",
    "SL-19": "the base class of functorch's interpreters is abstract: it has no instances",
}
if not _triton.has_triton_package():
    REASONS |= dict.fromkeys(
        ("FUN-52", "FUN-53", "FUN-54", "FUN-55", "ENM-11"), "Triton is not installed"
    )
if not torch.cuda.is_available():
    REASONS |= {
        "ENM-10": "only a GPU gives its properties; their class has no constructor",
        "CTX-18": "a memory pool takes a CUDA driver",
    }


def makes(
    row: str,
    example: Example | Callable[[], Any],
    plain: Example | Callable[[], Any] | None = None,
    *,
    sourceless: bool = False,
) -> None:
    """Note a way to make the state of ``row``; a function stands for an example made by it."""
    if not isinstance(example, Example):
        example = Example(make=example)
    if plain is not None and not isinstance(plain, Example):
        plain = Example(make=plain)
    MADE.setdefault(row, []).append(Case(example, plain, sourceless))


# ways to build


@dataclass
class InState(Example):
    """The value is made, and built, inside ``state``, which is entered while tracing."""

    state: Callable[[], Any] = contextlib.nullcontext

    def value(self) -> Any:
        return None

    def value_in(self, tx: Any, value: Any) -> Any:
        return super().value()

    def inside(self, tx: Any) -> Any:
        return self.state()


def in_state(row: str, state: Callable[[], Any], make: Callable[[], Any], **options: Any) -> None:
    """Note that ``row`` is what ``make`` gives while ``state`` is in force."""
    makes(row, InState(make=make, state=state, **options), InState(make=make, **options))


@dataclass
class OfTracer(Example):
    """A value that only a tracer can make."""

    of: Callable[[Any], Any] = id

    def value(self) -> Any:
        return None

    def value_in(self, tx: Any, value: Any) -> Any:
        return self.of(tx)


@dataclass
class At(Example):
    """A value that comes from ``place``."""

    place: sources.Source = LOCAL

    def source(self) -> sources.Source:
        return self.place


def build_at(tx: Any, source: sources.Source, value: Any) -> VariableTracker:
    """What the builder under test makes of ``value`` at ``source``."""
    from torch._dynamo.variables import builder

    return builder.VariableBuilder(tx, source, False)(value)


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
    name = "_shapes_spec" if hasattr(config, "_shapes_spec") else "_dynamic_shapes_spec"
    spec = ShapesSpec(ParamsSpec(params))
    return lambda: config.patch(name, spec)


for sizes in ([IntVar("n"), 3], [IntVar("m"), None], [2], [4, 3]):
    in_state("TEN-28", with_spec(v=TensorSpec(sizes)), lambda: torch.ones(2, 3))
in_state("NUM-01", with_spec(other=None), lambda: 7, flags=[("assume_static_by_default", "False")])
in_state("NUM-02", with_spec(v=7), lambda: 7, flags=[("assume_static_by_default", "False")])
in_state("NUM-02", with_spec(v=8), lambda: 7)
in_state("NUM-03", with_spec(v=IntVar("n")), lambda: 7)
in_state("NUM-03", with_spec(v=IntVar("k") * 2 + 1), lambda: 7)


# numbers


@contextlib.contextmanager
def all_ints_unbacked() -> Iterator[None]:
    """As inside a keyed jagged tensor, where every int is a size."""
    from torch._guards import TracingContext

    with TracingContext.patch(force_unspec_int_unbacked_size_like=True):
        yield


@contextlib.contextmanager
def gradient_level() -> Iterator[None]:
    """As inside ``torch.func.grad``, where a tensor made from a number tracks gradients."""
    from torch._C import _functorch

    _functorch._grad_increment_nesting()
    try:
        yield
    finally:
        _functorch._grad_decrement_nesting()


class Unspecialized(At):
    """Asked for by the method that Dynamo calls for the result of a random call."""

    def tracker(self, tx: Any, value: Any, sourceless: bool, *options: bool) -> VariableTracker:
        from torch._dynamo.variables import builder

        return builder.VariableBuilder(tx, self.source()).wrap_unspecialized_primitive(value)


if compat.runs_on(">=2.15"):
    makes(
        "NUM-04",
        Example.read("[static_sources=L['v']] [dynamic_sources=L['v']] 7"),
        Example.read("[dynamic_sources=L['v']] 7"),
    )
in_state("NUM-12", all_ints_unbacked, lambda: 7)
in_state("NUM-15", gradient_level, lambda: 1.5, flags=[("assume_static_by_default", "False")])
makes(
    "NUM-26",
    Unspecialized(make=lambda: 0.25, place=sources.RandomValueSource(0)),
    Unspecialized(make=lambda: 0.25),
)


# modules


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


# functions


def script_function_alone() -> Any:
    return torch.jit.CompilationUnit("def f(x):\n    return x + 1\n").f


def partial_with_odd_keyword() -> Any:
    return functools.partial(prelude()["pyf"], **{type("Name", (str,), {})("x"): 1})


def local_map() -> Any:
    from torch.distributed.tensor.experimental._func_map import _local_map_wrapped

    return _local_map_wrapped


def local_map_kept_whole() -> Any:
    from torch._dynamo.variables.higher_order_ops import LocalMapWrappedHigherOrderVariable

    return LocalMapWrappedHigherOrderVariable.enable()


@functools.cache
def operator_without_tracker() -> Any:
    class Unknown(torch._ops.HigherOrderOperator):
        def __init__(self) -> None:
            super().__init__("vartrack_tests_unknown")

        def __call__(self, x: Any) -> Any:
            return super().__call__(x)

    return Unknown()


makes("FUN-09", script_function_alone, lambda: torch.jit.script(prelude()["pyf_t"]))
makes("FUN-12", partial_with_odd_keyword, lambda: functools.partial(prelude()["pyf"], x=1))
in_state("FUN-48", local_map_kept_whole, local_map)
makes("FUN-51", operator_without_tracker, lambda: torch.ops.higher_order.cond)


# Triton: its functions are real; only whether there is a GPU to run them is told otherwise


@contextlib.contextmanager
def gpu_for_triton() -> Iterator[None]:
    """As on a machine where Triton can run its kernels."""
    tests = ("has_triton", "has_triton_tensor_descriptor_host_tma")
    caches = (compat_triton.triton_usable, compat_triton.triton_functions)
    with contextlib.ExitStack() as stack:
        for name in tests:
            stack.enter_context(mock.patch.object(_triton, name, lambda **options: True))
        for cached in caches:
            cached.cache_clear()
            stack.callback(cached.cache_clear)
        yield


if _triton.has_triton_package():
    import triton
    from triton.language import float32
    from triton.tools.tensor_descriptor import TensorDescriptor

    @triton.jit
    def kernel(target: Any) -> None:
        pass

    in_state("FUN-52", gpu_for_triton, lambda: kernel)
    in_state("FUN-52", gpu_for_triton, lambda: triton.autotune([triton.Config({})], key=[])(kernel))
    in_state("FUN-54", gpu_for_triton, lambda: TensorDescriptor.from_tensor)
    in_state("FUN-55", gpu_for_triton, lambda: triton.set_allocator)
    makes("ENM-11", lambda: float32)
    REASONS["FUN-53"] = "this Triton has no experimental descriptors any more"


# objects


class Hoisted:
    """An opaque value that is an input of the graph."""

    def __eq__(self, other: object) -> bool:
        return type(other) is Hoisted

    def __hash__(self) -> int:
        return 1

    def __fx_repr__(self) -> tuple[str, dict[str, type]]:
        return "Hoisted()", {"Hoisted": Hoisted}


class Unhoisted(Hoisted):
    """The same, but part of the graph's code."""

    __hash__ = Hoisted.__hash__

    def __fx_repr__(self) -> tuple[str, dict[str, type]]:
        return "Unhoisted()", {"Unhoisted": Unhoisted}


class Referred(OpaqueBase):
    """An opaque reference."""


class Scripted(torch.ScriptObject):
    """A script object that says what it is made of, written in Python.

    There is no C++ object behind it, so nothing may be left to the base class.
    """

    __eq__ = object.__eq__
    __hash__ = object.__hash__
    __repr__ = object.__repr__
    __setattr__ = object.__setattr__

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)

    name = "__torch__.torch.classes.vartrack_tests.Scripted"
    parts: tuple[Any, ...] = (("x", 3), ("t", (1, 2)))

    def __deepcopy__(self, memo: Any) -> Scripted:
        return self

    def _type(self) -> Any:
        return types.SimpleNamespace(qualified_name=lambda: self.name)

    def _method_names(self) -> list[str]:
        return ["__obj_flatten__"]

    def __obj_flatten__(self) -> Any:
        return self.parts


class TracedAsItIs(Scripted):
    """One whose real object is at hand while tracing."""

    def tracing_mode(self) -> str:
        return "real"


class FakeScripted:
    """What stands for a `Scripted` while tracing."""

    @classmethod
    def __obj_unflatten__(cls, parts: Any) -> FakeScripted:
        return cls()


@functools.cache
def registered() -> None:
    """Tell torch of the classes above."""
    kinds = {"value": ("value", "constant"), "reference": ("reference", "symbolic")}
    for cls, kind, options in (
        (Hoisted, "value", {"hoist": True}),
        (Unhoisted, "value", {}),
        (Referred, "reference", {}),
    ):
        for word in kinds[kind]:  # by the words of this release
            with contextlib.suppress(AssertionError, ValueError):
                register_opaque_type(cls, typ=word, **options)
                break
    fakes = torch._library.fake_class_registry.global_fake_class_registry
    fakes.register(Scripted.name, FakeScripted)


def opaque(cls: type) -> Callable[[], Any]:
    """A maker of objects of ``cls``; those of `Scripted` have no constructor."""

    def make() -> Any:
        registered()
        return cls.__new__(cls)

    return make


def fake_script_object() -> Any:
    from torch._library.fake_class_registry import maybe_to_fake_obj
    from torch._subclasses.fake_tensor import FakeTensorMode

    return maybe_to_fake_obj(FakeTensorMode(), opaque(Referred)())


def packed_weights() -> Any:
    return torch.ops.quantized.linear_prepack_fp16(torch.ones(2, 2), None)


class KeyedJaggedTensor:
    """Stands in for torchrec's class of this name."""

    def __init__(self) -> None:
        self._stride = 2


@contextlib.contextmanager
def torchrec() -> Iterator[None]:
    """As if torchrec was imported."""
    names = ("torchrec", "torchrec.sparse", "torchrec.sparse.jagged_tensor")
    modules = {name: types.ModuleType(name) for name in names}
    last: Any = modules[names[-1]]
    last.KeyedJaggedTensor = KeyedJaggedTensor
    with (
        mock.patch.dict(sys.modules, modules),
        mock.patch.object(KeyedJaggedTensor, "__module__", names[-1]),
    ):
        yield


def custom_operator() -> Any:
    @torch.library.custom_op(f"vartrack_tests::op{next(_numbers)}", mutates_args=())
    def operator(x: torch.Tensor) -> torch.Tensor:
        return x.clone()

    return operator


_numbers = iter(range(1000))

makes("USR-10", opaque(Hoisted), opaque(Unhoisted))
makes("USR-13", fake_script_object)
makes("USR-14", opaque(Scripted), opaque(TracedAsItIs))
makes("USR-15", packed_weights, opaque(Scripted))
makes("USR-16", opaque(TracedAsItIs), opaque(Scripted))
in_state("USR-18", torchrec, KeyedJaggedTensor)
if torch.cuda.is_available():
    makes("ENM-10", lambda: torch.cuda.get_device_properties(0))
    makes("CTX-18", torch.cuda.MemPool)
makes("CTX-12", lambda: torch.cuda.StreamContext(torch.Stream(device="cpu")))
makes(
    "MIS-10",
    lambda: torch._dynamo.replay_record.DummyModule("dummy", value=types.ModuleType("dummy")),
)
makes("MIS-20", custom_operator)


# made while tracing


def number(tx: Any, place: sources.Source = LOCAL) -> VariableTracker:
    """The tracker of an int that is a symbol."""
    with config.patch(assume_static_by_default=False):
        return build_at(tx, place, 7)


def unknown_number(tx: Any) -> VariableTracker:
    """The tracker of an int that is known only when the graph runs."""
    from torch._dynamo.variables.tensor import SymNodeVariable

    shape_env = tx.output.shape_env
    with shape_env.ignore_fresh_unbacked_symbols():
        symbol = shape_env.create_unbacked_symint()
    return SymNodeVariable(number(tx).as_proxy(), symbol)


def format_of(number: Callable[[Any], VariableTracker]) -> Callable[[Any], Any]:
    from torch._dynamo.variables.lazy import LazySymNodeFormatString

    return lambda tx: LazySymNodeFormatString(number(tx), ConstantVariable.create(">3"))


def method_of_known(tx: Any) -> Any:
    receiver = prelude()["Obj"]()
    build_at(tx, LOCAL, receiver)
    return receiver.m


class SecondBuilder(Example):
    """Asked of the builder for objects that may be modelled without a source."""

    def tracker(self, tx: Any, value: Any, sourceless: bool, *options: bool) -> VariableTracker:
        from torch._dynamo.variables import builder

        return builder.SourcelessUserDefinedObjectBuilder.create(tx, value)


makes("SL-22", OfTracer(of=lambda tx: ConstantVariable.create(1)), sourceless=True)
makes("SL-22", OfTracer(of=number), sourceless=True)
makes("SL-35", OfTracer(of=method_of_known), lambda: prelude()["Obj"]().m, sourceless=True)
makes("SL-39", OfTracer(of=format_of(number)), sourceless=True)
makes(
    "SL-39", OfTracer(of=format_of(unknown_number)), OfTracer(of=format_of(number)), sourceless=True
)
makes(
    "SL-43",
    OfTracer(of=lambda tx: number(tx).sym_num),
    OfTracer(of=lambda tx: number(tx).sym_num + 1),
    sourceless=True,
)
if compat.runs_on(">=2.14"):
    makes("SL-46", lambda: eval("make_ddp()", prelude()), my_module, sourceless=True)
for make in (
    lambda: __import__("collections").UserDict(a=1),
    my_module,
    lambda: prelude()["Obj"](),
):
    makes("SL-51", SecondBuilder(make=make), sourceless=True)


# the same states, as whole programs reach them


def counted_anew() -> None:
    """Have the code that torch makes up be named alike on both sides."""
    torch.fx.graph_module._loader.next_id = 10_000


def backward_compiled() -> Any:
    counted_anew()

    def step(x: torch.Tensor, weight: torch.Tensor) -> Any:
        (x * weight).sin().sum().backward()
        return weight.grad

    return step, [((torch.ones(3), torch.ones(3, requires_grad=True)), {})]


def sized(x: torch.Tensor, times: int) -> torch.Tensor:
    return x.repeat(times, 1) + x.shape[0]


def told_sizes() -> Any:
    return sized, [((torch.ones(size, 3), times), {}) for size, times in ((2, 4), (5, 6))]


def drawing() -> Any:
    def draw(x: torch.Tensor) -> torch.Tensor:
        return x * random.uniform(0.0, 1.0) + random.randint(1, 3)

    return draw, [((torch.ones(2),), {}), ((torch.ones(3),), {})]


def frozen_module() -> Any:
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2)).eval()
    return model, [((torch.ones(3, 2),), {}), ((torch.ones(4, 2),), {})]


def with_tangents() -> Any:
    def squared(x: torch.Tensor) -> torch.Tensor:
        return x * x

    return squared, [((dual_tensor(),), {})]


def of_jagged_tensor() -> Any:
    def read(x: torch.Tensor, keyed: Any) -> torch.Tensor:
        return x + keyed._stride

    return read, [((torch.ones(2), KeyedJaggedTensor()), {})]


@contextlib.contextmanager
def jagged_sizes() -> Iterator[None]:
    with torchrec(), config.patch(force_unspec_int_unbacked_size_like_on_torchrec_kjt=True):
        yield


PROGRAMS: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
    "compiled autograd": (
        backward_compiled,
        lambda: config.patch(compiled_autograd=True),
    ),
    "sizes told": (
        told_sizes,
        with_spec(x=TensorSpec([IntVar("size"), 3]), times=IntVar("times")),
    ),
    "random numbers": (drawing, contextlib.nullcontext),
    "freezing": (frozen_module, freezing),
    "dual tensors": (with_tangents, forward_ad.dual_level),
    "keyed jagged tensors": (of_jagged_tensor, jagged_sizes),
}


# the tests


def rows_without_example() -> list[str]:
    """Those that this torch release has."""
    return [
        row["id"]
        for half in ("sourced", "sourceless")
        for row in ROWS[half]
        if not row["example"] and RUNNING not in row["absent_in"]
    ]


CASES = [
    pytest.param(case, id=f"{row}-{place}")
    for row, cases in MADE.items()
    for place, case in enumerate(cases)
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("realize", [False, True], ids=["", "realizing"])
@pytest.mark.parametrize("case", CASES)
def test_a_made_state_is_built_as_torch_builds_it(case: Case, realize: bool) -> None:
    if case.sourceless and realize:
        pytest.skip("what is made while tracing is never lazy")
    options = {"sourceless": case.sourceless, "realize": realize}
    theirs = build(case.example, None, **options)
    assert_same(build(copy.copy(case.example), vartrack.stock, **options), theirs)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "case",
    [pytest.param(*case.values, id=case.id) for case in CASES if case.values[0].plain is not None],
)
def test_the_state_is_what_makes_the_difference(case: Case) -> None:
    """torch's own builder makes something else of the same value without the state."""
    assert case.plain is not None
    there, not_there = (
        build(example, None, sourceless=case.sourceless, realize=True)
        for example in (case.example, case.plain)
    )
    assert there != not_there


class CompiledAfterModule(Example):
    """A module that has a tracker, met again inside what ``torch.compile`` made of it."""

    def tracker(self, tx: Any, value: Any, sourceless: bool, *options: bool) -> VariableTracker:
        self.first = build_at(tx, LOCAL, value)
        return build_at(tx, OTHER, torch.compile(value))


def test_a_module_and_then_what_was_compiled_of_it() -> None:
    """torch dies of an assertion here, in every release; vartrack gives the module's tracker."""
    theirs = build(CompiledAfterModule(make=my_module), None)
    assert theirs.crashed and theirs.refusal == "AssertionError"
    ours = build(CompiledAfterModule(make=my_module), vartrack.stock)
    assert ours.reached and not ours.refusal
    assert ours.tracker["class"] == build(Example(make=my_module), None).tracker["class"]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_that_reaches_the_state_is_equal(name: str) -> None:
    """Graphs, guards, trackers and results of a whole program are those of torch's builder."""
    make, state = PROGRAMS[name]
    with state():
        comparison = vartrack.compare_calls(make=make)
    assert comparison, comparison
    assert comparison.vartrack.values > 0
    assert not any(outcome.error for outcome in comparison.torch.outcomes), comparison


@pytest.mark.skipif(torch.cuda.is_available(), reason="with a GPU they can be made")
def test_what_is_said_not_to_be_made_cannot_be_made() -> None:
    """The objects that no constructor gives on a machine without a GPU."""
    from torch._functorch.pyfunctorch import FuncTorchInterpreter

    for make in (
        lambda: FuncTorchInterpreter(None),  # type: ignore[abstract, arg-type]
        torch.cuda.MemPool,
        lambda: torch._C._CudaDeviceProperties(),  # there is no such class without CUDA
    ):
        with pytest.raises((TypeError, RuntimeError, AttributeError)):
            make()


def test_every_row_is_made_or_has_a_reason(pytestconfig: pytest.Config) -> None:
    """No row of this release is left out; how many there are of each kind is printed."""
    rows = rows_without_example()
    assert not set(MADE) & set(REASONS)
    left = [row for row in rows if row not in MADE and row not in REASONS]
    assert not left
    assert set(MADE) | set(REASONS) >= set(rows)
    known = {row["id"] for half in ("sourced", "sourceless") for row in ROWS[half]}
    assert set(MADE) | set(REASONS) <= known
    examples = sum(
        bool(row["example"]) and RUNNING not in row["absent_in"]
        for half in ("sourced", "sourceless")
        for row in ROWS[half]
    )
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print(
            f"\nrows of torch {RUNNING}: {examples} with an example, "
            f"{sum(row in MADE for row in rows)} made, "
            f"{sum(row in REASONS for row in rows)} that cannot be made here"
        )
        for row in rows:
            if row in REASONS:
                print(f"  {row}: {REASONS[row]}")
