"""Values of the ready-made sets in use, their subclasses, and uses that depend on more."""

import array
import datetime
import decimal
import fractions
import operator
import os
import pathlib
import re
import threading
import time
import types

import numpy as np
import torch

from cases.programs.common import MORE, ones
from cases.registering import case


def arithmetic(name, what, make, use, needs=2, n=6):
    def plan(wrap):
        f = wrap(lambda x, v: use(x, v))
        for i in range(n):
            yield lambda: f(ones(), make(i))

    plan.__name__ = name
    case("extras: used", MORE, needs, what, sibling=True)(plan)


# fmt: off
arithmetic("numpy_float_times", "x * np.float64", lambda i: np.float64(i + 2), lambda x, v: x * v)
arithmetic("numpy_float32_times", "x * np.float32", lambda i: np.float32(i + 2), lambda x, v: x * v)
arithmetic("numpy_int_times", "x * np.int64", lambda i: np.int64(i + 2), lambda x, v: x * v)
arithmetic("numpy_float_float", "x * float(np.float64)", lambda i: np.float64(i + 2), lambda x, v: x * float(v))
arithmetic("numpy_int_int", "x * int(np.int64)", lambda i: np.int64(i + 2), lambda x, v: x * int(v))
arithmetic("numpy_int_item", "x * np.int64.item()", lambda i: np.int64(i + 2), lambda x, v: x * v.item())
arithmetic("numpy_int_reshape", "reshape to an np.int64", lambda i: np.int64(2), lambda x, v: x.reshape(v), needs=1)
arithmetic("numpy_array_times", "x * torch.from_numpy(array)", lambda i: np.full(2, float(i)), lambda x, v: x * torch.from_numpy(v), needs=1)
arithmetic("numpy_array_sizes", "arrays of other sizes", lambda i: np.ones(i + 2), lambda x, v: torch.from_numpy(v) + 1, needs=2)
arithmetic("numpy_array_item_each", "x * array[0]", lambda i: np.full(2, float(i)), lambda x, v: x * v[0], needs=1)
arithmetic("numpy_array_int_shape", "x * array.shape[0]", lambda i: np.ones(i + 2), lambda x, v: x * v.shape[0], needs=2)
arithmetic("numpy_string_array", "len of an array of strings", lambda i: np.array(["a", "b" * (i + 1)]), lambda x, v: x * len(v), needs=1)
arithmetic("decimal_float", "x * float(Decimal)", lambda i: decimal.Decimal(i + 2), lambda x, v: x * float(v))
arithmetic("timedelta_seconds", "x * total_seconds()", lambda i: datetime.timedelta(seconds=i + 2), lambda x, v: x * v.total_seconds())
arithmetic("fraction_float", "x * float(Fraction)", lambda i: fractions.Fraction(i + 2, 3), lambda x, v: x * float(v))
arithmetic("itemgetter_tensors", "itemgetter of a dict of tensors", lambda i: operator.itemgetter("a"), lambda x, v: v({"a": x}) + 1, needs=1)
arithmetic("array_array", "x * array.array[0]", lambda i: array.array("d", [i + 2.0]), lambda x, v: x * v[0])
arithmetic("lock_with", "with a lock", lambda i: threading.Lock(), lambda x, v: with_lock(x, v), needs=1)
arithmetic("pattern_sub", "a pattern's match on a constant", lambda i: re.compile("a+"), lambda x, v: x * len(v.findall("aabaa")), needs=1)
# fmt: on


def with_lock(x, lock):
    with lock:
        return x + 1


def subclass(name, what, base, args):
    def plan(wrap):
        Sub = types.new_class("Sub", (base,))
        a, b = Sub(*args), Sub(*args)
        a.unit, b.unit = 2, 9
        f = wrap(lambda x, v: x * v.unit)
        yield lambda: f(ones(), a)
        yield lambda: f(ones(), b)
        a.unit = 5
        yield lambda: f(ones(), a)

    plan.__name__ = name
    case("extras: subclass", MORE, 3, what, sibling=True)(plan)


# fmt: off
subclass("decimal_subclass", "a Decimal's subclass with an attribute", decimal.Decimal, ("1",))
subclass("fraction_subclass", "a Fraction's subclass with an attribute", fractions.Fraction, (1, 2))
subclass("date_subclass", "a date's subclass with an attribute", datetime.date, (2020, 1, 2))
subclass("datetime_subclass", "a datetime's subclass with an attribute", datetime.datetime, (2020, 1, 2))
subclass("timedelta_subclass", "a timedelta's subclass with an attribute", datetime.timedelta, (1,))
subclass("npstr_subclass", "a np.str_'s subclass with an attribute", np.str_, ("a",))
subclass("uuid_like_subclass", "an itemgetter-like class with an attribute", types.SimpleNamespace, ())
subclass("array_subclass", "an array.array's subclass with an attribute", array.array, ("i", [1]))
# fmt: on


@case("extras: impure", MORE, 2, "Path.exists() changes", sibling=True)
def path_exists(wrap):
    p = pathlib.Path("a-file-of-the-cases")
    p.unlink(missing_ok=True)
    f = wrap(lambda x: x + 1 if p.exists() else x - 1)
    yield lambda: f(ones())
    p.touch()
    yield lambda: f(ones())
    p.unlink(missing_ok=True)


@case("extras: impure", MORE, 2, "expanduser() after HOME changes", sibling=True)
def path_home(wrap):
    old = os.environ.get("HOME", "/root")
    os.environ["HOME"] = "/a"
    p = pathlib.Path("~/x")
    f = wrap(lambda x: (x + 1, str(p.expanduser())))
    yield lambda: f(ones())
    os.environ["HOME"] = "/b"
    yield lambda: f(ones())
    os.environ["HOME"] = old


@case("extras: impure", MORE, 2, "timestamp() after TZ changes", sibling=True)
def timestamp_zone(wrap):
    old = os.environ.get("TZ")
    os.environ["TZ"] = "UTC"
    time.tzset()
    d = datetime.datetime(2020, 1, 2)
    f = wrap(lambda x: (x + 1, d.timestamp()))
    yield lambda: f(ones())
    os.environ["TZ"] = "Asia/Tokyo"
    time.tzset()
    try:
        yield lambda: f(ones())
    finally:
        os.environ.pop("TZ", None) if old is None else os.environ.__setitem__("TZ", old)
        time.tzset()


@case("extras: impure", MORE, 2, "numpy's print options change", sibling=True)
def numpy_print(wrap):
    a = np.array([1.23456])
    f = wrap(lambda x: (x + 1, str(a)))
    yield lambda: f(ones())
    with np.printoptions(precision=2):
        yield lambda: f(ones())
