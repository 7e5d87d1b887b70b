"""From the text of a target to what is compiled: a callable and its arguments.

The rule, in the order it is asked:

1. What needs arguments cannot be called, so it is a bad target.
2. A module is what is compiled.
3. A function, or any other callable, is called once, plainly. If it returns
   ``(callable, args, kwargs)`` it is a factory, and that call is what is compiled. If it returns
   a callable, or a tuple that begins with one, it was meant as a factory and is a bad target.
   Otherwise it is itself what is compiled, and so runs a second time. Write a factory for code
   that must not run twice.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import torch

from vartrack.dispatch.registry import Registry
from vartrack.errors import TargetError
from vartrack.explanation.blame import raised
from vartrack.explanation.loading import DEFAULT_NAME, find, importable, split

__all__ = ["DEFAULT_NAME", "Target", "from_object", "importable", "load", "load_registry"]

_CALL = "(callable, args, kwargs), args a tuple and kwargs a dict with strings for keys"


@dataclass
class Target:
    """What is compiled.

    Attributes:
        text: the text it was found by.
        call: the function or module.
        args: what to call it with.
        kwargs: the same, by keyword.
    """

    text: str
    call: Callable[..., Any]
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)


def load(text: str) -> Target:
    """The target that ``text`` names; call it, and use what it returns, within `importable`.

    Args:
        text: ``file.py``, ``file.py:name`` or ``package.module:name``; the name may have dots.

    Raises:
        TargetError: there is no such target, or it cannot be called; the text says what was
            expected.
    """
    return from_object(text, find(text))


def load_registry(text: str) -> Registry:
    """The registry that ``text`` names, in the same form as a target.

    Raises:
        TargetError: there is none.
    """
    found = find(text)
    if isinstance(found, Registry):
        return found
    raise TargetError(
        "VT410",
        f"{text} is {_a(found)}, not a vartrack registry.",
        "name one, such as `mine = vartrack.stock.derive('mine')`.",
    )


# what was found


def from_object(text: str, found: Any) -> Target:
    """The target that ``found``, called ``text``, stands for; the rule is above.

    Raises:
        TargetError: it cannot be called, or only with arguments.
    """
    if isinstance(found, type) or not callable(found):
        what = f"the class {found.__qualname__}" if isinstance(found, type) else _a(found)
        raise TargetError(
            "VT406",
            f"{text} is {what}; a function, a module instance or a factory was expected.",
            f"write a function without parameters that returns {_CALL}.",
        )
    required = _required(found)
    if required:
        name = split(text)[1]
        raise TargetError(
            "VT407",
            f"{text} needs {_and(required)}, and nothing says with what to call it.",
            f"write a factory and name that: `def factory(): return {name}, "
            f"({', '.join(required)},), {{}}`.",
        )
    if isinstance(found, torch.nn.Module):
        return Target(text, found)
    try:
        result = found()
    except Exception as error:
        raise TargetError(
            "VT409",
            f"{text} takes no arguments, so it was called, and raised {raised(error)}.",
            f"have it return without an error; a factory returns {_CALL}.",
        ) from error
    if isinstance(result, tuple) and len(result) == 3 and _is_call(*result):
        return Target(text, *result)
    if callable(result) or (isinstance(result, tuple) and result and callable(result[0])):
        raise TargetError(
            "VT408", f"The factory {text} returned {_shape(result)}.", f"have it return {_CALL}."
        )
    return Target(text, found)


def _is_call(call: Any, args: Any, kwargs: Any) -> bool:
    return (
        callable(call)
        and isinstance(args, tuple)
        and isinstance(kwargs, dict)
        and all(isinstance(key, str) for key in kwargs)
    )


def _required(found: Any) -> list[str]:
    """The parameters without which ``found`` cannot be called."""
    call = found.forward if isinstance(found, torch.nn.Module) else found
    try:
        parameters = inspect.signature(call).parameters.values()
    except (TypeError, ValueError):  # some built-in functions do not tell
        return []
    empty = inspect.Parameter.empty
    loose = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [each.name for each in parameters if each.default is empty and each.kind not in loose]


# words


def _a(value: Any) -> str:
    name = type(value).__qualname__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def _shape(result: Any) -> str:
    if isinstance(result, tuple):
        return (
            f"({', '.join(type(part).__qualname__ for part in result)}{',' * (len(result) == 1)})"
        )
    return _a(result)


def _and(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
