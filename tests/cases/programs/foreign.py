"""Types of packages and of the standard library, with torch alone in mind."""

import datetime
import decimal
import fractions
import pathlib
import re
import uuid
from collections import OrderedDict

import torch

from cases.programs.common import PT, ones
from cases.registering import case


@case("foreign types", PT + "138224", 2, "a model of pydantic", sibling=True)
def pydantic_value(wrap):
    import pydantic

    class Model(pydantic.BaseModel):
        scale: int = 2

    m = Model()
    f = wrap(lambda x: x * m.scale)
    yield lambda: f(ones())
    m.scale = 9
    yield lambda: f(ones())


@case("foreign types", PT + "138224", 2, "a struct of msgspec", sibling=True)
def msgspec_value(wrap):
    import msgspec

    class Model(msgspec.Struct):
        scale: int = 2

    m = Model()
    f = wrap(lambda x: x * m.scale)
    yield lambda: f(ones())
    m.scale = 9
    yield lambda: f(ones())


def foreign(name, what, first, second, use):
    def plan(wrap):
        f = wrap(lambda x, v: use(x, v))
        yield lambda: f(ones(), first())
        yield lambda: f(ones(), second())
        yield lambda: f(ones(), first())

    plan.__name__ = name
    case("foreign types", PT + "112745", 2, what, sibling=True)(plan)


def _foreign():

    foreign(
        "decimal_value",
        "Decimal",
        lambda: decimal.Decimal(3),
        lambda: decimal.Decimal(1),
        lambda x, v: x + 1 if v > 2 else x - 1,
    )
    foreign(
        "fraction_value",
        "Fraction",
        lambda: fractions.Fraction(3, 2),
        lambda: fractions.Fraction(1, 2),
        lambda x, v: x * float(v),
    )
    foreign(
        "path_value",
        "Path",
        lambda: pathlib.Path("/a/b"),
        lambda: pathlib.Path("/a/bcd"),
        lambda x, v: x * len(v.name),
    )
    foreign(
        "date_value",
        "date",
        lambda: datetime.date(2020, 1, 2),
        lambda: datetime.date(2020, 1, 9),
        lambda x, v: x * v.day,
    )
    foreign(
        "timedelta_value",
        "timedelta",
        lambda: datetime.timedelta(seconds=2),
        lambda: datetime.timedelta(seconds=9),
        lambda x, v: x * v.total_seconds(),
    )
    foreign(
        "pattern_value",
        "compiled regular expression",
        lambda: re.compile("a+"),
        lambda: re.compile("b+"),
        lambda x, v: x + 1 if v.match("aa") else x - 1,
    )
    foreign(
        "uuid_value",
        "UUID",
        lambda: uuid.UUID(int=2),
        lambda: uuid.UUID(int=9),
        lambda x, v: x * (v.int % 7),
    )
    foreign(
        "size_value",
        "torch.Size",
        lambda: torch.Size([2, 3]),
        lambda: torch.Size([2, 9]),
        lambda x, v: x * v.numel(),
    )
    foreign(
        "device_value",
        "torch.device",
        lambda: torch.device("cpu"),
        lambda: torch.device("meta"),
        lambda x, v: x + 1 if v.type == "cpu" else x - 1,
    )
    foreign(
        "dtype_value",
        "torch.dtype",
        lambda: torch.float32,
        lambda: torch.float64,
        lambda x, v: x.to(v),
    )
    foreign(
        "finfo_value",
        "torch.finfo",
        lambda: torch.finfo(torch.float32),
        lambda: torch.finfo(torch.float16),
        lambda x, v: x * v.eps,
    )
    foreign(
        "generator_of_torch",
        "torch.Generator",
        lambda: torch.Generator().manual_seed(1),
        lambda: torch.Generator().manual_seed(2),
        lambda x, v: x + torch.rand(2, generator=v),
    )


_foreign()


@case(
    "foreign types",
    PT + "128964",
    1,
    "an object with __torch_function__ that is not a tensor, anew each time",
)
def torch_function_object(wrap):
    class Boxed:
        def __init__(self, t):
            self.t = t

        def sin(self):
            return torch.sin(self)

        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            if func is torch.sin:
                return Boxed(func(args[0].t))
            raise NotImplementedError

    f = wrap(lambda b: b.sin().t)
    for _ in range(3):
        yield lambda: f(Boxed(ones()))


@case(
    "foreign types",
    PT + "196208",
    1,
    "an ordered dict argument (with the thread of the report left out)",
    sibling=False,
)
def ordered_dict_argument(wrap):
    f = wrap(lambda d, x: x * d["anchor"])
    yield lambda: f(OrderedDict((("a", 1), ("anchor", 3))), ones())
    yield lambda: f(OrderedDict((("a", 1), ("anchor", 3))), ones())
