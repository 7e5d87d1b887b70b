"""The set for pydantic: models with tensors are records, others are snapshots; what a model
validates or serializes itself runs as often as in eager."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pydantic
import pytest
import torch
from beside_torch import outcome, registry_with
from package_values import (
    RECORDS,
    VALIDATED,
    Inner,
    Programs,
    Settings,
    Struct,
    Watched,
    changing_record,
    use_record,
    use_settings,
)
from places import PLACES, Counting, compare_with_eager

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

X = torch.arange(4.0)


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


programs = Programs(
    "pydantic", pydantic, copy, Settings, FrozenSettings, FrozenBatch, Batch, Struct
)


# in every place, over equal, unequal and again equal values


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


CASES: dict[str, tuple[Any, Any, int]] = {
    "pydantic records": (use_record, changing_record(Batch), 2),
    "pydantic snapshots": (use_settings, changing_settings, 7),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("case", CASES)
def test_one_graph_for_each_content_in_every_place(case: str, place: str) -> None:
    function, values, distinct = CASES[case]
    assert compare_with_eager(programs.registry, function, values(), place) == distinct


# settings


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
[getattr(v, name) for name in type(v).model_fields], "n" in Settings.model_fields
[(name, f.default, f.is_required()) for name, f in Settings.model_fields.items()][:2]
""".strip().splitlines()


def changed_bit_by_bit() -> Iterator[Any]:
    one = Settings(inner=Inner(width=4))
    yield one
    one.rate = 0.75
    yield one
    one.inner.width = 9
    yield one
    one.inner = Inner(names=["b"])
    yield one


@pytest.mark.parametrize(
    "text",
    [
        "v.model_copy(update={'n': 7}).total() * x, v.__copy__().inner.width, v.model_copy().rate",
        "v.model_copy().inner is v.inner, v.inner.model_copy().names is v.inner.names",
        "v.model_copy(update={'rate': x.shape[0] / 2, 'n': x.shape[0]}).rate * x",
        "v.model_copy().model_dump(), v.model_copy(deep=True, update={'n': 4}).n",
    ],
)
def test_pydantic_copies_share_what_they_hold(text: str) -> None:
    """A copy is a record, each field of which stands where the model has it."""
    expected = compare_with_eager(
        programs.registry, programs.function(text), changed_bit_by_bit(), PLACES[0]
    )
    assert expected <= 4


@pytest.mark.parametrize("make", [Settings, lambda: Batch(x=torch.ones(2))])
def test_pydantic_copies_are_made_by_code_of_the_class(make: Any) -> None:
    """`model_copy` calls `__copy__`, whoever has written it."""
    kind = type(make())

    class Own(kind):  # type: ignore[misc,valid-type]
        def __copy__(self) -> Any:
            new = super().__copy__()
            new.n = 50
            return new

    for text in ("v.model_copy().n", "copy.copy(v).n"):
        value = Own(**dict(make()))
        function = programs.function(f"x * {text}")
        with vartrack.use(programs.registry):
            run = torch.compile(function, backend="eager")
            assert torch.equal(run(X, value), X * 50)
        torch._dynamo.reset()


@pytest.mark.parametrize("text", PYDANTIC_SETTINGS)
def test_pydantic_settings(text: str) -> None:
    programs.check(text, lambda: Settings(inner=Inner(width=4, names=["a"])))


@pytest.mark.parametrize(
    "text",
    [
        "v.n = 3; return x",
        "v.inner.width += 1; return x",
        "v.inner.names.append('b'); return x",
        "v.flags['a'] = 1; return x",
        "v._private = 1; return x",
        "v.model_fields_set.add('q'); return x",
        "v.n = 3; return v.n, v.total(), v.model_fields_set",
        "v._private = 7; return v._private",
        "v.n = 3; return v.__dict__['n'], [*vars(v).items()][0], vars(v)",
        "o = v.inner; o.width = 7; return v == v, v != o, o in [o], v.__dict__ == vars(v)",
        "v.n = 3; return vars(v) == {'n': 3}, v == 3, hasattr(v, '__pydantic_extra__')",
        "c = v.model_copy(); c.n = 9; c.inner.names.append('q'); v.rate = 3.0; return c, v.n, c.rate",
        "c = v.model_copy(); c._private = 7; return c._private, v._private, c",
    ],
)
def test_pydantic_settings_are_changed_in_the_graph(text: str) -> None:
    programs.check(text, lambda: Settings(inner=Inner(names=["a"]), flags={"b": 2}))


def test_pydantic_fields_are_deleted_outside_of_the_graph() -> None:
    programs.check_refused("del v.n; return x", Settings)
    programs.check_refused("v.n = 3; return v.model_dump_json()", Settings)


def test_pydantic_validators_run_as_often_as_in_eager() -> None:
    value = Watched()
    function = programs.function("x + v.n, v.model_dump(), v.total()")
    with vartrack.use(programs.registry):
        run = torch.compile(function, backend="eager", fullgraph=True)
        VALIDATED.clear()
        for _ in range(3):
            run(X, value)
    assert VALIDATED == []
    # one that is called while tracing would be called no more
    programs.check_refused("return x + Watched(n=4).n", Watched)


# records


@pytest.mark.parametrize("text", RECORDS)
def test_records(text: str) -> None:
    programs.check(text, lambda: Batch(x=torch.ones(4)))


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
[name for name in type(v).model_fields], len(Batch.model_fields)
""".strip().splitlines()


@pytest.mark.parametrize("text", PYDANTIC_BATCHES)
def test_pydantic_models_with_tensors(text: str) -> None:
    programs.check(text, lambda: Batch(x=torch.ones(4), more=[torch.zeros(2), 1]))


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
    programs.check_refused(text, lambda: FrozenBatch(x=torch.ones(4)), said)


def test_pydantic_serializers_are_not_passed_by() -> None:
    class Rounded(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(arbitrary_types_allowed=True)
        x: torch.Tensor
        n: float = 1.26

        @pydantic.field_serializer("n")
        def shorter(self, n: float) -> float:
            return round(n, 1)

    make = lambda: Rounded(x=torch.ones(2))  # noqa: E731
    programs.check_refused("v.model_dump()['n']", make, "serializers of its own")


class Named(pydantic.BaseModel):
    scale: int = 2
    name: str = "n"

    def twice(self) -> int:
        return self.scale * 2


class Bounded(pydantic.BaseModel):
    scale: int = pydantic.Field(2, gt=0)


class Doubling(pydantic.BaseModel):
    scale: int = 2
    doubled: int = 0

    @pydantic.field_validator("doubled")
    @classmethod
    def double(cls, value: int, info: pydantic.ValidationInfo) -> int:
        return value + 2 * int(info.data["scale"])


def made(model: Any, use: str) -> Any:
    """A function that makes a model ``m`` of a number, and what ``use`` gives of it."""
    return eval(f"lambda x, n: (lambda m: {use})({model.__name__}(scale=n))", globals())


@pytest.mark.parametrize(
    ("model", "use", "once"),
    [
        (Named, "(x * m.scale, m.name)", True),
        (Named, "x * getattr(m, 'scale') + (m.scale > 100)", True),
        (Named, "x * m.twice()", False),
        (Named, "(m, x * m.scale)", False),
        (Named, "(x + 1, str(m), m.model_dump(), m == Named(scale=4))", False),
        (Named, "(x + 1, m.model_copy(update={'name': 'k'}).scale)", False),
        (Bounded, "x * m.scale", False),
        (Doubling, "x * m.scale", False),
        (Doubling, "x * m.doubled", False),
    ],
)
def test_pydantic_a_number_stays_one_in_a_model_made_of_it(
    model: Any, use: str, once: bool
) -> None:
    function, counting = made(model, use), Counting()
    with vartrack.use(programs.registry):
        compiled = torch.compile(function, backend=counting, fullgraph=True)
        for n in (3, 4, 5, 4, 9):
            assert repr(compiled(X, n)) == repr(function(X, n))
    assert (counting.graphs <= 2) is once


class Limits(pydantic.BaseModel):
    """A model with a field that is asked for, and one that is not."""

    low: float = 0.5
    name: str = "n"


@pytest.mark.parametrize(
    "function",
    [
        lambda x, v: x + 1 if hasattr(v, "low") else x,
        lambda x, v: x * getattr(v, "gain", 2.0),
        lambda x, v: x * sum(held for key, held in v if key == "low"),
    ],
)
def test_other_fields_may_change(function: Any) -> None:
    models = [Limits(name=text) for text in ("a", "b", "c")]
    registry = vartrack.stock.derive("other fields")
    vartrack.extras.load("pydantic").register(registry)
    assert compare_with_eager(registry, function, models) == 1


class Open(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    x: float = 1.0


def set_and_asked(x: Any, v: Any) -> Any:
    v.x = 5.0
    return hasattr(v, "gone"), hasattr(v, "x")


def asked_set_and_asked(x: Any, v: Any) -> Any:
    before = hasattr(v, "gone")
    v.x = 2.0
    return before, hasattr(v, "gone")


def added(x: Any, v: Any) -> Any:
    v.gone = 1
    return hasattr(v, "gone"), v.gone


def added_and_deleted(x: Any, v: Any) -> Any:
    v.gone = 1
    del v.gone
    return hasattr(v, "gone")


def plain_models() -> list[Any]:
    return [Settings(), Settings(n=5), Settings(n=7)]


def open_models() -> list[Any]:
    return [Open(), Open(x=2.0, gone=1), Open(gone=2), Open(x=3.0)]


@pytest.mark.parametrize(
    ("use", "values"),
    [
        (lambda x, v: (setattr(v, "n", 3), hasattr(v, "gone"), hasattr(v, "n")), plain_models),
        (set_and_asked, open_models),
        (asked_set_and_asked, open_models),
        (added, open_models),
        (added_and_deleted, open_models),
    ],
)
def test_what_a_changed_model_has(use: Any, values: Any) -> None:
    """An attribute that is found nowhere was asked of the model as it was before, or refused."""
    found = outcome(registry_with("pydantic"), use, values)
    assert found.status == "right", found
