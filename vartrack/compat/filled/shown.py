"""``repr`` of dicts and ranges: torch 2.11 and 2.12 show there what they call a number.

And there is no space between what is in a view. In 2.11 a named tuple shows the trackers in it.
"""

from __future__ import annotations

import collections
import functools
from collections.abc import Callable
from typing import Any

from torch._dynamo.exc import unimplemented
from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable, DictViewVariable
from torch._dynamo.variables.lists import ListVariable, RangeVariable

from vartrack.compat.names import NamedTupleVariable
from vartrack.compat.release import runs_on

__all__ = ["SHOWN"]


def _of_what_is_known(own: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(own)
    def call_repr(self: Any, tx: Any, arg: Any) -> Any:
        shown = own(self, tx, arg)
        of = getattr(arg, "dv_dict", arg)  # a view's dict
        is_shown = shown is not None and isinstance(of, (ConstDictVariable, RangeVariable))
        if is_shown and not of.is_python_constant():
            unimplemented(
                gb_type="vartrack: a text of something that is not known while tracing",
                context=str(arg),
                explanation="torch would show how it calls what is in it.",
                hints=["Make the text outside of the compiled function."],
            )
        return _view(tx, arg) if is_shown and isinstance(arg, DictViewVariable) else shown

    return call_repr


def _view(tx: Any, view: Any) -> VariableTracker:
    listed = _REPR.call_function(tx, [ListVariable(view.view_items_vt)], {})
    return ConstantVariable.create(f"{view.python_type().__name__}({listed.as_python_constant()})")


def _of_items(own: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(own)
    def call_str(self: Any, tx: Any, arg: Any) -> Any:
        cls: Any = type(getattr(arg, "value", None))
        if type(arg) is not NamedTupleVariable or cls.__str__ is not object.__str__:
            return own(self, tx, arg)
        items = [specialize_symnode(item.realize()) for item in arg.items]
        shows = getattr(cls.__repr__, "__code__", None)
        is_plain = shows is not None and shows.co_filename == collections.__file__
        if not is_plain or not all(item.is_python_constant() for item in items):
            unimplemented(
                gb_type="vartrack: a text of something that is not known while tracing",
                context=str(type(arg)),
                explanation="torch would show how it calls what is in it.",
                hints=["Make the text outside of the compiled function."],
            )
        return ConstantVariable.create(str(cls(*(item.as_python_constant() for item in items))))

    return call_str


_REPR = BuiltinVariable(repr)


#: What is put in place in torch.
SHOWN: tuple[tuple[Any, str, Callable[..., Any]], ...] = (
    *(((BuiltinVariable, "call_repr", _of_what_is_known),) if runs_on(">=2.11,<2.13") else ()),
    *(((BuiltinVariable, "call_str", _of_items),) if runs_on("==2.11.*") else ()),
)
