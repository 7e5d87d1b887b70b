"""Changes deep inside values of the ready-made sets."""

import array
import datetime
import typing

import numpy as np

from cases.programs.common import MORE, ones
from cases.registering import case


def changed(name, what, make, change, use, needs=2):
    def plan(wrap):
        value = make()
        f = wrap(lambda x: use(x, value))
        yield lambda: f(ones())
        change(value)
        yield lambda: f(ones())

    plan.__name__ = name
    case("extras: changed in place", MORE, needs, what, sibling=True)(plan)


def _changed():
    import attrs
    import msgspec
    import pydantic
    from omegaconf import OmegaConf

    def at(key, value):
        return lambda v: v.__setitem__(key, value)

    changed(
        "object_array_item",
        "an item of an object array",
        lambda: np.array([1, 2, None], dtype=object),
        at(1, 9),
        lambda x, v: x * v[1],
    )
    changed(
        "object_array_part",
        "a list in an object array is changed",
        lambda: np.array([[2], None], dtype=object),
        lambda v: v[0].__setitem__(0, 9),
        lambda x, v: x * v[0][0],
    )
    changed(
        "string_array_item",
        "an item of an array of strings",
        lambda: np.array(["ab", "c"]),
        at(0, "c"),
        lambda x, v: x * len(str(v[0])),
    )
    changed(
        "record_array_field",
        "a field of a structured array",
        lambda: np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f4")]),
        lambda v: v["a"].__setitem__(0, 9),
        lambda x, v: x * int(v["a"][0]),
    )
    changed(
        "time_array_item",
        "an item of an array of times",
        lambda: np.array(["2020-01-02"], dtype="datetime64[D]"),
        at(0, np.datetime64("2021-01-02")),
        lambda x, v: (x + 1, str(v[0])),
    )
    changed(
        "number_array_item",
        "an item of an array of numbers as an int",
        lambda: np.array([2, 3]),
        at(0, 9),
        lambda x, v: x * int(v[0]),
    )
    changed(
        "array_item",
        "an item of an array.array",
        lambda: array.array("i", [2, 3]),
        at(0, 9),
        lambda x, v: x * v[0],
    )
    changed(
        "memoryview_item",
        "a byte behind a memoryview",
        lambda: memoryview(bytearray(b"\x02\x03")),
        at(0, 9),
        lambda x, v: x * v[0],
    )

    class Inner(pydantic.BaseModel):
        n: int = 2
        items: list[int] = [2, 3]
        table: dict[str, int] = {"a": 2}

    class Outer(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(extra="allow")
        inner: Inner = pydantic.Field(default_factory=Inner)
        _hidden: int = pydantic.PrivateAttr(default=2)

        def hidden(self):
            return self._hidden

    changed(
        "pydantic_nested",
        "pydantic: a field of a nested model",
        Outer,
        lambda v: setattr(v.inner, "n", 9),
        lambda x, v: x * v.inner.n,
    )
    changed(
        "pydantic_list",
        "pydantic: an item of a list",
        Outer,
        lambda v: v.inner.items.__setitem__(0, 9),
        lambda x, v: x * v.inner.items[0],
    )
    changed(
        "pydantic_dict",
        "pydantic: an entry of a dict",
        Outer,
        lambda v: v.inner.table.__setitem__("a", 9),
        lambda x, v: x * v.inner.table["a"],
    )
    changed(
        "pydantic_private",
        "pydantic: a private attribute",
        Outer,
        lambda v: setattr(v, "_hidden", 9),
        lambda x, v: x * v.hidden(),
    )
    changed(
        "pydantic_extra",
        "pydantic: an extra field",
        lambda: Outer(more=2),
        lambda v: setattr(v, "more", 9),
        lambda x, v: x * v.more,
    )
    changed(
        "pydantic_fields_set",
        "pydantic: model_fields_set",
        Outer,
        lambda v: setattr(v, "inner", v.inner),
        lambda x, v: x * (len(v.model_fields_set) + 1),
    )
    changed(
        "pydantic_tensor_model",
        "pydantic: a model with a tensor, another field",
        lambda: pydantic.create_model("WithTensor", t=(typing.Any, ...), n=(int, 2))(t=ones()),
        lambda v: setattr(v, "n", 9),
        lambda x, v: x * v.t * v.n,
    )

    class S(msgspec.Struct):
        n: int = 2
        items: list[int] = msgspec.field(default_factory=lambda: [2, 3])

    class T(msgspec.Struct):
        s: S = msgspec.field(default_factory=S)

    changed(
        "msgspec_nested",
        "msgspec: a field of a nested struct",
        T,
        lambda v: setattr(v.s, "n", 9),
        lambda x, v: x * v.s.n,
    )
    changed(
        "msgspec_list",
        "msgspec: an item of a list",
        T,
        lambda v: v.s.items.__setitem__(0, 9),
        lambda x, v: x * v.s.items[0],
    )

    @attrs.define
    class A:
        n: int = 2
        items: list = attrs.field(factory=lambda: [2, 3])

    @attrs.frozen
    class B:
        a: A = attrs.field(factory=A)

    changed(
        "attrs_nested",
        "attrs: a field of a nested object",
        B,
        lambda v: setattr(v.a, "n", 9),
        lambda x, v: x * v.a.n,
    )
    changed(
        "attrs_list",
        "attrs: an item of a list",
        B,
        lambda v: v.a.items.__setitem__(0, 9),
        lambda x, v: x * v.a.items[0],
    )

    conf = lambda: OmegaConf.create({"a": {"n": 2, "items": [2, 3]}, "m": "???"})
    changed(
        "omegaconf_nested",
        "omegaconf: a nested value",
        conf,
        lambda v: setattr(v.a, "n", 9),
        lambda x, v: x * v.a.n,
    )
    changed(
        "omegaconf_list",
        "omegaconf: an item of a list",
        conf,
        lambda v: v.a["items"].__setitem__(0, 9),
        lambda x, v: x * v.a["items"][0],
    )
    changed(
        "omegaconf_missing",
        "omegaconf: what is missing comes to be",
        conf,
        lambda v: setattr(v, "m", 9),
        lambda x, v: x * v.get("m", 2) if not OmegaConf.is_missing(v, "m") else x * 2,
    )
    changed(
        "omegaconf_added",
        "omegaconf: a key is added",
        conf,
        lambda v: setattr(v, "k", 9),
        lambda x, v: x * v.get("k", 2),
    )
    changed(
        "omegaconf_in",
        "omegaconf: a key is added, `in`",
        conf,
        lambda v: setattr(v, "k", 9),
        lambda x, v: x + 1 if "k" in v else x - 1,
    )
    changed(
        "omegaconf_order",
        "omegaconf: the keys, one is added",
        conf,
        lambda v: setattr(v, "k", 9),
        lambda x, v: (x + 1, list(v.keys())),
    )

    from google.protobuf import struct_pb2

    def struct():
        s = struct_pb2.Struct()
        s["a"] = 2.0
        s.update({"l": [2.0, 3.0]})
        return s

    changed(
        "protobuf_nested",
        "protobuf: an entry of a map",
        struct,
        lambda v: v.fields["a"].__setattr__("number_value", 9.0),
        lambda x, v: x * v.fields["a"].number_value,
    )
    changed(
        "protobuf_repeated",
        "protobuf: an item of a repeated field",
        struct,
        lambda v: v.fields["l"].list_value.values[0].__setattr__("number_value", 9.0),
        lambda x, v: x * v.fields["l"].list_value.values[0].number_value,
    )
    changed(
        "protobuf_oneof",
        "protobuf: which of several",
        struct,
        lambda v: v.fields["a"].__setattr__("string_value", "t"),
        lambda x, v: x + 1 if v.fields["a"].WhichOneof("kind") == "number_value" else x - 1,
    )

    class Zone(datetime.tzinfo):
        def __init__(self):
            self.hours = 2

        def utcoffset(self, when):
            return datetime.timedelta(hours=self.hours)

        def dst(self, when):
            return datetime.timedelta(0)

        def tzname(self, when):
            return "z"

    changed(
        "zone_state",
        "the state of a time zone",
        lambda: datetime.datetime(2020, 1, 2, tzinfo=Zone()),
        lambda v: setattr(v.tzinfo, "hours", 9),
        lambda x, v: (x + 1, v.timestamp()),
    )


_changed()
