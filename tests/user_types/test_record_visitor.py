"""RecordVisitor: each field of an object is built from its own place, with its own guards."""

from __future__ import annotations

import copy
import dataclasses
import struct
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis.strategies as st
import pytest
import torch
import torch._dynamo
from hypothesis import given, settings
from places import PLACES, Counting, assert_alike, compare_with_eager, standing
from torch._dynamo.exc import Unsupported

import vartrack
from vartrack import RecordVisitor, Registry
from vartrack.errors import VisitorError

pytestmark = pytest.mark.usefixtures("fresh")

X = torch.arange(4.0)


def registry_with(*types: type, **attributes: Any) -> Registry:
    registry = vartrack.stock.derive("records")
    registry.register(type("Records", (RecordVisitor,), {"types": types, **attributes}))
    return registry


class Plain:
    """Stores its fields in its dict."""

    def __init__(self, x: Any, n: Any = 2, next: Any = None) -> None:
        self.x, self.n, self.next = x, n, next

    def __eq__(self, other: Any) -> Any:
        if not isinstance(other, Plain):
            return NotImplemented
        return bool((self.x == other.x).all()) and self.n == other.n

    __hash__ = None  # type: ignore[assignment]

    @property
    def double(self) -> Any:
        return self.n * 2

    def area(self) -> Any:
        return self.x * self.n

    def bump(self, by: int = 1) -> Any:
        self.n += by
        return self

    def swap(self, x: torch.Tensor) -> Any:
        old, self.x = self.x, x
        return old


class Slotted:
    """Stores its fields in slots."""

    __slots__ = ("n", "next", "x")

    def __init__(self, x: Any, n: Any = 2, next: Any = None) -> None:
        self.x, self.n, self.next = x, n, next

    double = Plain.double
    area = Plain.area
    bump = Plain.bump
    swap = Plain.swap


class Stored:
    """Keeps its fields in a dict of its own, reached by __getattr__ and __setattr__."""

    def __init__(self, x: Any, n: Any = 2, next: Any = None) -> None:
        object.__setattr__(self, "_store", {"x": x, "n": n, "next": next})

    def __getattr__(self, name: str) -> Any:
        try:
            return object.__getattribute__(self, "_store")[name]
        except KeyError:
            raise AttributeError(name) from None

    double = Plain.double
    area = Plain.area


@dataclasses.dataclass
class Data:
    x: Any
    n: Any = 2
    next: Any = None

    double = Plain.double
    area = Plain.area
    bump = Plain.bump
    swap = Plain.swap


KINDS = (Plain, Slotted, Stored, Data)
SETTABLE = (Plain, Slotted, Data)
FIELDS = ("x", "n", "next")
RECORDS = registry_with(*KINDS, fields=FIELDS)


def use(x: torch.Tensor, record: Any) -> Any:
    return x + record.area(), record.n, record.double, record, hasattr(record, "x")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", PLACES)
def test_a_tensor_is_an_input_and_anything_else_is_guarded(place: str, kind: Any) -> None:
    def values() -> Iterator[Any]:
        yield kind(torch.ones(4))
        yield kind(torch.zeros(4))  # the contents of a tensor need no new graph
        yield kind(torch.ones(4), "ab")
        yield kind(torch.rand(4))
        yield kind(torch.ones(4), "ab")

    def function(x: torch.Tensor, record: Any) -> Any:
        # by a string, because integers become symbols when they change
        scale = 2 if record.n == 2 else 3
        return x + record.x * scale, record.n, record.double, record, hasattr(record, "x")

    assert compare_with_eager(RECORDS, function, values(), place) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_another_dtype_or_class_needs_another_graph(kind: Any) -> None:
    other = Data if kind is not Data else Plain
    values = [
        kind(torch.ones(4)),
        kind(torch.ones(4, dtype=torch.float64)),
        other(torch.ones(4)),
        kind(torch.ones(4)),
    ]
    assert compare_with_eager(RECORDS, use, values) == 3


def test_true_is_not_one() -> None:
    def function(x: torch.Tensor, record: Any) -> Any:
        return x + 1, record.n, type(record.n).__name__, record.n is True

    records = [Plain(None, number) for number in (1, True, 1.0, 1)]
    assert compare_with_eager(RECORDS, function, records) == 3


def test_fields_that_are_not_used_are_not_guarded() -> None:
    values = [Plain(torch.ones(4), n, [n]) for n in ("a", "b", "c")]
    assert compare_with_eager(RECORDS, lambda x, record: x + record.x, values) == 1


# setting fields

SETTING = """
r.n = 5
r.n += 1; r.n += 1
r.x = x * 2
r.x = r.x + x; r.n = 3; r.x = r.x * r.n
setattr(r, "n", 7)
r.bump().bump(3)
out = r.swap(x)
r.next = r
r.next = [r, x]; r.next.append(r.n)
r.n, r.x = r.x, r.n
old = r.double; r.n = 9; out = old, r.double
r.x.add_(1)
""".strip().splitlines()


@pytest.mark.parametrize("kind", SETTABLE)
@pytest.mark.parametrize("text", SETTING)
def test_setting_a_field_is_seen_at_once_and_stays(text: str, kind: Any) -> None:
    body = "\n ".join(part.strip() for part in text.split(";"))
    scope: dict[str, Any] = {}
    exec(
        f"def f(x, r):\n out = None\n {body}\n"
        " return x + 1, r.n * 1, r.x * 1, r.double, hasattr(r, 'x'), out, r.next is r",
        scope,
    )
    function = scope["f"]
    ours, theirs = kind(torch.ones(4)), kind(torch.ones(4))
    with vartrack.use(RECORDS):
        # dynamic=False: a number that torch turns into a symbol is no longer what is tested here
        run = torch.compile(function, backend="eager", fullgraph=True, dynamic=False)
        for _ in range(2):
            assert_alike(run(X.clone(), ours), function(X.clone(), theirs))
    for name in ("x", "n"):
        assert_alike(getattr(ours, name), getattr(theirs, name))
    assert (ours.next is ours) == (theirs.next is theirs)


@pytest.mark.parametrize("kind", SETTABLE)
def test_deleting_a_field(kind: Any) -> None:
    def function(x: torch.Tensor, record: Any) -> Any:
        del record.n
        gone = hasattr(record, "n")
        record.n = 8
        return x + record.n, gone

    compare_with_eager(RECORDS, function, [kind(X) for _ in range(2)])


def test_a_custom_setattr_is_traced() -> None:
    class Checked(Plain):
        def __setattr__(self, name: str, value: Any) -> None:
            object.__setattr__(self, name, value if name != "n" else value * 10)

    def function(x: torch.Tensor, record: Any) -> Any:
        record.n = 3
        return x + record.n

    ours, theirs = Checked(X), Checked(X)
    with vartrack.use(RECORDS):
        run = torch.compile(function, backend="eager", fullgraph=True)
        assert_alike(run(X, ours), function(X, theirs))
    assert ours.n == theirs.n == 30


def test_a_property_that_is_listed_follows_what_it_is_computed_from() -> None:
    registry = registry_with(Plain, fields=(*FIELDS, "double"))

    def function(x: torch.Tensor, record: Any) -> Any:
        before = record.double
        record.n = 50
        return x + before, record.double

    with vartrack.use(registry):
        run = torch.compile(function, backend="eager", fullgraph=True)
        for number in ("a", "b", "a"):
            assert_alike(run(X, Plain(X, 1 + len(number))), (X + 4, 100))


# records in records and containers


def test_records_in_records_and_containers() -> None:
    def function(x: torch.Tensor, whole: Any) -> Any:
        record = whole["r"][0]
        record.next.n += 1
        kept = {"again": record, "inner": record.next}
        return x + record.x + record.next.x * record.next.n, whole, kept, record.next

    def make() -> Any:
        return {"r": [Plain(torch.ones(4), 2, Slotted(torch.ones(4)))]}

    ours, theirs = make(), make()
    with vartrack.use(RECORDS):
        run = torch.compile(function, backend="eager", fullgraph=True)
        for _ in range(3):
            result, expected = run(X, ours), function(X, theirs)
            assert_alike(result[0], expected[0])
            assert result[1] is ours
            assert result[2]["again"] is ours["r"][0]
            assert result[2]["inner"] is result[3] is ours["r"][0].next
    assert ours["r"][0].next.n == theirs["r"][0].next.n == 5


@pytest.mark.parametrize("kind", KINDS)
def test_records_may_refer_to_each_other(kind: Any) -> None:
    one, other = kind(torch.ones(4)), kind(torch.zeros(4), 3)
    for record, next in ((one, other), (other, one)):
        if kind is Stored:
            record._store["next"] = next
        else:
            record.next = next

    def function(x: torch.Tensor, record: Any) -> Any:
        return x + record.next.next.x * record.next.n, record.next.next is record, record.next

    assert compare_with_eager(RECORDS, function, [one, one]) == 1


def test_a_record_that_refers_to_itself() -> None:
    record = Plain(torch.ones(4))
    record.next = record

    def function(x: torch.Tensor, record: Any) -> Any:
        record.next.next.n = 4
        return x + record.n, record.next is record, record

    with vartrack.use(RECORDS):
        run = torch.compile(function, backend="eager", fullgraph=True)
        for _ in range(2):
            total, same, result = run(X, record)
            assert_alike(total, X + 4)
            assert same
            assert result is record


def test_the_same_record_in_two_places_is_guarded_to_be_one() -> None:
    def function(x: torch.Tensor, one: Any, other: Any) -> Any:
        one.n = 5
        return x + other.n, one is other

    with vartrack.use(RECORDS):
        run = torch.compile(function, backend="eager", fullgraph=True)
        for alias in (True, False):
            one = Plain(X)
            other = one if alias else Plain(X)
            assert_alike(run(X, one, other), (X + (5 if alias else 2), alias))


# what else is done with records

OTHERS = """
isinstance(r, kind), isinstance(r, (int, str)), type(r) is kind, r.__class__ is kind
r == 3, r != 3, r is r, r is None
getattr(r, "n"), getattr(r, "nothing", 3), hasattr(r, "n"), hasattr(r, "nothing")
f"{r.n}", str(r.n)
[r, r], {"a": r}, (r,)
kind(x, 4).area(), kind(x, 4).n
""".strip().splitlines()


#: Where torch does not trace object.__setattr__ and object.__getattribute__, which `Stored` has.
NOT_STORED = [text for text in OTHERS if "kind(x" in text or "nothing" in text]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (text, kind)
        for kind in (Plain, Slotted, Stored)
        for text in OTHERS
        if kind is not Stored or text not in NOT_STORED
    ],
)
def test_other_uses(text: str, kind: Any) -> None:
    scope: dict[str, Any] = {"kind": kind}
    exec(f"def f(x, r): return {text}", scope)
    compare_with_eager(RECORDS, scope["f"], [kind(torch.ones(4)), kind(torch.zeros(4))])


def test_equality_written_in_python_is_traced() -> None:
    def function(x: torch.Tensor, record: Data) -> Any:
        return x + 1, record == record.next, record != record.next, record == 3, record == record

    records = [Data("a", n, Data("a", 2)) for n in (2, 3, 2)]
    assert compare_with_eager(RECORDS, function, records) == 2


def test_copies_of_dataclasses() -> None:
    def function(x: torch.Tensor, record: Data) -> Any:
        changed = dataclasses.replace(record, n=7)
        return changed.area() + x, record.n, copy.copy(record).x, changed.x is record.x

    compare_with_eager(RECORDS, function, [Data(torch.ones(4)), Data(torch.zeros(4))])


def test_fields_by_a_function_of_the_value() -> None:
    registry = registry_with(Plain, fields=staticmethod(vars))

    def function(x: torch.Tensor, record: Any) -> Any:
        return x + record.n, hasattr(record, "extra"), getattr(record, "extra", 0)

    plain, extra = Plain(X), Plain(X)
    extra.extra = "e"  # type: ignore[attr-defined]
    assert compare_with_eager(registry, function, [plain, extra, plain, extra]) == 2


# bad input


def broken_by(registry: Registry, function: Callable[..., Any], record: Any) -> str:
    """What is said when the graph breaks; without a graph, eager's own result is given."""
    with vartrack.use(registry):
        with pytest.raises(Unsupported) as caught:
            torch.compile(function, backend="eager", fullgraph=True)(X, record)
        torch._dynamo.reset()
        run = torch.compile(function, backend="eager")
        try:
            expected = function(X, copy.copy(record))
        except Exception as error:
            with pytest.raises(type(error)):
                run(X, record)
        else:
            assert_alike(run(X, record), expected)
    return str(caught.value)


def test_a_field_that_does_not_exist() -> None:
    registry = registry_with(Plain, fields=("x", "y"))
    said = broken_by(registry, lambda x, record: x + record.n, Plain(X))
    assert "Plain has no field 'y', which Records lists" in said


def test_fields_that_raise() -> None:
    def fields(value: Any) -> Any:
        raise ZeroDivisionError("no names")

    registry = registry_with(Plain, fields=staticmethod(fields))
    said = broken_by(registry, lambda x, record: x + record.n, Plain(X))
    assert "The visitor Records" in said
    assert "ZeroDivisionError: no names" in said


@pytest.mark.parametrize("fields", ["x", lambda value: ("x",)])
def test_fields_that_could_never_work_fail_with_the_class(fields: Any) -> None:
    with pytest.raises(VisitorError, match=r"VT109.*Records"):
        registry_with(Plain, fields=fields)


#: Sets and compares by code that is not Python, of which nothing is known.
IN_C = {name: getattr(memoryview, name) for name in ("__setattr__", "__eq__", "__hash__")}
InC: Any = type("InC", (struct.Struct,), IN_C)


@pytest.mark.parametrize("text", ["record.size == record.size, record == record", "hash(record)"])
def test_what_is_implemented_in_c_is_refused_by_name(text: str) -> None:
    registry = registry_with(InC, fields=("size",))
    scope: dict[str, Any] = {}
    exec(f"def f(x, record): return {text}", scope)
    with vartrack.use(registry), pytest.raises(Unsupported) as caught:
        torch.compile(scope["f"], backend="eager", fullgraph=True)(X, InC("i"))
    assert "is implemented in C" in str(caught.value)
    assert "by_fields = True" in str(caught.value)


# any nesting


@settings(max_examples=12, deadline=None)
@given(
    shape=st.recursive(
        st.integers(0, 2),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.tuples(st.sampled_from(SETTABLE), inner)
        ),
        max_leaves=5,
    ),
    changes=st.lists(st.tuples(st.integers(0, 2), st.sampled_from("ab")), max_size=3),
)
def test_leaves_anywhere_may_change_between_calls(shape: Any, changes: Any) -> None:
    torch._dynamo.reset()
    leaves = [Data(torch.full((4,), float(index)), "a") for index in range(3)]

    def built(shape: Any) -> Any:
        if isinstance(shape, int):
            return leaves[shape]
        if isinstance(shape, list):
            return list(map(built, shape))
        return shape[0](X, "a", built(shape[1]))

    def total(part: Any) -> Any:
        if part is None:
            return 0
        if isinstance(part, list):
            return sum(map(total, part))
        return (part.x if part.n == "a" else -part.x) + total(part.next)

    def function(x: torch.Tensor, whole: Any) -> Any:
        return x + total(whole)

    backend = Counting()
    with vartrack.use(RECORDS):
        run = standing("argument", function, backend)
        whole = built(shape)
        assert_alike(run(X, whole), function(X, whole))
        for index, letter in changes:
            leaves[index].x = leaves[index].x + 1
            leaves[index].n = letter
            for _ in range(2):
                assert_alike(run(X, whole), function(X, whole))
    assert backend.graphs <= 1 + len(changes)
