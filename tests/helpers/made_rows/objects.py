"""Opaque and scripted objects, and what else a user can pass."""

from __future__ import annotations

import contextlib
import functools
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import torch
from torch._library.opaque_object import register_opaque_type

from made_rows.base import in_state, makes
from vartrack import compat
from vartrack.compat.names import OpaqueBase


class Hoisted(OpaqueBase if compat.runs_on("==2.11.*") else object):
    """An opaque value that is an input of the graph."""

    def __eq__(self, other: object) -> bool:
        return type(other) is Hoisted

    def __hash__(self) -> int:
        return 1

    def __fx_repr__(self) -> tuple[str, dict[str, type]]:
        return "Hoisted()", {"Hoisted": Hoisted}

    def __repr__(self) -> str:  # what 2.10 asks in place of it
        return f"{type(self).__name__}()"


class Unhoisted(Hoisted):
    """The same, but part of the graph's code."""

    __hash__ = Hoisted.__hash__

    def __fx_repr__(self) -> tuple[str, dict[str, type]]:
        return "Unhoisted()", {"Unhoisted": Unhoisted}


class Referred(OpaqueBase or object):  # there is no such class in 2.10
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
        # in 2.10 every opaque value is an input of the graph
        (Hoisted, "value", {"hoist": True} if compat.runs_on(">=2.11") else {}),
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

makes("USR-10", opaque(Hoisted), opaque(Unhoisted) if compat.runs_on(">=2.11") else None)
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
