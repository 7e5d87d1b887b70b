"""Texts with values in them: which is filled in which, and objects that the traced code changed."""

from __future__ import annotations

import operator
import string
from types import FunctionType
from typing import Any

import numpy as np
import torch
from torch._dynamo.exc import unimplemented
from torch._dynamo.symbolic_convert import InstructionTranslatorBase
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lazy import LazyVariableTracker
from torch._dynamo.variables.misc import StringFormatVariable
from torch._dynamo.variables.tensor import SymNodeVariable, TensorVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.bases.tracing.known.changed_values import has_changed
from vartrack.bases.tracing.late.container_texts import filled_in, with_texts
from vartrack.bases.tracing.late.late_text import ONE_PART, LateText, joined
from vartrack.bases.tracing.late.waiting import waits
from vartrack.compat.instructions import is_tried
from vartrack.compat.making import by_name
from vartrack.compat.names import LAZY
from vartrack.soundness.facts.varying import varies
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import find

__all__ = ["WATCHERS"]


def _formatted(
    ledger: Ledger, own: Any, builtin: Any, tx: Any, value: Any, *rest: Any, **named: Any
) -> VariableTracker:
    """As ``"{:spec}".format(value)``, which torch has right."""
    result: VariableTracker
    if builtin.fn is not format or len(rest) > 1 or named:
        result = own(builtin, tx, value, *rest, **named)
        return result
    spec = rest[0].as_python_constant() if rest else ""
    if type(value) in LAZY:  # one of a global, say
        value = value.realize()
    try:
        if type(value) is ConstantVariable:
            return ConstantVariable.create(format(value.value, spec))
        if isinstance(value, SymNodeVariable):
            format(value.python_type()(1), spec)  # what is no spec of numbers raises now
        if "{" in spec or "}" in spec:  # in a text it would be taken for a place to fill in
            result = value.call_method(tx, "__format__", [ConstantVariable.create(spec)], {})
        else:
            result = own(builtin, tx, ConstantVariable.create(f"{{:{spec}}}"), value)
    except (TypeError, ValueError) as error:
        raise_in_program(tx, error)
    return result


#: By the flag of the instruction how the value is shown before it is formatted.
_CONVERSIONS = ("", "!s", "!r", "!a")


def _of_number(ledger: Ledger, own: Any, tx: Any, spec: VariableTracker, flags: int) -> None:
    """A number that varies, in an f-string: its text is made when the graph has run, or needed.

    torch makes it of the number's text and not of the number, and up to 2.13 gives the number.
    """
    number = tx.stack[-1]
    if not varies(number) or not spec.is_python_constant():
        own(tx, spec, flags)
        return
    template = f"{{{_CONVERSIONS[flags & 3]}:{spec.as_python_constant()}}}"
    tx.call_function(BuiltinVariable(str.format), [ConstantVariable.create(template), tx.pop()], {})
    text = tx.stack[-1]
    if isinstance(text, StringFormatVariable) and not text.sym_kwargs:
        tx.stack[-1] = LateText.of(text.format_string, text.sym_args)


def _put_off(ledger: Ledger, own: Any, *given: Any, **named: Any) -> VariableTracker:
    """A text that torch makes when the graph has run, of objects as they were before it."""
    result: VariableTracker
    if ledger.guards:
        ledger.puts_off = False  # it does: texts that are needed now are made now
        tx = ledger.output().current_tx
        parts = by_name(own, given, named)
        if is_tried(tx):
            _raise_of_spec(tx, parts["format_string"], parts["sym_args"])
        parts, without_text = with_texts(tx, parts)
        if without_text is not None:
            _refuse(without_text)
        values = filled_in(parts)
        changed = [value for value in values if _is_changed(tx, value)]
        if changed:
            of_one = ONE_PART.fullmatch(parts["format_string"])
            if of_one is None or len(values) != 1 or parts["sym_kwargs"]:
                _refuse(changed[0])
            else:
                return _text_of(tx, changed[0], of_one[1] or "")
        if parts["format_string"] == "{:}" and len(values) == 1:
            text = values[0]
            if type(text) is StringFormatVariable and _is_of_numbers(text):
                return LateText.of(text.format_string, text.sym_args)
        given, named = tuple(parts.values()), {}  # in the order in which this release takes them
    result = own(*given, **named)
    return result


def _is_of_numbers(text: StringFormatVariable) -> bool:
    """Whether it is known as soon as some numbers are that vary."""
    return not text.sym_kwargs and all(map(varies, text.sym_args))


def _added(ledger: Ledger, own: Any, builtin: Any, tx: Any, args: Any, kwargs: Any) -> Any:
    """``"text" + text`` of one that waits for numbers that vary."""
    text = None
    if any(type(arg.unwrap()) is LateText for arg in args):
        parts = [arg if waits(arg) else arg.realize() for arg in args]
        text = joined(parts) if all(map(_is_text, parts)) else None
    return own(builtin, tx, args, kwargs) if text is None else text


def _is_text(part: Any) -> bool:
    return type(part) is LateText or (type(part) is ConstantVariable and type(part.value) is str)


def _raise_of_spec(tx: Any, template: str, values: Any) -> None:
    """``f"{value:.2f}"`` of what takes no such spec: torch would raise after the `try`."""
    left = iter(values)
    for _, field, spec, conversion in string.Formatter().parse(template):
        if field is None:
            continue
        value = next(left, None)
        if field or value is None:  # it says itself which value it is
            return
        if not spec or "{" in spec or conversion:
            continue
        name = _without_specs(value.realize())
        if name is not None:
            text = f"unsupported format string passed to {name}.__format__"
            raise_in_program(tx, TypeError(text))


def _without_specs(value: Any) -> str | None:
    """What Python calls the class of a value that takes no spec; None if it may take one."""
    try:
        cls = value.python_type()
    except NotImplementedError:
        return None
    found = find(cls, "__format__")
    if found is None:
        return None
    if found[0] is np.ndarray:
        return "numpy.ndarray" if value.ndim else None  # one without dimensions is as a number
    has_dimensions = found[0] is torch.Tensor and isinstance(value, TensorVariable) and value.ndim
    return cls.__name__ if found[0] is object or has_dimensions else None


def _is_changed(tx: Any, tracker: Any) -> bool:
    """Whether the object is made by the traced code, or may show what the code has changed."""
    if not isinstance(tracker, LazyVariableTracker) or tracker.is_realized():
        tracker = tracker.realize()
        if isinstance(tracker, UserDefinedObjectVariable):
            return tracker.source is None or has_changed(tx)
    return False


def _text_of(tx: Any, tracker: Any, spec: str) -> VariableTracker:
    """What Python makes of it now."""
    found = find(tracker.python_type(), "__format__")
    if found is not None and type(found[1]) is FunctionType:
        result: VariableTracker = tracker.call_method(
            tx, "__format__", [ConstantVariable.create(spec)], {}
        )
        return result
    if spec or found is None or found[0] is not object:
        _refuse(tracker)
    return BuiltinVariable(str).call_function(tx, [tracker], {})


def _refuse(tracker: Any) -> None:
    unimplemented(
        gb_type="vartrack: a text of an object that has changed",
        context=str(tracker),
        explanation="torch makes the text when the graph has run, and of the object as it was "
        "before.",
        hints=["Use `str(obj)`, or an f-string with the object alone."],
    )


WATCHERS: tuple[Watcher, ...] = (
    Watcher(BuiltinVariable, "call_format", "tracing", instead=_formatted, needed=False),
    Watcher(StringFormatVariable, "create", "tracing", instead=_put_off),
    Watcher(InstructionTranslatorBase, "_format_value", "tracing", instead=_of_number),
    Watcher(
        BuiltinVariable,
        "call_function",
        "tracing",
        instead=_added,
        subclasses=False,
        of=(operator.add, operator.iadd),
    ),
)
