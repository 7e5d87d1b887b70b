"""nn.Module in all its flavours."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch._dynamo import config, graph_break_hints, mutation_guard
from torch._dynamo.eval_frame import OptimizedModule
from torch._dynamo.exc import raise_observed_exception
from torch._dynamo.source import (
    AttrProxySource,
    AttrSource,
    UnspecializedBuiltinNNModuleSource,
    UnspecializedNNModuleSource,
)
from torch._dynamo.utils import is_parameter_freezing
from torch._dynamo.variables.base import VariableTracker, typestr
from torch._dynamo.variables.misc import DelayGraphBreakVariable
from torch._dynamo.variables.nn_module import (
    FSDPManagedNNModuleVariable,
    UnspecializedBuiltinNNModuleVariable,
    UnspecializedNNModuleVariable,
)
from torch._dynamo.variables.user_defined import SourcelessGraphModuleVariable
from torch.fx.experimental.proxy_tensor import _AttrProxy
from torch.nn.parallel.distributed import DistributedDataParallel

from vartrack.compat import behaviour, shared
from vartrack.core.context import BuilderContext
from vartrack.core.halves import Sourced, Sourceless
from vartrack.core.visitor import Visitor
from vartrack.inputs.tensors import mark_static

_REFUSED = "torch refuses a module made while tracing, except through its second builder"


class Modules(Sourced, Visitor):
    """A module as any other Python object, whose parameters keep their address."""

    one_half = _REFUSED
    types = (torch.nn.Module,)
    guarded_by = "TYPE_MATCH"
    tracked = "if_supported"

    def visit_sourced(self, ctx: BuilderContext, value: torch.nn.Module) -> VariableTracker:
        if not mutation_guard.is_dynamic_nn_module(value, ctx.tx.export):
            return self.specialized(ctx, value)
        if isinstance(value, _AttrProxy):
            value = value.get_base()
            ctx.source = AttrProxySource(ctx.source)
            if behaviour.ALIASES_PROXIED_MODULES and value in ctx.tx.output.side_effects:
                return ctx.alias(value)
        inlines = shared.inlines_modules()
        if inlines:
            fix_addresses(ctx, value)
        source = ctx.source
        tracker_class, source_class = self.flavour(value)
        if inlines and (not ctx.tx.output.export or config.install_free_tensors):
            inside = ctx.under(source_class)
        else:
            inside = ctx
        tracker = tracker_class(value, source=inside.source)  # may refuse it
        inside.guard(*self.guarded_by)
        ctx.tx.output.add_fqn_info_for_inlined_modules(value, source)
        return self.track(ctx, value, tracker)

    def flavour(self, value: torch.nn.Module) -> tuple[Any, Any]:
        """The tracker and source classes: torch's own modules are told from the user's."""
        home = value.__module__
        builtin = home.startswith(("torch.nn.modules", "torch.ao.")) and not home.startswith(
            "torch.nn.modules.container"
        )
        if builtin or getattr(value.__class__, "_dynamo_marked_static", False):
            return UnspecializedBuiltinNNModuleVariable, UnspecializedBuiltinNNModuleSource
        return UnspecializedNNModuleVariable, UnspecializedNNModuleSource

    def specialized(self, ctx: BuilderContext, value: torch.nn.Module) -> VariableTracker:
        """While exporting: a module becomes an attribute of the graph."""
        if issubclass(value.__class__, DistributedDataParallel):
            ctx.guard("TYPE_MATCH")
            return UnspecializedNNModuleVariable(value, source=ctx.source)
        return ctx.tx.output.register_attr_or_module(value, ctx.source.name, source=ctx.source)


def fix_addresses(ctx: BuilderContext, value: torch.nn.Module) -> None:
    """Mark the parameters and buffers of ``value`` as inputs that stay where they are."""
    freezing = is_parameter_freezing()
    for method, stock in shared.module_iteration():
        bound = getattr(value, method)
        # a module that lists something else must not have that marked
        if callable(bound) and bound.__func__ is stock:
            _mark_all(ctx, bound, freezing)
    if freezing:
        # so that freezing can drop the parameters once the compile is over
        ctx.tx.output.nn_modules[ctx.source.name] = value


def _mark_all(
    ctx: BuilderContext, named: Callable[[], Iterable[tuple[str, Any]]], guard: bool
) -> None:
    try:
        for _, tensor in named():
            mark_static(ctx, tensor, guard)
    except TypeError as error:  # a module that cannot be walked raises in the traced program
        raise_observed_exception(type(error), ctx.tx, args=list(error.args))


class EmptyModules(Sourced, Visitor):
    """A module whose ``__init__`` never ran."""

    one_half = _REFUSED
    types = (torch.nn.Module,)

    @staticmethod
    def when(value: torch.nn.Module) -> bool:
        return not value.__dict__

    def visit_sourced(self, ctx: BuilderContext, value: torch.nn.Module) -> VariableTracker:
        ctx.unsupported(
            "Uninitialized nn.Module",
            explanation=f"This {typestr(value)} has no attributes at all.",
            context=typestr(value),
            hints=[
                *graph_break_hints.USER_ERROR,
                "Call `super().__init__()` in the `__init__` of the module.",
            ],
        )


class CompiledModules(Sourced, Visitor):
    """What ``torch.compile`` returned for a module: the module inside is traced."""

    one_half = _REFUSED
    types = (OptimizedModule,)
    exact = True
    guarded_by = "TYPE_MATCH"
    unguarded = "a module whose compilation is disabled breaks the graph where it is called"

    def visit_sourced(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        forward = value.forward
        if inspect.getattr_static(forward, "_torchdynamo_disable", False):
            reason = inspect.getattr_static(forward, "_torchdynamo_disable_msg", None)
            # Python cannot resume at an attribute access; the call is soon enough to break
            return DelayGraphBreakVariable(
                source=ctx.source,
                msg=f"Optimized `nn.Module` is wrapped with `torch.compiler.disable` "
                f"(reason: {reason})",
            )
        ctx.guard(*self.guarded_by)
        return ctx.continue_with(value._orig_mod, AttrSource(ctx.source, "_orig_mod"))


class ScriptModules(Sourced, Visitor):
    """What ``torch.jit.script`` or ``torch.jit.freeze`` returned for a module."""

    one_half = _REFUSED
    on_torch = ">=2.12"
    types = (torch.jit.RecursiveScriptModule,)
    exact = True

    def visit_sourced(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        ctx.unsupported(
            "torch.jit.script/freeze modules unsupported",
            explanation="A scripted module runs in the TorchScript runtime, where there is no "
            "Python to trace.",
            context=str(value),
            hints=[
                "Use the eager module that was scripted.",
                *graph_break_hints.FUNDAMENTAL,
            ],
        )


class RecurrentModules(Sourced, Visitor):
    """RNN, GRU and LSTM, unless ``config.allow_rnn`` is on."""

    one_half = _REFUSED
    unguarded = "it breaks the graph where it is called"
    types = (torch.nn.RNN, torch.nn.GRU, torch.nn.LSTM)

    @staticmethod
    def when(value: torch.nn.Module) -> bool:
        return not config.allow_rnn

    def visit_sourced(self, ctx: BuilderContext, value: torch.nn.Module) -> VariableTracker:
        if behaviour.REFUSES_RNN_WHEN_CALLED:
            return DelayGraphBreakVariable(
                source=ctx.source,
                msg="Dynamo does not support RNN, GRU, or LSTM. Set "
                "torch._dynamo.config.allow_rnn=True to enable experimental support for RNN, "
                "GRU, and LSTM in Dynamo",
            )
        ctx.unsupported(
            "Attempted to wrap RNN, GRU, or LSTM",
            explanation="Dynamo does not trace RNN, GRU and LSTM by default.",
            context=str(value),
            hints=[
                "Set torch._dynamo.config.allow_rnn=True to have them traced; it is experimental.",
                *graph_break_hints.SUPPORTABLE,
            ],
        )


def _flag(value: torch.nn.Module, name: str) -> Any:
    read = inspect.getattr_static if behaviour.READS_FLAGS_STATICALLY else getattr
    return read(value, name, False)


class FsdpModules(Sourced, Visitor):
    """Managed by FSDP, which asks its users not to change the module's structure."""

    one_half = _REFUSED
    types = (torch.nn.Module,)
    guarded_by = "TYPE_MATCH"
    tracked = "if_supported"
    tracker_class = FSDPManagedNNModuleVariable

    @staticmethod
    def when(value: torch.nn.Module) -> bool:
        return bool(_flag(value, "_is_fsdp_managed_module"))

    def guards(self, ctx: BuilderContext, value: torch.nn.Module) -> None:
        if not _flag(value, "_fsdp_use_orig_params"):
            ctx.unsupported(
                "FSDP with use_orig_params=False",
                explanation="Dynamo traces an FSDP module only if it keeps its own parameters.",
                hints=["Wrap the module with use_orig_params=True."],
            )
        super().guards(ctx, value)


class NewDataParallelModules(Sourceless, Visitor):
    """``DistributedDataParallel`` modules made while tracing."""

    one_half = "with a source it is a module like any other"
    on_torch = ">=2.14"
    types = (DistributedDataParallel,)
    tracker_class = UnspecializedNNModuleVariable


class GraphModules(Sourceless, Visitor):
    """Graph modules made while tracing: any method called on one traces its ``forward``."""

    one_half = "with a source it is a module like any other"
    types = (torch.fx.GraphModule,)
    tracker_class = SourcelessGraphModuleVariable
