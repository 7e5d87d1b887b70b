"""Objects: context managers, opaque ones and all others."""

from __future__ import annotations

import contextlib
import contextvars
import functools
import inspect
import types

import torch
from order_values import (
    ENTERED,
    Mapping,
    Point,
    advanced,
    allowed,
    as_module,
    frozen,
    of,
    opaque_value,
    plain_function,
    signature_parameter,
)
from rows import prelude
from torch import nn

from order_rules.rule import rule
from vartrack import compat
from vartrack.compat.names import UnmanagedAutocast

# context managers, streams and events

rule(
    "an autocast object", "Autocasts GenericContextManagers Objects", lambda: torch.autocast("cpu")
)
rule(
    "an autocast object of a device",
    "Autocasts GenericContextManagers Objects",
    lambda: torch.cpu.amp.autocast(),
)
rule(
    "an unmanaged autocast",
    "UnmanagedAutocasts Autocasts",
    lambda: UnmanagedAutocast("cpu", torch.bfloat16, True, True),
    on_torch=">=2.12",
)
rule(
    "record_function",
    "RecordFunctions GenericContextManagers Objects",
    lambda: torch.profiler.record_function("a"),
)
rule("nullcontext", "NullContexts GenericContextManagers Objects", contextlib.nullcontext)
rule(
    "nullcontext that gives something",
    "GenericContextManagers Objects",
    lambda: contextlib.nullcontext(1),
)
rule(
    "a config patch",
    "ConfigPatches GenericContextManagers Objects",
    "torch._dynamo.patch_dynamo_config(verbose=True)",
)
rule(
    "a config patch that is allowed in the graph",
    "ConfigPatches CallableMap",
    lambda: allowed(eval("torch._dynamo.patch_dynamo_config(verbose=True)", prelude())),
)
rule("a stream", "Streams Objects", "torch.Stream(device='cpu')")
rule("an event", "Events Objects", "torch.Event('cpu')")
rule(
    "a stream context",
    "StreamContexts GenericContextManagers Objects",
    lambda: torch.cuda.StreamContext(torch.Stream(device="cpu")),
)

# opaque objects

rule(
    "a placement",
    "OpaqueValues" if compat.runs_on(">=2.12") else "Placements",
    lambda: torch.distributed.tensor.Shard(0),
)
for _name, _bases, _next in (
    ("a frozen dataclass", (), "FrozenDataclasses"),
    ("an int", (int,), "FrozenDataclasses ConstantSubclasses"),
    ("a dict", (dict,), "UserDicts MutableMappings"),
    ("a tuple", (tuple,), "UserTuples"),
    ("a mapping", (Mapping,), "MutableMappings"),
):
    rule(
        f"{_name} that is an opaque value",
        f"OpaqueValues {_next}",
        functools.partial(opaque_value, *_bases),
    )
rule(
    "a module that is an opaque value",
    "Modules OpaqueValues",
    lambda: as_module(opaque_value(nn.Module)),
)
rule(
    "a named tuple that is an opaque value",
    "NamedTuples OpaqueValues",
    lambda: opaque_value(Point, 1, 2),
)
rule(
    "a placement made while tracing",
    "OpaqueValues" if compat.runs_on(">=2.12") else "Placements",
    lambda: torch.distributed.tensor.Shard(0),
    sourceless=True,
)
rule(
    "a generator of torch",
    "Generators OpaqueReferences",
    torch.Generator,
    on_torch=">=2.13",
)
rule(
    "a generator of torch made while tracing",
    "OpaqueReferences",
    torch.Generator,
    sourceless=True,
    on_torch=">=2.13",
)
# not registered as opaque yet
rule("a generator of torch, an object", "Objects", torch.Generator, on_torch="<2.13")
rule(
    "a device mesh",
    "OpaqueReferences GenericContextManagers Objects"
    if compat.runs_on(">=2.12")
    else "DeviceMeshes Objects",
    "make_mesh()",
)

# all other objects

rule("an object", "Objects", lambda: of("O")())
rule("an object of a class that reads attributes its own way", "Objects", "GetAttribute()")
rule("a module of a class that reads attributes its own way", "Modules", "nn_getattribute()")
rule(
    "an int of a class that reads attributes its own way",
    "ConstantSubclasses Objects",
    lambda: of("I", int, __getattribute__=lambda s, n: int.__getattribute__(s, n))(3),
)
rule("object()", "BareObjects Objects", object)
rule("a frozen dataclass", "FrozenDataclasses Objects", lambda: frozen()())
rule(
    "a frozen dataclass that is a context manager",
    "FrozenDataclasses GenericContextManagers",
    lambda: frozen(**ENTERED)(),
)
rule(
    "a namespace that is a context manager",
    "GenericContextManagers SimpleNamespaces",
    lambda: of("N", types.SimpleNamespace, **ENTERED)(),
)
rule("a namespace", "SimpleNamespaces Objects", lambda: types.SimpleNamespace(a=1))
rule("a signature", "Signatures Objects", lambda: inspect.signature(plain_function))
rule("a generator", "NewGenerators Objects", lambda: (x for x in (1, 2)))
rule("a generator under way", "Objects", lambda: advanced())
rule("a context variable", "ContextVariables Objects", lambda: contextvars.ContextVar("a"))
rule("the keys of a dict", "DictKeys Objects", lambda: {"a": 1}.keys())
rule("the keys of an ordered dict", "DictKeys Objects", "collections.OrderedDict(a=1).keys()")
rule("an exception", "Objects", lambda: ValueError("a"))
rule(
    "an exception that is a frozen dataclass",
    "FrozenDataclasses Objects",
    lambda: frozen(ValueError)(),
)
rule("a property", "Properties Objects", lambda: property(plain_function))
rule(
    "the context of an autograd function that is an opaque value",
    "AutogradContexts OpaqueValues",
    lambda: opaque_value(torch.autograd.function.FunctionCtx),
)
rule("a parameter of a signature", "SignatureParameters Objects", signature_parameter)
rule(
    "a dispatch key set",
    "DispatchKeySets Objects",
    lambda: torch._C.DispatchKeySet(torch.DispatchKey.CPU),
)
rule("an engine", "AutogradEngines Objects", lambda: torch.autograd.Variable._execution_engine)
rule("attention parameters", "AttentionParameters Objects", "sdpa_params()")
rule("an interpreter of functorch", "FunctorchInterpreters Objects", "functorch_interpreter()")
