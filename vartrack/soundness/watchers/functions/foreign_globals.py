"""Globals of a function whose module is not the one that an import by its name gives."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from torch._dynamo.exc import unimplemented
from torch._dynamo.source import AttrSource, GlobalSource
from torch._dynamo.symbolic_convert import InliningInstructionTranslator, _import_module
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.misc import PythonModuleVariable

from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger

__all__ = ["WATCHERS", "Namespace"]

#: Names that torch has another way for: of a named tuple's `__new__`, and of what was packaged.
_TORCH_KNOWS = ("namedtuple_", "<torch_package")
_PREFIX = "__vartrack_globals_of"


class Namespace:
    """Stands for a module that nobody can find: its attributes are the globals themselves."""


def _globals(ledger: Ledger, own: Any, tx: Any, name: str) -> tuple[Any, VariableTracker, Any]:
    """Where a function that is traced inside of another has ``name``; torch asks for an import.

    That gives another module where a file was loaded a second time under the same name, and none
    where it was never put into `sys.modules`, or where the function was made by `exec`.
    """
    names = tx.f_globals
    module_name = names.get("__name__")
    stores = tx.current_instruction.opname == "STORE_GLOBAL"
    if not isinstance(module_name, str):
        if stores:
            _refuse(name, "an unnamed namespace")
        result: tuple[Any, VariableTracker, Any] = own(tx, name)
        return result
    if module_name.startswith(_TORCH_KNOWS) or _is_of(_imported(module_name), names):
        result = own(tx, name)
        return result
    tracker = _known(tx, names)
    if tracker is None:
        now: Any = sys.modules.get(module_name)
        if not _is_of(now, names):
            if stores:
                _refuse(name, module_name)
            now = _namespace(ledger, names)
        source = GlobalSource(tx.output.install_global_by_id(_PREFIX, now))
        tracker = VariableTracker.build(tx, now, source).realize()
    return tracker.value, tracker, AttrSource(tracker.source, name)


def _imported(name: str) -> Any:
    """The module that torch has for ``name``; None if there is none."""
    try:
        return _import_module(name)
    except Exception:  # whatever a module raises that is imported
        return None


def _is_of(module: Any, names: dict[str, Any]) -> bool:
    return isinstance(module, ModuleType) and module.__dict__ is names


def _known(tx: Any, names: dict[str, Any]) -> Any:
    """The tracker of the module that has these ``names``, where the program reached it."""
    for tracker in tx.output.side_effects.id_to_variable.values():
        if isinstance(tracker, PythonModuleVariable) and _is_of(tracker.value, names):
            return tracker
    return None


def _namespace(ledger: Ledger, names: dict[str, Any]) -> Namespace:
    """The same object for the same ``names`` in a compile."""
    made = ledger.namespaces
    if id(names) not in made:
        made[id(names)] = namespace = Namespace()
        namespace.__dict__ = names
    found: Namespace = made[id(names)]
    return found


def _refuse(name: str, where: str) -> None:
    unimplemented(
        gb_type="vartrack: a global that is set where no module has it",
        context=f"{name} in {where}",
        explanation="A function that is traced inside of another sets a global, and the module "
        "that it is defined in is not in sys.modules under its name.",
        hints=["Put the module into sys.modules, or keep the value on an object."],
    )


WATCHERS: tuple[Watcher, ...] = (
    Watcher(
        InliningInstructionTranslator, "get_globals_source_and_value", "tracing", instead=_globals
    ),
)
