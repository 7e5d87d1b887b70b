"""Dates, times, durations and time zones."""

from __future__ import annotations

import datetime
import locale
import os
import time
import zoneinfo
from typing import TYPE_CHECKING, Any

from vartrack.bases import ConstantVisitor
from vartrack.bases.tracing.classes.own_code import is_own_code
from vartrack.core.guarding.keys import Identity

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker

    from vartrack.core.context import BuilderContext

__all__ = [
    "CalendarParts",
    "DateTimes",
    "Dates",
    "Durations",
    "FixedZones",
    "Times",
    "Zoned",
    "Zones",
    "local_settings",
    "zone_key",
]


def local_settings() -> tuple[Any, ...]:
    """What local time and the names of days go by in this process."""
    return os.environ.get("TZ"), time.tzname, locale.setlocale(locale.LC_TIME)


def zone_key(zone: datetime.tzinfo | None) -> Any:
    """What makes two time zones the same.

    Fixed ones are what they say. Of all others two that are alike are not the same: Python
    subtracts two datetimes in another way if they share one zone object.
    """
    if zone is None:
        return None
    if type(zone) is datetime.timezone:
        return zone.__reduce__()[1]  # its offset, and its name if it was given one
    return Identity(zone)


def _key(value: Any) -> Any:
    stored, *zone = value.__reduce_ex__(4)[1]  # fold is stored in the first
    return stored, zone_key(zone[0] if zone else None)


#: What asks the time zone of a value.
_OF_ZONE = (
    *("astimezone", "ctime", "dst", "isoformat", "strftime", "timestamp", "timetuple"),
    *("tzname", "utcoffset", "utctimetuple"),
    *("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__"),
    *("__format__", "__repr__", "__str__", "__sub__", "__rsub__"),
)


class Zoned(ConstantVisitor, abstract=True):
    """Values that ask their time zone; one that the program defines may change its answer."""

    def new_tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        tracker: Any = super().new_tracker(ctx, value, children, **options)
        if value.tzinfo is not None and is_own_code(type(value.tzinfo).utcoffset):
            tracker.impure = (*tracker.impure, *_OF_ZONE)
        return tracker  # type: ignore[no-any-return]


class _Local(ConstantVisitor, abstract=True):
    """Formats, and naive times that are converted, go by the settings of the process."""

    exact = True
    state = staticmethod(local_settings)


class Dates(_Local):
    """Dates without a time.

    .. versionadded:: 0.1
    """

    types = (datetime.date,)
    impure = ("today",)
    places = ("isoweekday", "toordinal", "weekday")


class Times(Zoned, _Local):
    """Times of day, naive and aware, ``fold`` included.

    .. versionadded:: 0.1
    """

    types = (datetime.time,)
    key = staticmethod(_key)


class DateTimes(Zoned, _Local):
    """Datetimes, naive and aware, ``fold`` included; equal ones in two zones differ.

    .. versionadded:: 0.1
    """

    types = (datetime.datetime,)
    key = staticmethod(_key)
    impure = ("now", "today", "utcnow")
    places = Dates.places


class Durations(ConstantVisitor):
    """Differences of times.

    .. versionadded:: 0.1
    """

    types = (datetime.timedelta,)
    places = ("total_seconds",)
    exact = True


class FixedZones(ConstantVisitor):
    """Time zones of one offset, each with its name.

    .. versionadded:: 0.1
    """

    types = (datetime.timezone,)
    exact = True
    key = staticmethod(zone_key)


class Zones(ConstantVisitor):
    """Zones of the time zone database, known by which object they are.

    .. versionadded:: 0.1
    """

    types = (zoneinfo.ZoneInfo,)
    exact = True
    key = staticmethod(zone_key)
    impure = ("clear_cache", "from_file", "no_cache")


class CalendarParts(ConstantVisitor):
    """What ``timetuple`` and ``isocalendar`` give.

    .. versionadded:: 0.1
    """

    types = (time.struct_time, type(datetime.date.min.isocalendar()))
    exact = True
    key = repr
