"""Where torch passes values on, and asks on the way whether they are constants.

Here the answer makes no difference to what comes of it: so it is no, of a late value, and nothing
of it is guarded. What the value is passed to asks for itself.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch._dynamo import side_effects, utils
from torch._dynamo.symbolic_convert import InstructionTranslator, InstructionTranslatorBase
from torch._dynamo.variables import user_defined
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import ListVariable, TupleVariable
from torch._dynamo.variables.user_defined import UserDefinedClassVariable

from vartrack.bases.tracing.evaluating.intents import Intent, asked, asks_for
from vartrack.bases.tracing.late.waiting import any_waits, waits
from vartrack.compat.names import ExceptionVariable, MethodWrapperVariable
from vartrack.core.wrapping.wrappers import Place, Wrappers, in_this_release
from vartrack.extras.thrift.asking import members
from vartrack.extras.thrift.late.late_variable import is_late

__all__ = ["HOOKS"]


def _building_constants(own: Callable[..., Any]) -> Callable[..., Any]:
    """Calls a class. Of those that torch itself calls, the operands have to be constants."""

    @functools.wraps(own)
    def call_function(self: UserDefinedClassVariable, tx: Any, args: Any, kwargs: Any) -> Any:
        if len(args) == 1 and not kwargs:
            member = members.member(tx, self, args[0], members.by_value)
            if member is not None:
                return member
        if self.can_constant_fold_through():
            utils.check_constant_args(args, kwargs)
        return own(self, tx, args, kwargs)

    return call_function


def _called_by_name(own: Callable[..., Any]) -> Callable[..., Any]:
    """Calls a method that C code has for an object, such as the ``__init__`` of a named tuple.

    torch makes the method itself of the object, in case it reads an attribute of a tensor.
    """

    @functools.wraps(own)
    def call_function(self: Any, tx: Any, args: Any, kwargs: Any) -> Any:
        name = self.descriptor.__name__
        if name == "__get__":
            return own(self, tx, args, kwargs)
        return self.obj.call_method(tx, name, [*args], kwargs)

    return call_function


def _repeated(own: Callable[..., Any]) -> Callable[..., Any]:
    """Multiplies a constant, which is left to the other operand if that is a list or tuple."""
    repeat = _passing(own)

    @functools.wraps(own)
    def multiply(self: Any, tx: Any, other: Any, *args: Any, **options: Any) -> Any:
        of_parts = type(other) in (ListVariable, TupleVariable)
        return (repeat if of_parts else own)(self, tx, other, *args, **options)

    return multiply


def _looking_for_modules(own: Callable[..., bool]) -> Callable[..., bool]:
    """Looks whether a local is a class of modules. Of a late class nothing else is wanted."""
    look = asks_for(Intent.WRITING)(own)

    @functools.wraps(own)
    def contain_one(self: InstructionTranslator) -> bool:
        late = filter(is_late, self.symbolic_locals.values())
        return (own if any(_is_of_modules(each.example) for each in late) else look)(self)

    return contain_one


def _told(own: Callable[[Any], str]) -> Callable[[Any], str]:
    """What an error says; in a message of torch's, where it is raised, by the values at hand."""

    @functools.wraps(own)
    def debug_repr(self: ExceptionVariable) -> str:
        if asked() is not Intent.PASSING or not any_waits(self.args):
            return own(self)
        args = [ConstantVariable.create(_shown(arg)) if waits(arg) else arg for arg in self.args]
        return own(ExceptionVariable(self.exc_type, args))

    return debug_repr


def _raised(own: Callable[..., Any]) -> Callable[..., Any]:
    """Raises what is mostly an error; a class is called first, which runs code of the program's."""
    passing = _passing(own)

    @functools.wraps(own)
    def raise_it(self: Any, val: VariableTracker, *args: Any, **options: Any) -> Any:
        is_error = type(val.unwrap()) is ExceptionVariable
        return (passing if is_error else own)(self, val, *args, **options)

    return raise_it


def _shown(arg: Any) -> Any:
    return arg.example if ConstantVariable.is_literal(arg.example) else repr(arg.example)


def _is_of_modules(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, torch.nn.Module)


_passing = asks_for(Intent.PASSING)

#: Where values are passed on, as far as a release has it and asks there.
_PLACES: tuple[Place, ...] = (
    # what an object is made of
    (user_defined, "check_constant_args", _passing),
    (UserDefinedClassVariable, "call_function", _building_constants),
    (ConstantVariable, "nb_multiply_impl", _repeated),
    # whether an object that was made is a member of an enum
    (side_effects, "_skip_attribute_mutation_replay", _passing),
    # an error that is raised
    (ExceptionVariable, "debug_repr", _told),
    (InstructionTranslatorBase, "_raise_exception_variable", _raised),
    # where a function that has no graph ends
    (InstructionTranslator, "symbolic_locals_contain_module_class", _looking_for_modules),
    *(
        ((MethodWrapperVariable, "call_function", _called_by_name),)
        if "descriptor" in MethodWrapperVariable._nonvar_fields
        else ()
    ),
)

#: What is put into torch while a registry with this set is in force.
HOOKS = (Wrappers(*in_this_release(*_PLACES)),)
