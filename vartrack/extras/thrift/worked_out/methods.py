"""What C code gives for late values: `mode.lower()`, `name.split(".")[-1]`. It is late as well.

So what is asked of the result is a question to that, and not to what it was made of.
"""

from __future__ import annotations

import functools
import inspect
import operator
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.lazy import LazyCache
from torch._dynamo.variables.lists import SliceVariable

from vartrack.bases.tracing.late.symbols import is_symbol
from vartrack.bases.tracing.late.waiting import waits
from vartrack.bases.tracing.late.working_out import example_of, place_of, sliced
from vartrack.compat.making import lazy
from vartrack.extras.thrift.asking import answering
from vartrack.extras.thrift.late.asked import Asked
from vartrack.extras.thrift.late.changes import note_change
from vartrack.extras.thrift.late.kinds import kind_of
from vartrack.extras.thrift.late.late_variable import LateMatch, LateVariable, is_late
from vartrack.extras.thrift.late.may_wait import MayWait
from vartrack.extras.thrift.late.pieces import LateRange, Pieces

if TYPE_CHECKING:
    from torch._guards import Source

__all__ = [
    "OF_PATTERNS",
    "MethodOfLate",
    "MethodOfPattern",
    "has_method",
    "made",
    "part_of_text",
    "text_to_number",
]

_OF_BOTH = frozenset(
    {"capitalize", "center", "expandtabs", "ljust", "lower", "lstrip", "partition", "removeprefix"}
    | {"removesuffix", "replace", "rfind", "rindex", "rjust", "rpartition", "rsplit", "rstrip"}
    | {"split", "splitlines", "strip", "swapcase", "title", "upper", "zfill", "index"}
    | {"count", "find", "startswith", "endswith"}
)
#: Those of patterns that find something in a text.
OF_PATTERNS = frozenset({"match", "search", "fullmatch", "sub", "split"})
#: Methods in C that work out something of the value and their operands alone.
_MAKING: dict[type, frozenset[str]] = {
    str: _OF_BOTH | {"casefold", "encode"},
    bytes: _OF_BOTH | {"decode", "hex"},
    int: frozenset({"bit_length"}),
    float: frozenset({"is_integer", "hex"}),
    re.Match: frozenset(
        {"group", "groups", "start", "end", "span", "__getitem__", "expand", "groupdict"}
    ),
    re.Pattern: OF_PATTERNS,
    torch.dtype: frozenset({"to_complex", "to_real"}),
}
#: What a result may be that is late itself.
_MAY_BE_LATE = frozenset({str, bytes, int, float, bool, type(None), torch.dtype})
_signature = functools.cache(inspect.signature)


class MethodOfLate(MayWait):
    """A method of a late value that works something out of it."""

    def result(self, tx: Any, args: list[Any], kwargs: dict[str, Any]) -> VariableTracker | None:
        """What it gives: an answer that is guarded, or a late value."""
        late: Any = self.obj
        if not is_late(late):
            return None
        if self.name == "groupdict" and not args and not kwargs:
            return _by_name(tx, late)
        if not kwargs and self.name in answering.METHODS.get(type(late.example), ()):
            answer = answering.method(late, self.name, args)
            if answer is not None:
                return ConstantVariable.create(answer)
        return _called(tx, late, self.name, args, kwargs)


class MethodOfPattern(MayWait):
    """A method of a pattern that is known, which may be called with a late text."""

    def result(self, tx: Any, args: list[Any], kwargs: dict[str, Any]) -> VariableTracker | None:
        """What the pattern finds in the late text."""
        if kwargs or not any(map(is_late, args)):
            return None
        return made(tx, getattr(re.Pattern, self.name), [self.obj, *args])


def has_method(cls: type, name: str) -> bool:
    """Whether the method ``name`` of a late value of ``cls`` works something out of it."""
    return name in answering.METHODS.get(cls, ()) or name in _MAKING.get(cls, ())


def _by_name(tx: Any, match: LateVariable) -> VariableTracker | None:
    """What the groups of a late match are that have names; None if the pattern is not known."""
    if type(match) is not LateMatch:
        return None
    match.pattern.realize()
    names = map(ConstantVariable.create, match.example.re.groupindex)
    return ConstDictVariable(
        {name: part_of_text(tx, match, name) for name in names}, mutation_type=ValueMutationNew()
    )


def _called(tx: Any, late: LateVariable, name: str, args: Any, kwargs: Any) -> Any:
    cls = type(late.example)
    if name not in _MAKING.get(cls, ()):
        return None
    method = getattr(cls, name)
    operands = [late, *args]
    if kwargs:
        try:
            given = _signature(method).bind(*operands, **kwargs)
        except (TypeError, ValueError):
            return None
        given.apply_defaults()
        if given.kwargs:
            return None
        operands = [
            each if isinstance(each, VariableTracker) else ConstantVariable.create(each)
            for each in given.args
        ]
    return made(tx, method, operands)


def made(tx: Any, function: Any, operands: Sequence[VariableTracker]) -> VariableTracker | None:
    """What ``function(*operands)`` gives, as a late value; None if it cannot be one.

    Args:
        tx: the tracer.
        function: what is called, written in C, which depends on its operands alone.
        operands: at least one of them is late, or a symbol.
    """
    place = place_of(function, operands)
    if place is None:
        return None
    try:
        result = function(*map(example_of, operands))
    except Exception:
        return None  # torch raises it in the program
    if type(result) is re.Match:
        return _matched(tx, function, operands, result, place)
    if type(result) is range:
        return LateRange.of_ends([*operands], result, place)
    if type(result) in (list, tuple):
        if not all(type(each) in _MAY_BE_LATE for each in result):
            return None
        return Pieces.of(result, place)
    if type(result) not in _MAY_BE_LATE:
        return None
    if any(map(is_symbol, operands)):
        note_change(tx, place, result)
    return lazy(result, place, tx=tx)


def _matched(
    tx: Any, function: Any, operands: Sequence[VariableTracker], result: Any, place: Source
) -> VariableTracker:
    """A match of a late text."""

    def work_out() -> VariableTracker:
        pattern, *rest = operands
        return pattern.realize().call_method(
            tx, function.__name__, [each.realize() for each in rest], {}
        )

    asked = Asked(tx, place, result)
    kind = kind_of(re.Match)
    cache = LazyCache(result, place)
    match = LateMatch(
        cache, kind=kind, asked=asked, source=place, work_out=work_out, pattern=operands[0]
    )
    match.rely_on_type()
    return match


def part_of_text(tx: Any, late: LateVariable, index: VariableTracker) -> VariableTracker | None:
    """``text[index]`` of a late text or match; None if it is neither, or the index is not known."""
    if type(late.example) not in (str, bytes, re.Match):
        return None
    if isinstance(index, SliceVariable):
        return made(tx, sliced, [late, *index.items])
    part: Any = made(tx, operator.getitem, [late, index])
    if waits(part):
        part.rely_on_presence()
    return part  # type: ignore[no-any-return]


def text_to_number(
    tx: Any, function: type[int] | type[float], text: VariableTracker
) -> VariableTracker | None:
    """``int(text)`` or ``float(text)`` of a late text; None if it is no text."""
    if not is_late(text) or type(text.example) is not str:  # type: ignore[attr-defined]
        return None
    number: Any = made(tx, function, [text])
    if waits(number):
        number.rely_on_presence()
    return number  # type: ignore[no-any-return]
