"""Values of packages and of Python itself, one kind of use each, with two values or three."""

import datetime
import decimal
import enum
import fractions
import functools
import io
import ipaddress
import string
import typing
import uuid
import zoneinfo

import attrs
import msgspec
import numpy as np
import omegaconf
import pydantic
from google.protobuf import descriptor_pb2, duration_pb2, field_mask_pb2, struct_pb2
from omegaconf import OmegaConf

from cases.programs.common import of_our_own, ones

own = of_our_own("kinds of uses")


def used(name, function, *values, needs=None):
    """A program that does one thing with one value after the other.

    Args:
        name: its name.
        function: takes a tensor and a value.
        values: what makes each value.
        needs: how many graphs are enough; one for each value if not given.
    """

    def plan(wrap):
        run = wrap(function)
        for make in values:
            value = make()
            yield lambda: run(ones(), value)

    plan.__name__ = name
    own(len(values) if needs is None else needs)(plan)


class Open(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    size: int = 1
    _count: int = pydantic.PrivateAttr(default=4)

    def total(self):
        return self._count * self.size


class Box(pydantic.BaseModel):
    width: float = 2.0
    height: float = 3.0

    @pydantic.computed_field
    @functools.cached_property
    def around(self) -> float:
        return 2 * (self.width + self.height)


class Cat(pydantic.BaseModel):
    kind: typing.Literal["cat"] = "cat"
    lives: int = 9


class Dog(pydantic.BaseModel):
    kind: typing.Literal["dog"] = "dog"
    age: float = 2.5


class Owner(pydantic.BaseModel):
    pet: Cat | Dog = pydantic.Field(discriminator="kind")


class Numbers(pydantic.RootModel[list[int]]):
    def __iter__(self):
        return iter(self.root)


def with_private_set(x, model):
    model._count = 6
    return x * model.total(), model


def copied_and_set(x, owner):
    return x * owner.model_copy(update={"pet": Cat(lives=owner.pet.lives + 1)}).pet.lives


def matched(x, owner):
    match owner.pet:
        case Cat(lives=number):
            return x * number
        case Dog(age=age):
            return x * age


used("kinds_extra_attribute", lambda x, v: x * v.more, lambda: Open(more=2), lambda: Open(more=3))
used("kinds_extra_there", lambda x, v: x * hasattr(v, "more"), lambda: Open(more=2), Open)
used("kinds_private_set", with_private_set, Open, Open, needs=1)
used("kinds_cached_field", lambda x, v: x * v.around, Box, Box, lambda: Box(width=4.0), needs=2)
used(
    "kinds_union_copied", copied_and_set, lambda: Owner(pet=Cat()), lambda: Owner(pet=Cat(lives=3))
)
used("kinds_union_matched", matched, lambda: Owner(pet=Cat()), lambda: Owner(pet=Dog()))
used("kinds_root_sum", lambda x, v: x * sum(v), lambda: Numbers([1, 2]), lambda: Numbers([1, 3]))


@attrs.define
class Part:
    size: int = 1
    weight: float = attrs.field(default=2.0, converter=float)


@attrs.frozen(order=True)
class Rank:
    place: int = 1
    noted: float = attrs.field(default=1.0, eq=False)


def converted(x, part):
    part.weight = "4"
    return x * part.weight, part


used("kinds_attrs_converted", converted, Part, Part, needs=1)
used("kinds_attrs_order", lambda x, v: x * (v < Rank(2)), Rank, lambda: Rank(3))
used("kinds_attrs_unequal", lambda x, v: x * (v == Rank()), Rank, lambda: Rank(noted=4.0), needs=1)


class Struct(msgspec.Struct, frozen=True, order=True):
    size: int = 1
    name: str = "n"


used("kinds_struct_order", lambda x, v: x * (v >= Struct(2)), Struct, lambda: Struct(3))
used(
    "kinds_struct_tuple", lambda x, v: x * msgspec.structs.astuple(v)[0], Struct, lambda: Struct(3)
)


def message(count=2):
    file = descriptor_pb2.FileDescriptorProto(name="a.proto")
    for number in range(count):
        file.message_type.add().name = f"M{number}"
    return file


def struct(**items):
    made = struct_pb2.Struct()
    made.update(items)
    return made


field = descriptor_pb2.FieldDescriptorProto
used("kinds_repeated", lambda x, v: x * len(v.message_type), message, lambda: message(3))
used("kinds_present", lambda x, v: x * v.HasField("json_name"), field, lambda: field(json_name="j"))
used(
    "kinds_oneof",
    lambda x, v: x * len(v.WhichOneof("kind")),
    lambda: struct_pb2.Value(number_value=2),
    lambda: struct_pb2.Value(string_value="s"),
)
used("kinds_map", lambda x, v: x * ("a" in v.fields), lambda: struct(a=1), lambda: struct(b=1))
used(
    "kinds_duration",
    lambda x, v: x * v.ToTimedelta().total_seconds(),
    lambda: duration_pb2.Duration(seconds=3),
    lambda: duration_pb2.Duration(seconds=4),
)
used(
    "kinds_paths",
    lambda x, v: (x, list(v.paths)),
    lambda: field_mask_pb2.FieldMask(paths=["a"]),
    lambda: field_mask_pb2.FieldMask(paths=["b"]),
)


def missing(x, config):
    try:
        return x * config.rate
    except omegaconf.MissingMandatoryValue:
        return x * 9


def config(**items):
    return lambda: OmegaConf.create(items)


used(
    "kinds_relative",
    lambda x, v: x * v.b.r,
    config(a=2, b={"r": "${..a}"}),
    config(a=3, b={"r": "${..a}"}),
)
used("kinds_missing", missing, config(rate="???"), config(rate=2.0))
used("kinds_config_equal", lambda x, v: x * (v == {"a": 1}), config(a=1), config(a=2))
used("kinds_config_list", lambda x, v: x * len(v.a + v.a), config(a=[1]), config(a=[1, 2]))

berlin = zoneinfo.ZoneInfo("Europe/Berlin")
used(
    "kinds_offset",
    lambda x, v: x * v.utcoffset().seconds,
    lambda: datetime.datetime(2024, 1, 1, 12, tzinfo=berlin),
    lambda: datetime.datetime(2024, 7, 1, 12, tzinfo=berlin),
)
used(
    "kinds_chained",
    lambda x, v: x * (2 if 1 < v < 2 else 3),
    lambda: decimal.Decimal("1.2"),
    lambda: decimal.Decimal("3.2"),
)
used(
    "kinds_sum",
    lambda x, v: x * float(sum([v, v])),
    lambda: decimal.Decimal(1),
    lambda: decimal.Decimal(3),
)
used(
    "kinds_power",
    lambda x, v: x * float(v**2 + 1),
    lambda: fractions.Fraction(1, 3),
    lambda: fractions.Fraction(2, 3),
)
used(
    "kinds_bytes", lambda x, v: x * v.bytes[-1], lambda: uuid.UUID(int=1), lambda: uuid.UUID(int=3)
)
used(
    "kinds_network",
    lambda x, v: x * v.num_addresses,
    lambda: ipaddress.ip_network("10.0.0.0/30"),
    lambda: ipaddress.ip_network("10.0.0.0/29"),
)
used(
    "kinds_file",
    lambda x, v: x * len(v.getvalue()),
    lambda: io.StringIO("ab"),
    lambda: io.StringIO("abc"),
)
used(
    "kinds_template",
    lambda x, v: x * len(v.get_identifiers()),
    lambda: string.Template("$a-$b"),
    lambda: string.Template("$a+${c}$d"),
)
used(
    "kinds_named_bytes",
    lambda x, v: x * float(v["b"]),
    lambda: np.array([(1, 2.5)], dtype=[("a", "i4"), ("b", "f8")])[0],
    lambda: np.array([(1, 3.5)], dtype=[("a", "i4"), ("b", "f8")])[0],
)


class Allowed(enum.Flag):
    READ = 4
    WRITE = 2


used(
    "kinds_flags",
    lambda x, v: x * len(list(v)),
    lambda: Allowed.READ,
    lambda: Allowed.READ | Allowed.WRITE,
)
