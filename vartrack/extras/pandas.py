"""`pandas`: points and spans of time as constants: timestamps, timedeltas, periods, intervals.

Equal timestamps in two zones or of two units differ. What reads the clock breaks the graph. Series
and frames are left to torch, which carries them.
"""

from __future__ import annotations

import datetime
import functools
import operator
from typing import TYPE_CHECKING, Any

import pandas as pd
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.misc import GetAttrVariable

from vartrack.bases.constant import ConstantVisitor
from vartrack.bases.tracing.evaluating.folding import refuse
from vartrack.bases.tracing.folded.folded_class import FoldedClassVariable
from vartrack.bases.tracing.folded.folded_variable import FoldedVariable
from vartrack.core.guarding.keys import Identity
from vartrack.extras.adding import add_all
from vartrack.extras.stdlib.dates import Zoned, local_settings, zone_key

if TYPE_CHECKING:
    from vartrack.core.context import BuilderContext
    from vartrack.core.visitor import Visitor
    from vartrack.dispatch.registry import Registry

__all__ = ["Intervals", "MissingTimes", "Periods", "Timedeltas", "Timestamps", "key_of", "register"]

#: What a timedelta keeps when its parts are first asked for.
_FILLED = ("_microseconds", "_seconds")
#: Texts that stand for the time of the call.
_CLOCK = ("now", "today")


def key_of(value: Any) -> Any:
    """What a point or a span of time is made of, and attributes that the program gave it."""
    held = getattr(value, "__dict__", {}).items()
    return _parts_of(value), *(pair for pair in held if pair[0] not in _FILLED)


def _parts_of(value: Any) -> Any:
    if isinstance(value, pd.Timestamp):
        parts = value.__reduce__()[1]
        zones = (zone_key(part) if isinstance(part, datetime.tzinfo) else part for part in parts)
        return *zones, value.fold
    if isinstance(value, pd.Timedelta):
        return value.__reduce__()[1]
    if isinstance(value, pd.Interval):
        ends = (value.left, value.right)
        return value.closed, *((type(end), key_of(end)) for end in ends)
    return value  # a number, the end of an interval


class TimeVariable(FoldedVariable):
    """A point or a span of time."""

    def tp_richcompare_impl(self, tx: Any, other: VariableTracker, op: str) -> VariableTracker:
        other = other.realize()
        answer = super().tp_richcompare_impl(tx, other, op)
        if answer.is_constant_match(NotImplemented) and isinstance(other, FoldedVariable):
            # of no two that are one object, such as a time with a zone and one without
            compare = functools.partial(functools.partial, getattr(operator, op))
            return self.fold_call(tx, op, compare, [other], {}) or answer
        return answer


class ReadingClockVariable(FoldedClassVariable):
    """A class that takes the time of the call for the text ``"now"``."""

    def call_function(self, tx: Any, args: Any, kwargs: Any) -> VariableTracker:
        for operand in (*args, *kwargs.values()):
            given = operand.realize()
            text = given.as_python_constant() if given.is_python_constant() else None
            if isinstance(text, str) and text.strip().lower() in _CLOCK:
                refuse(self.text(), "depends on the time of the call")
        return super().call_function(tx, args, kwargs)

    def tp_getattro_impl(self, tx: Any, name: str) -> VariableTracker:
        given = getattr(self.value, name, None)
        if callable(given) and not isinstance(given, type):
            return GetAttrVariable(self, name)  # torch does not know methods made by Cython
        return super().tp_getattro_impl(tx, name)


class _Times(ConstantVisitor, abstract=True):
    """Values of pandas, by what they are made of."""

    exact = True
    key = staticmethod(key_of)
    state = staticmethod(local_settings)
    folded_class = TimeVariable
    impure = ("now", "today", "utcnow")

    def class_tracker(
        self, ctx: BuilderContext, cls: type, **options: Any
    ) -> VariableTracker | None:
        return ReadingClockVariable(cls, self.impure, state=type(self).state, **options)


class Timestamps(Zoned, _Times):
    """Timestamps, by value, unit, zone and fold.

    .. versionadded:: 0.2
    """

    types = (pd.Timestamp,)
    places = ("tz", "tzinfo")


class Timedeltas(_Times):
    """Timedeltas, by value and unit.

    .. versionadded:: 0.2
    """

    types = (pd.Timedelta,)
    places = ("components",)


class Periods(_Times):
    """Periods, by frequency and number.

    .. versionadded:: 0.2
    """

    types = (pd.Period,)
    places = ("end_time", "start_time")

    @staticmethod
    def key(value: Any) -> Any:
        return value.freqstr, value.ordinal


class Intervals(_Times):
    """Intervals of numbers and times, by their ends and which of them belong to it.

    .. versionadded:: 0.2
    """

    types = (pd.Interval,)
    places = ("length", "mid")


class MissingTimes(_Times):
    """``pandas.NaT``.

    .. versionadded:: 0.2
    """

    types = (type(pd.NaT),)
    key = Identity


#: Every visitor of this set.
VISITORS: tuple[type[Visitor], ...] = (Timestamps, Timedeltas, Periods, Intervals, MissingTimes)


def register(registry: Registry) -> None:
    """Add the visitors for `pandas` to ``registry``, all or none.

    Raises:
        RegistrationError: they are registered already, or one of their types is taken.

    .. versionadded:: 0.2
    """
    add_all(registry, VISITORS)
