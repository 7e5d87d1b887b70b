"""Modules of Python: names that they lack, their class, which one an ``import`` gave or would."""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import importlib.util
import sys
from types import FunctionType, ModuleType
from typing import Any

from torch._dynamo.exc import unimplemented
from torch._dynamo.source import AttrSource
from torch._dynamo.symbolic_convert import InstructionTranslatorBase, _import_module
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.functions import SkipFunctionVariable
from torch._dynamo.variables.misc import PythonModuleVariable

from vartrack.compat.hooks import hook_name
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.memory.lying import class_of
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import find
from vartrack.soundness.reading.packages import is_installed

__all__ = ["WATCHERS"]

#: Functions that say what could be imported, which torch evaluates.
_FINDING: tuple[Any, ...] = (importlib.util.find_spec, importlib.metadata.version)
#: What a descriptor has that goes before what an object holds itself.
_FIRST = ("__set__", "__delete__")
#: The function of a module that is asked for names which it lacks.
_OF_MISSING = "__getattr__"


def _attribute(ledger: Ledger, tracker: Any, tx: Any, name: Any, *_: Any, **__: Any) -> None:
    module = tracker.value
    namespace = module.__dict__
    if isinstance(name, str) and name not in namespace:
        ledger.state.missing(namespace, name)
        if _OF_MISSING not in namespace:  # it would say what such a name is
            ledger.state.missing(namespace, _OF_MISSING)
    if isinstance(module, ModuleType) and not is_installed(namespace):
        ask = functools.partial(type, module)
        text = f"the class of {module.__name__}"
        ledger.state.given(text, ask, type(module), class_of(module))


def _by_class(
    ledger: Ledger, own: Any, tracker: Any, tx: Any, name: Any, *rest: Any
) -> VariableTracker:
    """``module.name``, where the class of the module has a say before its ``__dict__``."""
    module, source = tracker.value, tracker.source
    cls = type(module)
    if cls is ModuleType or source is None or name not in module.__dict__ or not _reads(cls, name):
        result: VariableTracker = own(tracker, tx, name, *rest)
        return result
    return VariableTracker.build(tx, getattr(module, name), AttrSource(source, name))


def _reads(cls: type, name: str) -> bool:
    found, reads = find(cls, name), find(cls, "__getattribute__")
    if found is not None and any(find(type(found[1]), way) for way in _FIRST):
        return True
    return reads is not None and type(reads[1]) is FunctionType


def _imported(ledger: Ledger, tx: Any, name: str, *_: Any, **__: Any) -> None:
    """``import name`` in a function, which torch does once and keeps under a name of its own."""
    if tx.current_instruction.opname != "IMPORT_NAME" or is_installed(tx.f_globals):
        return  # it is where names of a function's own module are found
    module = importlib.import_module(name)
    ledger.state.given(f"sys.modules[{name!r}]", functools.partial(sys.modules.get, name), module)
    kept = tx.output.global_scope.get(f"__import_{name.replace('.', '_dot_')}")
    kept = kept or _import_module(name)
    if ledger.guards and kept is not module:
        unimplemented(
            gb_type="vartrack: another module under a name that was imported before",
            context=name,
            explanation=f"sys.modules has another module for {name} than when a function was "
            "compiled that imports it, which torch keeps.",
            hints=["Import the module outside of the function."],
        )


def _looked_for(ledger: Ledger, function: Any, tx: Any, args: Any, *_: Any, **__: Any) -> None:
    """``importlib.util.find_spec(name)``."""
    asked = any(function.value is one for one in _FINDING)
    if asked and len(args) == 1 and args[0].is_python_constant():
        name = args[0].as_python_constant()
        ask = functools.partial(_where, name)
        ledger.state.given(f"where modules are found, and {name!r}", ask, ask())


def _where(name: Any) -> tuple[bool, list[Any], list[Any]]:
    return name in sys.modules, [*sys.path], [*sys.meta_path]


WATCHERS: tuple[Watcher, ...] = (
    *(
        Watcher(PythonModuleVariable, hook_name(name), "state", _attribute, needed=needed)
        # since 2.14 `hasattr` reads the attribute
        for name, needed in (("tp_getattro_impl", True), ("call_obj_hasattr", False))
    ),
    Watcher(
        PythonModuleVariable,
        hook_name("tp_getattro_impl"),
        "tracing",
        instead=_by_class,
        needed=False,
    ),
    Watcher(InstructionTranslatorBase, "import_source", "state", _imported),
    Watcher(SkipFunctionVariable, "call_function", "state", _looked_for, subclasses=False),
)
