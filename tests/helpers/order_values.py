"""Values that more than one visitor would take, and the means to make them."""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import functools
import inspect
import itertools
import types
import typing
from collections.abc import Iterator, MutableMapping
from typing import Any

import torch
from rows import Example, prelude
from torch import nn
from torch._dynamo import trace_rules
from torch._dynamo.variables.higher_order_ops import LocalMapWrappedHigherOrderVariable
from torch._library import opaque_object
from torch.autograd.function import FunctionMeta
from torch.fx.experimental.sym_node import DynamicInt
from torch.overrides import TorchFunctionMode

from vartrack import compat
from vartrack.compat import shared
from vartrack.compat.names import OpaqueBase


def of(name: str, *bases: type, **attributes: Any) -> Any:
    """A class made on the spot; its metaclass is one that suits all bases."""
    metas = list(dict.fromkeys(type(base) for base in bases if type(base) is not type))
    meta: Any = type if not metas else metas[0]
    if len(metas) > 1:
        meta = type("Meta", tuple(metas), {})
    return meta(name, bases, attributes)


def frozen(*bases: type, **attributes: Any) -> Any:
    """The same, as a frozen dataclass."""
    return dataclasses.dataclass(frozen=True, eq=False)(of("Frozen", *bases, **attributes))


def call(self: Any, *args: Any) -> Any:
    return args


#: For subclasses of what has no hash, since what is allowed in the graph is asked by hash as well.
hash_ = object.__hash__

ENTERED: dict[str, Any] = {
    "__enter__": lambda self: self,
    "__exit__": lambda self, *exception: None,
}

#: The objects that `allowed` and `refused` told torch about, until the test is over.
_told: list[tuple[Any, Any]] = []


def allowed(value: Any) -> Any:
    """``value``, after ``torch.compiler.allow_in_graph``."""
    return _tell(trace_rules._allowed_callable_ids, value)


def refused(value: Any) -> Any:
    """``value``, after ``torch._dynamo.disallow_in_graph``."""
    return _tell(trace_rules._disallowed_callable_ids, value)


def _tell(ids: Any, value: Any) -> Any:
    assert callable(value)
    _told.append((ids, value))
    ids.add(id(value))
    return value


def forget() -> None:
    """Take back what `allowed` and `refused` told torch."""
    for ids, value in _told:
        ids.remove(id(value))
    _told.clear()


def opaque(cls: type, kind: str) -> type:
    """``cls``, registered as opaque to the graph by the word that this release has for ``kind``."""
    register = getattr(opaque_object, "register_custom_class", opaque_object.register_opaque_type)
    words = {"value": "constant", "reference": "symbolic"}
    known = hasattr(opaque_object, "register_custom_class")
    register(cls, typ=words[kind] if known else kind)
    return cls


def opaque_value(*bases_and_args: Any, **attributes: Any) -> Any:
    """An object of a frozen dataclass with the given bases that is registered as a value."""
    bases = tuple(base for base in bases_and_args if isinstance(base, type))
    args = bases_and_args[len(bases) :]
    return new(_opaque_class(bases, tuple(attributes.items())), *args)


@functools.cache
def _opaque_class(bases: tuple[type, ...], attributes: tuple[tuple[str, Any], ...]) -> type:
    cls = frozen(
        *bases,
        *OPAQUE_BASES,
        **dict(attributes),
        __module__=__name__,
        __qualname__=f"Opaque{len(opaque_classes)}",
        __eq__=lambda self, other: type(self) is type(other),
        __hash__=lambda self: 1,
        __fx_repr__=lambda self: ("Made()", {}),
    )
    opaque_classes.append(cls)
    return opaque(cls, "value")


#: What a class must derive from to be registered as a value; so in torch 2.11 only.
OPAQUE_BASES: tuple[type, ...] = (OpaqueBase,) if compat.runs_on("==2.11.*") else ()

opaque_classes: list[type] = []


class Point(typing.NamedTuple):
    x: int
    y: int


class Mapping(MutableMapping[Any, Any]):
    """A mutable mapping that is no dict."""

    def __getitem__(self, key: Any) -> Any:
        raise KeyError(key)

    def __setitem__(self, key: Any, value: Any) -> None: ...

    def __delitem__(self, key: Any) -> None: ...

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0


class Other:
    """A base that adds nothing."""


class IntColor(enum.IntEnum):
    RED = 1


class Flags(enum.IntFlag):
    A = 1
    B = 2


class PlainFlags(enum.Flag):
    A = 1


class TextColor(str, enum.Enum):
    RED = "red"


class FloatColor(float, enum.Enum):
    HALF = 0.5


class TupleColor(tuple, enum.Enum):
    RED = (1, 2)


class CalledColor(enum.Enum):
    RED = 1

    def __call__(self, x: Any) -> Any:
        return x


class DynamicColor(DynamicInt, enum.Enum):
    RED = 5


@dataclasses.dataclass(frozen=True)
class Shade:
    depth: int


class DataColor(Shade, enum.Enum):
    RED = 1


class Meta(type):
    """A metaclass of a user."""


class CalledModule(nn.Module):
    def forward(self, x: Any) -> Any:
        return x


class Mode(TorchFunctionMode):
    pass


class CalledMode(TorchFunctionMode):
    __call__ = call


def plain_function(x: Any) -> Any:
    return x


def signature_parameter() -> inspect.Parameter:
    return inspect.signature(plain_function).parameters["x"]


def function() -> Any:
    """A function that nobody told torch about."""
    return types.FunctionType(plain_function.__code__, globals())


class Subclass(torch.Tensor):
    pass


class ContextFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x * 2

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return grad * 2


def context() -> Any:
    """The context of an autograd function, with a saved tensor."""
    return ContextFunction.apply(torch.ones(2, requires_grad=True)).grad_fn


def called_context() -> Any:
    """The context of an autograd function that can be called itself."""
    return new(of("C", torch.autograd.function.FunctionCtx, __call__=call))


def called_record() -> Any:
    return of("R", torch.profiler.record_function, __call__=call)("a")


def called_stream() -> Any:
    return of("S", torch.Stream, __call__=call)(device="cpu")


def tensor_like(cls: type) -> Any:
    return torch.Tensor._make_subclass(cls, torch.ones(2))


def new(cls: type, *args: Any) -> Any:
    """An object of ``cls`` whose ``__init__`` is not asked."""
    return cls.__new__(cls, *args)


def as_module(made: Any) -> Any:
    nn.Module.__init__(made)
    return made


def module(cls: type) -> Any:
    return as_module(new(cls))


def managed(made: nn.Module) -> nn.Module:
    """As FSDP marks its modules."""
    # past the __setattr__ of a compiled module, which would mark the module inside
    vars(made).update(_is_fsdp_managed_module=True, _fsdp_use_orig_params=True)
    return made


def not_polyfilled() -> Any:
    """A class of itertools that Dynamo models itself."""
    return next(
        member
        for name, member in vars(itertools).items()
        if inspect.isclass(member)
        and not name.startswith("_")
        and id(member) not in shared.polyfilled_itertools()
    )


def polyfilled_class() -> Any:
    return next(
        member
        for member in vars(itertools).values()
        if inspect.isclass(member) and id(member) in shared.identity_table()
    )


def marked(**marks: Any) -> Any:
    made = function()
    vars(made).update(marks)
    return made


def cached_and_marked() -> Any:
    """A cached function that says of itself that it is for scripts."""
    made = functools.lru_cache(function())
    vars(made).update(__script_if_tracing_wrapper=True, __original_fn=function())
    return made


T = typing.TypeVar("T")


class Generic(typing.Generic[T]):
    """A generic class of a user."""


class FunctionMeta2(FunctionMeta):
    """A metaclass for autograd functions."""


class Referred(OpaqueBase or object):  # there is no such class in 2.10
    """An opaque reference that can be called."""

    __call__ = call


def fixed_address(tensor: torch.Tensor) -> torch.Tensor:
    """``tensor``, which compiled code may take to stay where it is, after a guard."""
    torch._dynamo.mark_static_address(tensor, guard=True)
    return tensor


def local_map() -> Any:
    """What ``local_map`` of DTensor calls."""
    from torch.distributed.tensor.experimental._func_map import _local_map_wrapped

    return _local_map_wrapped


class KeptWhole(Example):
    """Built while Dynamo is told to keep what `local_map` makes whole."""

    @contextlib.contextmanager
    def configured(self) -> Iterator[None]:
        with LocalMapWrappedHigherOrderVariable.enable():
            yield


FROMHEX = float.fromhex
prelude().update(
    fixed_address=fixed_address,
    KEPT=functools.partial(len),
    CACHED=functools.lru_cache(plain_function),
    METHOD=prelude()["Obj"]().m,
)


def advanced() -> Any:
    made = (x for x in (1, 2))
    next(made)
    return made


opaque(Referred, "reference")
