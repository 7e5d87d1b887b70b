"""`case`: how a program is written down, and all that are.

A program is a generator that takes ``wrap``, which is `torch.compile` or does nothing. It yields
what is to be called, step by step; what happens between two yields is a change that the next call
must notice.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Plan = Callable[[Callable[..., Any]], Iterator[Callable[[], Any]]]


@dataclass(frozen=True)
class Case:
    """One program.

    ``report`` says after which public report it was written; a ``sibling`` is of the same kind
    and not in the report itself. ``needs`` is how many graphs are enough.
    """

    name: str
    kind: str
    report: str
    needs: int
    what: str
    sibling: bool
    plan: Plan


_CASES: dict[str, Case] = {}


def case(
    kind: str, report: str, needs: int, what: str, sibling: bool = False
) -> Callable[[Plan], Plan]:
    """Write a program down under the name of its function."""

    def register(plan: Plan) -> Plan:
        name = plan.__name__
        assert name not in _CASES, f"two programs are called {name}"
        _CASES[name] = Case(name, kind, report, needs, what, sibling, plan)
        return plan

    return register


def all_cases() -> dict[str, Case]:
    """All programs by name, in the order of the files."""
    programs = importlib.import_module("cases.programs")
    for module in sorted(module.name for module in pkgutil.iter_modules(programs.__path__)):
        importlib.import_module(f"cases.programs.{module}")
    return _CASES
