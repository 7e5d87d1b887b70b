"""Values that are made while tracing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rows import Example, prelude
from torch._dynamo import config
from torch._dynamo import source as sources
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable

from made_rows.base import LOCAL, OfTracer, build_at, makes
from made_rows.modules import my_module
from vartrack import compat


def number(tx: Any, place: sources.Source = LOCAL) -> VariableTracker:
    """The tracker of an int that is a symbol."""
    with config.patch(assume_static_by_default=False):
        return build_at(tx, place, 7)


def unknown_number(tx: Any) -> VariableTracker:
    """The tracker of an int that is known only when the graph runs."""
    from torch._dynamo.variables.tensor import SymNodeVariable

    shape_env = tx.output.shape_env
    with shape_env.ignore_fresh_unbacked_symbols():
        symbol = shape_env.create_unbacked_symint()
    return SymNodeVariable(number(tx).as_proxy(), symbol)


def format_of(number: Callable[[Any], VariableTracker]) -> Callable[[Any], Any]:
    from torch._dynamo.variables.lazy import LazySymNodeFormatString

    return lambda tx: LazySymNodeFormatString(number(tx), ConstantVariable.create(">3"))


def method_of_known(tx: Any) -> Any:
    receiver = prelude()["Obj"]()
    build_at(tx, LOCAL, receiver)
    return receiver.m


class SecondBuilder(Example):
    """Asked of the builder for objects that may be modelled without a source."""

    def tracker(self, tx: Any, value: Any, sourceless: bool, *options: bool) -> VariableTracker:
        from torch._dynamo.variables import builder

        return builder.SourcelessUserDefinedObjectBuilder.create(tx, value)


makes("SL-22", OfTracer(of=lambda tx: ConstantVariable.create(1)), sourceless=True)
makes("SL-22", OfTracer(of=number), sourceless=True)
if compat.runs_on(">=2.12"):
    makes("SL-35", OfTracer(of=method_of_known), lambda: prelude()["Obj"]().m, sourceless=True)
makes("SL-39", OfTracer(of=format_of(number)), sourceless=True)
makes(
    "SL-39", OfTracer(of=format_of(unknown_number)), OfTracer(of=format_of(number)), sourceless=True
)
makes(
    "SL-43",
    OfTracer(of=lambda tx: number(tx).sym_num),
    OfTracer(of=lambda tx: number(tx).sym_num + 1),
    sourceless=True,
)
if compat.runs_on(">=2.14"):
    makes("SL-46", lambda: eval("make_ddp()", prelude()), my_module, sourceless=True)
for make in (
    lambda: __import__("collections").UserDict(a=1),
    my_module,
    lambda: prelude()["Obj"](),
):
    makes("SL-51", SecondBuilder(make=make), sourceless=True)
