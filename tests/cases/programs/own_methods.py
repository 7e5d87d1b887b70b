"""Methods that a user wrote on types of the ready-made sets, and what they read."""

import datetime
import decimal
import fractions
import pathlib
import types
import typing

from cases.programs.common import MORE, ones, size9
from cases.registering import case

a_rate = 2


def reads_global(name, what, make):
    def plan(wrap):
        global a_rate

        a_rate = 2
        value = make()
        f = wrap(lambda x: x * value.rate())
        yield lambda: f(ones())
        a_rate = 9
        yield lambda: f(ones())
        a_rate = 2

    plan.__name__ = name
    case("extras: methods", MORE, 2, what, sibling=True)(plan)


def reads_class(name, what, make):
    def plan(wrap):
        value = make()
        type(value).factor = 2
        f = wrap(lambda x: x * value.scaled())
        yield lambda: f(ones())
        type(value).factor = 9
        yield lambda: f(ones())

    plan.__name__ = name
    case("extras: methods", MORE, 2, what, sibling=True)(plan)


def method_anew(name, what, make):
    def plan(wrap):
        value = make()
        f = wrap(lambda x: x * value.scaled())
        type(value).factor = 2
        yield lambda: f(ones())
        type(value).scaled = size9
        yield lambda: f(ones())

    plan.__name__ = name
    case("extras: methods", MORE, 2, what, sibling=True)(plan)


class _Rated:
    factor = 2

    def rate(self):
        return a_rate

    def scaled(self):
        return self.factor


def _rated():
    import attrs
    import msgspec
    import pydantic

    def body(ns):
        ns.update(rate=_Rated.rate, scaled=_Rated.scaled, factor=2)

    def model():
        class Model(pydantic.BaseModel):
            n: int = 1
            factor: typing.ClassVar[int] = 2
            rate = _Rated.rate
            scaled = _Rated.scaled

        return Model()

    def struct():
        class Model(msgspec.Struct):
            n: int = 1
            factor: typing.ClassVar[int] = 2

            def rate(self):
                return a_rate

            def scaled(self):
                return self.factor

        return Model()

    def attr():
        @attrs.define(slots=False)
        class Model:
            n: int = 1
            factor: typing.ClassVar[int] = 2
            rate = _Rated.rate
            scaled = _Rated.scaled

        return Model()

    for tag, make in dict(
        plain=lambda: type("Plain", (_Rated,), {})(),
        decimal=lambda: types.new_class("Money", (decimal.Decimal,), exec_body=body)("1"),
        fraction=lambda: types.new_class("Share", (fractions.Fraction,), exec_body=body)(1, 2),
        date=lambda: types.new_class("Day", (datetime.date,), exec_body=body)(2020, 1, 2),
        timedelta=lambda: types.new_class("Span", (datetime.timedelta,), exec_body=body)(1),
        path=lambda: types.new_class("Place", (type(pathlib.PurePosixPath()),), exec_body=body)(
            "/a"
        ),
        pydantic=model,
        msgspec=struct,
        attrs=attr,
    ).items():
        reads_global(f"{tag}_reads_global", f"{tag}: a method reads a global that changes", make)
        reads_class(
            f"{tag}_reads_class", f"{tag}: a method reads a class attribute that changes", make
        )
        method_anew(f"{tag}_method_anew", f"{tag}: a method without operands is replaced", make)


_rated()
