"""Arrays of numbers, views of memory, and files in memory, as snapshots of their content."""

from __future__ import annotations

import array
import io
from typing import TYPE_CHECKING, Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable

from vartrack.bases import ConstantVisitor, SnapshotVisitor
from vartrack.bases.tracing.folded.folded_variable import FoldedVariable
from vartrack.extras.stdlib.new_files import FileClassVariable

if TYPE_CHECKING:
    from vartrack.core.context import BuilderContext

__all__ = ["Arrays", "Files", "MemoryViews"]


class Arrays(SnapshotVisitor):
    """``array.array``, by its kind and content.

    .. versionadded:: 0.1
    """

    types = (array.array,)
    exact = True
    places = ("__getitem__",)

    @staticmethod
    def key(value: Any) -> Any:
        return value.typecode, value.tobytes()


_LAYOUT = ("strides", "contiguous", "c_contiguous", "f_contiguous", "suboffsets")


class MemoryViewVariable(FoldedVariable):
    """A view of memory that may change: it is evaluated on a view of a copy."""

    def subject(self) -> Any:
        value = self.value
        content = value.tobytes()
        try:
            flat = memoryview(content if value.readonly else bytearray(content))
            return (
                flat.cast(value.format) if value.ndim == 1 else flat.cast(value.format, value.shape)
            )
        except (TypeError, ValueError) as error:
            self.refuse(
                "format", f"({value.format!r}) cannot be evaluated: {error}", "Pass a NumPy array."
            )

    def unchanged(self, tx: Any, what: str, subject: Any) -> None:
        try:
            changed = subject.tobytes() != self.value.tobytes()
        except ValueError:  # it was released
            changed = True
        if changed:
            self.refuse_change(what)

    def tp_getattro_impl(self, tx: Any, name: str) -> VariableTracker:
        if name in _LAYOUT:
            return ConstantVariable.create(getattr(self.value, name))
        if name == "obj":
            self.refuse(name, "is what the graph would not see change")
        return super().tp_getattro_impl(tx, name)

    def reconstruct(self, codegen: Any) -> None:
        self.refuse(
            "__getitem__ or cast",
            "made a view while tracing, which would be one of a copy",
            "Return its tobytes() or tolist() instead.",
        )


class MemoryViews(ConstantVisitor):
    """``memoryview``, by its layout and content.

    .. versionadded:: 0.1
    """

    types = (memoryview,)
    folded_class = MemoryViewVariable

    @staticmethod
    def key(value: Any) -> Any:
        return value.format, value.shape, value.strides, value.readonly, value.tobytes()


class Files(SnapshotVisitor):
    """``io.StringIO`` and ``io.BytesIO``, by content and position; reading on is a change.

    Those that the traced code makes are read and written while tracing.

    .. versionadded:: 0.2
    """

    types = (io.StringIO, io.BytesIO)
    exact = True

    @staticmethod
    def key(value: Any) -> Any:
        return None if value.closed else (value.getvalue(), value.tell(), *vars(value).items())

    def class_tracker(self, ctx: BuilderContext, cls: type, **options: Any) -> VariableTracker:
        return FileClassVariable(cls, **options)
