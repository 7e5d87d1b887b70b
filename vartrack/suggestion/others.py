"""Other values of a type: changed ones, and ones that are equal and yet print differently."""

from __future__ import annotations

import contextlib
import datetime
import enum
import functools
import operator
import re
from collections.abc import Callable, Iterator
from typing import Any

from vartrack.core.user_code.interrupts import RAISED
from vartrack.trials.changing import NoOther, another, copied, with_another
from vartrack.trials.sameness import alike, print_differently
from vartrack.trials.uses import is_mapping, methods_of, stored_fields

__all__ = ["changed_values", "equal_values", "is_pure", "pure_methods"]

#: Names of methods that may do more than to compute something; they are not called.
_ACTS = re.compile(
    r"^(acquire|add|append|apply|abort|begin|call|cancel|clear|close|commit|connect|create|del|"
    r"compile|delete|detach|destroy|disable|discard|dump|emit|enable|exec|execute|exit|fetch|fill|flush|"
    r"join|kill|launch|load|lock|log|mkdir|move|notify|open|pop|post|print|publish|push|put|query|"
    r"read|recv|release|remove|rename|replace_all|reset|resolve_all|rmdir|rollback|run|save|seek|"
    r"send|set|shuffle|shutdown|sleep|sort|spawn|start|step|stop|submit|sync|terminate|touch|"
    r"truncate|unlink|unlock|update|upload|wait|walk|write)(_|$)|^(unlink|rmdir|mkdir|touch)"
)


def changed_values(value: Any) -> Iterator[Any]:
    """Values of the same type that are not the same: made from its text, computed, copied."""
    with contextlib.suppress(*RAISED):
        for made in _made(value):
            if type(made) is type(value) and _is_whole(made, value) and not alike(made, value):
                yield made


#: What a value is asked that nobody would call a use of it.
_ASKED: tuple[Callable[[Any], Any], ...] = (hash, str, repr, bool, lambda one: one == one)


def _is_whole(made: Any, value: Any) -> bool:
    """Whether ``made`` can do what ``value`` can: its parts need not fit together."""
    return all(_answers(ask, made) for ask in _ASKED if _answers(ask, value))


def _answers(ask: Callable[[Any], Any], value: Any) -> bool:
    try:
        ask(value)
    except RAISED:
        return False
    return True


def equal_values(value: Any) -> Iterator[Any]:
    """Values that are equal to ``value``, of its type, and print differently."""
    for make in (*_by_text(value), *_by_method(value), *_by_field(value)):
        with contextlib.suppress(*RAISED):
            made = make()
            if type(made) is not type(value) or not bool(made == value):
                continue
            if print_differently(made, value) and _is_whole(made, value):
                yield made


def _by_text(value: Any) -> Iterator[Callable[[], Any]]:
    """What reads other texts that may mean the same."""
    text = _readable_text(value)
    if text is None:
        return
    for other in (f"{text}.0", f"{text}0", f"{text}.", text.upper(), text.lower()):
        read: Callable[..., Any] = type(value)
        yield functools.partial(read, other)


def _by_method(value: Any) -> Iterator[Callable[[], Any]]:
    """What gives the value in another form: by methods, in other zones, in other units."""
    for name in pure_methods(value):
        yield functools.partial(_called, value, name)
    if hasattr(type(value), "tzinfo"):
        for hours in (0, 1):
            zone = datetime.timezone(datetime.timedelta(hours=hours))
            yield functools.partial(_in_zone, value, zone)
    if hasattr(type(value), "to") and hasattr(type(value), "units"):
        yield lambda: value.to(f"milli{value.units}")


def _by_field(value: Any) -> Iterator[Callable[[], Any]]:
    """What is stored in it and does not count when it is compared."""
    for name in stored_fields(value):
        yield functools.partial(with_another, value, name)


def _in_zone(value: Any, zone: datetime.timezone) -> Any:
    return value.astimezone(zone)


def _called(value: Any, name: str) -> Any:
    return getattr(copied(value), name)()


def pure_methods(value: Any) -> list[str]:
    """Public methods without parameters that seem to compute something and change nothing."""
    return [name for name, use in methods_of(value) if use.text.endswith("()") and is_pure(name)]


def is_pure(name: str) -> bool:
    """Whether a method of this name may be called for the sake of trying it."""
    return _ACTS.match(name) is None


def _made(value: Any) -> Iterator[Any]:
    if isinstance(value, enum.Enum):
        yield from type(value)
        return
    yield from _from_text(value)
    yield from _from_parts(value)
    for compute, operand in ((operator.add, value), (operator.mul, 3), (operator.add, 1)):
        with contextlib.suppress(*RAISED):
            yield compute(value, operand)
    for name in stored_fields(value):
        with contextlib.suppress(*RAISED):
            yield with_another(value, name)


#: Types whose subclasses are made of one value of them.
_PLAIN = (int, float, complex, str)


def _from_parts(value: Any) -> Iterator[Any]:
    """Values with another part, of types that hold something besides attributes."""
    cls = type(value)
    plain = next((base for base in _PLAIN if isinstance(value, base)), None)
    with contextlib.suppress(*RAISED):
        if plain is not None:
            yield cls(another(plain(value)))
        elif isinstance(value, tuple) and hasattr(cls, "_fields"):
            for name, part in zip(cls._fields, value, strict=True):
                with contextlib.suppress(NoOther):
                    replace: Any = value._replace  # type: ignore[attr-defined]
                    yield replace(**{name: another(part)})
        elif is_mapping(value):
            made = copied(value)
            key = next(iter(made.keys()))
            made[key] = another(made[key])
            yield made


def _from_text(value: Any) -> Iterator[Any]:
    """Values whose text differs by a digit or a letter, if the type reads its own texts."""
    text = _readable_text(value)
    if text is None:
        return
    for read in (type(value), getattr(type(value), "fromisoformat", None)):
        try:
            if read is None or read(text) != value:
                continue
        except RAISED:
            continue
        digit = re.search(r"[0-8](?=\D*$)", text)
        texts = [] if digit is None else [_with_next_digit(text, digit.start())]
        for other in (*texts, f"{text}1"):
            with contextlib.suppress(*RAISED):
                yield read(other)


def _with_next_digit(text: str, at: int) -> str:
    return f"{text[:at]}{int(text[at]) + 1}{text[at + 1 :]}"


def _readable_text(value: Any) -> str | None:
    """The text of ``value``; None if its type does not read such texts.

    What takes a text all the same takes it for something else: a database makes a file of that
    name.
    """
    try:
        text = str(value)
    except RAISED:
        return None
    return None if text.startswith(("<", f"{type(value).__name__}(")) else text
