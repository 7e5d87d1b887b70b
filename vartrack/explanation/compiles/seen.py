"""`Seen`: one compile as Dynamo made it, with its graphs."""

from __future__ import annotations

import operator
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import torch

from vartrack.explanation.compiles.guards import Guard, GuardTime
from vartrack.explanation.compiles.recompiles import Recompile
from vartrack.explanation.wording.places import Place
from vartrack.explanation.wording.process_state import state_now
from vartrack.soundness.facts.fact import Fact

__all__ = ["Graph", "Input", "Seen", "Stop", "graph_of"]


@dataclass(frozen=True)
class Input:
    """A placeholder of a graph.

    Attributes:
        name: its name in the graph.
        source: what it is loaded from, as Python text; "" for none of the program's values.

    .. versionadded:: 0.2
    """

    name: str
    source: str


@dataclass
class Graph:
    """A captured graph.

    Attributes:
        operators: the operations in it, by name and in order.
        inputs: its placeholders, in order.

    .. versionadded:: 0.2
    """

    operators: list[str] = field(default_factory=list)
    inputs: list[Input] = field(default_factory=list)


@dataclass(frozen=True)
class Stop:
    """A place where Dynamo ended a graph early: its reason, and where in the program."""

    reason: str
    stack: tuple[Place, ...] = ()


@dataclass(eq=False)
class Seen:
    """One time Dynamo took up a piece of code, however that ended.

    Attributes:
        id: Dynamo's number for it.
        function: the name of the code.
        file: where it stands.
        line: its first line.
        call: during which call of the target, counted from 1; 0 if nobody counts.
        thread: the thread, "" for the main one.
        skipped: why the code runs uncompiled; "" if it is compiled.
        stop: where that was decided.
        graphs: the graphs.
        guards: the guards that it ended with.
        guard_time: how long the check of them takes, if that was measured.
        recompiles: why what was compiled of the code before did not do.
        seconds: how long it took, without measuring guards.
        cpu_seconds: the same, in processor time.
        asked: for each guard the lines of the program that asked for it.
        facts: what `vartrack.sound` guards with one guard, each with what was there, in brief.
        state: the state of the process when it began.
    """

    id: str
    function: str
    file: str
    line: int
    call: int = 0
    thread: str = ""
    skipped: str = ""
    stop: Stop | None = None
    graphs: list[Graph] = field(default_factory=list)
    guards: list[Guard] = field(default_factory=list)
    guard_time: GuardTime | None = None
    recompiles: list[Recompile] = field(default_factory=list)
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    asked: dict[Hashable, dict[Place, None]] = field(default_factory=dict)
    facts: list[tuple[Fact, str]] = field(default_factory=list)
    state: dict[str, str] = field(default_factory=state_now)

    @property
    def files(self) -> list[str]:
        """The files of the program that it came by."""
        places = (place.file for asked in self.asked.values() for place in asked)
        return list(dict.fromkeys([self.file, *places]))


def graph_of(module: torch.fx.GraphModule) -> Graph:
    """What is told of a captured graph."""
    graph = Graph()
    for node in module.graph.nodes:
        if node.op == "placeholder":
            source = getattr(node.meta.get("grapharg"), "source", None)
            graph.inputs.append(Input(node.name, "" if source is None else source.name))
        elif node.op.startswith("call_"):
            graph.operators.append(_operator(node.target))
    return graph


def _operator(target: Any) -> str:
    if isinstance(target, str):
        return target
    name = getattr(target, "__qualname__", None) or getattr(target, "__name__", str(target))
    module = getattr(target, "__module__", None) or ""
    if module in ("", "builtins", "torch._C._nn", operator.__name__) or module == "_operator":
        return str(name)
    return f"{module}.{name}"
