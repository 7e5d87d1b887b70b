"""How the state of a row is made, the table of those made, and why the others are not."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from rows import Example
from torch._dynamo import source as sources
from torch._dynamo.variables.base import VariableTracker
from torch.utils import _triton

from vartrack import compat
from vartrack.compat.names import LAZY

RUNNING = f"{compat.RUNNING.major}.{compat.RUNNING.minor}"
LOCAL = sources.LocalSource("v", is_input=True)
OTHER = sources.LocalSource("w", is_input=True)


@dataclass(frozen=True)
class Case:
    """One way to make the state of a row.

    Attributes:
        example: what to build.
        plain: the same without the state; what torch makes of that has to be something else. None
            if there is no such thing.
        sourceless: which half is asked.
    """

    example: Example
    plain: Example | None = None
    sourceless: bool = False


MADE: dict[str, list[Case]] = {}

#: Why a row cannot be made on this machine, with this torch.
REASONS: dict[str, str] = {
    "TEN-29": "takes an accelerator, and a second one that is not the current one",
    "TEN-30": "an assertion that the normal way into the builder never reaches",
    "NPY-15": "a rule that no value reaches: every numpy number is taken by an earlier one",
    "FUN-56": "a step that no value reaches: compiled functions are taken by an earlier rule",
    "USR-19": "sentinels come with Python 3.15",
    "SL-47": "sentinels come with Python 3.15",
    "SL-19": "the base class of functorch's interpreters is abstract: it has no instances",
}
if not _triton.has_triton_package():
    REASONS |= dict.fromkeys(
        ("FUN-52", "FUN-53", "FUN-54", "FUN-55", "ENM-11"), "Triton is not installed"
    )
if not torch.cuda.is_available():
    REASONS |= {
        "ENM-10": "only a GPU gives its properties; their class has no constructor",
        "CTX-18": "a memory pool takes a CUDA driver",
    }


def makes(
    row: str,
    example: Example | Callable[[], Any],
    plain: Example | Callable[[], Any] | None = None,
    *,
    sourceless: bool = False,
) -> None:
    """Note a way to make the state of ``row``; a function stands for an example made by it."""
    if not isinstance(example, Example):
        example = Example(make=example)
    if plain is not None and not isinstance(plain, Example):
        plain = Example(make=plain)
    MADE.setdefault(row, []).append(Case(example, plain, sourceless))


# ways to build


@dataclass
class InState(Example):
    """The value is made, and built, inside ``state``, which is entered while tracing."""

    state: Callable[[], Any] = contextlib.nullcontext

    def value(self) -> Any:
        return None

    def value_in(self, tx: Any, value: Any) -> Any:
        return super().value()

    def inside(self, tx: Any) -> Any:
        return self.state()


def in_state(row: str, state: Callable[[], Any], make: Callable[[], Any], **options: Any) -> None:
    """Note that ``row`` is what ``make`` gives while ``state`` is in force."""
    makes(row, InState(make=make, state=state, **options), InState(make=make, **options))


@dataclass
class OfTracer(Example):
    """A value that only a tracer can make."""

    of: Callable[[Any], Any] = id

    def value(self) -> Any:
        return None

    def value_in(self, tx: Any, value: Any) -> Any:
        return self.of(tx)


@dataclass
class At(Example):
    """A value that comes from ``place``."""

    place: sources.Source = LOCAL

    def source(self) -> sources.Source:
        return self.place


def build_at(tx: Any, source: sources.Source, value: Any) -> VariableTracker:
    """What the builder under test makes of ``value`` at ``source``."""
    from torch._dynamo.variables import builder

    lazily = [False] if len(LAZY) > 1 else []
    return builder.VariableBuilder(tx, source, *lazily)(value)
