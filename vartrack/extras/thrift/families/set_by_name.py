"""Attributes that are set under names that vary: `setattr(self, f"buffer_{i}", x)`.

torch fixes the name. But the graph does not depend on it, as long as no attribute of the object is
read after that which it could be. Each is set anew when the graph has run.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from torch import nn
from torch._dynamo.bytecode_transformation import create_call_function, create_instruction
from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.side_effects import SideEffects
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.nn_module import UnspecializedNNModuleVariable
from torch._dynamo.variables.tensor import SymNodeVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack import session
from vartrack.bases.tracing.late.waiting import waits
from vartrack.bases.tracing.late.working_out import example_of
from vartrack.core.called_back import called_by_compiled
from vartrack.core.guarding.exporting import is_stored
from vartrack.core.sources.worked_out import worked_out
from vartrack.core.user_code import methods
from vartrack.core.wrapping.wrappers import Wrappers
from vartrack.extras.thrift.worked_out import named

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen

    from vartrack.core.compile import Compile

__all__ = ["HOOKS", "set_attribute"]

#: What sets an attribute without that code of the program's runs.
_SETTERS = (object.__setattr__, nn.Module.__setattr__)
#: What a module keeps apart, and sets otherwise.
_REGISTERED = ("_parameters", "_buffers", "_modules")


class _Set(NamedTuple):
    """An attribute that is set under a name that varies."""

    owner: Any
    name: Any
    value: VariableTracker


_SET = "thrift.set"


def set_attribute(tx: Any, owner: Any, name: Any, value: Any) -> VariableTracker | None:
    """Note ``setattr(owner, name, value)``; None if torch is to set it."""
    compile = session.compile_of(tx)
    if compile is None or not waits(name) or name.type_at_hand is not str or is_stored(tx):
        return None
    known: Any = owner.realize()
    if not named.is_kept_plainly(known) or not _may_wait(value):
        return None
    at = name.place()
    if vars(known).get("dict_vt") is not None:
        return None  # the dict of its attributes was read
    if at is None or methods.held_by(type(known.value), "__setattr__") not in _SETTERS:
        return None
    wanted = example_of(name)
    if named.is_of_class(known.value, wanted) or _is_registered(known.value, wanted):
        return None
    effects = tx.output.side_effects
    effects.check_allowed_side_effect(known)
    name.rely_on_type()
    named.guard_of_class(known.source, at)
    _guard_registered(known.source, at)
    effects.__class__ = AskedFirst
    # so that the object counts as changed
    effects.store_attr_mutations.setdefault(known, {})
    compile.notes.setdefault(_SET, []).append(_Set(known, name, value))
    return ConstantVariable.create(None)


def _is_registered(owner: Any, name: str) -> bool:
    """Whether a module has a parameter, buffer or submodule of the name."""
    return isinstance(owner, nn.Module) and named.is_kept(owner, name, _REGISTERED)


def _guard_registered(owner: Any, name: Any) -> None:
    """Have that guarded, both being at places."""
    function = f"{__name__}.{_is_registered.__name__}"
    place = worked_out(f"{function}({{}}, {{}})", function, (owner, name))
    install_guard(place.make_guard(GuardBuilder.CONSTANT_MATCH))


def _may_wait(value: Any) -> bool:
    """Whether a value is kept alive without torch's help."""
    if waits(value):
        return True
    known = value.realize()
    return known.is_tensor() or type(known) in (ConstantVariable, SymNodeVariable)


def _pending(effects: Any) -> list[_Set]:
    """What was set in the compile that ``effects`` are of."""
    tx: Any = InstructionTranslator.current_tx()
    compile: Compile | None = session.compile_of(tx)
    if compile is None or tx.output.side_effects is not effects:
        return []
    return compile.notes.get(_SET) or []


def _known_by_name(pending: list[_Set], owner: Any) -> None:
    """Have torch set what was set of an object, under names that are fixed now."""
    if not pending:
        return
    tx: Any = InstructionTranslator.current_tx()
    of_owner = [each for each in pending if each.owner is owner]
    pending[:] = [each for each in pending if each.owner is not owner]
    setter = VariableTracker.build(tx, setattr)
    for each in of_owner:
        setter.call_function(tx, [owner, each.name.realize(), each.value], {})


def _is_one(each: _Set, name: str) -> bool:
    """Whether an attribute was set under ``name``, which is guarded."""
    if waits(each.name):
        place = worked_out("({} == {})", "operator.eq", (each.name.place(), name))
        install_guard(place.make_guard(GuardBuilder.CONSTANT_MATCH))
    return bool(example_of(each.name) == name)


def _asks_if_replaced(name: str, *kinds: Any) -> bool:
    """Whether it is only asked if another dict was put in the place of all attributes."""
    return name == "__dict__" and bool(kinds) and not isinstance(kinds[0], tuple)


class AskedFirst(SideEffects):
    """What a compile does to objects from outside, once attributes were set under such names.

    Who reads or sets an attribute of one of these objects, or asks whether any was set, may mean
    one of those. Those are set after all else was done.
    """

    def has_pending_mutation_of_attr(
        self, item: VariableTracker, name: str, *kinds: Any, **options: Any
    ) -> bool:
        """Whether one attribute was set; it could be one of those."""
        pending = _pending(self)
        of_item = [each for each in pending if each.owner is item]
        is_replaced = _asks_if_replaced(name, *kinds, *options.values())
        of_all = name.startswith("_") and not is_replaced
        if of_item and (of_all or any(_is_one(each, name) for each in of_item)):
            _known_by_name(pending, item)
        return bool(super().has_pending_mutation_of_attr(item, name, *kinds, **options))

    def store_attr(self, item: VariableTracker, *args: Any, **options: Any) -> None:
        """Note that an attribute is set."""
        _known_by_name(_pending(self), item)
        super().store_attr(item, *args, **options)

    def has_pending_mutation(self, item: VariableTracker) -> bool:
        """Whether any attribute was set."""
        _known_by_name(_pending(self), item)
        return bool(super().has_pending_mutation(item))

    def codegen_update_mutated(self, cg: PyCodegen, *args: Any, **options: Any) -> None:
        """Write what changes the objects from outside, and then what sets those."""
        pending = [*_pending(self)]
        if pending:
            cg.add_push_null(lambda: cg.load_import_from(__name__, "set_all"))
            for each in pending:
                cg(each.owner.source)
                cg.foreach([each.name, each.value])
                cg.append_output(create_instruction("BUILD_TUPLE", arg=3))
            cg.append_output(create_instruction("BUILD_LIST", arg=len(pending)))
        super().codegen_update_mutated(cg, *args, **options)
        if pending:
            cg.extend_output([*create_call_function(1, False), create_instruction("POP_TOP")])


def _asked_of_dict(own: Callable[..., Any]) -> Callable[..., Any]:
    """What gives the dict of an object's attributes."""

    @functools.wraps(own)
    def get_dict_vt(self: VariableTracker, tx: Any) -> Any:
        effects = tx.output.side_effects
        if isinstance(effects, AskedFirst):
            _known_by_name(_pending(effects), self)
        return own(self, tx)

    return get_dict_vt


@called_by_compiled
def set_all(them: list[tuple[Any, str, Any]]) -> None:
    """Set attributes, each of an object under a name."""
    for owner, name, value in them:
        setattr(owner, name, value)


#: What is put into torch while a registry with this set is in force.
HOOKS = (
    Wrappers(
        *(
            (cls, "get_dict_vt", _asked_of_dict)
            for cls in (VariableTracker, UserDefinedObjectVariable, UnspecializedNNModuleVariable)
            if "get_dict_vt" in vars(cls)
        ),
    ),
)
