"""Cells: those that hold nothing, which torch reads as if something were there, and their contents.

Of a cell that it met as a variable torch puts off what is read of its ``cell_contents``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from torch._dynamo.side_effects import SideEffects
from torch._dynamo.source import LocalCellSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.misc import CellVariable, DeletedVariable
from torch._guards import Source

from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.compat.hooks import hook_name
from vartrack.soundness.facts.fact import NOTHING, Scope
from vartrack.soundness.facts.sourced import Holds, name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger

__all__ = ["WATCHERS"]


class _Frame(Source):
    """All variables of the frame, by name. Of those in cells it has what hold something."""

    @property
    def _name_template(self) -> str:
        return "L"


_FRAME = _Frame()


def _own() -> None:
    variable = None
    del variable
    (lambda: variable)  # noqa: B018, F821  # puts it into a cell
    variable  # noqa: B018, F821


def _free() -> None:
    variable = None
    del variable
    (lambda: variable)()  # noqa: F821


def _raised_by(function: Callable[[], None]) -> NameError:
    """What Python says, whose words differ by release."""
    try:
        function()
    except NameError as error:
        return error
    raise AssertionError("a variable that holds nothing was read")


_OF_OWN, _OF_FREE = _raised_by(_own), _raised_by(_free)


def _loaded(ledger: Ledger, found: Any, effects: SideEffects, cell: Any) -> None:
    if type(found) is not DeletedVariable:
        return
    tx = ledger.output().current_tx
    name = tx.current_instruction.argval
    if not effects.has_pending_mutation_of_attr(cell, "cell_contents"):
        _rely_on_emptiness(ledger, cell.source)
    if ledger.guards:
        error = _OF_FREE if name in tx.f_code.co_freevars else _OF_OWN
        raise_in_program(tx, type(error)(str(error).replace("'variable'", repr(name))))


def _rely_on_emptiness(ledger: Ledger, source: Source | None) -> None:
    if isinstance(source, LocalCellSource):
        name = source.local_name
        text = f"that the variable {name} holds nothing"
        lacks, shows = functools.partial(_lacks, name), functools.partial(_found, name)
        ledger.sourced.rely("values", text, text, [_FRAME], lacks, shows)
    elif source is not None and name_of(source) is not None:
        text = f"that the cell {source.name} holds nothing"
        ledger.sourced.rely("values", text, text, [source], _holds_nothing)


def _lacks(name: str, variables: Scope) -> Holds:
    return lambda variables: name not in variables


def _found(name: str, variables: Scope) -> Any:
    return variables.get(name, NOTHING)


def _holds_nothing(cell: Any) -> Holds:
    return _is_empty


def _is_empty(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return True
    return False


def _content(ledger: Ledger, own: Any, tracker: Any, tx: Any, name: Any, *more: Any) -> Any:
    """``cell.cell_contents``, whose attributes may be lacking where a ``try`` stands."""
    if type(tracker) is not CellVariable:
        return own(tracker, tx, name, *more)
    effects = tx.output.side_effects
    is_known = tracker.pre_existing_contents or effects.has_pending_mutation_of_attr(tracker, name)
    return effects.load_cell(tracker) if is_known else own(tracker, tx, name, *more)


WATCHERS: tuple[Watcher, ...] = (
    Watcher(SideEffects, "load_cell", "values", after=_loaded),
    Watcher(
        *(VariableTracker, hook_name("tp_getattro_impl"), "tracing"),
        instead=_content,
        subclasses=False,
        of=("cell_contents",),
    ),
)
