"""The inputs that the command line describes: ``(2, 16) int64``, or a file of them."""

from __future__ import annotations

import ast
import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from vartrack.core.texts.articles import with_article
from vartrack.core.texts.wording import told
from vartrack.errors import TargetError

__all__ = ["FORM", "Call", "is_call", "parse", "read"]

#: The arguments of one call: positional ones and keyword ones.
Call = tuple[tuple[Any, ...], dict[str, Any]]

#: How an input is described.
FORM = "[NAME=](SIZE, ...) [DTYPE] [DEVICE], or [NAME=]LITERAL"
_DTYPES = {name: value for name, value in vars(torch).items() if isinstance(value, torch.dtype)}
#: The numbers in made-up integer tensors are below this: indices into anything of two rows.
_BELOW = 2


def is_call(args: Any, kwargs: Any) -> bool:
    """Whether a function can be called with these: a tuple, and a dict with strings for keys."""
    return (
        isinstance(args, tuple)
        and isinstance(kwargs, dict)
        and all(isinstance(key, str) for key in kwargs)
    )


def parse(texts: Iterable[str]) -> Call:
    """The call with the inputs that ``texts`` describe, in the form of `FORM`.

    A tuple of sizes stands for a tensor of that shape (float32 on the CPU if nothing else is
    said) with random numbers in it, any other literal for itself.

    Raises:
        TargetError: a text is in no such form.
    """
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for text in texts:
        name, equals, rest = text.partition("=")
        if equals and name.strip().isidentifier():
            kwargs[name.strip()] = _input(rest.strip(), text)
        else:
            args.append(_input(text.strip(), text))
    return tuple(args), kwargs


def _input(text: str, whole: str) -> Any:
    shape, bracket, rest = text.rpartition(")")
    if not text.startswith("(") or not bracket:
        return _literal(text, whole)
    sizes = _literal(shape + bracket, whole)
    if not isinstance(sizes, tuple):  # (3) is a number
        sizes = (sizes,)
    if not all(type(size) is int and size >= 0 for size in sizes):
        raise _bad(whole, "a size is a number from 0 on")
    dtype, device = torch.float32, torch.device("cpu")
    for word in rest.split():
        if word in _DTYPES:
            dtype = _DTYPES[word]
            continue
        try:
            device = torch.device(word)
        except RuntimeError:
            near = difflib.get_close_matches(word, _DTYPES, 3)
            means = f"; did you mean {' or '.join(near)}?" if near else ""
            raise _bad(whole, f"{word!r} is neither a dtype nor a device{means}") from None
    return _tensor(sizes, dtype, device)


def _literal(text: str, whole: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        raise _bad(whole, f"{text!r} is no Python literal") from None


def _tensor(sizes: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    if dtype.is_floating_point or dtype.is_complex:
        return torch.rand(sizes).to(device, dtype)
    return torch.randint(0, _BELOW, sizes).to(device, dtype)


def _bad(text: str, why: str) -> TargetError:
    return TargetError(
        "VT422",
        f"The input {text!r} cannot be understood: {why}.",
        f'describe it as {FORM}, such as "(2, 16) int64", "mask=(2, 16) bool" or 0.5.',
    )


def read(file: Path) -> list[Call]:
    """The calls in ``file``: what ``torch.save`` wrote, or JSON.

    It holds a tensor, the positional arguments as a tuple or list, the keyword arguments as a
    dict, both as ``(args, kwargs)``, or a list of such pairs, a call each. In JSON a text that
    describes an input, as in `parse`, stands for it.

    Raises:
        TargetError: it cannot be read, or holds something else.
    """
    try:
        if file.suffix == ".json":
            held = _described(json.loads(file.read_text(encoding="utf-8")), str(file))
        else:
            held = torch.load(file, weights_only=True)
    except TargetError:
        raise
    except Exception as error:
        raise _unreadable(file, told(error).partition("\n")[0]) from None
    if isinstance(held, list) and held and all(_is_pair(each) for each in held):
        return [(tuple(args), kwargs) for args, kwargs in held]
    if _is_pair(held):
        return [(tuple(held[0]), held[1])]
    if isinstance(held, Mapping) and is_call((), dict(held)):
        return [((), dict(held))]
    if isinstance(held, (tuple, list)):
        return [(tuple(held), {})]
    if isinstance(held, torch.Tensor):
        return [((held,), {})]
    raise _unreadable(file, f"it holds {with_article(type(held))}")


def _is_pair(held: Any) -> bool:
    return (
        isinstance(held, Sequence)
        and len(held) == 2
        and isinstance(held[0], (tuple, list))
        and is_call((), held[1])
    )


def _described(held: Any, whole: str) -> Any:
    """JSON in which texts that describe tensors have become tensors."""
    if isinstance(held, str) and held.startswith("("):
        return _input(held, held)
    if isinstance(held, list):
        return [_described(each, whole) for each in held]
    if isinstance(held, dict):
        return {key: _described(value, whole) for key, value in held.items()}
    return held


def _unreadable(file: Path, why: str) -> TargetError:
    return TargetError(
        "VT423",
        f"The inputs in {file} cannot be read: {why}.",
        "write them with `torch.save((args, kwargs), file)`, args a tuple and kwargs a dict of "
        "tensors and plain values, or as JSON of the same form.",
    )
