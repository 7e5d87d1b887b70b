"""Modules: their hooks, and what could hide their parameters, buffers and submodules."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch._dynamo.eval_frame import OptimizedModule
from torch._dynamo.exc import ObservedException, unimplemented
from torch._dynamo.source import AttrSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.nn_module import UnspecializedNNModuleVariable
from torch.nn.modules import module

from vartrack.compat.hooks import hook_name
from vartrack.core.guarding.guards import guard_of_key
from vartrack.core.texts.articles import with_article
from vartrack.core.wrapping.wrappers import Wrappers
from vartrack.soundness.facts.fact import NOTHING
from vartrack.soundness.facts.sourced import name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.own_entries import note_empty
from vartrack.soundness.reading.packages import is_of_torch
from vartrack.soundness.watchers.attributes.absence import absent

if TYPE_CHECKING:
    from vartrack.soundness.facts.sourced import Holds
    from vartrack.soundness.noting.ledger import Ledger

__all__ = ["WATCHERS", "WRAPPERS"]

_HOOKS = frozenset(
    {"_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks"}
)

#: What says of some hooks how they are called, and where those are. torch guards that the dict
#: holds so many, as a hook that two modules share has another key in each.
_FLAGS = {
    "_forward_hooks_with_kwargs": "_forward_hooks",
    "_forward_pre_hooks_with_kwargs": "_forward_pre_hooks",
}
#: Where a module has them.
_MEMBERS = ("_parameters", "_buffers", "_modules")
_ALWAYS = "_forward_hooks_always_called"
_READ = _HOOKS | _FLAGS.keys()
_GLOBAL_HOOKS = tuple(
    f"_global_{way}_{what}" for way in ("forward", "backward") for what in ("hooks", "pre_hooks")
)


def _attribute(ledger: Ledger, tracker: Any, tx: Any, name: Any, *_: Any, **__: Any) -> None:
    if tracker.source is None:
        return
    hooks = getattr(tracker.value, name)
    if not isinstance(hooks, dict) or hooks:
        _found(ledger, tracker, tx, "_call_impl")  # of one without hooks `OWN_ENTRIES` checks that
        return
    if ledger.guards:
        note_empty(ledger, tracker.source, name)
        _found(ledger, tracker, tx, "_call_impl")
    elif name_of(tracker.source) is not None:
        source = AttrSource(tracker.source, name)
        text = f"that {source.name} is empty"
        ledger.sourced.rely("modules", text, text, [source], _empty, _hooks)


def _read(ledger: Ledger, own: Any, tracker: Any, tx: Any, name: Any) -> Any:
    """``module._forward_hooks`` in the program's own code: what it is there, an OrderedDict.

    torch has a plain dict for it that no one is to see, and does not guard its keys.
    """
    # a call looks for hooks as well
    reads = tx.current_instruction.argval == name
    if not reads or tracker.source is None or is_of_torch(tx.f_code):
        return own(tracker, tx, name)
    if tx.output.side_effects.has_pending_mutation_of_attr(tracker, name):
        return own(tracker, tx, name)
    source = AttrSource(tracker.source, name)
    text = f"how many hooks {source.name} has"
    ledger.sourced.asked("modules", text, text, [source], len)
    return VariableTracker.build(tx, getattr(tracker.value, name), source)


def _flags(ledger: Ledger, tracker: Any, tx: Any, name: Any, *_: Any, **__: Any) -> None:
    """``module._forward_hooks_with_kwargs``, in a call of a module that has hooks."""
    _flagged(ledger, tracker, name, _FLAGS[name])


def _flagged(ledger: Ledger, tracker: Any, name: str, hooks: str) -> None:
    # of one without hooks `OWN_ENTRIES` checks that
    if name_of(tracker.source) is not None and getattr(tracker.value, hooks):
        sources = [AttrSource(tracker.source, each) for each in (hooks, name)]
        text = f"which hooks are in {sources[1].name}"
        ledger.sourced.asked("modules", text, text, sources, _which)


def _which(hooks: dict[int, Any], flags: dict[int, Any]) -> tuple[bool, ...]:
    return tuple(key in flags for key in hooks)


def _raising(ledger: Ledger, own: Any, tracker: Any, tx: Any, *args: Any, **kwargs: Any) -> Any:
    """A module that raises, and has hooks that are called also then, which torch leaves out."""
    try:
        return own(tracker, tx, *args, **kwargs)
    except ObservedException:
        _flagged(ledger, tracker, _ALWAYS, "_forward_hooks")
        flagged = getattr(tracker.value, _ALWAYS) or module._global_forward_hooks_always_called
        if not flagged:
            raise
        unimplemented(
            gb_type="vartrack: a module that raises, with hooks that are always called",
            context=f"{type(tracker.value).__qualname__}.{_ALWAYS}",
            explanation=f"{with_article(type(tracker.value), begins=True)} raises where a hook was "
            "added with `always_call=True`, which torch does not call then.",
            hints=["Call the module outside of the compiled function."],
        )


def _hooks(hooks: Any) -> Any:
    return dict(hooks)


def _empty(hooks: Any) -> Holds:
    return operator.not_


def _called(ledger: Ledger, tracker: Any, *_: Any, **__: Any) -> None:
    ledger.modules.called(tracker.value)
    if not ledger.guards:
        _found(ledger, tracker, None, "_call_impl")
    for name in _GLOBAL_HOOKS:
        hooks = getattr(module, name)
        if not hooks:
            ledger.modules.without_hooks(module, name, hooks)


def _found(ledger: Ledger, tracker: Any, tx: Any, name: Any, *_: Any, **__: Any) -> None:
    """A parameter, buffer or submodule: found only as no entry of ``__dict__`` hides it."""
    if tracker.source is None or name in tracker.value.__dict__:
        return
    if ledger.is_new(_found, tracker, tracker.value, name):
        absent(ledger, "modules", tracker.source, name)


def _missed(ledger: Ledger, tracker: Any, tx: Any, name: Any, *_: Any, **__: Any) -> None:
    """``module.name`` that is not there, where a `try` catches that: torch guards what is there."""
    if name_of(tracker.source) is None:
        return
    members = {member: vars(tracker.value).get(member) for member in _MEMBERS}
    if any(name in held for held in members.values() if held):
        return
    for member, held in members.items():
        if isinstance(held, dict):
            source = AttrSource(tracker.source, member)
            text = f"that {source.name} has no {name}"
            lacks, shows = functools.partial(_lacks, name), functools.partial(_held, name)
            ledger.hold("modules", source, guard_of_key(name, present=False), text, lacks, shows)


def _lacks(name: str, held: Any) -> Holds:
    return lambda held: name not in held


def _held(name: str, held: Any) -> Any:
    return held.get(name, NOTHING)


def _past_its_own(own: Callable[..., Any]) -> Callable[..., Any]:
    """What ``torch.compile(module)`` gives is no module of the program.

    Hooks for all modules run where the module itself is called, and not once more around it.
    """

    def call(self: OptimizedModule, *args: Any, **kwargs: Any) -> Any:
        if any(getattr(self, name) for name in _HOOKS) or torch._C._get_tracing_state():
            return own(self, *args, **kwargs)
        return self.forward(*args, **kwargs)

    return call


#: What is called and is not traced.
WRAPPERS = Wrappers((OptimizedModule, "_call_impl", _past_its_own))

WATCHERS: tuple[Watcher, ...] = (
    Watcher(UnspecializedNNModuleVariable, "call_function", "modules", _called),
    Watcher(UnspecializedNNModuleVariable, "call_function", "tracing", instead=_raising),
    Watcher(
        UnspecializedNNModuleVariable,
        hook_name("tp_getattro_impl"),
        "modules",
        _flags,
        of=_FLAGS.keys(),
    ),
    Watcher(
        UnspecializedNNModuleVariable,
        hook_name("tp_getattro_impl"),
        "modules",
        _attribute,
        of=_HOOKS,
    ),
    Watcher(
        UnspecializedNNModuleVariable,
        hook_name("tp_getattro_impl"),
        "tracing",
        instead=_read,
        of=_READ,
    ),
    *(
        Watcher(UnspecializedNNModuleVariable, "manually_trace_nn_module_getattr", "modules", note)
        for note in (_found, _missed)
    ),
)
