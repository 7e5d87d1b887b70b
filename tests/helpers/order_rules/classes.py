"""Classes as values, autograd functions among them."""

from __future__ import annotations

import abc
import random

import torch
from order_values import (
    ContextFunction,
    FunctionMeta2,
    Mapping,
    Meta,
    Point,
    Subclass,
    TextColor,
    allowed,
    call,
    context,
    of,
)
from torch import nn
from torch.utils._ordered_set import OrderedSet

from order_rules.rule import rule

# classes

rule("an exception class", "ExceptionClasses Classes", lambda: of("E", ValueError))
rule(
    "an exception class in a closure",
    "ExceptionClasses Classes",
    "@closure type('E', (ValueError,), {})",
)
rule(
    "an exception class with a metaclass",
    "ExceptionClasses Classes",
    lambda: Meta("E", (ValueError,), {}),
)
rule("a class in a closure", "Classes Objects", "@closure type('C', (), {})")
rule("a class with a metaclass", "Classes", lambda: Meta("C", (), {}))
rule("a class with an abstract metaclass", "Classes", lambda: Mapping)
rule("a metaclass", "Classes", lambda: Meta)
rule("ABCMeta", "Classes", lambda: abc.ABCMeta)
rule("type", "CallableMap Classes", lambda: type)
rule(
    "an enum class",
    "EnumClasses OpaqueClasses Classes",
    lambda: TextColor,
    on_torch=">=2.13",
)
# no class is tracked for changes, so it is as any other
rule(
    "an enum class, untracked",
    "EnumClasses OpaqueClasses",
    lambda: TextColor,
    on_torch=">=2.12,<2.13",
)
rule("an enum class of its own", "EnumClasses Classes", lambda: TextColor, on_torch="==2.11.*")
rule("an enum class, a class like any other", "Classes", lambda: TextColor, on_torch="<2.11")
rule(
    "an opaque class",
    "OpaqueClasses Classes",
    lambda: torch.distributed.tensor.Shard,
    on_torch=">=2.12",
)
rule(
    "the class of a placement",
    "PlacementClasses",
    lambda: torch.distributed.tensor.Shard,
    on_torch="<2.12",
)
rule("nn.Parameter", "ModuleClassesInGraph TensorSubclassClasses Classes", lambda: nn.Parameter)
rule("nn.Buffer", "ModuleClassesInGraph TensorSubclassClasses Classes", lambda: nn.Buffer)
rule("BackwardHook", "ModuleClassesInGraph Classes", lambda: torch.utils.hooks.BackwardHook)
rule("a tensor class", "TensorSubclassClasses Classes", lambda: Subclass)
rule("a tensor class in a closure", "TensorSubclassClasses", "@closure TFSub")
rule("a class of tensors that wrap others", "Classes", "TwoTensor")
rule("a context manager class", "ManagerClasses Classes", lambda: torch.no_grad)
rule("the autocast class", "ManagerClasses Classes", lambda: torch.autocast)
rule("OrderedSet", "OrderedSetClass Classes", lambda: OrderedSet)
rule("random.Random", "RandomClass Classes", lambda: random.Random)
rule("dist.group", "WorldGroups Classes Objects", lambda: torch.distributed.group)
rule("a class of torch", "Classes", lambda: torch.utils.hooks.RemovableHandle)
rule("a class of modules", "Classes", lambda: nn.Linear)
rule("the class of a named tuple", "Classes", lambda: Point)

# autograd

rule("an autograd function", "AutogradFunctions Classes", lambda: ContextFunction)
rule(
    "an autograd function that is allowed in the graph",
    "AutogradFunctions CallableMap Classes",
    lambda: allowed(ContextFunction),
)
rule(
    "an autograd function with another metaclass",
    "Classes",
    lambda: FunctionMeta2("F", (torch.autograd.Function,), {}),
)
rule("the context of an autograd function", "AutogradContexts Objects", context)
rule(
    "apply of an autograd function",
    "AutogradApply Objects",
    lambda: ContextFunction.apply,
    on_torch="<2.14",
)
rule("apply of an autograd function, in C", "", lambda: ContextFunction.apply, on_torch=">=2.14")
rule("a method called apply", "", lambda: of("O", apply=classmethod(call)).apply)
rule(
    "the class that keeps a version counter",
    "PreserveVersionClass Classes",
    lambda: torch.autograd._unsafe_preserve_version_counter,
)
rule(
    "the class of attention parameters",
    "ModuleClassesInGraph Classes",
    lambda: torch.backends.cuda.SDPAParams,
    on_torch=">=2.14",
)
