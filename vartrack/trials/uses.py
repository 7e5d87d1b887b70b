"""The uses that the type of a value offers: one expression each, for the value ``v``."""

from __future__ import annotations

import contextlib
import enum
import inspect
import itertools
import keyword
import operator
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import torch

from vartrack.core.user_code.interrupts import RAISED
from vartrack.core.user_code.stored import attributes
from vartrack.trials.sameness import kept

__all__ = [
    "CARRIED",
    "OPERAND",
    "TEXTS",
    "Use",
    "field_uses",
    "fields_in_c",
    "is_mapping",
    "is_written",
    "methods_of",
    "plain_fields",
    "stored_fields",
    "uses_of",
]

#: What the answer of a use depends on: the type of the value, one field of it, or all it holds.
Depends = Literal["type", "field", "content"]

_TEMPLATE = """
def use(x, v):
    return x + 1, {text}
"""


@dataclass(frozen=True)
class Use:
    """One thing that a program does with a value.

    Attributes:
        text: the expression, with ``v`` for the value, ``other`` for one that is equal
            to it, and ``x`` for a tensor.
        depends: what its answer depends on.
        program: the source of a function ``use(x, v)`` that does it.
        names: what the program finds in its globals.
    """

    text: str
    depends: Depends = "content"
    program: str = _TEMPLATE
    names: dict[str, Any] = field(default_factory=dict, compare=False)

    def function(self, other: Any = None) -> Callable[[torch.Tensor, Any], Any]:
        """The program, compiled by Python anew, so that nothing torch knows of it counts."""
        names = {**self.names, "other": other, "operator": operator}
        exec(compile(self.program.format(text=self.text), f"<{self.text}>", "exec"), names)
        function: Callable[[torch.Tensor, Any], Any] = names["use"]
        return function


#: Uses that depend on the type of the value and no more.
CARRIED: tuple[Use, ...] = (
    Use("v", "type"),
    Use("[v]", "type"),
    Use("v is None", "type"),
    Use("isinstance(v, cls)", "type"),
)

#: The expressions, each with the methods of which the type must have one of its own. The first of
#: them tells most.
_BY_METHOD: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("__eq__",), ("v == v", "v == other", "v != other")),
    (("__lt__",), ("v < other", "v >= other")),
    (("__len__",), ("len(v)",)),
    (("__iter__",), ("[*v]", "tuple(v)", "next(iter(v), None)")),
    (("__reversed__",), ("[*reversed(v)]",)),
    (("__contains__", "__iter__"), ("None in v", "next(iter(v), None) in v")),
    (("__int__",), ("int(v)",)),
    (("__float__",), ("float(v)",)),
    (("__complex__",), ("complex(v)",)),
    (("__index__",), ("operator.index(v)", "'abcdef'[v:]", "len(range(v))")),
    (("__neg__",), ("-v",)),
    (("__abs__",), ("abs(v)",)),
    (("__invert__",), ("~v",)),
    (("__round__",), ("round(v)",)),
    (("__add__",), ("v + other",)),
    (("__sub__",), ("v - other",)),
    (("__mul__",), ("v * 2",)),
    (("__truediv__",), ("v / 2",)),
    (("__or__",), ("v | other",)),
    (("__and__",), ("v & other",)),
    (("__fspath__",), ("v.__fspath__()",)),
    (("__bytes__",), ("bytes(v)",)),
)
_MAPPING = (
    *("{**v}", "dict(v)", "dict(**v)", "[*v.keys()]", "[*v.values()]", "[*v.items()]"),
    *("v.get('no such key')", "v[next(iter(v))]"),
)
#: What goes through all items, which may be millions, or without end.
_GOES_THROUGH = ("__iter__", "__reversed__")
_MANY = 1000
#: Kinds of which the second expression tells more than the first.
_TELLING = ("hash(v)", "{**v}", "v == v")
#: What makes a text of the value.
TEXTS = ("str(v)", "repr(v)", "format(v)", "f'{v}'", "'%s' % (v,)")
#: The value beside a tensor.
OPERAND = "x * v"
_WITH = """
def use(x, v):
    with v:
        y = x + 1
    return y, None
"""


def uses_of(value: Any, *, few: bool = False) -> Iterator[Use]:
    """The uses that the type of ``value`` offers by its special methods, texts and hash among them.

    A call of the value is none of them, as nobody knows what it would do.

    Args:
        value: the value.
        few: whether one or two of each kind are enough.
    """
    cls = type(value)
    carried = CARRIED[::2] if few else CARRIED
    yield from (Use(use.text, use.depends, names={"cls": cls}) for use in carried)
    for texts in _offered(value, cls):
        yield from map(Use, texts[:2] if few and texts[0] in _TELLING else texts[: few or None])
    # of what cannot be copied, such as a lock or a connection, the very object would be entered
    if _has_own(cls, "__enter__") and _has_own(cls, "__exit__") and kept(value) is not value:
        yield Use("with v: ...", "content", _WITH)
    addresses = {by: _shows_address(value, by) for by in (str, repr)}
    for text in TEXTS[: 3 if few else None]:
        if not addresses[repr if text == "repr(v)" else str]:
            yield Use(text)


def _offered(value: Any, cls: type) -> Iterator[tuple[str, ...]]:
    """Expressions that need no other program, by kind."""
    yield ("bool(v)", "1 if v else 2")
    if _has_own(cls, "__hash__"):
        yield ("hash(v)", "v in {other}", "{other: 1}.get(v)")
    for methods, texts in _BY_METHOD:
        own = [method for method in methods if _has_own(cls, method)]
        if own and (own[0] not in _GOES_THROUGH or _ends(value)):
            yield texts
    if is_mapping(value):
        yield _MAPPING
    elif _has_own(cls, "__getitem__") and _has_items(value):
        yield ("v[0]", "v[-1]", "v[:1]")
    if _is_operand(value):
        yield (OPERAND,)


def _is_operand(value: Any) -> bool:
    """Whether a tensor can be multiplied by a copy of the value."""
    try:
        return isinstance(torch.ones(()) * kept(value), torch.Tensor)
    except RAISED:
        return False


def _ends(value: Any) -> bool:
    """Whether going through the items of a copy comes to an end before long, and is no iterator
    that cannot be copied: its items would be gone."""
    try:
        copied = kept(value)
        if copied is value and isinstance(value, Iterator):
            return False
        items = itertools.islice(iter(copied), _MANY + 1)
        return sum(1 for _ in items) <= _MANY
    except RAISED:
        return True  # as soon as the use itself, which raises it too


def _has_items(value: Any) -> bool:
    try:
        return len(value) > 0
    except RAISED:
        return False


def is_mapping(value: Any) -> bool:
    """Whether the value has items by key. An element of XML has keys, and its items by number."""
    cls = type(value)
    if not _has_own(cls, "keys") or not _has_own(cls, "__getitem__"):
        return False
    if issubclass(cls, Mapping):
        return True
    try:
        made = kept(value)
        keys = [*itertools.islice(iter(made.keys()), 2)]
        for key in keys:
            made[key]
    except RAISED:
        return False
    return bool(keys) or _has_own(cls, "values")


def _has_own(cls: type, method: str) -> bool:
    """Whether ``cls`` or a base other than `object` defines ``method``; no metaclass counts."""
    for base in cls.__mro__:
        if method in vars(base):
            return base is not object and vars(base)[method] is not None
    return False


def _shows_address(value: Any, by: Callable[[Any], str]) -> bool:
    """Whether a text of the value says where it is, so that no two calls give the same."""
    try:
        return hex(id(value))[2:] in by(value).lower()
    except RAISED:
        return False


# parts

_IN_C = (types.MemberDescriptorType, types.GetSetDescriptorType)
_PLAIN = (int, float, str, type(None))


def stored_fields(value: Any) -> dict[str, Any]:
    """What is stored in the value under a name: its instance dict, and the slots that are set."""
    try:
        return attributes(value, in_c=True)
    except RAISED:  # by a `__dict__` of its own
        return {}


def is_written(name: str) -> bool:
    """Whether an attribute of this name can be read as in ``value.name``."""
    return name.isidentifier() and not keyword.iskeyword(name)


def fields_in_c(value: Any) -> dict[str, Any]:
    """The numbers, texts and None that C code reads from the value under a public name."""
    fields = {}
    for cls in type(value).__mro__:
        for name, found in vars(cls).items():
            if isinstance(found, _IN_C) and not name.startswith("_") and name not in fields:
                with contextlib.suppress(*RAISED):
                    fields[name] = found.__get__(value)
    return {name: part for name, part in fields.items() if isinstance(part, _PLAIN)}


def plain_fields(value: Any) -> dict[str, Any]:
    """The numbers, texts and None that the value holds under a public name."""
    stored = {
        name: part
        for name, part in stored_fields(value).items()
        if isinstance(part, _PLAIN) and not name.startswith("_") and is_written(name)
    }
    return {**stored, **fields_in_c(value)}


def field_uses(value: Any) -> Iterator[Use]:
    """Reading one public field of the value each."""
    stored = [name for name in stored_fields(value) if is_written(name)]
    names = [name for name in stored if not name.startswith("_")]
    for name in dict.fromkeys((*names, *fields_in_c(value))):
        yield Use(f"v.{name}", "field")


def methods_of(value: Any) -> Iterator[tuple[str, Use]]:
    """Public properties and methods without parameters, by name; one may have any effect."""
    cls = type(value)
    others = getattr(cls, "__members__", ()) if isinstance(value, enum.Enum) else ()
    for name in dir(cls):
        if name.startswith("_") or name in others:
            continue
        static = inspect.getattr_static(cls, name)
        if _is_computed(static):
            yield name, Use(f"v.{name}")
        elif _takes_nothing(static):
            yield name, Use(f"v.{name}()")


def _is_computed(static: Any) -> bool:
    return hasattr(type(static), "__get__") and not (
        callable(static) or isinstance(static, (classmethod, staticmethod, *_IN_C))
    )


def _takes_nothing(static: Any) -> bool:
    """Whether a method can be called on the value without operands."""
    if isinstance(static, (classmethod, staticmethod, type)) or not callable(static):
        return False
    try:
        parameters = [*inspect.signature(static).parameters.values()][1:]
    except (TypeError, ValueError):  # some functions in C do not tell
        return False
    loose = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return all(each.default is not each.empty or each.kind in loose for each in parameters)
