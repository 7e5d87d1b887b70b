"""Arrays and records that torch has no tensor for, as snapshots of their content."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from torch._dynamo.source import GetItemSource
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.misc import NumpyVariable

from vartrack.bases import ConstantVisitor
from vartrack.bases.content import content_key
from vartrack.bases.tracing.evaluating.folding import LONGEST_ITERATOR, evaluate
from vartrack.bases.tracing.folded.folded_variable import FoldedVariable
from vartrack.compat.hooks import of_base
from vartrack.compat.making import build_now
from vartrack.core.called_back import called_by_compiled
from vartrack.core.context import BuilderContext
from vartrack.core.halves import Sourceless
from vartrack.core.visitor import Visitor

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen

__all__ = [
    "ArrayVariable",
    "Arrays",
    "NewArrays",
    "Records",
    "copied",
    "has_tensor",
    "is_moment",
    "key_of",
    "owned",
    "tells_time",
]

#: What depends on where and how an array lies in memory, or leads out of the program.
_OF_MEMORY = (
    "__array_interface__",
    "__array_struct__",
    "base",
    "ctypes",
    "data",
    "dump",
    "flags",
    "strides",
    "tofile",
)


#: What an array is, apart from its content; nothing in a graph changes it.
_OF_LAYOUT = ("dtype", "itemsize", "nbytes", "ndim", "shape", "size")


def has_tensor(dtype: np.dtype[Any]) -> bool:
    """Whether torch has a tensor for arrays of ``dtype``."""
    return dtype.kind in "biufc" and dtype.isnative and dtype.char not in "gG"


def key_of(value: Any) -> Any:
    """The content of an array or a record, and its type."""
    dtype = value.dtype
    # what holds references has no bytes of its own
    by_parts = dtype.hasobject or dtype.kind == "T"
    content = content_key(value.tolist()) if by_parts else value.tobytes()
    return dtype, value.shape, value.flags.writeable, content


def is_moment(result: Any) -> bool:
    """Whether ``result`` is one ``datetime64`` or an array of them."""
    return isinstance(result, (np.ndarray, np.generic)) and result.dtype.kind == "M"


def tells_time(value: Any) -> bool:
    """Whether ``value`` is or holds a text that NumPy reads as the time of the call."""
    if isinstance(value, (str, bytes)):
        text = value if isinstance(value, str) else value.decode("latin-1")
        return text.strip().lower() in ("now", "today")
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "USTO" and tells_time(value.tolist())
    return isinstance(value, (list, tuple)) and any(map(tells_time, value))


def owned(result: Any, *sources: Any) -> Any:
    """``result``, copied if it is a view of something else than ``sources``."""
    if not isinstance(result, np.ndarray) or result.base is None:
        return result
    arrays = (source for source in sources if isinstance(source, np.ndarray))
    return result if any(np.may_share_memory(result, a) for a in arrays) else result.copy()


class ArrayVariable(FoldedVariable):
    """An array, or a record of one, that is evaluated on a copy; a change is refused.

    Args:
        value: the array.
        impure: names of attributes and methods that break the graph.
        inputs: what the graph has as inputs of this array, shared with all arrays in its memory.
        options: what else a tracker takes.
    """

    _nonvar_fields = {"inputs", *FoldedVariable._nonvar_fields}

    def __init__(
        self,
        value: Any,
        impure: tuple[str, ...] = _OF_MEMORY,
        *,
        inputs: list[VariableTracker] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(value, impure, **options)
        self.inputs = [] if inputs is None else inputs

    def is_changed(self, tx: Any) -> bool:
        return any(map(_is_changed, self.inputs))

    def subject(self) -> Any:
        if any(map(_is_changed, self.inputs)):
            self.refuse("content", "was changed by this function before")
        value = copied(self.value)
        if isinstance(value, np.ndarray):
            value.flags.writeable = self.value.flags.writeable
        return value

    def unchanged(self, tx: Any, what: str, subject: Any) -> None:
        if key_of(subject) != key_of(self.value):
            self.refuse_change(what)

    def evaluated(self, tx: Any, what: str, function: Callable[[Any], Any]) -> Any:
        # so that only a view of the copy that was evaluated is a view
        return super().evaluated(tx, what, lambda value: owned(function(value), value))

    def tracked(
        self, tx: Any, what: str, result: Any, function: Callable[[Any], Any], place: Any = None
    ) -> VariableTracker:
        if is_moment(result) and tells_time(self.value):
            self.refuse(what, "depends on the time of the call")
        return super().tracked(tx, what, result, function, place)

    def mp_subscript_impl(self, tx: Any, key: VariableTracker) -> VariableTracker:
        place = key.realize().as_python_constant() if key.is_python_constant() else None
        if self.source and isinstance(place, (str, int, slice)):
            part = evaluate(tx, self.text("__getitem__"), lambda: self.value[place])
            if isinstance(part, np.ndarray) and part.base is not None:
                # in the same memory, and covered by the guard on the whole
                source = GetItemSource(self.source, place)
                return ArrayVariable(part, inputs=self.inputs, source=source)
        return super().mp_subscript_impl(tx, key)

    sq_item_impl = mp_subscript_impl

    def tp_getattro_impl(self, tx: Any, name: str) -> VariableTracker:
        if name in _OF_LAYOUT and self.content is not None:
            # other arrays of this layout may follow
            self.content.of_attribute(name).install()
            return _of_layout(tx, self.example, name)
        if name == "dtype":
            return FoldedVariable(self.value.dtype)
        return super().tp_getattro_impl(tx, name)

    def items_of(self, tx: Any) -> list[VariableTracker]:
        length = self.evaluated(tx, "__len__", len)
        if length > LONGEST_ITERATOR:
            self.refuse("__iter__", f"gives more than {LONGEST_ITERATOR} items")
        return [
            self.mp_subscript_impl(tx, ConstantVariable.create(index)) for index in range(length)
        ]

    def as_proxy(self) -> Any:
        value = self.value
        if not isinstance(value, np.ndarray) or not has_tensor(value.dtype):
            return super().as_proxy()
        tx = InstructionTranslator.current_tx()
        if self.source is not None:
            traced = build_now(tx, value, self.source)
            self.inputs.append(traced)
            return traced.as_proxy()
        if value.size > LONGEST_ITERATOR:
            self.refuse("content", f"has more than {LONGEST_ITERATOR} items, too many for a graph")
        content = VariableTracker.build(tx, value.tolist())
        dtype = ConstantVariable.create(value.dtype.name)
        return NumpyVariable(np.array).call_function(tx, [content], {"dtype": dtype}).as_proxy()

    def reconstruct(self, codegen: PyCodegen) -> None:
        if isinstance(self.value, np.ndarray) and self.value.base is not None:
            self.refuse(
                "a view",
                "was made while tracing, and would be one of a copy",
                "Return a copy of it, with `.copy()`.",
            )
        # each call of the compiled function makes a new one
        codegen.add_push_null(lambda: codegen.load_import_from(__name__, copied.__name__))
        of_base(super().reconstruct)(codegen)
        codegen.call_function(1, False)


@called_by_compiled
def copied(value: Any) -> Any:
    """A deep copy of ``value``, an array or a record of one."""
    if value.dtype.kind == "T":  # of texts of any length it ends the process on NumPy 2.0
        return value.copy(order="K")
    return copy.deepcopy(value)


def _is_changed(traced: VariableTracker) -> bool:
    """Whether the graph writes into its input ``traced``."""
    return bool(traced.as_proxy().node.meta["example_value"]._version)


def _of_layout(tx: Any, value: Any, name: str) -> VariableTracker:
    told = getattr(value, name)
    return FoldedVariable(told) if name == "dtype" else VariableTracker.build(tx, told)


class _Snapshots(ConstantVisitor, abstract=True):
    """Values of NumPy, by dtype, shape, content and whether they may be written to."""

    exact = True
    key = staticmethod(key_of)
    impure = _OF_MEMORY
    folded_class = ArrayVariable


class Arrays(_Snapshots):
    """Arrays of text, dates, objects or records, and of numbers that torch does not know.

    They are guarded by type, shape and content at every call.

    .. versionadded:: 0.1
    """

    types = (np.ndarray, np.recarray)

    @staticmethod
    def when(value: np.ndarray[Any, Any]) -> bool:
        return not has_tensor(value.dtype)


class Records(_Snapshots):
    """Single records of structured arrays.

    .. versionadded:: 0.1
    """

    types = (np.void, np.record)


class NewArrays(Sourceless, Visitor):
    """Arrays that evaluating gave. Those of numbers become part of the graph where torch uses them.

    .. versionadded:: 0.1
    """

    one_half = "one that comes from outside is an input of the graph, or a snapshot"
    types = (np.ndarray, np.recarray)
    exact = True

    @staticmethod
    def when(value: np.ndarray[Any, Any]) -> bool:
        return has_tensor(value.dtype)

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> ArrayVariable:
        return ArrayVariable(value, **options)
