"""Texts with late values in them, which are made when the graph has run."""

from __future__ import annotations

import enum
import itertools
import operator
import re
import string
import types
from typing import Any

from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.functions import LocalGeneratorObjectVariable
from torch._dynamo.variables.iter import MapVariable
from torch._dynamo.variables.lists import ListVariable, TupleVariable

from vartrack.bases.tracing.evaluating.percent_places import TEXT_OF, Place, pieces
from vartrack.bases.tracing.late.late_text import LateText, joined
from vartrack.bases.tracing.late.symbols import is_symbol
from vartrack.bases.tracing.late.waiting import waits
from vartrack.bases.tracing.late.working_out import example_of
from vartrack.compat.making import run_through
from vartrack.compat.names import LAZY
from vartrack.core.user_code import methods
from vartrack.extras.thrift.asking.membership import text_at_its_place
from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.extras.thrift.late.made import is_result
from vartrack.extras.thrift.late.may_wait import MayWait
from vartrack.extras.thrift.of_all.reduced import joined_by, text_of
from vartrack.extras.thrift.unread.only_written import is_made_here
from vartrack.extras.thrift.worked_out.methods import made

__all__ = [
    "FormatMap",
    "Join",
    "added",
    "by_format",
    "formatted",
    "is_text",
    "remainder",
    "repeated",
]

_IN_C = (types.WrapperDescriptorType, types.MethodDescriptorType)
#: Which method makes each of the texts of a value.
_METHODS = {"": "__format__", "s": "__str__", "r": "__repr__", "a": "__repr__"}
#: The formats that no value of the type refuses: of an int that may be too large some do.
_FORMATS = {
    **dict.fromkeys((int, bool, complex), re.compile(r"[ <>=^+\-#,_0-9]*[d]?")),
    float: re.compile(r"[ <>=^+\-#,_0-9]*(\.\d+)?[eEfFgG%]?"),
}
#: The trackers of what is read to its end, of which Python makes a list first.
_RUN_THROUGH = (LocalGeneratorObjectVariable, MapVariable)


def _is_pure(cls: type, method: str) -> bool:
    """Whether the text is made by code of Python's own that reads the value alone."""
    held = methods.held_by(cls, method)
    if held is object.__str__:  # which asks for the other text
        return _is_pure(cls, "__repr__")
    if issubclass(cls, enum.Enum):
        # what a class of its own says may depend on anything
        return isinstance(held, _IN_C) or getattr(held, "__module__", "") == "enum"
    if issubclass(cls, type):
        return cls is type
    return isinstance(held, _IN_C)


def _is_made_of(value: VariableTracker) -> bool:
    """Whether a text of ``value`` can wait, as the value itself does."""
    return is_late(value) or is_result(value) or is_symbol(value)


def formatted(value: VariableTracker, conversion: str, spec: str) -> VariableTracker | None:
    """What ``f"{value!conversion:spec}"`` gives for what varies; None if it cannot wait."""
    if type(value) is LateText and not spec and conversion in ("", "s"):
        return None if value.is_realized() else value
    if type(value) is LateText and not conversion and (converted := value.converted) is not None:
        return formatted(*converted, spec)
    value = text_at_its_place(value)
    if not _is_made_of(value):
        return None
    if waits(value) and value.kind.holds:  # type: ignore[attr-defined]
        text = None if spec or conversion == "a" else text_of(value)
        return None if text is None else formatted(text, "", "")
    example = example_of(value)
    cls = type(example)
    if not _is_pure(cls, _METHODS[conversion]) or not _is_pure(cls, "__str__"):
        return None
    if spec and cls in _FORMATS and not _FORMATS[cls].fullmatch(spec):
        return None
    template = _template(conversion, spec)
    try:
        template.format(example)
    except Exception:
        return None  # torch raises it in the program
    value.python_type()  # whether the text can be made depends on the type
    return LateText.of(template, [value if waits(value) else value.unwrap()])


def by_format(
    template: str, args: list[VariableTracker], named: dict[str, VariableTracker]
) -> VariableTracker | None:
    """What ``template.format(*args, **named)`` gives, if one of them is late and all can wait."""
    given = {**{str(number): arg for number, arg in enumerate(args)}, **named}
    if not any(_is_made_of(value) or type(value) is LateText for value in given.values()):
        return None
    parts: list[VariableTracker] = []
    numbers = map(str, itertools.count())
    try:
        for text, name, spec, conversion in string.Formatter().parse(template):
            parts.append(ConstantVariable.create(text))
            if name is not None:
                value = given[name or next(numbers)]
                parts.append(_shown(value, conversion or "", spec or ""))  # type: ignore[arg-type]
        made = joined(parts) if None not in parts else None
        at_hand = {name: _at_hand(value) for name, value in given.items()}
        by_number = [at_hand.pop(str(number)) for number in range(len(args))]
        is_same = made is not None and template.format(*by_number, **at_hand) == example_of(made)
    except Exception:
        return None  # torch raises it in the program, or it is of parts of what is given
    return made if is_same else None


def _shown(value: VariableTracker, conversion: str, spec: str) -> VariableTracker | None:
    """The text of ``value`` in a template; None if it cannot wait."""
    if _is_made_of(value) or type(value) is LateText:
        return formatted(value, conversion, spec)
    text = _template(conversion, spec).format(value.as_python_constant())
    return ConstantVariable.create(text)


def _template(conversion: str, spec: str) -> str:
    """A template of one value."""
    return f"{{{f'!{conversion}' if conversion else ''}{f':{spec}' if spec else ''}}}"


def _at_hand(value: VariableTracker) -> Any:
    return example_of(value) if _is_made_of(value) or waits(value) else value.as_python_constant()


def _of_names(table: Any, names: set[Any]) -> dict[Any, VariableTracker] | None:
    """What a dict has under ``names``, each read by itself; None if it lacks one, or is no dict."""
    if not names <= _texts_in(table):
        return None
    tx = InstructionTranslator.current_tx()
    keys = {name: ConstantVariable.create(name) for name in sorted(names)}
    return {name: _GET.call_function(tx, [table, key], {}) for name, key in keys.items()}


def _texts_in(table: Any) -> set[str]:
    """The texts that are keys of a dict, late or made here; of anything else none."""
    keys: list[Any] = []
    if is_late(table) and type(table.example) is dict:
        keys = [*table.example]
    elif is_made_here(table) and type(table.unwrap()) is ConstDictVariable:
        known = [key.vt.unwrap() for key in table.unwrap().items]
        keys = [key.value for key in known if type(key) is ConstantVariable]
    return {key for key in keys if type(key) is str}


_GET = BuiltinVariable(operator.getitem)


class FormatMap(MayWait):
    """``template.format_map`` of a text that is known."""

    def result(self, tx: Any, args: list[Any], kwargs: dict[str, Any]) -> VariableTracker | None:
        """The text, if it can wait."""
        template: Any = self.obj.realize()
        if len(args) != 1 or kwargs or not _is_text(template):
            return None
        try:
            names = {name for _, name, _, _ in string.Formatter().parse(template.value)} - {None}
        except ValueError:
            return None  # torch raises it in the program
        given = _of_names(args[0], names) if all(map(str.isidentifier, names)) else None  # type: ignore[arg-type]
        return None if given is None else by_format(template.value, [], given)


def _varies(value: VariableTracker) -> bool:
    return _is_made_of(value) or type(value) is LateText


def _by_names(template: str, table: Any) -> VariableTracker | None:
    """``"%(name)s" % table`` of a dict, of which the names alone are read."""
    parts = pieces(template) or []
    names = {part.name for part in parts if isinstance(part, Place)}
    if not names or None in names:
        return None
    given = _of_names(table, names)
    if given is None or not any(map(_varies, given.values())):
        return None
    texts = [
        _filled_in(part, given[part.name])
        if isinstance(part, Place)
        else ConstantVariable.create(part)
        for part in parts
    ]
    return None if None in texts else joined(texts)  # type: ignore[arg-type]


def by_percent(template: str, args: list[VariableTracker]) -> VariableTracker | None:
    """What ``template % args`` gives for late values; None if one of ``args`` cannot wait."""
    filled_in: list[VariableTracker] = []
    left = list(args)
    for part in pieces(template) or [template]:
        if isinstance(part, Place):
            text = _filled_in(part, left.pop(0)) if left and part.name is None else None
            if text is None:
                return None
            filled_in.append(text)
        else:
            filled_in.append(ConstantVariable.create(part))
    return None if left else joined(filled_in)


def _filled_in(place: Place, arg: VariableTracker) -> VariableTracker | None:
    """The text of ``arg`` at a place of a template for ``%``; None if it cannot wait."""
    if not _is_made_of(arg) and type(arg) is not LateText:
        try:
            return ConstantVariable.create(place.of(arg.as_python_constant()))
        except Exception:
            return None  # torch raises it in the program
    if place.letter in TEXT_OF:
        return formatted(arg, place.letter, "") if place.is_whole_text else None
    if type(arg) is LateText:
        return None
    if place.is_of_float and type(example_of(arg)) in (int, bool):
        number: Any = made(InstructionTranslator.current_tx(), float, [arg])
        if number is None:
            return None
        number.rely_on_presence()
        arg = number
    spec = place.spec_of(type(example_of(arg)))
    return None if spec is None else formatted(arg, "", spec)


def _is_text(tracker: VariableTracker) -> bool:
    known: Any = tracker
    if type(known) in LAZY:
        if not known.is_realized() and known.peek_type() is not str:
            return False  # nothing is built for the question
        tracker = known.realize()
    return issubclass(type(tracker), ConstantVariable) and type(tracker.value) is str  # type: ignore[attr-defined]


def remainder(template: VariableTracker, value: VariableTracker) -> VariableTracker | None:
    """``template % value``; None if it cannot wait."""
    several = value.unwrap()
    if type(known := template.unwrap()) is ConstantVariable and type(known.value) is str:
        text = _by_names(known.value, value)
        if text is not None:
            return text
    args = [*several.items] if type(several) is TupleVariable else [value]
    if not any(waits(arg) or is_symbol(arg) for arg in args):
        return None
    template = template.realize()
    if not _is_text(template):
        return None
    text = by_percent(template.as_python_constant(), args)
    if text is None:  # torch takes no symbol for a number
        known = [specialize_symnode(arg.realize()) for arg in args]
        filled_in = TupleVariable(known) if type(several) is TupleVariable else known[0]
        tx = InstructionTranslator.current_tx()
        text = BuiltinVariable(operator.mod).call_function(tx, [template, filled_in], {})
    return text


class Join(MayWait):
    """``separator.join`` of a text that is known."""

    def result(self, tx: Any, args: list[Any], kwargs: dict[str, Any]) -> VariableTracker | None:
        """The text, if it can wait."""
        if len(args) != 1 or kwargs:
            return None
        separator: Any = self.obj.realize()
        text = joined_by(tx, separator.value, args[0])
        if text is not None:
            return text
        texts: Any = args[0].realize()
        if not isinstance(texts, _RUN_THROUGH):
            return _joined_by(separator, texts)
        texts = run_through(tx, texts)
        text = _joined_by(separator, texts)
        return separator.call_method(tx, self.name, [texts], {}) if text is None else text


def is_text(tracker: VariableTracker) -> bool:
    """Whether ``tracker`` stands for a text that is known."""
    return _is_text(tracker.unwrap())


def _joined_by(separator: VariableTracker, texts: Any) -> VariableTracker | None:
    """``separator.join(texts)``, if one of them is late and all are texts."""
    if type(texts) not in (ListVariable, TupleVariable) or not any(map(waits, texts.items)):
        return None
    parts: list[VariableTracker] = []
    for number, item in enumerate(texts.items):
        part = _as_part(item)
        if part is None:
            return None
        parts += [separator, part] if number else [part]
    return joined(parts)


def added(left: VariableTracker, right: VariableTracker) -> VariableTracker | None:
    """``left + right``, of two texts; None if they cannot wait."""
    parts = [_as_part(left), _as_part(right)]
    return None if None in parts else joined(parts)  # type: ignore[arg-type]


def repeated(tx: Any, left: VariableTracker, right: VariableTracker) -> VariableTracker | None:
    """``"#" * n`` of a text or bytes that are known and a symbol; None if it is anything else."""
    text, count = (right, left) if is_symbol(left) else (left, right)
    if waits(text) or not is_symbol(count) or count.python_type() is not int:
        return None
    known = text.unwrap()
    is_text = type(known) is ConstantVariable and type(known.value) in (str, bytes)
    return made(tx, operator.mul, [left, right]) if is_text else None


def _as_part(text: VariableTracker) -> VariableTracker | None:
    """A text that is known, or one that is late; None if it is anything else."""
    if _is_made_of(text):
        is_one = type(example_of(text)) is str
        return formatted(text, "", "") if is_one else None
    return text if type(text) is LateText or _is_text(text) else None
