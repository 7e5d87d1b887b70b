"""Everyday statements on a value that changes between calls, each on every side: no chance.

PYTHONPATH=tests:tests/helpers python -m random_programs.everyday [--on SIDE ...] [KIND ...]

A statement a line stands in ``everyday_uses/KIND.txt``: ``s`` is the value, an attribute of the
module ``h``, and ``x`` a tensor; what comes after the last semicolon is the answer. Each is called
with one value of its kind after the other, with graph breaks. Printed is where a side differs from
Python, and where it does and torch alone does not.
"""

from __future__ import annotations

import argparse
import copy
import dataclasses
import enum
import logging
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from rich.progress import track
from torch._dynamo import config

import vartrack
from random_programs.looks import look
from random_programs.running import NAMES, SIDES

__all__ = ["KINDS", "Statement", "statements"]

_USES = Path(__file__).parent / "everyday_uses"
_BEYOND = {"stock with thrift": vartrack.stock.derive("stock with thrift")}
vartrack.extras.thrift.register(_BEYOND["stock with thrift"])
#: The sides that statements are tried on; "torch" is torch's own builder.
ON: dict[str, Any] = {"torch": None, **_BEYOND} | {
    name: SIDES[name] for name in ("sound", "sound with thrift")
}


class E(enum.Enum):
    A = 1
    B = 2
    C = "c"

    @property
    def low(self) -> str:
        return self.name.lower()

    def is_a(self) -> bool:
        return self is E.A


class I(enum.IntEnum):  # noqa: E742
    ONE = 1
    TWO = 2
    TEN = 10


class SE(str, enum.Enum):
    TRAIN = "train"
    EVAL = "eval"
    PRED = "predict"


@dataclass
class D:
    a: int = 1
    b: str = "x"
    c: list[Any] = dataclasses.field(default_factory=list)

    @property
    def twice(self) -> int:
        return self.a * 2

    def grow(self) -> int:
        self.a += 1
        return self.a

    def __len__(self) -> int:
        return len(self.c)


@dataclass(frozen=True)
class F:
    a: int = 1
    b: str = "x"


class NT(NamedTuple):
    a: int = 1
    b: str = "x"


class P:
    """An object that answers for everything."""

    def __init__(self, a: int, b: Any = None) -> None:
        self.a = a
        self.b = b
        self.log: list[Any] = []

    def __eq__(self, other: object) -> bool:
        return isinstance(other, P) and self.a == other.a

    def __hash__(self) -> int:
        return hash(self.a)

    def __bool__(self) -> bool:
        return self.a > 1

    def __call__(self, value: Any) -> Any:
        return value * self.a

    def __getitem__(self, index: int) -> int:
        return self.a + index

    def __contains__(self, item: object) -> bool:
        return item == self.a

    def __iter__(self) -> Iterator[Any]:
        return iter([self.a, self.b])

    def __enter__(self) -> P:
        self.log.append("in")
        return self

    def __exit__(self, *error: object) -> None:
        self.log.append("out")

    def __repr__(self) -> str:
        return f"P({self.a},{self.b},{self.log})"


#: The values of each kind, in the order of the calls.
KINDS: dict[str, tuple[Any, ...]] = {
    "ints": (3, 14, 25, -7, 1, 0, 104, 3, 9),
    "floats": (0.5, 2.5, -3.7, 1.0, 0.0, 104.25, float("inf"), float("nan"), -0.0, 1e20),
    "truths": (True, False, True, False),
    "texts": ("train", "eval", "Train", "", "a-b_c", "x" * 40, "12", "3.5", "träin", "train"),
    "members": (E.A, E.B, E.C, E.A),
    "numbered_members": (I.ONE, I.TWO, I.TEN, I.ONE),
    "text_members": (SE.TRAIN, SE.EVAL, SE.PRED, SE.TRAIN),
    "lists": ([1, 2, 3], [4, 2, 3], [1, 2, 3, 4], [], [7], [1, 2.5, "a"], [3, 1, 2]),
    "dicts": (
        *({"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 5}, {}, {"a": 1, "b": 2, "c": 3}, {"c": 1}),
        {"b": 7, "a": 2.5},
    ),
    "sets": ({1, 2, 3}, {4, 2}, set(), {"a"}, {1, 2, 3, 4}, {1.5}),
    "tuples": ((1, 2, 3), (4, 2, 3), (1, 2), (), ("a", 1), (1, 2.5, None)),
    "anything": (None, 1, "a", 2.5, True, [1], (1, 2), {"k": 1}, None, 0, ""),
    "nested": (
        {"a": [1, 2], "b": {"c": 1}},
        {"a": [1, 2, 3], "b": {"c": 2}},
        {"a": [], "b": {}},
        {"a": [5], "b": {"c": 1, "d": 2}, "e": [{"f": 1}]},
    ),
    "dataclasses": (D(1, "x", []), D(2, "x", [1]), D(3, "y", [1, 2]), D(1, "x", [])),
    "frozen": (F(1, "x"), F(2, "x"), F(2, "y"), F(1, "x")),
    "named_tuples": (NT(1, "x"), NT(2, "x"), NT(2, "y"), NT(1, "x")),
    "objects": (P(1, "x"), P(2, "x"), P(3, None), P(1, "x")),
}
_SCOPE = {**NAMES, **{cls.__name__: cls for cls in (E, I, SE, D, F, NT, P)}}


class _Holder(torch.nn.Module):
    s: Any


@dataclass(frozen=True)
class Statement:
    """What is done with the values of a kind.

    Attributes:
        kind: one of `KINDS`.
        text: the line.
    """

    kind: str
    text: str

    def _function(self) -> Any:
        *before, answer = self.text.split("; ")
        lines = "".join(f"    {line}\n" for line in (*before, f"r = {answer}"))
        scope = dict(_SCOPE)
        head = "def use(x, h):\n  s = h.s\n  try:\n"
        exec(
            f"{head}{lines}  except Exception as e:\n    r = type(e).__name__\n  return r\n", scope
        )
        return scope["use"]

    def run(self, side: str | None) -> list[Any]:
        """What each call gave, and what the value was then.

        Args:
            side: one of `ON`; None if nothing is compiled.
        """
        torch._dynamo.reset()
        use, holder, found = self._function(), _Holder(), []

        def called(x: torch.Tensor, h: _Holder) -> Any:
            return x + 1, use(x, h)

        with vartrack.use(ON[side] if side else None), config.patch(recompile_limit=64):
            run = torch.compile(called, backend="eager") if side else called
            for value in KINDS[self.kind]:
                holder.s = copy.deepcopy(value)
                vars(holder).pop("t", None)
                try:
                    answer = look(run(torch.ones(4), holder)[1])
                except Exception as error:
                    answer = "ended in", type(error).__name__
                found.append((answer, look(holder.s)))
        return found

    def wrong(self, side: str) -> set[int]:
        """The numbers of the calls that differ from Python's."""
        pairs = zip(self.run(None), self.run(side), strict=True)
        return {number for number, (python, ours) in enumerate(pairs) if python != ours}


def statements(kinds: Iterable[str] = KINDS) -> Iterator[Statement]:
    """All statements, kind by kind."""
    for kind in kinds:
        for line in (_USES / f"{kind}.txt").read_text().splitlines():
            yield Statement(kind, line)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("kinds", nargs="*", default=[*KINDS], metavar="KIND")
    parser.add_argument("--on", nargs="+", choices=[*ON][1:], default=[*ON][1:])
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    chosen = [*statements(options.kinds)]
    differs, worse = dict.fromkeys(options.on, 0), dict.fromkeys(options.on, 0)
    for statement in track(chosen):
        alone: set[int] | None = None
        for side in options.on:
            if wrong := statement.wrong(side):
                alone = statement.wrong("torch") if alone is None else alone
                is_worse = not wrong <= alone
                differs[side] += 1
                worse[side] += is_worse
                print(side, statement, sorted(wrong), "WORSE than torch alone" if is_worse else "")
    for side in options.on:
        print(
            f"{len(chosen)} statements, {differs[side]} differ on {side}, {worse[side]} are worse "
            "than on torch alone"
        )
    return any(worse.values())


if __name__ == "__main__":
    raise SystemExit(main())
