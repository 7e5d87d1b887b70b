"""Whether two runs left equal values behind."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.nn.parameter import is_lazy
from torch.utils.hooks import RemovableHandle

from vartrack.comparison.elements import same_elements
from vartrack.comparison.spelling import break_reason, spell, type_name

__all__ = ["Walk"]

#: A place as Python text, and what is there on either side.
Mismatch = tuple[str, str, str]

#: Attributes that torch writes on objects while it compiles.
_BOOKKEEPING = ("_dynamo_", "_torchdynamo_", "_is_full_backward_hook")
_ATOMS = (type, types.ModuleType, torch.dtype, torch.device)
_NUMBERS = (bool, int, float, complex)
#: What a tensor says of itself, and what a parameter of a lazy module says before it has a shape.
_TOLD = ("dtype", "layout", "shape", "device", "requires_grad", "is_leaf")
_TOLD_AT_ONCE = ("dtype", "device", "requires_grad")


class Walk:
    """Goes through two values in step and finds where they differ.

    One walk over several pairs of values also notices when one side gives the same object in
    two places and the other gives two objects.
    """

    def __init__(self) -> None:
        self._first: dict[int, str] = {}
        self._second: dict[int, str] = {}
        self._keep: list[Any] = []
        #: By the name of a size that a nested tensor has for its rows, which the process counts:
        #: the name on the other side.
        self._counted: dict[str, str] = {}

    def differences(self, where: str, a: Any, b: Any) -> Iterator[Mismatch]:
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

    def _inside(self, where: str, a: Any, b: Any) -> Iterator[Mismatch]:
        for cls, inside in _BY_TYPE:
            if isinstance(a, cls):
                return inside(self, where, a, b)
        return self._objects(where, a, b)

    def _arrays(self, where: str, a: Any, b: Any) -> Iterator[Mismatch]:
        same = a.dtype == b.dtype and a.shape == b.shape and np.array_equal(a, b, _floats(a))
        if not same:
            yield where, _short(a), _short(b)

    def _errors(self, where: str, a: BaseException, b: BaseException) -> Iterator[Mismatch]:
        name, text, other = type(a).__name__, break_reason(str(a)), break_reason(str(b))
        if text != other:
            yield where, f"{name}: {text}", f"{name}: {other}"

    def _builtins(self, where: str, a: Any, b: Any) -> Iterator[Mismatch]:
        if _short(a) != _short(b):
            yield where, _short(a), _short(b)
        elif not isinstance(a.__self__, types.ModuleType):
            yield from self.differences(f"{where}.__self__", a.__self__, b.__self__)

    def _sets(self, where: str, a: Any, b: Any) -> Iterator[Mismatch]:
        if len(a) != len(b) or sorted(map(_short, a)) != sorted(map(_short, b)):
            yield where, _short(a), _short(b)

    def _objects(self, where: str, a: Any, b: Any) -> Iterator[Mismatch]:
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

    def _items(self, where: str, a: list[Any], b: list[Any]) -> Iterator[Mismatch]:
        if len(a) != len(b):
            yield f"len({where})", str(len(a)), str(len(b))
        for index, (x, y) in enumerate(zip(a, b, strict=False)):
            yield from self.differences(f"{where}[{index}]", x, y)

    def _mappings(
        self, where: str, a: Mapping[Any, Any], b: Mapping[Any, Any], attributes: bool = False
    ) -> Iterator[Mismatch]:
        # not the mapping itself: what a `TensorDict` iterates over are its rows
        mine, theirs = ({_short(key): key for key in keys} for keys in (a.keys(), b.keys()))
        if list(mine) != list(theirs):
            yield f"keys of {where}", ", ".join(mine), ", ".join(theirs)
        for name, key in mine.items():
            if name in theirs:
                place = f"{where}.{key}" if attributes else f"{where}[{name}]"
                yield from self.differences(place, a[key], b[theirs[name]])

    def _functions(self, where: str, a: Any, b: Any) -> Iterator[Mismatch]:
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

    def _symbols(self, where: str, a: Any, b: Any) -> Iterator[Mismatch]:
        mine, theirs = str(a), str(b)
        counted = all(isinstance(one, torch.SymInt) and one.node.is_nested_int() for one in (a, b))
        if (self._counted.setdefault(mine, theirs) if counted else mine) != theirs:
            yield where, mine, theirs

    def _numbered(self, where: str, a: Any, b: Any) -> Iterator[Mismatch]:
        """What is numbered over the whole process, or counts over it, is as good as another."""
        yield from ()

    def _tensors(self, where: str, a: torch.Tensor, b: torch.Tensor) -> Iterator[Mismatch]:
        begun = is_lazy(a)
        for name in _TOLD_AT_ONCE if begun else _TOLD:
            mine, theirs = str(_told(a, name)), str(_told(b, name))
            if mine != theirs:
                yield f"{where}.{name}", mine, theirs
                return
        if begun:
            return
        if a.layout is torch.strided and not a.is_nested and a.stride() != b.stride():
            yield f"{where}.stride()", str(a.stride()), str(b.stride())
        if not same_elements(a, b):
            yield where, _short(a), _short(b)
        if a.is_leaf:
            yield from self.differences(f"{where}.grad", a.grad, b.grad)
        yield from self._mappings(
            where, _attributes(a) or {}, _attributes(b) or {}, attributes=True
        )


#: What goes into values of these types; the first that fits is taken.
_BY_TYPE: tuple[tuple[Any, Callable[[Walk, str, Any, Any], Iterator[Mismatch]]], ...] = (
    (torch.Tensor, Walk._tensors),
    ((torch.SymInt, torch.SymFloat, torch.SymBool), Walk._symbols),
    (np.ndarray, Walk._arrays),
    (BaseException, Walk._errors),
    ((FakeTensorMode, RemovableHandle), Walk._numbered),
    ((types.FunctionType, types.MethodType), Walk._functions),
    (types.BuiltinFunctionType, Walk._builtins),
    ((set, frozenset), Walk._sets),
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
