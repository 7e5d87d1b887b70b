"""`sympy`: numbers, symbols and expressions as constants, known by what they are made of.

Whatever is asked of an expression is evaluated: its symbols, ``subs``, ``diff``, ``float(expr)``.
An integer and the two parts of a fraction are read where they are stored, so that a program that
calculates with them does so for any number. Classes that are not sympy's own, such as those that
torch makes for its symbolic shapes, are left alone.

torch needs sympy 1.13.3 at least.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import sympy
from sympy.core.function import AppliedUndef
from sympy.core.parameters import global_parameters
from sympy.printing.printer import Printer
from torch._dynamo.source import GlobalSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.tensor import SymNodeVariable
from torch._dynamo.variables.user_defined import UserDefinedClassVariable

from vartrack.bases.constant import ConstantVisitor
from vartrack.bases.tracing.folded.answering import AnsweringVariable
from vartrack.bases.tracing.folded.folded_class import FoldedClassVariable
from vartrack.extras.adding import add_all

if TYPE_CHECKING:
    from vartrack.core.context import BuilderContext
    from vartrack.core.visitor import Visitor
    from vartrack.dispatch.registry import Registry

__all__ = ["Expressions", "Integers", "Symbols", "key_of", "register", "settings"]

#: Where the parts of a fraction are stored.
_PARTS = {"numerator": "p", "denominator": "q"}
#: The largest integer that is the same number as a float.
_EXACT = 2**53


def key_of(expression: Any) -> Any:
    """What an expression is made of: classes, names with what is assumed of them, and numbers.

    Equal floats of different precision have different texts, so they differ.
    """
    if expression.args:
        return type(expression), *map(key_of, expression.args)
    if isinstance(expression, sympy.Float):
        return sympy.Float, expression._mpf_, expression._prec
    return type(expression), expression._hashable_content()


def settings() -> tuple[Any, ...]:
    """What evaluating and printing go by in this thread: all but the expression."""
    parameters = (global_parameters.evaluate, global_parameters.distribute)
    return *parameters, global_parameters.exp_is_pow, tuple(Printer._global_settings.items())


class ExpressionVariable(AnsweringVariable):
    """An expression."""

    def tp_getattro_impl(self, tx: Any, name: str) -> VariableTracker:
        if isinstance(self.example, sympy.Rational):
            name = _PARTS.get(name, name)
        if self.content is not None and name.startswith("is_"):
            answer = getattr(self.example, name, NotImplemented)
            if answer is None or isinstance(answer, bool):
                # other expressions of this class may have the same answer
                self.content.of_attribute(name).install()
                self.guard_state()
                return ConstantVariable.create(answer)
        return super().tp_getattro_impl(tx, name)


class SymbolVariable(ExpressionVariable):
    """A symbol, whose text is its name, whatever is assumed of it."""

    def tp_str_impl(self, tx: Any) -> VariableTracker:
        return self.tp_getattro_impl(tx, "name")

    tp_repr_impl = tp_str_impl


class IntegerVariable(ExpressionVariable):
    """An integer of sympy's: it is traced as the Python integer that it holds."""

    def number(self, tx: Any) -> VariableTracker:
        """The tracker of that integer, which may be a symbol."""
        return self.tp_getattro_impl(tx, "p").realize()

    def nb_int_impl(self, tx: Any) -> VariableTracker:
        return self.number(tx)

    nb_index_impl = nb_int_impl

    def nb_bool_impl(self, tx: Any) -> VariableTracker:
        return _call(tx, bool, self.number(tx))

    def nb_float_impl(self, tx: Any) -> VariableTracker:
        number = self.number(tx)
        if abs(self.example.p) > _EXACT:
            return super().nb_float_impl(tx)  # which rounds in sympy's own way
        return _call(tx, float, number)

    def tp_richcompare_impl(self, tx: Any, other: VariableTracker, op: str) -> VariableTracker:
        number = _number_of(tx, other.realize())
        if number is None:
            return super().tp_richcompare_impl(tx, other, op)
        answer = _call(tx, getattr(operator, op), self.number(tx), number)
        if op in ("__eq__", "__ne__"):
            return answer
        if isinstance(answer, SymNodeVariable):
            answer = ConstantVariable.create(answer.evaluate_expr(tx.output))
        return VariableTracker.build(tx, sympy.sympify(answer.as_python_constant()))

    def calculated(
        self, tx: Any, function: Callable[[Any, Any], Any], other: VariableTracker, reverse: bool
    ) -> VariableTracker | None:
        """What ``function`` of this and another integer gives; None if it is no such case."""
        number = _number_of(tx, other.realize())
        if number is None or not global_parameters.evaluate:
            return None
        self.guard_state()
        pair = (number, self.number(tx)) if reverse else (self.number(tx), number)
        result = _call(tx, function, *pair)
        if result.is_python_constant():
            return VariableTracker.build(tx, sympy.Integer(result.as_python_constant()))
        name = tx.output.install_global_by_id("_vartrack_class", sympy.Integer)
        made = VariableTracker.build(tx, sympy.Integer, GlobalSource(name))
        return made.call_function(tx, [result], {})


def _arithmetic(slot: str, function: Callable[[Any, Any], Any]) -> Callable[..., VariableTracker]:
    def answer(
        self: IntegerVariable, tx: Any, other: VariableTracker, reverse: bool = False
    ) -> VariableTracker:
        result = self.calculated(tx, function, other, reverse)
        if result is not None:
            return result
        folded: VariableTracker = getattr(super(IntegerVariable, self), slot)(tx, other, reverse)
        return folded

    return answer


for _slot, _function in (
    ("nb_add_impl", operator.add),
    ("nb_subtract_impl", operator.sub),
    ("nb_multiply_impl", operator.mul),
):
    setattr(IntegerVariable, _slot, _arithmetic(_slot, _function))


def _call(tx: Any, function: Any, *operands: VariableTracker) -> VariableTracker:
    """What tracing ``function(*operands)`` gives."""
    called: VariableTracker = VariableTracker.build(tx, function)
    return called.call_function(tx, list(operands), {})


def _number_of(tx: Any, operand: VariableTracker) -> VariableTracker | None:
    """The tracker of the Python integer that ``operand`` is or holds; None if it is no integer."""
    if isinstance(operand, IntegerVariable):
        return operand.number(tx)
    if isinstance(operand, SymNodeVariable):
        return operand if operand.python_type() is int else None
    is_int = isinstance(operand, ConstantVariable) and type(operand.value) is int
    return operand if is_int else None


class ExpressionClassVariable(FoldedClassVariable):
    """A class of sympy's; what it makes of a symbolic number is traced."""

    def call_function(self, tx: Any, args: Any, kwargs: Any) -> VariableTracker:
        if any(isinstance(arg.realize(), SymNodeVariable) for arg in args):
            return UserDefinedClassVariable.call_function(self, tx, args, kwargs)
        return super().call_function(tx, args, kwargs)


class _Expressions(ConstantVisitor, abstract=True):
    """What sympy's own classes make."""

    key = staticmethod(key_of)
    state = staticmethod(settings)
    impure = ("as_dummy",)  # gives another one each time
    folded_class = ExpressionVariable

    @staticmethod
    def when_type(cls: type) -> bool:
        home = (getattr(cls, "__module__", None) or "").partition(".")[0]
        own = home == "sympy" or issubclass(cls, AppliedUndef)
        return own and not issubclass(cls, sympy.Dummy)  # each of which is another one

    def class_tracker(
        self, ctx: BuilderContext, cls: type, **options: Any
    ) -> VariableTracker | None:
        return ExpressionClassVariable(cls, self.impure, state=type(self).state, **options)


class Expressions(_Expressions):
    """Fractions, floats, and all that is made of numbers and symbols.

    .. versionadded:: 0.2
    """

    types = (sympy.Basic,)


class Integers(_Expressions):
    """Integers.

    .. versionadded:: 0.2
    """

    types = (sympy.Integer,)
    folded_class = IntegerVariable


class Symbols(_Expressions):
    """Symbols, by their names and what is assumed of them.

    .. versionadded:: 0.2
    """

    types = (sympy.Symbol,)
    folded_class = SymbolVariable


#: Every visitor of this set.
VISITORS: tuple[type[Visitor], ...] = (Expressions, Integers, Symbols)


def register(registry: Registry) -> None:
    """Add the visitors for `sympy` to ``registry``, all or none.

    Raises:
        RegistrationError: they are registered already, or one of their types is taken.

    .. versionadded:: 0.2
    """
    add_all(registry, VISITORS)
