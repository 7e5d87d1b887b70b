"""The set for protobuf: messages, their repeated fields and maps, and enums."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from beside_torch import outcome, registry_with
from google.protobuf import descriptor_pb2, field_mask_pb2, struct_pb2
from package_values import Programs
from places import PLACES, compare_with_eager

pytestmark = pytest.mark.usefixtures("fresh")


programs = Programs("protobuf", descriptor_pb2)


def message(**changes: Any) -> Any:
    made = descriptor_pb2.DescriptorProto(**{"name": "M", "reserved_name": ["r"], **changes})
    made.field.add(name="a", number=3, type=5)
    return made


def use_message(x: torch.Tensor, v: Any) -> Any:
    kind = descriptor_pb2.FieldDescriptorProto.Type.Name(v.field[0].type)
    return x * len(v.name), v.field[0].number, kind, list(v.reserved_name), v.HasField("name"), v


def use_enum(x: torch.Tensor, v: Any) -> Any:
    return x * len(v.keys()), v.Name(v.values()[0]), v.Value(v.keys()[0]), v.items()


def changing_message() -> Iterator[Any]:
    one = message()
    yield one
    yield message()
    yield message(name="")
    one.field[0].number = 9
    yield one
    one.field[0].number = 3
    yield one
    one.reserved_name.append("s")
    yield one
    yield message()


def enums() -> Iterator[Any]:
    kinds = descriptor_pb2.FieldDescriptorProto
    yield from (kinds.Type, struct_pb2.NullValue, kinds.Label, kinds.Type, struct_pb2.NullValue)


CASES: dict[str, tuple[Any, Any, int]] = {
    "protobuf messages": (use_message, changing_message, 4),
    "protobuf enums": (use_enum, enums, 3),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("case", CASES)
def test_one_graph_for_each_content_in_every_place(case: str, place: str) -> None:
    function, values, distinct = CASES[case]
    assert compare_with_eager(programs.registry, function, values(), place) == distinct


PROTOBUF = """
v.name, v.field[0].name, len(v.field), v.field[0].number * x, v.field[-1].type
[field.name for field in v.field], list(v.reserved_name), "r" in v.reserved_name
v, v.field, v.field[0], v.options
v.HasField("name"), v.HasField("options"), v.ByteSize(), v.SerializeToString()
v == v, v != descriptor_pb2.FieldDescriptorProto, v.field[0] is v.field[0]
str(v), repr(v), isinstance(v, descriptor_pb2.DescriptorProto), hasattr(v, "name")
descriptor_pb2.FieldDescriptorProto.Type.Name(v.field[0].type)
v.field[0].type == descriptor_pb2.FieldDescriptorProto.Type.TYPE_INT32
""".strip().splitlines()


@pytest.mark.parametrize("text", PROTOBUF)
def test_protobuf(text: str) -> None:
    programs.check(text, message)


def test_protobuf_maps_and_other_messages() -> None:
    def make() -> Any:
        made = struct_pb2.Struct()
        made.update({"a": 1.5, "l": [1, 2]})
        return made

    programs.check("list(v.fields), 'a' in v.fields, len(v.fields), v.fields.get('zz')", make)
    programs.check("v.fields['a'].number_value, v['a'], v.fields['l'].list_value.values", make)
    programs.check("[item.number_value for key, item in v.fields.items()]", make)
    programs.check("[*v.paths], v.paths", lambda: field_mask_pb2.FieldMask(paths=["a", "b"]))


@pytest.mark.parametrize(
    "text",
    [
        "v.name = 'Q'; return x",
        "v.field.add(name='q'); return x",
        "v.field[0].number = 9; return x",
        "v.reserved_name.append('q'); return x",
        "v.Clear(); return x",
        "v.field[0].options.packed = True; return x",
        "v.options.map_entry = True; return x",
    ],
)
def test_protobuf_is_changed_outside_of_the_graph(text: str) -> None:
    programs.check_refused(text, message, "would change a value")


def test_the_length_of_a_field_varies() -> None:
    masks = [field_mask_pb2.FieldMask(paths=["a"] * n) for n in (2, 3, 4, 5)]
    assert compare_with_eager(programs.registry, lambda x, v: x * len(v.paths), masks) == 2


def nested(name: str = "n", **options: Any) -> Any:
    """A message with a message in it, of which one field differs."""
    made = descriptor_pb2.FieldDescriptorProto(name=name)
    made.options.CopyFrom(descriptor_pb2.FieldOptions(**options))
    return made


def nested_values() -> list[Any]:
    return [nested(), nested(deprecated=True), nested("m"), nested(ctype=1), nested(jstype=2)]


@pytest.mark.parametrize(
    "use",
    [
        lambda x, v: v.options.deprecated,
        lambda x, v: x * v.options.ctype,
        lambda x, v: (v.options.jstype, v.options.HasField("ctype")),
        lambda x, v: v.options.weak if v.HasField("options") else None,
        lambda x, v: x + 1 if v.options.deprecated else x,
    ],
    ids=range(5),
)
def test_a_field_of_a_field_is_guarded(use: Any) -> None:
    """It had no guard at all, so that the first answer was kept for ever."""
    registry = registry_with("protobuf")
    ours, alone = outcome(registry, use, nested_values), outcome(None, use, nested_values)
    assert ours.status == "right", ours
    assert alone.status != "right" or ours.graphs <= alone.graphs, (ours, alone)


def repeated(*names: str) -> Any:
    return descriptor_pb2.DescriptorProto(reserved_name=names).reserved_name


def fields(*names: str) -> Any:
    made = descriptor_pb2.DescriptorProto()
    for name in names:
        made.field.add(name=name)
    return made.field


def in_order(compare: Any, one: Any, other: Any) -> Any:
    try:
        return compare(one, other)
    except TypeError as error:
        return type(error)


@pytest.mark.parametrize("fullgraph", [True, False])
@pytest.mark.parametrize("make", [repeated, fields])
@pytest.mark.parametrize(
    "use",
    [
        *(
            lambda x, v, compare=compare: in_order(compare, v, v)
            for compare in (operator.lt, operator.le, operator.gt, operator.ge)
        ),
        lambda x, v: in_order(operator.lt, v, [*v]),
        lambda x, v: in_order(operator.ge, [*v], v),
        lambda x, v: (v == [*v], v != [*v], v == [], [*v] == v),
    ],
    ids=range(7),
)
def test_repeated_fields_have_no_order(use: Any, make: Any, fullgraph: bool) -> None:
    """Python refuses it, where the lists that are read in their place would answer."""

    def values() -> list[Any]:
        return [make("a"), make("b", "c"), make()]

    ours = outcome(registry_with("protobuf"), use, values, fullgraph=fullgraph)
    alone = outcome(None, use, values, fullgraph=fullgraph)
    assert ours.rank <= alone.rank, (ours, alone)
    assert ours.status == "right", ours
