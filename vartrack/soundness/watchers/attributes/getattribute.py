"""Classes with a `__getattribute__`, past which torch reads what was set, or what it hides."""

from __future__ import annotations

import contextlib
import dis
import itertools
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

from torch._dynamo.bytecode_transformation import create_call_function
from torch._dynamo.exc import ObservedAttributeError, handle_observed_exception
from torch._dynamo.source import AttrSource, GenericAttrSource
from torch._dynamo.variables import functions, user_defined
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.misc import SuperVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.compat.hooks import hook_name
from vartrack.compat.instructions import builtins_with, raised_now
from vartrack.compat.making import bound_method
from vartrack.compat.names import object_protocol
from vartrack.core.wrapping.replacing import replaced
from vartrack.core.wrapping.wrappers import Wrappers
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger, puts_right
from vartrack.soundness.reading.lookups import dict_of, find, mro_of
from vartrack.soundness.reading.packages import is_of_user
from vartrack.soundness.watchers.attributes.absence import may_have_of_its_own
from vartrack.soundness.watchers.attributes.presence import says_itself

__all__ = ["LOADING", "WATCHERS"]

_READING = hook_name("tp_getattro_impl")
#: The names in a `__getattribute__` that finds attributes, and does no more.
_HARMLESS = frozenset(
    {"super", "object", "__class__", "__getattribute__", "AttributeError", "startswith"}
)
#: How instructions begin that make something of what was found, and some that call.
_MAKING = ("BINARY_", "UNARY_NEG", "UNARY_INV", "FORMAT_", "BUILD_", "MAKE_", "CALL_FUNCTION_EX")
_CALLING = frozenset({"CALL", "CALL_KW", "CALL_METHOD", "CALL_FUNCTION"})
#: Those that do nothing which counts here.
_SILENT = frozenset({"PRECALL", "CACHE"})
#: What says what an attribute is.
_WAYS = ("__getattribute__", "__getattr__")


def _asked(ledger: Ledger, own: Any, item: Any, tx: Any, name: str) -> Any:
    """``item.name``: where the class says that there is none, torch looks for it itself."""
    cls = item.python_type()
    reading = ledger.of_class(_reading, cls)
    if reading is None or not isinstance(name, str):
        return own(item, tx, name)
    missing = _in_python(cls, "__getattr__")
    ledger.classes.look(cls, *_WAYS, guarded=False)
    try:
        with _past_class(ledger, item):
            return _called(tx, reading, item, "__getattribute__", VariableTracker.build(tx, name))
    except ObservedAttributeError:
        if missing is None and not _is_nowhere(ledger, item, tx, name):
            raise
        handle_observed_exception(tx)
        if missing is None:  # torch looks once more, and raises the same
            return item.generic_getattr(tx, name)
        return _called(tx, missing, item, "__getattr__", ConstantVariable.create(name))


@contextlib.contextmanager
def _past_class(ledger: Ledger, item: Any) -> Iterator[None]:
    """Attributes that are found in this block have places past the class, whose code may act.

    Guards at the places that torch gives them would run that code at every call.
    """
    place = item.source
    if place is None or not ledger.of_class(_may_act, item.python_type()):
        yield
        return

    def source_of(base: Any, member: str) -> Any:
        return (GenericAttrSource if base is place else AttrSource)(base, member)

    with (
        replaced(user_defined, "AttrSource", source_of),
        replaced(functions, "AttrSource", source_of),  # of what slots hold
    ):
        yield


def _may_act(cls: type) -> bool:
    """Whether reading an attribute runs code of the user's that does more than to find it.

    Such that only finds it guards may run, as those of torch do, and so that of packages.
    """
    ways = (dict_of(base).get("__getattribute__") for base in mro_of(cls))
    codes = (way.__code__ for way in ways if type(way) is FunctionType and is_of_user(way))
    return not all(map(_only_finds, codes))


def _only_finds(code: CodeType) -> bool:
    """Whether it gives what is found under the very name that is asked for, as it is."""
    if not _HARMLESS.issuperset((*code.co_names, *code.co_freevars)) or code.co_argcount < 2:
        return False
    asked_for = code.co_varnames[1]
    steps = [step for step in dis.get_instructions(code) if step.opname not in _SILENT]
    if any(_makes(step, asked_for) for step in steps):
        return False
    return all(_passes_on(part, asked_for) for part in _findings(steps))


def _makes(step: dis.Instruction, asked_for: str) -> bool:
    """Whether something is made of what was found, or the name becomes another."""
    renamed = step.opname == "STORE_FAST" and step.argval == asked_for
    return renamed or step.opname.startswith(_MAKING)


def _findings(steps: list[dis.Instruction]) -> Iterator[list[dis.Instruction]]:
    """The steps between each `__getattribute__` and the call of it."""
    for place, step in enumerate(steps, 1):
        if step.argval == "__getattribute__":
            yield [*itertools.takewhile(lambda step: step.opname not in _CALLING, steps[place:])]


def _passes_on(part: list[dis.Instruction], asked_for: str) -> bool:
    """Whether the name is the last thing that is given to a call, and given by no choice."""
    if not part or any(step.opname == "LOAD_CONST" or "JUMP" in step.opname for step in part):
        return False
    last = part[-1]
    names = last.argval if isinstance(last.argval, tuple) else (last.argval,)  # two since 3.13
    return last.opname.startswith("LOAD_FAST") and names[-1] == asked_for


def _is_nowhere(ledger: Ledger, item: Any, tx: Any, name: str) -> bool:
    """Whether Python itself has raised what is raised now, as there is no such attribute."""
    cls = item.python_type()
    if not hasattr(item, "generic_getattr") or find(cls, name) is not None:
        return False
    if may_have_of_its_own(ledger, item.value, name):
        return False
    if tx.output.side_effects.has_pending_mutation_of_attr(item, name):
        return False
    raised = raised_now(tx)
    words = [each.as_python_constant() for each in raised.args if each.is_python_constant()]
    return words == [f"'{cls.__name__}' object has no attribute '{name}'"]


def _read(ledger: Ledger, tx: Any, item: Any, key: Any, default: Any = None) -> Any:
    """What an attribute is that the function has set, which torch gives without asking the class.

    Also what ``getattr(item, key, default)`` gives, for which torch runs code of the class twice.
    None where it is for torch to say.
    """
    if default is None and not tx.output.side_effects.store_attr_mutations:
        return None
    name = key if isinstance(key, str) else _text_of(key)
    if name is None:
        return None
    if isinstance(default, VariableTracker) and says_itself(ledger, item, name):
        item = item.realize()
    else:
        item = item.unwrap()
        if not _is_set(ledger, tx, item, name):
            return None
    try:
        return getattr(item, _READING)(tx, name)
    except ObservedAttributeError:
        if not isinstance(default, VariableTracker):
            raise
        handle_observed_exception(tx)
        return default


def _is_set(ledger: Ledger, tx: Any, item: Any, name: str) -> bool:
    """Whether the function has set it, and the class says in Python what is read of it."""
    of_object = issubclass(type(item), UserDefinedObjectVariable)
    if not of_object or not tx.output.side_effects.store_attr_mutations.get(item):
        return False
    if not tx.output.side_effects.has_pending_mutation_of_attr(item, name):
        return False
    cls = item.python_type()
    if ledger.of_class(_reading, cls) is None:
        ledger.classes.look(cls, "__getattribute__", guarded=item.source is not None)
        return False
    return True


def _text_of(key: VariableTracker) -> str | None:
    name = key.as_python_constant() if key.is_python_constant() else None
    return name if isinstance(name, str) else None


def _reading(cls: type) -> FunctionType | None:
    return _in_python(cls, "__getattribute__")


def _in_python(cls: type, name: str) -> FunctionType | None:
    found = find(cls, name)
    return found[1] if found is not None and type(found[1]) is FunctionType else None


def _called(tx: Any, function: FunctionType, item: Any, way: str, name: VariableTracker) -> Any:
    source = None if item.source is None else AttrSource(item.source, way)  # as torch has it
    return bound_method(function, item, source).call_function(tx, [name], {})


def _by_method(
    ledger: Ledger, own: Any, builtin: Any, tx: Any, item: Any, key: Any, *default: Any
) -> Any:
    """``item.name`` and ``getattr(item, name)`` up to 2.12."""
    return _read(ledger, tx, item, key, *default) or own(builtin, tx, item, key, *default)


def _by_arguments(ledger: Ledger, own: Any, builtin: Any, tx: Any, args: Any, kwargs: Any) -> Any:
    """The same in 2.13."""
    return _read(ledger, tx, *args) or own(builtin, tx, args, kwargs)


def _by_protocol(ledger: Ledger, own: Any, tx: Any, item: Any, name: str, *default: Any) -> Any:
    """The same since 2.14."""
    return _read(ledger, tx, item, name, *default) or own(tx, item, name, *default)


def _by_object(
    ledger: Ledger, own: Any, builtin: Any, tx: Any, name: str, args: Any, kwargs: Any
) -> Any:
    """``object.__getattribute__(item, key)``, which torch knows of `super()` alone."""
    item = args[0].realize() if name == "__getattribute__" and len(args) == 2 else None
    if not isinstance(item, UserDefinedObjectVariable):
        return own(builtin, tx, name, args, kwargs)
    *_, last, _object = mro_of(item.python_type())
    above = SuperVariable(VariableTracker.build(tx, last), item)
    with _past_class(ledger, item):
        return above.call_method(tx, name, [*args[1:]], kwargs)


def _loaded(own: Any) -> Any:
    """How compiled code loads what is at such a place: torch has it ask the class after all."""

    def reconstruct(self: GenericAttrSource, codegen: Any) -> None:
        if not puts_right():
            own(self, codegen)
            return

        def load_reader() -> None:
            codegen.load_import_from("builtins", "object")
            codegen.extend_output(codegen.create_load_attrs("__getattribute__"))

        codegen.add_push_null(load_reader)
        codegen(self.base)
        codegen.append_output(codegen.create_load_const(self.member))
        codegen.extend_output(create_call_function(2, False))

    return reconstruct


#: What writes code that reads it.
LOADING = Wrappers((GenericAttrSource, "reconstruct", _loaded))
_BY_PROTOCOL = hasattr(object_protocol, "generic_getattr")
WATCHERS: tuple[Watcher, ...] = (
    Watcher(UserDefinedObjectVariable, _READING, "tracing", instead=_asked, subclasses=False),
    Watcher(object_protocol, "generic_getattr", "tracing", instead=_by_protocol, needed=False),
    Watcher(BuiltinVariable, "call_getattr", "tracing", instead=_by_method, needed=False),
    Watcher(
        BuiltinVariable,
        "call_method",
        "tracing",
        instead=_by_object,
        subclasses=False,
        of=(object,),
    ),
    *(
        Watcher(cls, "_call_getattr", "tracing", instead=_by_arguments, subclasses=False)
        for cls in builtins_with("_call_getattr")
        if not _BY_PROTOCOL
    ),
)
