"""Files in memory that the traced code makes: used while tracing, and made anew after it."""

from __future__ import annotations

import functools
import io
import types
from typing import TYPE_CHECKING, Any

from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.misc import GetAttrVariable, StringFormatVariable
from torch._dynamo.variables.tensor import SymNodeVariable
from torch._dynamo.variables.user_defined import UserDefinedClassVariable

from vartrack.bases.tracing.evaluating.folding import evaluate, refuse
from vartrack.bases.tracing.known.operands import constants_of
from vartrack.compat.hooks import Hooks
from vartrack.compat.names import NO_SUCH_SUBOBJ
from vartrack.core.called_back import called_by_compiled

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen

__all__ = ["FileClassVariable", "NewFileVariable"]

#: The methods that hand out or fill memory that others see. All others take and give numbers,
#: texts and lists of them, or the file itself.
_SHARING = frozenset(("detach", "getbuffer", "readinto", "readinto1"))
_GOING_ON = ("__iter__", "__next__")
_ATTRIBUTES = frozenset(("closed", "encoding", "errors", "line_buffering", "newlines"))

#: What a text can be made of that fixing makes known.
_NUMBERS = (ConstantVariable, SymNodeVariable)


def _remade(make: Any, content: Any, position: int) -> Any:
    made = make(content)
    made.seek(position)
    return made


@called_by_compiled
def text_file(content: str, position: int) -> io.StringIO:
    """A file of text; compiled code calls this."""
    return _remade(io.StringIO, content, position)  # type: ignore[no-any-return]


@called_by_compiled
def binary_file(content: bytes, position: int) -> io.BytesIO:
    """A file of bytes; compiled code calls this."""
    return _remade(io.BytesIO, content, position)  # type: ignore[no-any-return]


def _fixed(tracker: VariableTracker) -> VariableTracker:
    """``tracker``, with symbolic numbers in a text fixed to what they are, which is guarded."""
    text = tracker.realize()
    if not isinstance(text, StringFormatVariable):
        return text
    parts = [part.realize() for part in (*text.sym_args, *text.sym_kwargs.values())]
    known = constants_of(text.sym_args, text.sym_kwargs)
    if known is None or not all(isinstance(part, _NUMBERS) for part in parts):
        return text
    return ConstantVariable.create(text.format_string.format(*known[0], **known[1]))


class NewFileVariable(Hooks, VariableTracker):
    """A file in memory that the traced code made, of what was known while tracing.

    Args:
        value: the file. Nobody else has it, so it may be written.
        options: what a tracker takes.
    """

    _nonvar_fields = {"value", *VariableTracker._nonvar_fields}

    def __init__(self, value: io.StringIO | io.BytesIO, **options: Any) -> None:
        super().__init__(mutation_type=ValueMutationNew(), **options)
        self.value = value

    def python_type(self) -> type:
        return type(self.value)

    def get_real_python_backed_value(self) -> object:
        return NO_SUCH_SUBOBJ

    def text(self, name: str) -> str:
        """The attribute ``name``, for messages."""
        return f"io.{type(self.value).__name__}.{name}"

    def tp_getattro_impl(self, tx: Any, name: str) -> VariableTracker:
        if name in _ATTRIBUTES or not hasattr(type(self.value), name):
            found = evaluate(tx, self.text(name), lambda: getattr(self.value, name))
            return ConstantVariable.create(found)
        return GetAttrVariable(self, name, py_type=types.BuiltinMethodType)

    def call_obj_hasattr(self, tx: Any, name: str) -> ConstantVariable:
        return ConstantVariable.create(hasattr(self.value, name))

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        known = constants_of([_fixed(arg) for arg in args], kwargs)
        if name in _SHARING or (name.startswith("_") and name not in _GOING_ON):
            refuse(self.text(name), "is not followed while tracing")
        if known is None:
            refuse(self.text(name), "got an operand that is not known while tracing")
        tx.output.side_effects.mutation(self)  # refused in a graph within another one's
        method = functools.partial(getattr(self.value, name), *known[0], **known[1])
        result = evaluate(tx, self.text(name), method)
        return self if result is self.value else VariableTracker.build(tx, result)

    def tp_iter_impl(self, tx: Any) -> VariableTracker:
        return self

    def tp_iternext_impl(self, tx: Any) -> VariableTracker:
        return self.call_method(tx, "__next__", [], {})

    def has_unpack_var_sequence(self, tx: Any) -> bool:
        """Yes; torch would find out by unpacking, which takes the lines."""
        return True

    def unpack_var_sequence(self, tx: Any) -> list[VariableTracker]:
        lines: Any = self.call_method(tx, "readlines", [], {})
        return list(lines.items)

    def reconstruct(self, codegen: PyCodegen) -> None:
        if self.value.closed:
            refuse(self.text("close"), "was called, and the closed file outlives the graph")
        make = text_file if isinstance(self.value, io.StringIO) else binary_file
        codegen.add_push_null(lambda: codegen.load_import_from(__name__, make.__name__))
        for part in (self.value.getvalue(), self.value.tell()):
            codegen.append_output(codegen.create_load_const(part))
        codegen.call_function(2, False)


class FileClassVariable(UserDefinedClassVariable):
    """``io.StringIO`` or ``io.BytesIO``: called with at most what is in it, known while tracing."""

    def call_function(self, tx: Any, args: Any, kwargs: Any) -> VariableTracker:
        known = constants_of([_fixed(arg) for arg in args], kwargs)
        if known is None or kwargs or len(args) > 1:
            return super().call_function(tx, args, kwargs)
        what = f"io.{self.value.__name__}"
        return NewFileVariable(evaluate(tx, what, lambda: self.value(*known[0])))
