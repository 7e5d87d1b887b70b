"""Built-in functions that ask late values, or only carry them."""

from __future__ import annotations

import functools
import operator
import os
from collections.abc import Callable
from typing import Any

from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable

from vartrack.bases.tracing.evaluating.folding import raise_again, raise_in_program
from vartrack.bases.tracing.late.symbols import is_symbol
from vartrack.bases.tracing.late.waiting import WAITING, any_waits, waits
from vartrack.bases.tracing.late.working_out import example_of
from vartrack.bases.tracing.numbers import operators
from vartrack.compat.instructions import set_attribute
from vartrack.compat.names import ExceptionVariable
from vartrack.extras.thrift.anew.relying import called_super
from vartrack.extras.thrift.asking import answering, by_objects, classes, members
from vartrack.extras.thrift.families import set_by_name
from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.extras.thrift.numbers.of_both import is_of_both, of_both, used
from vartrack.extras.thrift.of_all import dicts, found_at, iterators, reduced, sets, whole
from vartrack.extras.thrift.unread.shown import SHOWING, read_whole
from vartrack.extras.thrift.worked_out import (
    after_adding,
    attributes,
    lengths,
    methods,
    named,
    results,
    texts,
    totals,
)
from vartrack.extras.thrift.worked_out.attributes import class_of
from vartrack.extras.thrift.worked_out.floats import OPERATORS, of_floats
from vartrack.extras.thrift.worked_out.in_order import (
    extreme_by_key,
    extreme_text,
    sorted_by_key,
    sorted_items,
)
from vartrack.extras.thrift.worked_out.mathematics import quotient_and_rest

__all__ = ["answered_first", "summed_first"]

_Args = list[VariableTracker]
#: Functions whose operands are looked at even where none of them is late.
_LOOKED_AT = SHOWING | operators.OPERATORS.keys()
#: The functions that torch has a class of trackers for each, by that class.
_ONLY: dict[type[VariableTracker], Any] = {}
#: Those of them that are asked late values alone.
_IF_LATE: set[type[VariableTracker]] = set()
#: What Python raises of a number that it refuses, `int(inf)`. torch has a symbol there, and leaves
#: it to the graph; where this set has a constant, torch would die of it.
_REFUSING = (ArithmeticError, ValueError)


def answered_first(own: Callable[..., Any]) -> Callable[..., Any]:
    """``own``, a ``call_function`` of built-in functions, unless a late operand has the answer."""

    @functools.wraps(own)
    def call_function(self: Any, tx: Any, args: Any, kwargs: Any) -> Any:
        if type(self) in _IF_LATE and not kwargs and WAITING.isdisjoint(map(type, args)):
            return own(self, tx, args, kwargs)  # as most calls of `getattr` are
        # most trackers have the function at hand
        function = vars(self).get("fn") or _ONLY.get(type(self)) or _only_one_of(self)
        answer = None
        if kwargs:
            if args and function in _BY_NAME:
                answer = _BY_NAME[function](tx, list(args), kwargs)
        elif any_waits(args):
            if any(map(is_of_both, args)):
                answer = used(tx, self, function, args)
            if answer is None:
                answer = _answered(_ANSWERS, tx, self, function, args)
        elif function in _KNOWN:
            answer = _answered(_OF_KNOWN, tx, self, function, args)
        if answer is None and function in _LOOKED_AT:
            answer = _looked_at(tx, function, args, kwargs)
        if answer is not None:
            known = isinstance(answer, VariableTracker)
            return answer if known else ConstantVariable.create(answer)
        try:
            return own(self, tx, args, kwargs)
        except _REFUSING:
            if isinstance(function, type) or self.can_constant_fold_through():
                raise_again(tx, function, args, kwargs)
            raise

    return call_function


def _answered(answers: Any, tx: Any, tracker: Any, function: Any, args: Any) -> Any:
    answer_for = answers.get((function, len(args)))
    return None if answer_for is None else answer_for(tx, tracker, list(args))


def _looked_at(tx: Any, function: Any, args: Any, kwargs: Any) -> VariableTracker | None:
    if function in SHOWING:
        read_whole(args)
    if function in operators.OPERATORS and not kwargs:
        return operators.called(tx, function, args)
    return None


def _only_one_of(tracker: VariableTracker) -> Any:
    """The function of a tracker whose class stands for no other; asked once for each class."""
    cls = type(tracker)
    function = _ONLY[cls] = tracker.as_python_constant()
    if function not in _KNOWN and function not in _LOOKED_AT and not isinstance(function, type):
        _IF_LATE.add(cls)
    return function


def summed_first(own: Callable[..., Any]) -> Callable[..., Any]:
    """``own``, the same of what torch traces a function of its own for, such as `sum` and `any`."""

    @functools.wraps(own)
    def call_function(self: Any, tx: Any, args: Any, kwargs: Any) -> Any:
        answer = None
        if len(args) == 1 and not kwargs:
            if self.fn is sum:
                answer = totals.total(tx, sum, args[0])
            elif self.fn in reduced.OF:
                answer = reduced.reduced(tx, self.fn, args[0])
            elif self.fn is os.fspath and waits(args[0]) and args[0].python_type() is str:
                answer = args[0]  # a text is a path
        if answer is not None:
            return answer
        try:
            return own(self, tx, args, kwargs)
        except (TypeError, *_REFUSING):  # torch dies of what Python raises of constants
            raise_again(tx, self.fn, args, kwargs)
            raise

    return call_function


def _set(tx: Any, function: Any, args: _Args) -> VariableTracker | None:
    if waits(args[0]):
        return None
    done = set_by_name.set_attribute(tx, *args)
    if done is not None or not waits(args[2]):
        return done
    return set_attribute(function, tx, args[0].realize(), args[1], args[2])


def _get(tx: Any, function: Any, args: _Args) -> VariableTracker | None:
    late, name = args
    if waits(name):
        return None if waits(late) else named.attribute(tx, late, name)
    if not is_late(late) or not name.is_python_constant():
        return None
    return attributes.of_late(tx, late, name.as_python_constant())  # type: ignore[arg-type]


def _get_or(tx: Any, function: Any, args: _Args) -> VariableTracker | None:
    """``getattr(owner, name, value)``, of which the value is needed only where nothing is found."""
    owner, name, value = args
    if waits(owner):
        return value if attributes.is_there(owner, name) is False else None
    if waits(name):
        there = named.attribute(tx, owner, name)
        is_missing = there is None and named.is_there(tx, owner, name) is False
        return value if is_missing else there
    if not waits(value):
        return None
    nothing = ConstantVariable("nothing was found")
    found: VariableTracker = function.call_function(tx, [owner, name, nothing], {})
    return value if found is nothing else found


def _has(tx: Any, function: Any, args: _Args) -> bool | None:
    owner, name = args
    if waits(owner):
        return attributes.is_there(owner, name)
    return named.is_there(tx, owner, name) if waits(name) else None


def _type(tx: Any, function: Any, args: _Args) -> VariableTracker | None:
    return class_of(tx, args[0])


def _of(ask: Callable[..., Any], *more: Any) -> Callable[[Any, Any, _Args], Any]:
    """Puts a question to the operands."""
    return lambda tx, function, args: ask(*args, *more)


def _put_off(function: Callable[..., Any]) -> Callable[[Any, Any, _Args], Any]:
    """Puts off what ``function`` gives, or asks for it."""

    def put_off(tx: Any, tracker: Any, args: _Args) -> Any:
        result = results.put_off(function, args)
        if result is None and len(args) == 2:
            result = by_objects.compared(tx, function, *args)
        op = OPERATORS.get((function, len(args)))
        if result is None and op is not None and all(map(_may_be_number, args)):
            result = _of_numbers(tx, op, args)
        return result

    return put_off


def _of_numbers(tx: Any, op: Callable[..., Any], args: _Args) -> VariableTracker | None:
    """What is worked out of numbers one of which may vary."""
    if op in (min, max):
        numbers = [arg if is_of_both(arg) else arg.realize() for arg in args]
        result = of_both(tx, op, numbers)
        if result is not None:
            return result
    return of_floats(tx, op, [arg.realize() for arg in args])


def _may_be_number(arg: Any) -> bool:
    """Whether it is worth building an operand to see if it is a number."""
    return not waits(arg) or arg.type_at_hand in (int, float, bool)


def _of_objects(op: Any, otherwise: Any) -> Callable[[Any, Any, _Args], Any]:
    """What a method of an object of the program's gives, or else what ``otherwise`` does."""

    def work_out(tx: Any, function: Any, args: _Args) -> Any:
        result = by_objects.worked_out_by(tx, op, *args)
        if result is None and otherwise is not None:
            result = otherwise(tx, function, args)
        return result

    return work_out


def _of_floats(op: Callable[..., Any]) -> Callable[[Any, Any, _Args], Any]:
    """Works something out of floats that vary."""
    return lambda tx, function, args: _of_numbers(tx, op, args)


def _number(cls: Any) -> Callable[[Any, Any, _Args], Any]:
    """Reads a number from a text, or takes one from a member that is one."""
    return lambda tx, function, args: (
        methods.text_to_number(tx, cls, args[0]) or members.number(tx, args[0], cls)
    )


def _divmod(tx: Any, function: Any, args: _Args) -> VariableTracker | None:
    return quotient_and_rest(tx, args)


def _error(tx: Any, function: Any, args: _Args) -> VariableTracker | None:
    """An error that holds what varies, of which it is mostly asked whether it was raised."""
    error: Any = function.call_function(tx, [ConstantVariable.create(None)], {})
    if type(error) is not ExceptionVariable:
        return None
    error.args = args
    return error  # type: ignore[no-any-return]


def _length(tx: Any, function: Any, args: _Args) -> VariableTracker | None:
    return after_adding.length_of(args[0]) or lengths.length_of(args[0])


def _truth(tx: Any, function: Any, args: _Args) -> bool | None:
    return after_adding.truth_of(args[0])


def _range(tx: Any, function: Any, args: _Args) -> VariableTracker | None:
    numbers = methods.made(tx, range, args)
    if numbers is None and all(map(_is_number, args)):
        try:
            range(*map(example_of, args))
        except (TypeError, ValueError) as error:  # torch makes a range of any numbers
            for arg in args:
                specialize_symnode(arg.realize())
            raise_in_program(tx, error)
    return numbers


def _is_number(arg: VariableTracker) -> bool:
    return waits(arg) or is_symbol(arg) or type(arg.unwrap()) is ConstantVariable


def _sorted(tx: Any, function: Any, args: _Args) -> VariableTracker | None:
    return _sorted_by(tx, args, {})


def _sorted_by(tx: Any, args: _Args, kwargs: dict[str, Any]) -> VariableTracker | None:
    return (
        whole.sorted_list(tx, args, kwargs)
        or sorted_items(tx, args, kwargs)
        or (sorted_by_key(tx, args, kwargs) if "key" in kwargs else None)
    )


def _by_key(op: Any, tx: Any, args: _Args, kwargs: dict[str, Any]) -> VariableTracker | None:
    if kwargs.keys() == {"default"} and len(args) == 1:
        return _or_default(tx, op, args, kwargs["default"])
    return found_at.key_of_extreme(tx, op, args, kwargs) or extreme_by_key(tx, op, args, kwargs)


def _or_default(tx: Any, op: Any, args: _Args, default: VariableTracker) -> VariableTracker | None:
    """``max(numbers, default=0)``: the default where there are none, and it is not asked else."""
    largest = totals.total(tx, op, args[0])  # of nothing there is none, and each call asks
    if largest is not None:
        return largest
    late = args[0]
    is_one = is_late(late) and type(late.example) in (list, tuple)
    some = answering.truth(late) if is_one else None
    if some is None:
        return None
    return VariableTracker.build(tx, op).call_function(tx, args, {}) if some else default


def _list(tx: Any, function: Any, args: _Args) -> VariableTracker | None:
    return whole.list_of(tx, function, args[0])


def _tuple(tx: Any, function: Any, args: _Args) -> VariableTracker | None:
    return whole.tuple_of(tx, function, args[0])


def _hash(tx: Any, function: Any, args: _Args) -> VariableTracker | None:
    is_plain = waits(args[0]) and args[0].python_type() in (str, bytes, int, float)
    return methods.made(tx, hash, args) if is_plain else None


def _iter(tx: Any, function: Any, args: _Args) -> VariableTracker | None:
    return iterators.iterator_of(tx, args[0])


def _next(tx: Any, function: Any, args: _Args) -> VariableTracker | None:
    return iterators.next_of(tx, args[0])


def _set_of(tx: Any, function: Any, args: _Args) -> VariableTracker | None:
    return sets.set_of(tx, args[0])


def _dict(tx: Any, function: Any, args: _Args) -> VariableTracker | None:
    return dicts.joined(tx, *args)


def _dict_by_name(tx: Any, args: _Args, kwargs: dict[str, Any]) -> VariableTracker | None:
    made = dicts.joined(tx, *args) if len(args) == 1 else None
    if made is not None:
        made.note(tx, [(ConstantVariable.create(name), value) for name, value in kwargs.items()])
    return made


def _total(op: Callable[..., Any]) -> Callable[[Any, Any, _Args], Any]:
    """The sum or the like of the numbers in a list, or the first or last of texts."""
    if op is sum:
        return lambda tx, function, args: totals.total(tx, op, args[0])
    return lambda tx, function, args: (
        totals.total(tx, op, args[0])
        or found_at.extreme_text(tx, op, args[0])
        or extreme_text(tx, op, args)
    )


def _of_texts(op: Callable[..., Any]) -> Callable[[Any, Any, _Args], Any]:
    """The first or last of texts, or of numbers."""
    return lambda tx, function, args: (
        extreme_text(tx, op, args)
        or (_of_numbers(tx, op, args) if all(map(_may_be_number, args)) else None)
    )


def _format(tx: Any, function: Any, args: _Args) -> VariableTracker | None:
    return _format_by_name(tx, args, {})


def _format_by_name(tx: Any, args: _Args, kwargs: dict[str, Any]) -> VariableTracker | None:
    template = args[0]
    if waits(template) or not template.is_python_constant():
        return None
    return texts.by_format(template.as_python_constant(), args[1:], kwargs)


def _in_c(op: Callable[..., Any]) -> Callable[[Any, Any, _Args], Any]:
    """What C code works out anew at each call of ints that vary."""

    def work_out(tx: Any, function: Any, args: _Args) -> VariableTracker | None:
        is_of_ints = all(_is_number(arg) and arg.python_type() is int for arg in args)
        return methods.made(tx, op, args) if is_of_ints else None

    return work_out


def _rounded(tx: Any, function: Any, args: _Args) -> VariableTracker | None:
    """``round(number, digits)``: the graph rounds no int."""
    return of_floats(tx, round, args) or _rounded_int(tx, function, args)


_rounded_int = _in_c(round)


def _formatted(tx: Any, function: Any, args: _Args) -> VariableTracker | None:
    value, spec = args
    if waits(spec) or not texts.is_text(spec.realize()):
        return None
    text = texts.formatted(value, "", spec.as_python_constant())
    if text is None and (waits(value) or is_symbol(value)):
        is_number = value.python_type() in (int, float)
        return methods.made(tx, format, args) if is_number else None
    return text


#: What is worked out anew of numbers that vary, late or symbols, or in a container that changes.
_OF_BOTH: dict[tuple[Any, int], Callable[[Any, Any, _Args], Any]] = {
    (sorted, 1): _sorted,
    **{(op, 1): _total(op) for op in totals.OF},
    **{(range, count): _range for count in (1, 2, 3)},
    (round, 2): _rounded,
    (format, 2): _formatted,
    **{(op, 1): _in_c(op) for op in (hex, oct, bin)},
    **{(op, 2): _in_c(op) for op in (operator.lshift, operator.rshift)},
}
#: From a function and the number of its operands to what answers for it.
_ANSWERS: dict[tuple[Any, int], Callable[[Any, Any, _Args], Any]] = {
    (setattr, 3): _set,
    (getattr, 2): _get,
    (getattr, 3): _get_or,
    (hasattr, 2): _has,
    (type, 1): _type,
    (list, 1): _list,
    (tuple, 1): _tuple,
    (dict, 1): _dict,
    (set, 1): _set_of,
    (hash, 1): _hash,
    (iter, 1): _iter,
    **{(next, count): _next for count in (1, 2)},
    **{(cls, 1): _error for cls in (KeyError, IndexError, ValueError, RuntimeError, TypeError)},
    (super, 2): _of(called_super),
    (divmod, 2): _divmod,
    (operator.contains, 2): _of(answering.contained),
    (isinstance, 2): _of(classes.is_instance),
    (issubclass, 2): _of(classes.is_subclass),
    (callable, 1): _of(classes.is_callable),
    **{(cls, 1): _number(cls) for cls in (int, float)},
    (str, 1): _of(texts.formatted, "s", ""),
    (repr, 1): _of(texts.formatted, "r", ""),
    (format, 1): _of(texts.formatted, "", ""),
    **{(op, 2): _of(functools.partial(answering.compared, op)) for op in answering.SAME},
    **{(op, count): _put_off(op) for op, count in results.OPERANDS.items()},
    **{(op, count): _of_texts(op) for op in (max, min) for count in range(3, 9)},
    **{(str.format, count): _format for count in range(2, 10)},
    **_OF_BOTH,
}
_ANSWERS |= {(op, 2): _of_objects(op, _ANSWERS.get((op, 2))) for op in by_objects.ARITHMETIC}
#: The same where none is late, but one may be a symbol, or a list that was added to.
_OF_KNOWN: dict[tuple[Any, int], Callable[[Any, Any, _Args], Any]] = {
    (str, 1): _of(texts.formatted, "s", ""),
    (repr, 1): _of(texts.formatted, "r", ""),
    (format, 1): _of(texts.formatted, "", ""),
    (divmod, 2): _divmod,
    **{called: _of_floats(op) for called, op in OPERATORS.items()},
    (type, 1): _type,
    (list, 1): _list,
    (tuple, 1): _tuple,
    (dict, 1): _dict,
    (len, 1): _length,
    (bool, 1): _truth,
    **_OF_BOTH,
}
_KNOWN = frozenset(function for function, _ in _OF_KNOWN)
#: From a function to what answers for it where operands are given by name.
_BY_NAME: dict[Any, Callable[[Any, _Args, dict[str, Any]], Any]] = {
    sorted: _sorted_by,
    str.format: _format_by_name,
    dict: _dict_by_name,
    **{op: functools.partial(_by_key, op) for op in (max, min)},
}
