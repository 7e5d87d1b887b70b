"""The sign of a zero that a value holds, which the guard on the zero itself does not tell."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.variables.constant import ConstantVariable

from vartrack.core.sources.worked_out import worked_out

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker
    from torch._guards import Source

    from vartrack.core.compile import Compile
    from vartrack.core.context import BuilderContext

__all__ = ["lazy_part", "with_sign"]


def lazy_part(place: BuilderContext, part: Any) -> VariableTracker:
    """A tracker that builds a part when it is first needed; the sign of a zero is guarded then.

    Args:
        place: where the part is.
        part: the part.
    """
    if place.source is not None:
        with_sign(place.compile, place.source, part)
    return place.lazy(part)


def with_sign(compile: Compile, source: Source, part: Any) -> None:
    """Have the sign of ``part`` guarded once it is built, if it is a zero."""
    if type(part) is float and not part:
        compile.when_built[source] = functools.partial(_guard_sign, source)


def _guard_sign(source: Source, tracker: VariableTracker) -> None:
    if type(tracker) is ConstantVariable:  # a number that varies keeps its sign
        sign = worked_out("{}.hex()[0] == '-'", ".hex", [source])
        install_guard(sign.make_guard(GuardBuilder.CONSTANT_MATCH))
