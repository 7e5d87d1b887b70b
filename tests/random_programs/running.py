"""Runs a program on one side: compiled or not, by torch alone or on a registry."""

from __future__ import annotations

import abc
import collections
import contextlib
import contextvars
import copy
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import gc
import inspect
import itertools
import logging
import math
import operator
import os
import pathlib
import random
import re
import signal
import sys
import threading
import traceback
import types
import typing
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
import torch._dynamo
from rows import prelude
from torch import nn
from torch._dynamo.exc import TorchDynamoException, Unsupported, UserError

import vartrack
from random_programs.looks import look
from random_programs.program import Program

__all__ = ["NAMES", "SIDES", "NoProgram", "Ran", "TooLong", "on", "run"]

_MODULES = (
    *(abc, collections, contextlib, contextvars, copy, dataclasses, datetime, decimal, enum),
    *(fractions, functools, gc, inspect, itertools, logging, math, operator, os, pathlib, random),
    *(re, sys, threading, types, typing, weakref, torch, vartrack),
)
#: What every program can use.
NAMES = {
    **{name: value for name, value in prelude().items() if not name.startswith("__")},
    **{module.__name__: module for module in _MODULES},
    "np": np,
    "nn": nn,
}
_NUMBERS = itertools.count()
_THRIFT = vartrack.sound.derive("sound with thrift")
vartrack.extras.thrift.register(_THRIFT)
#: From the name of a side to the registry; "eager" does not compile, "torch" has no registry.
SIDES: dict[str, Any] = {
    "eager": None,
    "torch": None,
    "stock": vartrack.stock,
    "sound": vartrack.sound,
    "sound with thrift": _THRIFT,
}
#: How long one side may take of the processor, and when the process is ended that does not stop then:
#: code in C that has no end asks for no signals.
_SECONDS, _AT_LAST = 60, 90
#: With what Dynamo refuses a function in one piece; otherwise it breaks the graph there.
_REFUSALS = (Unsupported, UserError)


class TooLong(Exception):
    """A side took longer than it may."""


class NoProgram(Exception):
    """What comes before the first call raised: there is nothing to compile."""


@dataclass
class Ran:
    """What became of a program.

    Attributes:
        steps: what each call gave; each is made twice.
        graphs: how many graphs there were after each call.
        refusal: why it does not go in one piece; empty if it does.
        ended_at: where it was refused, or crashed if that ended it: the error in full, with the
            lines of the program.
        crashes: errors of Dynamo's own, by the steps that ended in one.
    """

    steps: list[Any] = field(default_factory=list)
    graphs: list[int] = field(default_factory=list)
    refusal: str = ""
    ended_at: str = ""
    crashes: dict[int, str] = field(default_factory=dict)


def run(
    program: Program,
    side: str,
    *,
    fullgraph: bool = True,
    anew: bool = False,
    to_end: bool = True,
) -> Ran:
    """Run a program; to be called within `on`.

    Args:
        program: the program.
        side: one of `SIDES`.
        fullgraph: as of `torch.compile`.
        anew: whether what was compiled is forgotten before every call.
        to_end: whether it goes on after an error of Dynamo's own.

    Raises:
        NoProgram: there is nothing to compile.
        TooLong: it took longer than it may.
    """
    module = types.ModuleType(f"random_program_{next(_NUMBERS)}")
    scope = vars(module)
    scope.update(NAMES, undo=[], x=torch.ones(2))
    sys.modules[module.__name__] = module
    torch._dynamo.reset()
    # the keys of hooks are numbers of the process, which are in the results
    torch.utils.hooks.RemovableHandle.next_id = 10_000
    counter = [0]

    def backend(graph: torch.fx.GraphModule, inputs: Any) -> Callable[..., Any]:
        counter[0] += 1
        return graph.forward

    def wrap(function: Any) -> Any:
        return torch.compile(function, backend=backend, fullgraph=fullgraph)

    scope["wrap"] = (lambda function: function) if side == "eager" else wrap
    ran = Ran()
    try:
        torch.manual_seed(0)
        with _in_time(), torch._dynamo.config.patch(recompile_limit=64):
            _prepare(program.head, scope)
            with _with(scope.get("VISITORS"), side):
                _calls(program, scope, ran, counter, anew, to_end)
    except _REFUSALS as refusal:
        ran.ended_at = str(refusal)
        ran.refusal = ran.ended_at.partition("\n")[0] or type(refusal).__name__
    finally:
        _restore(scope["undo"])
        del sys.modules[module.__name__]
        torch._dynamo.reset()
    return ran


def _prepare(head: str, scope: dict[str, Any]) -> None:
    code = compile(head, "<random program>", "exec")
    try:
        exec(code, scope)
    except TooLong:
        raise
    except Exception as error:
        raise NoProgram(f"{type(error).__name__}: {error}") from error


def _calls(
    program: Program,
    scope: dict[str, Any],
    ran: Ran,
    counter: list[int],
    anew: bool,
    to_end: bool,
) -> None:
    call = eval(f"lambda: ({program.call})", scope)
    kept = []  # what is gone gives its address to another, which torch takes for it
    for change in ("", *program.changes):
        # one that is impossible by now is none
        with contextlib.suppress(Exception):
            exec(change, scope)
        for _ in range(2):
            if anew:
                torch._dynamo.reset()
            try:
                kept.append(call())
                step = [*map(look, kept[-1])] if program.apart else look(kept[-1])
            except _REFUSALS:
                raise
            except TooLong:
                raise
            except Exception as error:
                step = "raised", type(error).__name__
                if isinstance(error, TorchDynamoException) or _is_of_dynamo(error):
                    text = f"{type(error).__name__}: {error}".partition("\n")[0]
                    ran.crashes[len(ran.steps)] = text
                    if not to_end:
                        ran.ended_at = str(error)
                        return
            ran.steps.append(step)
            ran.graphs.append(counter[0])


def _is_of_dynamo(error: Exception) -> bool:
    """Whether it was raised while tracing, and not by the program."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return "/torch/" in frame.f_code.co_filename


@contextlib.contextmanager
def on(side: str) -> Iterator[None]:
    """Have programs run on ``side`` for a block, for all that it takes to put that in place."""
    registry = SIDES[side]
    with contextlib.nullcontext() if registry is None else vartrack.use(registry):
        yield


@contextlib.contextmanager
def _with(visitors: Any, side: str) -> Iterator[None]:
    registry = SIDES[side]
    if registry is None or not visitors:
        yield
        return
    registry = registry.derive("random programs")
    for visitor in visitors:
        registry.register(visitor)
    with vartrack.use(registry):
        yield


@contextlib.contextmanager
def _in_time() -> Iterator[None]:
    def stop(*_: Any) -> None:
        raise TooLong(f"more than {_SECONDS} s")

    own = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, _SECONDS)
    signal.setitimer(signal.ITIMER_VIRTUAL, _AT_LAST)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, own)


def _restore(undo: list[Callable[[], Any]]) -> None:
    """What programs may have left behind."""
    for one in reversed(undo):
        one()
    for name in [name for name in sys.modules if name.startswith("random_programs_")]:
        del sys.modules[name]  # made by the program
    torch.set_grad_enabled(True)
    torch.set_default_dtype(torch.float32)
