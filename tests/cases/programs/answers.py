"""Values of the standard library of which C code works something out: the answer counts."""

import argparse
import configparser
import contextvars
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import ipaddress
import operator
import pathlib
import re
import string
import types
import uuid
import zoneinfo
from collections import UserDict, UserList, UserString

from cases.programs.common import of_our_own, ones, unless_missing

own = of_our_own("answers of values")

D = decimal.Decimal
F = fractions.Fraction


@own(2)
def dec_compare_literal(wrap):
    f = wrap(lambda x, d: x + 1 if d > 2 else x - 1)
    for i in (3, 4, 5, 1, 0):
        yield lambda: f(ones(), D(i))


@own(2)
def dec_compare_global(wrap):
    class H:
        limit = D("2.5")

    f = wrap(lambda x, d: x + 1 if d >= H.limit else x - 1)
    for i in (3, 4, 5, 1, 0):
        yield lambda: f(ones(), D(i))


@own(2)
def dec_float_of_sum(wrap):
    f = wrap(lambda x, a, b: x * float(a + b))
    for i in (3, 4, 5, 6, 7):
        yield lambda: f(ones(), D(i), D("0.5"))


@own(2)
def dec_is_zero(wrap):
    f = wrap(lambda x, d: x if d.is_zero() else x * 2)
    for i in (3, 4, 5, 0):
        yield lambda: f(ones(), D(i))


@own(2)
def dec_truth(wrap):
    f = wrap(lambda x, d: x * 2 if d else x)
    for i in (3, 4, 5, 0):
        yield lambda: f(ones(), D(i))


@own(2)
def dec_bad_parse_caught(wrap):
    def fn(x, s):
        try:
            d = D(s)
        except decimal.InvalidOperation:
            return x - 1
        return x * float(d)

    f = wrap(fn)
    for s in ("1.5", "x", "1.5", "x"):
        yield lambda: f(ones(), s)


@own(2)
def dec_sum_in_dataclass(wrap):
    @dataclasses.dataclass
    class Order:
        price: D
        count: int

        def total(self):
            return self.price * self.count

    f = wrap(lambda x, o: x * float(o.total()))
    for i in (3, 4, 5, 6):
        yield lambda: f(ones(), Order(D(i), 2))


@own(2)
def dec_in_place_add(wrap):
    class H:
        pass

    h = H()
    h.t = D(0)

    def fn(x, d):
        h.t += d
        return x + 1

    f = wrap(fn)
    for i in range(5):
        yield lambda: (f(ones(), D(1)), h.t)


@own(2)
def frac_compare(wrap):
    f = wrap(lambda x, q: x + 1 if q < F(1, 2) else x - 1)
    for i in (1, 2, 3, 8, 9):
        yield lambda: f(ones(), F(i, 10))


@own(2)
def frac_numerator(wrap):
    f = wrap(lambda x, q: x * q.numerator)
    for i in (1, 2, 4, 7, 8):
        yield lambda: f(ones(), F(i, 11))


@own(2)
def frac_limit(wrap):
    f = wrap(lambda x, q: x * float(q.limit_denominator(10)))
    for i in (1, 1, 2, 2):
        yield lambda: f(ones(), F(i, 11))


@own(2)
def dt_weekday_branch(wrap):
    f = wrap(lambda x, d: x + 1 if d.weekday() >= 5 else x - 1)
    for i in (1, 2, 3, 6, 7):
        yield lambda: f(ones(), datetime.date(2024, 1, i))


@own(2)
def dt_diff_seconds(wrap):
    t0 = datetime.datetime(2024, 1, 1)
    f = wrap(lambda x, t: x * (t - t0).total_seconds())
    for i in (1, 2, 3, 6, 7):
        yield lambda: f(ones(), datetime.datetime(2024, 1, 2, i))


@own(2)
def dt_expired(wrap):
    @dataclasses.dataclass
    class Token:
        exp: datetime.datetime

        def expired(self, now):
            return now >= self.exp

    f = wrap(lambda x, t, now: x - 1 if t.expired(now) else x + 1)
    for i in (1, 2, 3, 9, 10):
        yield lambda: f(ones(), Token(datetime.datetime(2024, 1, 5)), datetime.datetime(2024, 1, i))


@own(2)
def dt_parse_caught(wrap):
    def fn(x, s):
        try:
            return x * datetime.date.fromisoformat(s).day
        except ValueError:
            return x

    f = wrap(fn)
    for s in ("2024-01-02", "bad", "2024-01-02", "bad"):
        yield lambda: f(ones(), s)


@own(2)
def dt_replace_year(wrap):
    f = wrap(lambda x, d: x * d.replace(day=1).year)
    for i in (2020, 2021, 2022, 2023):
        yield lambda: f(ones(), datetime.date(i, 2, 3))


@own(1)
def dt_iso_returned(wrap):
    f = wrap(lambda x, d: (x + 1, {"at": d, "ok": True}))
    for i in (1, 2, 3, 4):
        yield lambda: f(ones(), datetime.datetime(2020, 1, i))


@own(2)
def td_compare(wrap):
    limit = datetime.timedelta(minutes=5)
    f = wrap(lambda x, t: x - 1 if t > limit else x + 1)
    for i in (1, 2, 3, 9, 10):
        yield lambda: f(ones(), datetime.timedelta(minutes=i))


@own(2)
def td_divide(wrap):
    f = wrap(lambda x, t: x * (t / datetime.timedelta(hours=1)))
    for i in (1, 2, 3, 9, 10):
        yield lambda: f(ones(), datetime.timedelta(minutes=i))


@own(2)
def td_accumulated(wrap):
    class H:
        pass

    h = H()
    h.t = datetime.timedelta(0)

    def fn(x, d):
        h.t = h.t + d
        return x + 1

    f = wrap(fn)
    for i in range(4):
        yield lambda: (f(ones(), datetime.timedelta(seconds=1)), h.t)


@own(2)
def zone_offset(wrap):
    f = wrap(lambda x, d: x * d.utcoffset().total_seconds())
    for z in ("UTC", "UTC", "Asia/Tokyo", "Asia/Tokyo"):
        yield lambda: f(ones(), datetime.datetime(2024, 1, 1, tzinfo=zoneinfo.ZoneInfo(z)))


@own(2)
def zone_key_branch(wrap):
    f = wrap(lambda x, z: x + 1 if z.key.startswith("Asia") else x - 1)
    for z in ("Asia/Tokyo", "Asia/Seoul", "Europe/Rome", "Europe/Oslo"):
        yield lambda: f(ones(), zoneinfo.ZoneInfo(z))


@own(2)
def uuid_bad_caught(wrap):
    def fn(x, s):
        try:
            uuid.UUID(s)
        except ValueError:
            return x - 1
        return x + 1

    f = wrap(fn)
    for s in ("0" * 32, "zz", "0" * 32, "zz"):
        yield lambda: f(ones(), s)


@own(2)
def path_equal(wrap):
    home = pathlib.PurePosixPath("/a")
    f = wrap(lambda x, q: x + 1 if q == home else x - 1)
    for t in ("/a", "/a", "/b", "/c"):
        yield lambda: f(ones(), pathlib.PurePosixPath(t))


@own(1)
def path_in_config_dataclass(wrap):
    @dataclasses.dataclass
    class C:
        out: pathlib.Path
        scale: float = 2.0

        def file(self, n):
            return self.out / f"{n}.pt"

    f = wrap(lambda x, c: (x * c.scale, c.out))
    for t in "abcd":
        yield lambda: f(ones(), C(pathlib.Path(t)))


@own(1)
def path_stem_key(wrap):
    table = {"a": 2.0, "b": 3.0}
    f = wrap(lambda x, q: x * table[q.stem])
    for t in ("a.pt", "a.txt", "a.bin", "a.pt"):
        yield lambda: f(ones(), pathlib.PurePosixPath(t))


@own(2)
def ip_in_network(wrap):
    net = ipaddress.ip_network("10.0.0.0/8")
    f = wrap(lambda x, a: x + 1 if a in net else x - 1)
    for t in ("10.0.0.1", "10.0.0.2", "8.8.8.8", "9.9.9.9"):
        yield lambda: f(ones(), ipaddress.ip_address(t))


@own(2)
def ip_version_branch(wrap):
    f = wrap(lambda x, a: x + 1 if a.version == 4 else x - 1)
    for t in ("10.0.0.1", "10.0.0.2", "::1", "::2"):
        yield lambda: f(ones(), ipaddress.ip_address(t))


@own(2)
def ip_packed_int(wrap):
    f = wrap(lambda x, a: x + int(a) % 256)
    for t in ("10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"):
        yield lambda: f(ones(), ipaddress.ip_address(t))


@own(2)
def re_match_groups(wrap):
    pat = re.compile(r"layer(\d+)")

    def fn(x, name):
        m = pat.match(name)
        return x if m is None else x * int(m.group(1))

    f = wrap(fn)
    for t in ("layer2", "layer2", "head", "head"):
        yield lambda: f(ones(), t)


@own(2)
def match_passed_in(wrap):
    f = wrap(lambda x, m: x * int(m["n"]))
    for t in ("n1", "n1", "n2", "n2"):
        yield lambda: f(ones(), re.match(r"n(?P<n>\d+)", t))


@own(2)
def match_truth(wrap):
    f = wrap(lambda x, m: x + 1 if m else x - 1)
    for t in ("n1", "n2", "m", "k"):
        yield lambda: f(ones(), re.match(r"n(?P<n>\d+)", t))


@own(2)
def enum_with_decimal(wrap):
    class Rate(enum.Enum):
        LOW = D("0.5")
        HIGH = D("1.5")

    f = wrap(lambda x, r: x * float(r.value))
    for r in (Rate.LOW, Rate.LOW, Rate.HIGH, Rate.HIGH):
        yield lambda: f(ones(), r)


@own(2)
def template_substituted(wrap):
    t = string.Template("$a-$b")
    f = wrap(lambda x, n: (x + 1, t.substitute(a=n, b="z")))
    for n in ("p", "p", "q", "q"):
        yield lambda: f(ones(), n)


@own(2)
def template_missing_caught(wrap):
    def fn(x, t):
        try:
            return x, t.substitute(a=1)
        except KeyError:
            return x - 1, ""

    f = wrap(fn)
    for s in ("$a", "$b", "$a", "$b"):
        yield lambda: f(ones(), string.Template(s))


@own(2)
def ctxvar_lookup_caught(wrap):
    var = contextvars.ContextVar("maybe")

    def fn(x):
        try:
            return x * var.get()
        except LookupError:
            return x

    f = wrap(fn)
    yield lambda: f(ones())
    yield lambda: f(ones())
    tok = var.set(3)
    yield lambda: f(ones())
    var.reset(tok)
    yield lambda: f(ones())


@own(2)
def argparse_namespace(wrap):
    f = wrap(lambda x, a: x * a.lr if a.verbose else x * a.lr + 1)
    for lr in (0.5, 1.5, 2.5, 3.5):
        yield lambda: f(ones(), argparse.Namespace(lr=lr, verbose=False, out=str(lr)))


@own(2)
def argparse_in(wrap):
    f = wrap(lambda x, a: x + 1 if "lr" in a else x - 1)
    for kw in ({"lr": 1}, {"lr": 2}, {}, {"z": 1}):
        yield lambda: f(ones(), argparse.Namespace(**kw))


@own(2)
def argparse_vars_splat(wrap):
    def inner(x, lr=1.0, **rest):
        return x * lr

    f = wrap(lambda x, a: inner(x, **vars(a)))
    for lr in (0.5, 1.5, 2.5, 3.5):
        yield lambda: f(ones(), argparse.Namespace(lr=lr, verbose=False))


@own(2)
def configparser_getfloat(wrap):
    def make(v):
        c = configparser.ConfigParser()
        c["a"] = {"lr": str(v), "name": f"n{v}"}
        return c

    f = wrap(lambda x, c: x * c.getfloat("a", "lr"))
    for v in (2, 2, 3, 3):
        yield lambda: f(ones(), make(v))


@own(2)
def configparser_missing_caught(wrap):
    def fn(x, c):
        try:
            return x, c["a"]["lr"]
        except KeyError:
            return x - 1, ""

    f = wrap(fn)
    for k in ("lr", "zz", "lr", "zz"):
        c = configparser.ConfigParser()
        c["a"] = {k: "1"}
        yield lambda: f(ones(), c)


@own(2)
def userdict_item(wrap):
    f = wrap(lambda x, d: x * d["a"])
    for v in (2, 3, 4, 5):
        yield lambda: f(ones(), UserDict(a=v, b=str(v)))


@own(2)
def userdict_missing_caught(wrap):
    f = wrap(unless_missing(lambda d: d["a"]))
    for d in ({"a": 2}, {"b": 1}, {"a": 2}, {"c": 1}):
        yield lambda: f(ones(), UserDict(d))


@own(2)
def userlist_loop(wrap):
    def fn(x, items):
        for v in items:
            x = x * v
        return x

    f = wrap(fn)
    for v in (2, 3, 4, 5):
        yield lambda: f(ones(), UserList([v, 2]))


@own(1)
def userstring_upper(wrap):
    f = wrap(lambda x, s: x + len(s))
    for v in ("aa", "bb", "cc", "dd"):
        yield lambda: f(ones(), UserString(v))


@own(2)
def partial_with_decimal(wrap):
    def scale(x, by):
        return x * float(by)

    f = wrap(lambda x, g: g(x))
    for v in (2, 3, 4, 5):
        yield lambda: f(ones(), functools.partial(scale, by=D(v)))


@own(1)
def partial_keywords_carried(wrap):
    def scale(x, by, when):
        return x * by

    f = wrap(lambda x, g: g(x))
    for v in (2, 3, 4, 5):
        yield lambda: f(ones(), functools.partial(scale, by=2, when=datetime.date(2020, 1, v)))


@own(1)
def itemgetter_two(wrap):
    f = wrap(lambda d, g: [t + 1 for t in g(d)])
    for i in range(4):
        yield lambda: f({"a": ones(), "b": ones() * 2, "c": i}, operator.itemgetter("a", "b"))


@own(1)
def attrgetter_dotted(wrap):
    f = wrap(lambda x, o, g: x * g(o))
    for i in range(4):
        yield lambda: f(
            ones(),
            types.SimpleNamespace(a=types.SimpleNamespace(b=2), c=str(i)),
            operator.attrgetter("a.b"),
        )


@own(1)
def methodcaller_tensor(wrap):
    f = wrap(lambda x, g: g(x))
    for i in range(4):
        yield lambda: f(ones(), operator.methodcaller("add", 1))
