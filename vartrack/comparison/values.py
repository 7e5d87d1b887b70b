"""Whether two runs left equal values behind."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch._subclasses.fake_tensor import FakeTensor
from torch.utils._python_dispatch import is_traceable_wrapper_subclass

from vartrack.comparison.spelling import break_reason, spell, type_name

__all__ = ["Walk"]

#: Attributes that torch writes on objects while it compiles.
_BOOKKEEPING = ("_dynamo_", "_torchdynamo_", "_is_full_backward_hook")
_ATOMS = (type, types.ModuleType, torch.dtype, torch.device)
_NUMBERS = (bool, int, float, complex)


class Walk:
    """Goes through two values in step and finds where they differ.

    One walk over several pairs of values also notices when one side gives the same object in
    two places and the other gives two objects.
    """

    def __init__(self) -> None:
        self._first: dict[int, str] = {}
        self._second: dict[int, str] = {}
        self._keep: list[Any] = []

    def differences(self, where: str, a: Any, b: Any) -> Iterator[tuple[str, str, str]]:
        """Every place under ``where`` in which ``a`` and ``b`` differ.

        Yields:
            The place as Python text, and what is there on either side.
        """
        if type(a) is not type(b) and type_name(a) != type_name(b):
            yield where, type_name(a), type_name(b)
            return
        if isinstance(a, (str, bytes, *_NUMBERS)) or a is None:
            if not _same_literal(a, b):
                yield where, repr(a), repr(b)
            return
        if isinstance(a, _ATOMS):
            if a is not b and repr(a) != repr(b):
                yield where, repr(a), repr(b)
            return
        if type(a) is not tuple:
            met, other_met = self._first.get(id(a)), self._second.get(id(b))
            if met != other_met:
                yield where, _known_as(met), _known_as(other_met)
                return
            if met is not None:
                return
            self._first[id(a)] = self._second[id(b)] = where
            self._keep += (a, b)  # so that their ids are not used again
            if a is b:
                return
        yield from self._inside(where, a, b)

    def _inside(self, where: str, a: Any, b: Any) -> Iterator[tuple[str, str, str]]:
        if isinstance(a, torch.Tensor):
            yield from self._tensors(where, a, b)
        elif isinstance(a, np.ndarray):
            same = a.dtype == b.dtype and a.shape == b.shape and np.array_equal(a, b, _floats(a))
            if not same:
                yield where, _short(a), _short(b)
        elif isinstance(a, BaseException):
            name, text, other = type(a).__name__, break_reason(str(a)), break_reason(str(b))
            if text != other:
                yield where, f"{name}: {text}", f"{name}: {other}"
        elif isinstance(a, (types.FunctionType, types.MethodType)):
            yield from self._functions(where, a, b)
        elif isinstance(a, types.BuiltinFunctionType):
            if _short(a) != _short(b):
                yield where, _short(a), _short(b)
            elif not isinstance(a.__self__, types.ModuleType):
                yield from self.differences(f"{where}.__self__", a.__self__, b.__self__)
        elif isinstance(a, (set, frozenset)):
            if len(a) != len(b) or sorted(map(_short, a)) != sorted(map(_short, b)):
                yield where, _short(a), _short(b)
        else:
            yield from self._objects(where, a, b)

    def _objects(self, where: str, a: Any, b: Any) -> Iterator[tuple[str, str, str]]:
        plain = False
        if isinstance(a, (list, tuple)):
            plain = True
            yield from self._items(where, list(a), list(b))
        elif isinstance(a, Mapping):
            plain = True
            yield from self._mappings(where, a, b)
        mine, theirs = _attributes(a), _attributes(b)
        if mine is not None and theirs is not None:
            yield from self._mappings(where, mine, theirs, attributes=True)
        elif not plain and not _equal(a, b):
            yield where, _short(a), _short(b)

    def _items(self, where: str, a: list[Any], b: list[Any]) -> Iterator[tuple[str, str, str]]:
        if len(a) != len(b):
            yield f"len({where})", str(len(a)), str(len(b))
        for index, (x, y) in enumerate(zip(a, b, strict=False)):
            yield from self.differences(f"{where}[{index}]", x, y)

    def _mappings(
        self, where: str, a: Mapping[Any, Any], b: Mapping[Any, Any], attributes: bool = False
    ) -> Iterator[tuple[str, str, str]]:
        # not the mapping itself: what a `TensorDict` iterates over are its rows
        mine, theirs = ({_short(key): key for key in keys} for keys in (a.keys(), b.keys()))
        if list(mine) != list(theirs):
            yield f"keys of {where}", ", ".join(mine), ", ".join(theirs)
        for name, key in mine.items():
            if name in theirs:
                place = f"{where}.{key}" if attributes else f"{where}[{name}]"
                yield from self.differences(place, a[key], b[theirs[name]])

    def _functions(self, where: str, a: Any, b: Any) -> Iterator[tuple[str, str, str]]:
        if isinstance(a, types.MethodType):
            yield from self.differences(f"{where}.__self__", a.__self__, b.__self__)
            a, b = a.__func__, b.__func__
            if not isinstance(a, types.FunctionType) or not isinstance(b, types.FunctionType):
                return
        if a.__code__ is not b.__code__ and a.__qualname__ != b.__qualname__:
            yield where, a.__qualname__, b.__qualname__
            return
        contents = [list(map(_content, fn.__closure__ or ())) for fn in (a, b)]
        yield from self._items(f"closure of {where}", *contents)

    def _tensors(
        self, where: str, a: torch.Tensor, b: torch.Tensor
    ) -> Iterator[tuple[str, str, str]]:
        for name in ("dtype", "layout", "shape", "device", "requires_grad", "is_leaf"):
            mine, theirs = str(_told(a, name)), str(_told(b, name))
            if mine != theirs:
                yield f"{where}.{name}", mine, theirs
                return
        if a.layout is torch.strided and not a.is_nested and a.stride() != b.stride():
            yield f"{where}.stride()", str(a.stride()), str(b.stride())
        if not _same_elements(a, b):
            yield where, _short(a), _short(b)
        if a.is_leaf:
            yield from self.differences(f"{where}.grad", a.grad, b.grad)
        yield from self._mappings(
            where, _attributes(a) or {}, _attributes(b) or {}, attributes=True
        )


def _told(tensor: torch.Tensor, name: str) -> Any:
    """What ``tensor`` says of itself; where it has parts of several sizes, all of them."""
    if name == "shape" and tensor.is_nested and tensor.layout is torch.strided:
        return tensor._nested_tensor_size()
    return getattr(tensor, name)


def _known_as(where: str | None) -> str:
    return "an object met here first" if where is None else f"the object of {where}"


def _floats(array: np.ndarray[Any, Any]) -> bool:
    return array.dtype.kind in "fc"


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None


def _same_literal(a: Any, b: Any) -> bool:
    """Whether two numbers or texts are the same; NaN is, and 0.0 and -0.0 are not."""
    equal = a == b or (a != a and b != b)
    return bool(equal) and repr(a) == repr(b)


def _attributes(value: Any) -> dict[str, Any] | None:
    found = getattr(value, "__dict__", None)
    slots = [
        name
        for cls in type(value).__mro__
        for name in _as_tuple(cls.__dict__.get("__slots__", ()))
        if not name.startswith("__") and hasattr(value, name)
    ]
    if not isinstance(found, dict) and not slots:
        return None
    attributes = dict(found) if isinstance(found, dict) else {}
    attributes.update((name, getattr(value, name)) for name in slots)
    numbered = isinstance(value, torch.nn.Module)
    return {
        name: list(item.values()) if numbered and _is_hooks(name, item) else item
        for name, item in attributes.items()
        if not (isinstance(name, str) and name.startswith(_BOOKKEEPING))
    }


def _is_hooks(name: Any, item: Any) -> bool:
    """Whether they are hooks of a module: their keys are numbers that the process counts."""
    return isinstance(item, dict) and "_hooks" in name and all(type(key) is int for key in item)


def _as_tuple(slots: Any) -> tuple[str, ...]:
    return (slots,) if isinstance(slots, str) else tuple(slots)


def _same_elements(a: torch.Tensor, b: torch.Tensor) -> bool:
    # by torch's own operators: a subclass that each side makes anew does not know the other's
    with torch._C.DisableTorchFunctionSubclass():
        return _same_in_torch(a.detach(), b.detach())


def _same_in_torch(a: torch.Tensor, b: torch.Tensor) -> bool:
    if a.device.type == "meta" or isinstance(a, FakeTensor):
        return True  # there are no elements
    if _is_freed(a) or _is_freed(b):
        return _is_freed(a) and _is_freed(b)  # reading them would crash the process
    if a.is_nested:
        return all(map(_same_in_torch, a.unbind(), b.unbind()))
    if is_traceable_wrapper_subclass(a) and is_traceable_wrapper_subclass(b):
        # whose elements are in its parts, and which need not know how to compare them
        return _same_parts(a, b)
    if a.layout is not torch.strided:
        a, b = a.to_dense(), b.to_dense()
    if a.is_quantized:
        a, b = a.dequantize(), b.dequantize()
    with torch.no_grad():
        same = a.eq(b)
        if a.is_floating_point() or a.is_complex():
            same = same | (a.isnan() & b.isnan())
        return bool(same.all())


def _same_parts(a: Any, b: Any) -> bool:
    """Whether two wrappers of one type are made of the same tensors."""
    names = a.__tensor_flatten__()[0]
    if names != b.__tensor_flatten__()[0]:
        return False
    return all(_same_part(getattr(a, name), getattr(b, name)) for name in names)


def _same_part(a: Any, b: Any) -> bool:
    if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor):
        return a.shape == b.shape and _same_in_torch(a, b)
    return bool(a == b)  # such as the mesh of a distributed tensor


def _is_freed(tensor: torch.Tensor) -> bool:
    """Whether the memory behind ``tensor`` was given back, as FSDP does between uses."""
    if type(tensor) not in (torch.Tensor, torch.nn.Parameter) or tensor.layout != torch.strided:
        return False
    return tensor.numel() > 0 and tensor.untyped_storage().size() == 0


def _equal(a: Any, b: Any) -> bool:
    try:
        if a is b or bool(a == b):
            return True
    except Exception:
        pass  # a type that cannot be compared is as equal as its text
    return _short(a) == _short(b)


def _short(value: Any) -> str:
    try:
        return spell(repr(value))
    except Exception as error:  # the program's own repr
        return f"{type_name(value)} whose repr raises {type(error).__name__}"
