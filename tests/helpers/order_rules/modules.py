"""Modules, whatever else their classes derive from."""

from __future__ import annotations

import logging
import types

import torch
from order_values import (
    ENTERED,
    CalledModule,
    Mapping,
    Mode,
    allowed,
    as_module,
    frozen,
    managed,
    module,
    new,
    of,
    tensor_like,
)
from torch import nn

from order_rules.rule import rule

for _name, _base, _next in (
    ("a dict", dict, "UserDicts MutableMappings"),
    ("a list", list, "UserLists"),
    ("a mapping", Mapping, "MutableMappings"),
    ("a torch function mode", Mode, "TorchFunctionModes"),
    ("a logger", logging.Logger, "Loggers"),
    ("an optimizer", torch.optim.Optimizer, "Optimizers"),
    ("a number", float, "ConstantSubclasses"),
    ("a Python module", types.ModuleType, "PythonModules"),
):
    rule(
        f"a module that is {_name}",
        f"Modules {_next}",
        lambda base=_base: module(of("M", nn.Module, base, __hash__=object.__hash__)),
    )
for _name, _base, _next in (
    ("a dict", dict, "UserDicts MutableMappings"),
    ("a mapping", Mapping, "MutableMappings"),
    ("a number", float, "ConstantSubclasses"),
):
    rule(
        f"{_name} that is a module",
        f"Modules {_next}",
        lambda base=_base: module(of("M", base, nn.Module, __hash__=object.__hash__)),
    )
for _name, _bases in (
    ("a torch function mode that is a module", (Mode, nn.Module)),
    ("an optimizer that is a module", (torch.optim.Optimizer, nn.Module)),
    ("a Python module that is a module", (types.ModuleType, nn.Module)),
):
    rule(_name, "Modules", lambda bases=_bases: module(of("M", *bases)))
rule(
    "a module that is a tensor",
    "TensorSubclasses",
    lambda: as_module(tensor_like(of("T", nn.Module, torch.Tensor))),
)
rule(
    "a module that is a frozen dataclass",
    "Modules FrozenDataclasses",
    lambda: module(frozen(nn.Module)),
)
rule(
    "a module that is a context manager",
    "Modules GenericContextManagers Objects",
    lambda: module(of("M", nn.Module, **ENTERED)),
)
rule(
    "a module that is allowed in the graph", "Modules CallableMap", lambda: allowed(CalledModule())
)
rule(
    "a module without attributes",
    "EmptyModules Modules",
    lambda: CalledModule.__new__(CalledModule),
)
rule(
    "an LSTM without attributes", "EmptyModules RecurrentModules", lambda: nn.LSTM.__new__(nn.LSTM)
)
rule("an LSTM", "RecurrentModules Modules", lambda: nn.LSTM(2, 2))
rule("an LSTM under FSDP", "RecurrentModules FsdpModules Modules", lambda: managed(nn.LSTM(2, 2)))
rule("an LSTM, allowed by the config", "Modules", "[allow_rnn=True] nn.LSTM(2, 2)")
rule("a module under FSDP", "FsdpModules Modules", lambda: managed(CalledModule()))
rule("a compiled module", "CompiledModules Modules", lambda: torch.compile(CalledModule()))
rule(
    "a compiled module that is allowed in the graph",
    "CompiledModules Modules CallableMap",
    lambda: allowed(torch.compile(CalledModule())),
)
rule("a scripted module", "ScriptModules Modules", lambda: torch.jit.script(nn.ReLU()))
rule("a graph module", "Modules", "torch.fx.symbolic_trace(MyMod())")
rule(
    "a graph module made while tracing",
    "GraphModules",
    "torch.fx.symbolic_trace(MyMod())",
    sourceless=True,
)
rule(
    "a compiled module under FSDP",
    "CompiledModules FsdpModules Modules",
    lambda: managed(torch.compile(CalledModule())),
)
rule(
    "a compiled module without attributes",
    "EmptyModules CompiledModules",
    lambda: new(type(torch.compile(CalledModule()))),
)
rule(
    "a scripted module under FSDP",
    "ScriptModules FsdpModules",
    lambda: managed(torch.jit.script(nn.ReLU())),
)
rule(
    "a tensor that is a module without attributes",
    "TensorSubclasses EmptyModules",
    lambda: tensor_like(of("T", torch.Tensor, nn.Module)),
)
