"""The sets for attrs, msgspec, pydantic, omegaconf and protobuf, on the real packages."""

from __future__ import annotations

import copy  # noqa: F401  # the programs below use it
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import msgspec
import pydantic
import pytest
import torch
import torch._dynamo
from google.protobuf import descriptor_pb2, field_mask_pb2, struct_pb2
from omegaconf import OmegaConf
from places import PLACES, Counting, assert_alike, compare_with_eager, standing
from torch._dynamo.exc import Unsupported

import vartrack
from vartrack import Registry, extras

pytestmark = pytest.mark.usefixtures("fresh")

X = torch.arange(4.0)


def registry_of(name: str) -> Registry:
    registry = vartrack.stock.derive(name)
    extras.load(name).register(registry)
    return registry


REGISTRIES = {
    name: registry_of(name) for name in ("attrs", "msgspec", "pydantic", "omegaconf", "protobuf")
}


def program(text: str) -> Callable[..., Any]:
    """The function of ``x`` and ``v`` that is written in ``text``."""
    *before, last = text.split("; ")
    body = "\n ".join([*before, last if last.startswith("return") else f"return {last}"])
    scope = {**globals()}
    exec(f"def f(x, v):\n {body}", scope)
    return scope["f"]  # type: ignore[no-any-return]


def shape_of(value: Any, value_given: Any) -> Any:
    """What a result is made of, with the value that was given told from others like it."""
    if value is value_given:
        return "the value given"
    if isinstance(value, torch.Tensor):
        return value.tolist(), str(value.dtype)
    if isinstance(value, set):
        return sorted(map(repr, value))
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [shape_of(item, value_given) for item in value]
    if isinstance(value, dict):
        return {key: shape_of(item, value_given) for key, item in value.items()}
    if isinstance(value, pydantic.BaseModel):
        fields = {**value.__dict__, **(value.__pydantic_private__ or {})}
        return type(value), shape_of(fields, value_given), sorted(value.model_fields_set)
    if isinstance(value, msgspec.Struct):
        return type(value), shape_of(msgspec.structs.asdict(value), value_given)
    if attrs.has(type(value)):
        return type(value), shape_of(attrs.asdict(value, recurse=False), value_given)
    return type(value).__name__, str(value)


def outcome(run: Callable[..., Any], value: Any) -> Any:
    """What a program gives or raises, and the state of its value after."""
    try:
        result = shape_of(run(X.clone(), value), value)
    except Unsupported:
        raise
    except Exception as error:
        result = type(error), str(error)
    return result, shape_of(value, None)


def check(name: str, text: str, make: Callable[[], Any]) -> None:
    """Hold a program against eager, twice, so that the second call runs what was compiled."""
    function = program(text)
    with vartrack.use(REGISTRIES[name]):
        # dynamic=False: a number that torch turns into a symbol is no longer what is tested here
        run = torch.compile(function, backend="eager", fullgraph=True, dynamic=False)
        for _ in range(2):
            assert outcome(run, make()) == outcome(function, make())


def check_refused(name: str, text: str, make: Callable[[], Any], said: str = "") -> None:
    """A program breaks the graph, saying so, and runs right outside of it."""
    function = program(text)
    with vartrack.use(REGISTRIES[name]):
        value = make()
        before = shape_of(value, None)
        with pytest.raises(Unsupported) as caught:
            torch.compile(function, backend="eager", fullgraph=True)(X.clone(), value)
        assert said in str(caught.value)
        assert shape_of(value, None) == before, "the value was changed while tracing"
        torch._dynamo.reset()
        run = torch.compile(function, backend="eager")
        assert outcome(run, make()) == outcome(function, make())


# attrs


@attrs.define
class Point:
    x: Any
    n: int = attrs.field(default=2, converter=int)
    rest: list[Any] = attrs.field(factory=list)

    def area(self) -> Any:
        return self.x * self.n

    @property
    def double(self) -> int:
        return self.n * 2


@attrs.frozen
class FrozenPoint:
    x: Any
    n: int = attrs.field(default=2, validator=attrs.validators.instance_of(int))


@attrs.define(slots=False, order=True)
class OpenPoint:
    n: int
    x: Any = attrs.field(default=None, order=False)

    def __attrs_post_init__(self) -> None:
        self.n += 100


@attrs.define
class Loose:
    x: Any
    n: Any = 2


# msgspec


class Struct(msgspec.Struct):
    x: Any
    n: Any = 2
    rest: list[Any] = []

    def area(self) -> Any:
        return self.x * self.n


class FrozenStruct(msgspec.Struct, frozen=True, order=True):
    n: Any = 2
    x: Any = None


class KeywordStruct(msgspec.Struct, kw_only=True, eq=False):
    x: Any
    n: Any = 2


class CheckedStruct(msgspec.Struct):
    x: Any
    n: Any = 2

    def __post_init__(self) -> None:
        self.n = self.n * 10


# pydantic

VALIDATED: list[Any] = []


class Inner(pydantic.BaseModel):
    width: int = 3
    names: list[str] = []


class Settings(pydantic.BaseModel):
    n: int = 2
    rate: float = 0.5
    flags: dict[str, Any] = {}
    inner: Inner = Inner()
    _private: int = 5

    @pydantic.field_validator("n")
    @classmethod
    def seen(cls, n: int) -> int:
        VALIDATED.append(n)
        return n

    @pydantic.computed_field  # type: ignore[prop-decorator]
    @property
    def double(self) -> int:
        return self.n * 2

    def total(self) -> float:
        return self.n + self.inner.width + self._private


class FrozenSettings(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(frozen=True)
    n: int = 2


class Batch(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(arbitrary_types_allowed=True)
    x: torch.Tensor
    n: Any = 2
    more: list[Any] = []
    inner: Inner = Inner()
    _seen: int = 5

    @pydantic.computed_field  # type: ignore[prop-decorator]
    @property
    def double(self) -> Any:
        return self.n * 2

    def area(self) -> Any:
        return self.x * self.n


class FrozenBatch(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(arbitrary_types_allowed=True, frozen=True)
    x: torch.Tensor
    n: int = 2


# every extra in every place, over equal, unequal and again equal values


def config(**changes: Any) -> Any:
    whole = {"n": 2, "act": "relu", "m": {"layers": [1, 2], "twice": "${n}"}, "gone": "???"}
    return OmegaConf.create({**whole, **changes})


def message(**changes: Any) -> Any:
    made = descriptor_pb2.DescriptorProto(**{"name": "M", "reserved_name": ["r"], **changes})
    made.field.add(name="a", number=3, type=5)
    return made


def use_record(x: torch.Tensor, v: Any) -> Any:
    return (x + v.x) if v.n == 2 else (x - v.x), v.n, type(v.n).__name__, v


def use_settings(x: torch.Tensor, v: Any) -> Any:
    return x * v.total(), v.rate, v.double, v.model_dump(), str(v.rate), v.flags.get("a"), v


def use_config(x: torch.Tensor, v: Any) -> Any:
    y = x.relu() if v.act == "relu" else x.sin()
    return y * v.m.twice, [*v.m.layers], v.m.layers[0], v["n"], type(v.n).__name__, "gone" in v, v


def use_message(x: torch.Tensor, v: Any) -> Any:
    kind = descriptor_pb2.FieldDescriptorProto.Type.Name(v.field[0].type)
    return x * len(v.name), v.field[0].number, kind, list(v.reserved_name), v.HasField("name"), v


def use_enum(x: torch.Tensor, v: Any) -> Any:
    return x * len(v.keys()), v.Name(v.values()[0]), v.Value(v.keys()[0]), v.items()


def changing_record(make: Callable[..., Any], **attributes: Any) -> Callable[[], Iterator[Any]]:
    def values() -> Iterator[Any]:
        one = make(x=torch.ones(4))
        yield one
        yield make(x=torch.zeros(4))
        yield make(x=torch.ones(4), n="other")
        if not attributes.get("frozen"):
            one.n = "other"
            yield one
            one.n = 2
            yield one
        yield make(x=torch.rand(4))

    return values


def changing_settings() -> Iterator[Any]:
    one = Settings()
    yield one
    yield Settings()
    yield Settings(rate=-0.0)
    yield Settings(rate=0.0)
    yield Settings(rate=float("nan"))
    yield Settings(flags={"a": 1})
    yield Settings(flags={"a": True})
    one.inner.names.append("new")
    yield one
    one.inner.names.clear()
    yield one
    yield Settings(rate=float("nan"))


def changing_config() -> Iterator[Any]:
    one = config()
    yield one
    yield config()
    one.n = 5
    yield one
    one.m.layers.append(3)
    yield one
    one.n = 2
    one.m.layers.pop()
    yield one
    yield config(act="sin")
    yield config(n=2.0)
    yield config(n=True)
    yield config()


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


CASES: dict[str, tuple[str, Any, Any, int]] = {
    "attrs": ("attrs", use_record, changing_record(Loose), 2),
    "msgspec": ("msgspec", use_record, changing_record(Struct), 2),
    "msgspec frozen": ("msgspec", use_record, changing_record(FrozenStruct, frozen=True), 2),
    "pydantic records": ("pydantic", use_record, changing_record(Batch), 2),
    "pydantic snapshots": ("pydantic", use_settings, changing_settings, 7),
    "omegaconf": ("omegaconf", use_config, changing_config, 6),
    "protobuf messages": ("protobuf", use_message, changing_message, 4),
    "protobuf enums": ("protobuf", use_enum, enums, 3),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("case", CASES)
def test_one_graph_for_each_content_in_every_place(case: str, place: str) -> None:
    name, function, values, distinct = CASES[case]
    assert compare_with_eager(REGISTRIES[name], function, values(), place) == distinct


def test_a_subclass_is_not_its_base() -> None:
    class WiderSettings(Settings):
        def total(self) -> float:
            return 100.0

    class WiderStruct(Struct):
        def area(self) -> Any:
            return self.x - 1

    values = [Settings(), WiderSettings(), Settings(), WiderSettings()]
    assert compare_with_eager(REGISTRIES["pydantic"], use_settings, values) == 2
    structs = [Struct(X), WiderStruct(X), Struct(X)]
    assert compare_with_eager(REGISTRIES["msgspec"], lambda x, v: x + v.area(), structs) == 2


# programs on records

RECORDS = """
v.x * v.n, v.n, v
[v, {"a": v}]
v.x = x + 1; return v.x * v.n
v.n += 1; v.x = x * v.n; return v
isinstance(v, type(v)), type(v) is Struct, v is v, v is None
hasattr(v, "x"), hasattr(v, "nothing"), getattr(v, "nothing", 3), getattr(v, "n")
copy.copy(v).x, copy.copy(v)
""".strip().splitlines()
COMMON = {
    "attrs": (lambda: OpenPoint(1, torch.ones(4)), RECORDS),
    "attrs slots": (lambda: Point(torch.ones(4), 3), RECORDS[:-1]),
    "msgspec": (lambda: Struct(torch.ones(4)), RECORDS),
    "pydantic": (lambda: Batch(x=torch.ones(4)), RECORDS),
}


@pytest.mark.parametrize(
    ("case", "text"), [(case, text) for case, (_, texts) in COMMON.items() for text in texts]
)
def test_records(case: str, text: str) -> None:
    check(case.split()[0], text, COMMON[case][0])


ATTRS = """
v.area(), v.double
Point(x, "7").n, Point(x, "7").rest, Point(x, n=4, rest=[1]).area()
Point(x)
FrozenPoint(x, 4).n, FrozenPoint(x)
OpenPoint(1, x).n
p = OpenPoint(1); p.x = x; p.n += 1; return p, p.n
attrs.evolve(v, n="9"), attrs.evolve(v, x=x * 2).x, v.n
attrs.asdict(v), attrs.astuple(v)
[field.name for field in attrs.fields(type(v))]
v.n = "5"; return v.n, v
Point(1) == Point(1), Point(1) == Point(2), Point(1) != 3, Point(1, 3) == Point(1, "3")
OpenPoint(1) < OpenPoint(2), OpenPoint(1) >= OpenPoint(1)
FrozenPoint("a") == FrozenPoint("a"), {FrozenPoint("a"): 1}[FrozenPoint("a")]
""".strip().splitlines()


@pytest.mark.parametrize("text", ATTRS)
def test_attrs(text: str) -> None:
    check("attrs", text, lambda: Point(torch.ones(4), 3))


def test_attrs_nested_and_without_a_value_yet() -> None:
    def make() -> Any:
        inner = Point.__new__(Point)
        object.__setattr__(inner, "n", 4)
        return Point(inner, 3)

    values = [make(), make(), Point(Point(1), 3)]
    function = program("x + v.x.n + v.n, hasattr(v.x, 'x'), v.x is v")
    assert compare_with_eager(REGISTRIES["attrs"], function, values) == 2


def test_attrs_refuses_what_frozen_classes_refuse() -> None:
    for text in ("v.n = 3; return x", "del v.n; return x"):
        check_refused("attrs", text, lambda: FrozenPoint(X), "FrozenInstanceError")


MSGSPEC = """
v.area(), v.__struct_fields__
v.rest.append(1); return v.rest, v
Struct(x, 4).area(), Struct(x, n=4), Struct(x=x).rest, Struct(x, rest=[1]).rest
s = Struct(x); s.rest.append(1); s.n = 3; return s, Struct(x).rest
KeywordStruct(x=x, n="a").n, KeywordStruct(x=x).n
msgspec.structs.replace(v, n=7), msgspec.structs.replace(v, x=x * 2).x, v.n
v.n = 9; return msgspec.structs.replace(v, x=1), msgspec.structs.asdict(v)
msgspec.structs.replace(msgspec.structs.replace(v, n=7), x=5)
msgspec.structs.replace(FrozenStruct(1), n=2), copy.copy(FrozenStruct(3)).n
msgspec.structs.asdict(v), msgspec.structs.astuple(v), msgspec.structs.asdict(v)["rest"] is v.rest
Struct(1) == Struct(1), Struct(1) == Struct(2), Struct(1) != Struct(1, 3), Struct(1) == 3
FrozenStruct(1) < FrozenStruct(2), FrozenStruct(1) == FrozenStruct(1)
FrozenStruct(2) >= FrozenStruct(1), FrozenStruct(2, 1) > FrozenStruct(2, 0)
v == v, v.rest is v.rest
{FrozenStruct(1): "a"}[FrozenStruct(1)]
""".strip().splitlines()


@pytest.mark.parametrize("text", MSGSPEC)
def test_msgspec(text: str) -> None:
    check("msgspec", text, lambda: Struct("t" if "==" in text else torch.ones(4)))


def test_msgspec_post_init_is_traced_once() -> None:
    check("msgspec", "msgspec.structs.replace(v, x=x)", lambda: CheckedStruct(1))
    check("msgspec", "msgspec.structs.replace(v, n=3).n, v.n", lambda: CheckedStruct(1))
    check_refused("msgspec", "CheckedStruct(x).n", lambda: CheckedStruct(1))


def test_msgspec_errors_are_those_of_eager() -> None:
    check("msgspec", "hasattr(v, 'y'), caught(v)", lambda: FrozenStruct(1))
    check_refused("msgspec", "Struct(1) < Struct(2)", lambda: Struct(1))
    check_refused("msgspec", "FrozenStruct(1) < FrozenStruct(1)", lambda: Struct(1))
    check_refused("msgspec", "hash(v)", lambda: Struct(1))
    check_refused("msgspec", "Struct()", lambda: Struct(1))
    check_refused("msgspec", "msgspec.structs.replace(v, nothing=1)", lambda: Struct(1))


def caught(v: Any) -> Any:
    """Tries to set a field of a frozen struct."""
    try:
        v.n = 3
    except AttributeError:
        return "refused", v.n
    return "set", v.n


PYDANTIC_SETTINGS = """
v.n, v.rate, v.inner.width, v.flags, v.inner.names, v
v.total() * x, v.double, v._private, v.model_fields_set
v.model_dump(), v.model_dump(exclude={"rate"}), v.model_dump_json(), dict(v)
v == v, v == Settings(n=2, rate=0.5), v != Settings(n=9), v == 3
Settings(n=4).n
Settings(n="5").double, Settings.model_validate({"n": 6}).n
v.inner, v.inner is v.inner, v.inner.model_dump(), [name for name in v.inner.names]
FrozenSettings(n=3).model_copy(update={"n": 4}).n
repr(v), str(v), f"{v.inner}"
isinstance(v, Settings), isinstance(v, pydantic.BaseModel), isinstance(v.inner, Settings)
hasattr(v, "n"), hasattr(v, "nothing"), getattr(v, "nothing", 3)
FrozenSettings(n=3).n, FrozenSettings(n=3) == FrozenSettings(n=3)
copy.copy(FrozenSettings(n=8)).n
""".strip().splitlines()


def test_pydantic_copies_share_what_they_hold_so_they_are_made_outside_of_the_graph() -> None:
    for text in ("v.model_copy().n", "copy.copy(v).n"):
        check_refused("pydantic", text, Settings, "shares parts with the value")


@pytest.mark.parametrize("text", PYDANTIC_SETTINGS)
def test_pydantic_settings(text: str) -> None:
    check("pydantic", text, lambda: Settings(inner=Inner(width=4, names=["a"])))


@pytest.mark.parametrize(
    "text",
    [
        "v.n = 3; return x",
        "v.inner.width += 1; return x",
        "v.inner.names.append('b'); return x",
        "v.flags['a'] = 1; return x",
        "v._private = 1; return x",
        "v.model_fields_set.add('q'); return x",
        "del v.n; return x",
    ],
)
def test_pydantic_settings_are_changed_outside_of_the_graph(text: str) -> None:
    make = lambda: Settings(inner=Inner(names=["a"]), flags={"b": 2})  # noqa: E731
    check_refused("pydantic", text, make, "would change a value")


def test_pydantic_validators_run_as_often_as_in_eager() -> None:
    value = Settings()
    function = program("x + v.n, v.model_dump(), v.total()")
    with vartrack.use(REGISTRIES["pydantic"]):
        run = torch.compile(function, backend="eager", fullgraph=True)
        VALIDATED.clear()
        for _ in range(3):
            run(X, value)
    assert VALIDATED == []


PYDANTIC_BATCHES = """
v.area(), v.double, v.inner.width, v._seen
v._seen = 9; return v._seen
v.x = x; v.n = 4; return v.area(), v.double, v.model_fields_set
v.more.append(x); return v.more
v.model_dump()
v.model_dump(exclude={"x"}), v.model_dump(include={"n", "double"})
v.n = 5; return v.model_dump()
v.model_copy(), v.model_copy(update={"n": 7}), v.model_copy(update={"x": x * 2}).area()
dict(v).keys(), v == v, isinstance(v, pydantic.BaseModel)
v.inner is v.inner, v.inner
""".strip().splitlines()


@pytest.mark.parametrize("text", PYDANTIC_BATCHES)
def test_pydantic_models_with_tensors(text: str) -> None:
    check("pydantic", text, lambda: Batch(x=torch.ones(4), more=[torch.zeros(2), 1]))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("v.n = 3; return x", "which pydantic validates or refuses"),
        ("FrozenBatch(x=x).n", "it must be known while tracing; a tensor is not"),
        ("v.model_copy(deep=True).n", "is deep"),
        ("v.model_dump(by_alias=True)", "by_alias=True"),
    ],
)
def test_pydantic_refuses_by_name(text: str, said: str) -> None:
    check_refused("pydantic", text, lambda: FrozenBatch(x=torch.ones(4)), said)


def test_pydantic_serializers_are_not_passed_by() -> None:
    class Rounded(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(arbitrary_types_allowed=True)
        x: torch.Tensor
        n: float = 1.26

        @pydantic.field_serializer("n")
        def shorter(self, n: float) -> float:
            return round(n, 1)

    make = lambda: Rounded(x=torch.ones(2))  # noqa: E731
    check_refused("pydantic", "v.model_dump()['n']", make, "serializers of its own")


OMEGACONF = """
v.n, v["m"]["layers"], v.m, v.m.twice, v
v.m is v.m, v.m.layers is v.m.layers, v.m == {"layers": [1, 2], "twice": 2}, v == v, v != v.m
[*v.m.layers], len(v.m.layers), v.m.layers[-1], 2 in v.m.layers, v.m.layers[:1], v.m.layers + [3]
sum(v.m.layers), max(v.m.layers), [i for i, _ in enumerate(v.m.layers)], tuple(v.m.layers)
first, second = v.m.layers; return first + second
v.get("gone", 3), v.get("other", 4), "gone" in v, "n" in v, hasattr(v, "other")
[*v], list(v.keys()), {key: item for key, item in v.m.items()}, len(v)
OmegaConf.to_container(v, resolve=True), OmegaConf.to_yaml(v.m), OmegaConf.select(v, "m.layers")
OmegaConf.is_missing(v, "gone"), OmegaConf.is_config(v), OmegaConf.is_interpolation(v.m, "twice")
OmegaConf.is_readonly(v), OmegaConf.is_struct(v), OmegaConf.is_list(v.m.layers)
torch.zeros(*v.m.layers), x.view([*v.m.layers, 2])
dict(**v.m), {**v.m}, dict(v.m)
repr(v.m), str(v.m), f"{v.m.layers}"
v if v else x, not v
""".strip().splitlines()


@pytest.mark.parametrize("text", OMEGACONF)
def test_omegaconf(text: str) -> None:
    check("omegaconf", text, config)


@pytest.mark.parametrize(
    "text",
    [
        "v.n = 3; return x",
        "v['n'] = 3; return x",
        "v.m.layers.append(3); return x",
        "v.m.layers[0] = 3; return x",
        "v.pop('n')",
        "del v.n; return x",
        "v.update(n=4)",
        "v.new = 1; return x",
        "OmegaConf.set_readonly(v, True); return x",
    ],
)
def test_omegaconf_is_changed_outside_of_the_graph(text: str) -> None:
    check_refused("omegaconf", text, config, "would change a value")


def test_omegaconf_errors_are_those_of_eager() -> None:
    for text in ("v.gone", "v.m.layers[7]"):
        check_refused("omegaconf", text, config)

    def closed() -> Any:
        made = config()
        OmegaConf.set_struct(made, True)
        return made

    check_refused("omegaconf", "v.nothing", closed)
    check_refused("omegaconf", "v.n = 3; return x", closed)
    check("omegaconf", "OmegaConf.is_struct(v), v.n", closed)


def test_omegaconf_what_an_interpolation_leads_to_is_content() -> None:
    whole = OmegaConf.create({"a": 1, "part": {"b": "${a}", "c": "${nowhere}"}})

    def values() -> Iterator[Any]:
        yield whole.part
        whole.a = 2
        yield whole.part
        whole.nowhere = 3
        yield whole.part
        whole.a = 1
        del whole.nowhere
        yield whole.part

    function = lambda x, v: x + v.b  # noqa: E731
    assert compare_with_eager(REGISTRIES["omegaconf"], function, values()) == 3


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
    check("protobuf", text, message)


def test_protobuf_maps_and_other_messages() -> None:
    def make() -> Any:
        made = struct_pb2.Struct()
        made.update({"a": 1.5, "l": [1, 2]})
        return made

    check("protobuf", "list(v.fields), 'a' in v.fields, len(v.fields), v.fields.get('zz')", make)
    check("protobuf", "v.fields['a'].number_value, v['a'], v.fields['l'].list_value.values", make)
    check("protobuf", "[item.number_value for key, item in v.fields.items()]", make)
    check("protobuf", "[*v.paths], v.paths", lambda: field_mask_pb2.FieldMask(paths=["a", "b"]))


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
    check_refused("protobuf", text, message, "would change a value")


def test_every_set_is_loaded_by_name_and_can_be_added_to_another_registry() -> None:
    everything = vartrack.stock.derive("everything")
    for name in REGISTRIES:
        extras.load(name).register(everything)

    def function(x: torch.Tensor, v: Any) -> Any:
        struct, settings, cfg, point = v
        return x * struct.n + settings.total() + cfg.n + point.area(), v

    def values() -> Iterator[Any]:
        whole = (Struct(X), Settings(), config(), Point(torch.ones(4)))
        yield whole
        whole[1].inner.width = 7
        yield whole
        whole[2].n = 9
        yield whole

    backend = Counting()
    with vartrack.use(everything):
        run = standing("argument", function, backend)
        for value in values():
            ours, theirs = run(X, value), function(X, value)
            assert_alike(ours[0], theirs[0])
            assert all(one is other for one, other in zip(ours[1], value, strict=True))
    assert backend.graphs == 3
