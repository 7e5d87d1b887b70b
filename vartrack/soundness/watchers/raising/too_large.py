"""Numbers that are too large for a tensor's type: the graph meets that when it has run."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Iterator
from types import BuiltinFunctionType
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensor
from torch.fx.node import Node, map_arg
from torch.utils import _pytree as pytree
from torch.utils._python_dispatch import _disable_current_modes

from vartrack.soundness.facts.varying import Varying, varying
from vartrack.soundness.noting.ledger import Ledger

__all__ = ["raised_for_real"]

#: What torch says of it, and what it says of a division by zero.
_SAID = "without overflow"
#: Numbers that do not fit into types narrower than Python's own.
_TOO_LARGE: dict[type, Any] = {int: 1 << 62, float: 1e308}
#: The largest number of the narrowest type.
_FITS_ANY = 127
#: How many numbers a tensor may have that is made to try.
_MANY = 1 << 16
_FUNCTIONS = "torch.nn.functional"


def raised_for_real(ledger: Ledger, node: Any, tx: Any, made: Any) -> Exception | None:
    """The error that an operator raises of the numbers it is given, which it does not on fakes.

    Of numbers that vary it is noted that they fit.

    Args:
        ledger: the ledger of the compile.
        node: the call in the graph.
        tx: the tracer.
        made: what it gave on fake tensors.
    """
    if not (_may_be_too_large(node.args) or _may_be_too_large(node.kwargs.values())):
        return None
    if not _can_be_tried(node, made):
        return None
    leaves, spec = pytree.tree_flatten(map_arg((node.args, node.kwargs), _example))
    given, _ = pytree.tree_flatten((node.args, node.kwargs))
    types = {one.dtype for one in (*leaves, made) if isinstance(one, torch.Tensor)}
    if not all(map(_is_plain, leaves)) or len(leaves) != len(given):
        return None
    fixed, numbers = list(leaves), list[tuple[int, Varying]]()
    for at, (leaf, arg) in enumerate(zip(leaves, given, strict=True)):
        if isinstance(leaf, (torch.SymInt, torch.SymFloat)):
            number = varying(arg, tx.fake_mode.shape_env)
            if number is None:
                return None
            numbers.append((at, number))
            fixed[at] = number.now
    for at, number in numbers:
        large = _TOO_LARGE[type(number.now)]
        tried = [*fixed[:at], large, *fixed[at + 1 :]]
        if not _fits(types, large) and _raises(node, tried, spec) is not None:
            _rely_on_fitting(ledger, number, types)
    if all(_fits(types, one) for one in fixed if type(one) in _TOO_LARGE):
        return None
    return _raises(node, fixed, spec)


def _rely_on_fitting(ledger: Ledger, number: Varying, types: set[torch.dtype]) -> None:
    said = f"{number.text} fits into {', '.join(sorted(map(str, types)))}"
    ask = functools.partial(_result_fits, number, types)
    ledger.sourced.asked("values", said, said, number.sources, ask)


def _result_fits(number: Varying, types: set[torch.dtype], *values: Any) -> bool:
    return _fits(types, number.of(*values))


def _may_be_too_large(given: Iterable[Any]) -> bool:
    """Whether a number among what an operator is given may not fit into some type."""
    for one in given:
        cls = type(one)
        if cls is Node:
            if isinstance(_example(one), (torch.SymInt, torch.SymFloat)):
                return True
        elif cls in _TOO_LARGE:
            if not 0 <= one <= _FITS_ANY:
                return True
        elif issubclass(cls, (tuple, list)):
            if _may_be_too_large(one):
                return True
        elif issubclass(cls, (slice, dict)):
            return True
    return False


def _can_be_tried(node: Any, made: Any) -> bool:
    """Whether it is an operator of torch's own on numbers, with a result that is not large."""
    if isinstance(made, torch.Tensor) and not _is_small(made):
        return False
    if node.op == "call_method":
        return True
    target = node.target
    return node.op == "call_function" and (
        isinstance(target, BuiltinFunctionType) or target.__module__ == _FUNCTIONS
    )


def _example(node: Any) -> Any:
    return node.meta.get("example_value")


def _is_small(tensor: torch.Tensor) -> bool:
    count = tensor.numel()
    return type(count) is int and count <= _MANY


def _is_plain(leaf: Any) -> bool:
    """Whether another may stand for it in a trial."""
    if not isinstance(leaf, torch.Tensor):
        return True
    return type(leaf) is FakeTensor and leaf.layout is torch.strided and not leaf.is_quantized


def _fits(types: set[torch.dtype], number: Any) -> bool:
    return all(_fits_into(number, dtype) for dtype in types)


def _fits_into(number: Any, dtype: torch.dtype) -> bool:
    if dtype.is_floating_point:
        # an int may be too large for any float
        return number != number or number in (math.inf, -math.inf) or _largest(dtype) >= abs(number)
    if dtype.is_complex or dtype is torch.bool:
        return True
    return torch.iinfo(dtype).min <= number <= torch.iinfo(dtype).max


@functools.cache
def _largest(dtype: torch.dtype) -> float:
    return torch.finfo(dtype).max


def _raises(node: Any, leaves: list[Any], spec: Any) -> Exception | None:
    """The error that it raises of numbers too large, called with tensors of zeros."""
    with _disable_current_modes(), torch.no_grad(), torch.random.fork_rng(devices=[]):
        args, kwargs = pytree.tree_unflatten([*_for_real(leaves)], spec)
        try:
            if node.op == "call_method":
                getattr(args[0], node.target)(*args[1:], **kwargs)
            else:
                node.target(*args, **kwargs)
        except RuntimeError as error:
            return error if _SAID in str(error) else None
        except Exception:
            return None  # of what stands for the values, as like as not
    return None


def _for_real(leaves: list[Any]) -> Iterator[Any]:
    """What may stand for tensors: zeros in as few places as will do, as all have one type."""
    for leaf in leaves:
        if not isinstance(leaf, torch.Tensor):
            yield leaf
        elif _is_small(leaf):
            yield torch.zeros(leaf.shape, dtype=leaf.dtype)
        else:
            yield torch.zeros((1,) * leaf.dim(), dtype=leaf.dtype)
