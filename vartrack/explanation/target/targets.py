"""From the text of a target to what is compiled: a callable and the calls to make.

The rule, in the order it is asked:

1. An async or a generator function runs nothing when it is called, so it is a bad target.
2. What takes the inputs that were given beside the target is what is compiled, with them.
3. A module, or a function that needs arguments, cannot be called without: a bad target.
4. A module is what is compiled.
5. A function, or any other callable, is called once, plainly. If it returns
   ``(callable, args, kwargs)`` it is a factory, and that call is what is compiled; a list of
   ``(args, kwargs)`` in place of the two stands for several calls; with inputs the callable will
   do. If what it returns has a callable in it in any other way, it was meant as a factory and is
   a bad target. Otherwise it is itself what is compiled, and so runs a second time. Write a
   factory for code that must not run twice.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from vartrack.core.user_code.interrupts import INTERRUPTS
from vartrack.dispatch.registry import Registry
from vartrack.errors import TargetError
from vartrack.explanation.target.blame import raised
from vartrack.explanation.target.inputs import Call, is_call
from vartrack.explanation.target.loading import DEFAULT_NAME, find, importable, split

__all__ = [
    "DEFAULT_NAME",
    "Target",
    "from_object",
    "importable",
    "load",
    "load_registry",
    "nothing_in_it",
    "rubbish",
]

_CALL = "(callable, args, kwargs), args a tuple and kwargs a dict with strings for keys"
_OR_CALLS = f"{_CALL}, or (callable, calls), calls a list of (args, kwargs)"


@dataclass
class Target:
    """What is compiled.

    Attributes:
        text: the text it was found by.
        call: the function or module.
        calls: what to call it with, each time positionally and by keyword.
        returned: of a function that was called to see what it returns, and is no factory, the
            type of what it returned; "" otherwise.
    """

    text: str
    call: Callable[..., Any]
    calls: list[Call] = field(default_factory=lambda: [((), {})])
    returned: str = ""

    @property
    def args(self) -> tuple[Any, ...]:
        """The positional arguments of the first call."""
        return self.calls[0][0]

    @property
    def kwargs(self) -> dict[str, Any]:
        """The keyword arguments of the first call."""
        return self.calls[0][1]


def load(text: str, inputs: Sequence[Call] = ()) -> Target:
    """The target that ``text`` names; call it, and use what it returns, within `importable`.

    Args:
        text: ``file.py``, ``file.py:name`` or ``package.module:name``; the name may have dots.
        inputs: the calls to make, if that is not for the target to say.

    Raises:
        TargetError: there is no such target, or it cannot be called; the text says what was
            expected.
    """
    return from_object(text, find(text), inputs)


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


def from_object(text: str, found: Any, inputs: Sequence[Call] = ()) -> Target:
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
    _check_plain(text, found)
    refusal = next(filter(None, (_refusal(found, call) for call in inputs)), "")
    if inputs and not refusal:
        return Target(text, found, list(inputs))
    required = _required(found)
    if required:
        raise _needs(text, required, refusal)
    if isinstance(found, torch.nn.Module):
        return Target(text, found)
    try:
        result = found()
    except INTERRUPTS:
        raise
    except BaseException as error:
        raise TargetError(
            "VT409",
            f"{text} takes no arguments, so it was called, and raised {raised(error)}.",
            f"have it return without an error; a factory returns {_OR_CALLS}.",
        ) from error
    return _from_result(text, found, result, inputs)


def _from_result(text: str, found: Any, result: Any, inputs: Sequence[Call]) -> Target:
    call, calls = _parts(result)
    if calls or (inputs and callable(call)):
        _check_plain(f"what {text} returned", call)
        return Target(text, call, list(inputs) or calls)
    if _holds_a_callable(result) or inspect.isgenerator(result) or inspect.isawaitable(result):
        raise rubbish(text, f"{_shape(result)}{_with_bad_calls(result)}")
    return Target(text, found, returned=_shape(result))


def rubbish(text: str, returned: str) -> TargetError:
    """The error for a factory that returned something else than a factory does."""
    return TargetError("VT408", f"{text} returned {returned}.", f"have it return {_OR_CALLS}.")


def nothing_in_it(text: str, returned: str) -> TargetError:
    """The error for a function that returned no factory's result, and computes nothing itself."""
    return rubbish(text, f"{returned}, and has no operation to compile")


def _parts(result: Any) -> tuple[Any, list[Call]]:
    """The callable and the calls in what a factory returned; no calls if it holds none."""
    if not isinstance(result, tuple):
        return result, []
    if len(result) == 3 and callable(result[0]) and is_call(*result[1:]):
        return result[0], [result[1:]]
    if len(result) == 2 and callable(result[0]) and isinstance(result[1], list):
        calls = result[1]
        if all(isinstance(call, tuple) and len(call) == 2 and is_call(*call) for call in calls):
            return result[0], list(calls)
    return None, []


def _check_plain(text: str, found: Any) -> None:
    call = _called(found)
    if not inspect.isroutine(call) and not isinstance(call, functools.partial):
        call = type(call).__call__  # of an object that can be called
    kinds = {
        "an async function": inspect.iscoroutinefunction(call),
        "an async generator function": inspect.isasyncgenfunction(call),
        "a generator function": inspect.isgeneratorfunction(call),
    }
    for kind, is_it in kinds.items():
        if is_it:
            raise TargetError(
                "VT421",
                f"{text} is {kind}: calling it runs nothing, so there is nothing to compile.",
                "name a plain function, such as the one that it calls for each step.",
            )


def _refusal(found: Any, call: Call) -> str:
    """Why ``found`` cannot be called with these arguments; "" if it can, as far as it tells."""
    try:
        inspect.signature(_called(found)).bind(*call[0], **call[1])
    except TypeError as error:
        return str(error)
    except ValueError:  # some built-in functions do not tell
        return ""
    return ""


def _called(found: Any) -> Any:
    return found.forward if isinstance(found, torch.nn.Module) else found


def _required(found: Any) -> list[str]:
    """The parameters without which ``found`` cannot be called."""
    try:
        parameters = inspect.signature(_called(found)).parameters.values()
    except (TypeError, ValueError):  # some built-in functions do not tell
        return []
    empty = inspect.Parameter.empty
    loose = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [each.name for each in parameters if each.default is empty and each.kind not in loose]


def _needs(text: str, required: list[str], refusal: str) -> TargetError:
    if refusal:
        why = f"and cannot be called with the inputs that were given: {refusal}"
    else:
        why = "and nothing says with what to call it"
    name = split(text)[1]
    return TargetError(
        "VT407",
        f"{text} needs {_and(required)}, {why}.",
        'describe each input on the command line, such as --input "(2, 16) int64" or '
        f'--input "{required[-1]}=(2, 16) int64", or write a factory and name that: '
        f"`def factory(): return {name}, ({', '.join(required)},), {{}}`.",
    )


def _holds_a_callable(result: Any) -> bool:
    if isinstance(result, dict):
        result = tuple(result.values())
    parts = result if isinstance(result, (tuple, list)) else (result,)
    return any(callable(part) for part in parts)


# words


def _a(value: Any) -> str:
    name = type(value).__qualname__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def _shape(result: Any) -> str:
    if isinstance(result, tuple):
        return (
            f"({', '.join(type(part).__qualname__ for part in result)}{',' * (len(result) == 1)})"
        )
    return "None" if result is None else _a(result)


def _with_bad_calls(result: Any) -> str:
    """What is wrong with the calls in what a factory returned, if it is they that are wrong."""
    if not (isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], list)):
        return ""
    for number, call in enumerate(result[1], 1):
        if not (isinstance(call, tuple) and len(call) == 2 and is_call(*call)):
            return f", and call {number} is {_shape(call)}"
    return "" if result[1] else ", and there are no calls in the list"


def _and(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
