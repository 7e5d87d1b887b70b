"""`Capture`: runs calls through ``torch.compile`` and writes down what Dynamo made of them."""

from __future__ import annotations

import contextlib
import dis
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch._dynamo import convert_frame, guards
from torch._dynamo import utils as dynamo_utils
from torch.fx import GraphModule

from vartrack.comparison.copies import Call
from vartrack.comparison.graphs import describe_graph
from vartrack.comparison.guards import GuardLine, guard_lines, tree_lines
from vartrack.comparison.spelling import break_reason, spell
from vartrack.comparison.trackers import Built
from vartrack.compat.shared import skip_reason
from vartrack.core.user_code.interrupts import INTERRUPTS
from vartrack.core.wrapping.replacing import replaced

__all__ = ["Capture", "Frame", "Outcome", "Side"]


@dataclass(eq=False)
class Frame:
    """One time Dynamo took up a Python frame, however that ended.

    Attributes:
        number: Dynamo's number for it: which frame, and which compile of that frame.
        name: the code it runs, with its place.
        call: during which call, counted from 1.
        outcome: ``"compiled"``, ``"skipped: ..."`` or ``"failed: ..."``.
        breaks: the graph breaks, with their place and reason, in order.
        graphs: the graphs, each a list of lines (see `describe_graph`).
        guards: the guards by source, kind and code.
        guard_tree: the checks that the guards were turned into, those about symbolic sizes and
            those between several inputs included.
        trackers: every value that was built, over all attempts at the frame, in order.
        bytecode: the code that runs from now on.
    """

    number: str
    name: str
    call: int
    outcome: str = ""
    breaks: list[str] = field(default_factory=list)
    graphs: list[list[str]] = field(default_factory=list)
    guards: list[GuardLine] = field(default_factory=list)
    guard_tree: list[str] = field(default_factory=list)
    trackers: list[Built] = field(default_factory=list)
    bytecode: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        """Which frame this is, in a line."""
        return f"compile {self.number} of {self.name}, in call {self.call}"


@dataclass
class Outcome:
    """How one call ended: with a value, or with an exception."""

    value: Any = None
    error: BaseException | None = None


@dataclass
class Side:
    """All that one builder made of the calls.

    Attributes:
        name: ``"torch"`` or ``"vartrack"``.
        fn: the callable, as the calls left it.
        calls: the arguments of the calls, as the calls left them.
        outcomes: how each call ended.
        frames: what Dynamo took up, in order.
        values: how many values were built.
    """

    name: str
    fn: Any
    calls: Sequence[Call]
    outcomes: list[Outcome] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)

    @property
    def values(self) -> int:
        """How many values were built, lazy ones twice: as such, and when they were needed."""
        return sum(len(frame.trackers) for frame in self.frames)

    def compiles(self, call: int | None = None) -> int:
        """How many frames were compiled, in one call (counted from 1) or in all."""
        return len(self._compiled(call))

    def graphs(self, call: int | None = None) -> int:
        """How many graphs were captured, in one call (counted from 1) or in all."""
        return sum(len(frame.graphs) for frame in self._compiled(call))

    def _compiled(self, call: int | None) -> list[Frame]:
        return [
            frame
            for frame in self.frames
            if frame.outcome == "compiled" and call in (None, frame.call)
        ]


class Capture:
    """Compiles with a backend that runs the captured graph as it is, and writes down all of it.

    Args:
        name: what to call this side.
        fn: the callable.
        calls: the arguments of each call.
    """

    def __init__(self, name: str, fn: Callable[..., Any], calls: Sequence[Call]) -> None:
        self.side = Side(name, fn, calls)
        self._open: list[Frame] = []
        self._call = 0

    def log(self, built: Built) -> None:
        """Add a value to the frame that is being compiled."""
        if self._open:
            self._open[-1].trackers.append(built)

    def run(self, *, fullgraph: bool, dynamic: bool | None) -> Side:
        """Make the calls, in order; one that raises does not keep the next from being made."""
        compiled = torch.compile(
            self.side.fn, backend=self._backend, fullgraph=fullgraph, dynamic=dynamic
        )
        with self._hooks():
            for number, (args, kwargs) in enumerate(self.side.calls, 1):
                self._call = number
                try:
                    outcome = Outcome(compiled(*args, **kwargs))
                except INTERRUPTS:
                    raise
                except BaseException as error:
                    # without the traceback, which would keep every frame of it alive
                    outcome = Outcome(error=error.with_traceback(None))
                self.side.outcomes.append(outcome)
        return self.side

    def _backend(self, module: GraphModule, inputs: Sequence[Any]) -> Callable[..., Any]:
        if self._open:
            self._open[-1].graphs.append(describe_graph(module))
        forward: Callable[..., Any] = module.forward
        return forward

    @contextlib.contextmanager
    def _hooks(self) -> Iterator[None]:
        earlier = guards.guard_manager_testing_hook_fn

        def on_guards(manager: Any, scope: Any, builder: Any) -> None:
            if self._open:
                self._open[-1].guards = guard_lines(builder)
                self._open[-1].guard_tree = tree_lines(manager)
            if earlier is not None:
                earlier(manager, scope, builder)

        original = convert_frame._compile

        def on_compile(code: types.CodeType, *args: Any, **kwargs: Any) -> Any:
            number = str(kwargs.get("compile_id", "?"))
            frame = Frame(number, f"{code.co_name} ({_place(code)})", self._call)
            with self._frame(frame):
                result = original(code, *args, **kwargs)
                if result.guarded_code is None:
                    frame.outcome = spell(f"skipped: {skip_reason(result)}")
                else:
                    frame.outcome = "compiled"
                    frame.bytecode = list(_bytecode(result.guarded_code.code))
                return result

        with (
            replaced(guards, "guard_manager_testing_hook_fn", on_guards),
            replaced(convert_frame, "_compile", on_compile),
        ):
            yield

    @contextlib.contextmanager
    def _frame(self, frame: Frame) -> Iterator[None]:
        self.side.frames.append(frame)
        self._open.append(frame)
        breaks_before = len(dynamo_utils.graph_break_reasons)
        try:
            yield
        except Exception as error:
            frame.outcome = f"failed: {type(error).__name__}: {break_reason(str(error))}"
            raise
        finally:
            self._open.pop()
            for reason in dynamo_utils.graph_break_reasons[breaks_before:]:
                stack = reason.user_stack
                place = f"{stack[-1].filename}:{stack[-1].lineno}" if stack else "?"
                frame.breaks.append(f"{place}: {break_reason(reason.reason)}")


def _place(code: types.CodeType) -> str:
    return f"{code.co_filename}:{code.co_firstlineno}"


def _bytecode(code: types.CodeType, indent: str = "") -> Iterator[str]:
    for instruction in dis.get_instructions(code):
        yield spell(f"{indent}{instruction.opname} {_argument(instruction)}").rstrip()
        if isinstance(instruction.argval, types.CodeType):
            yield from _bytecode(instruction.argval, indent + "    ")


def _argument(instruction: dis.Instruction) -> str:
    value = instruction.argval
    if isinstance(value, dict) and "__name__" in value:
        # a module's, in which earlier compiles left names, and whose text is a megabyte
        return f"globals of {value['__name__']}"
    return instruction.argrepr
