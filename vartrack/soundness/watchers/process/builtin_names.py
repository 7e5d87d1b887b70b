"""Names of Python's own: what hides them, and which builtins a function has."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

from torch._dynamo import output_graph
from torch._dynamo.source import DictGetItemSource, GlobalSource
from torch._dynamo.symbolic_convert import InstructionTranslatorBase
from torch._dynamo.variables.base import VariableTracker

from vartrack.core.wrapping.wrappers import Wrappers
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.packages import is_installed

__all__ = ["BUILTINS_DICT", "WATCHERS"]

#: What is no function and no class among the builtins: `NotImplemented`, `...`, `__debug__`.
_CONSTANTS_OF_PYTHON = (type(NotImplemented), type(...), bool, type(None))


def _builtin(ledger: Ledger, tx: Any, instruction: Any, *_: Any, **__: Any) -> None:
    """A name that is no global was looked for among the builtins."""
    name = instruction.argval
    if not is_installed(tx.f_globals):
        ledger.state.missing(tx.f_globals, name)
    if name not in tx.f_builtins:  # since 2.15 that is an error which the program may catch
        ledger.state.missing(tx.f_builtins, name, "builtins")


def _value_among_builtins(
    ledger: Ledger, own: Callable[..., Any], tx: Any, name: str
) -> VariableTracker:
    """What the user has put among the builtins, which torch takes for one of Python's own.

    Those of a function inside may be others than those of the compiled one, where torch has it.
    """
    value = tx.f_builtins.get(name)
    common = tx.f_builtins is _builtins_of(tx.output.global_scope)
    if name not in tx.f_builtins or (common and _may_be_pythons(value)):
        result: VariableTracker = own(tx, name)
        return result
    if common:
        place = tx.output.name_of_builtins_dict_key_in_fglobals
    else:
        place = tx.output.install_global_by_id("__vartrack_builtins", tx.f_builtins)
    return VariableTracker.build(tx, value, DictGetItemSource(GlobalSource(place), name))


def _may_be_pythons(value: Any) -> bool:
    return callable(value) or isinstance(value, _CONSTANTS_OF_PYTHON)


def _builtins_of(names: dict[str, Any]) -> Any:
    """The dict of builtins that goes with globals, which have it themselves or as a module's."""
    found = names.get("__builtins__", builtins)
    return found if isinstance(found, dict) else vars(found)


def _found_anyhow(_: Callable[..., Any]) -> Callable[[dict[str, Any]], Any]:
    """The function that is compiled may have globals without `__builtins__`, where torch dies."""
    return _builtins_of


#: torch looks for the builtins before the compile has a ledger.
BUILTINS_DICT = Wrappers((output_graph, "get_builtins_dict", _found_anyhow))

WATCHERS: tuple[Watcher, ...] = (
    Watcher(InstructionTranslatorBase, "load_builtin", "state", _builtin),
    Watcher(
        InstructionTranslatorBase,
        "load_builtin_from_argval",
        "state",
        instead=_value_among_builtins,
        needed=False,
    ),
)
