"""Values of the ready-made sets that are only carried, or of which one part is read."""

import datetime
import decimal
import fractions
import pathlib
import re
import threading
import types
import uuid

import numpy as np

from cases.programs.common import MORE, ones
from cases.registering import case


def carried(name, what, make, use=None, needs=1, n=5):
    """A new value at each call; ``use`` sees nothing of what differs."""

    def plan(wrap):
        f = wrap(lambda x, v: (x + 1, use(v) if use else None, v))
        for i in range(n):
            yield lambda: f(ones(), make(i))

    plan.__name__ = name
    case("extras: carried", MORE, needs, what, sibling=True)(plan)


# fmt: off
carried("carry_decimal", "Decimals, only returned", lambda i: decimal.Decimal(i))
carried("carry_fraction", "Fractions, only returned", lambda i: fractions.Fraction(i, 3))
carried("carry_datetime", "datetimes, only returned", lambda i: datetime.datetime(2020, 1, 1 + i))
carried("carry_date", "dates, only returned", lambda i: datetime.date(2020, 1, 1 + i))
carried("carry_timedelta", "durations, only returned", lambda i: datetime.timedelta(seconds=i))
carried("carry_uuid", "UUIDs, only returned", lambda i: uuid.UUID(int=i))
carried("carry_path", "paths, only returned", lambda i: pathlib.Path(f"/a/{i}"))
carried("carry_numpy_float", "numpy floats, only returned", lambda i: np.float64(i))
carried("carry_numpy_int", "numpy ints, only returned", lambda i: np.int64(i))
carried("carry_numpy_bool", "numpy bools, only returned", lambda i: np.bool_(i % 2))
carried("carry_numpy_str", "numpy texts, only returned", lambda i: np.str_(i))
carried("carry_numpy_time", "numpy times, only returned", lambda i: np.datetime64(i, "s"))
carried("carry_match", "matches, only returned", lambda i: re.match("a", "a" * (i + 1)))
carried("carry_pattern", "patterns, only returned", lambda i: re.compile("a" * (i + 1)))
carried("carry_lock", "locks, only returned", lambda i: threading.Lock())
carried("carry_object", "objects of a user, only returned", lambda i: types.SimpleNamespace(n=i))
carried("carry_str", "strings, only returned", lambda i: str(i))
carried("isinstance_decimal", "Decimals, only isinstance", lambda i: decimal.Decimal(i), lambda v: isinstance(v, decimal.Decimal))
carried("isinstance_datetime", "datetimes, only isinstance", lambda i: datetime.datetime(2020, 1, 1 + i), lambda v: isinstance(v, datetime.date))
carried("isinstance_path", "paths, only isinstance", lambda i: pathlib.Path(f"/a/{i}"), lambda v: isinstance(v, str))
carried("is_none_path", "paths, only `is None`", lambda i: pathlib.Path(f"/a/{i}"), lambda v: v is None)
carried("year_of_date", "dates, only the year", lambda i: datetime.date(2020, 1, 1 + i), lambda v: v.year)
carried("parent_of_path", "paths, only the parent's name", lambda i: pathlib.Path(f"/a/{i}"), lambda v: v.parent.name)
# fmt: on


def carried_field(name, what, make, needs=1, n=5):
    def plan(wrap):
        class Item:
            pass

        f = wrap(lambda x, v: x + v.n)
        for i in range(n):
            item = Item()
            item.n = 2
            item.extra = make(i)
            yield lambda: f(ones(), item)

    plan.__name__ = name
    case("extras: carried", MORE, needs, what, sibling=True)(plan)


# fmt: off
carried_field("field_datetime", "an object with a datetime that is not touched", lambda i: datetime.datetime(2020, 1, 1 + i))
carried_field("field_decimal", "an object with a Decimal that is not touched", lambda i: decimal.Decimal(i))
# fmt: on


def limit(name, what, make):
    def plan(wrap):
        f = wrap(lambda x, v: (x + 1, v))
        for i in range(12):
            yield lambda: f(ones(), make(i))

    plan.__name__ = name
    case("extras: carried", MORE, 1, what, sibling=True)(plan)


# fmt: off
limit("limit_datetime", "twelve datetimes, only returned: past the limit of recompiles", lambda i: datetime.datetime(2020, 1, 1 + i))
limit("limit_path", "twelve paths", lambda i: pathlib.Path(f"/a/{i}"))
limit("limit_namespace", "twelve plain objects", lambda i: types.SimpleNamespace(n=i))
# fmt: on
