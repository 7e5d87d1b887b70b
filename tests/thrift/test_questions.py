"""What is only asked is compiled once for each answer, and never answered wrongly."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

import pytest
import torch
from beside_torch import Program, outcome
from places import PLACES, Counting
from thrift_values import SOUND, THRIFT, VALUES, Four, Level, Mode, Named, Three, Two
from torch._dynamo import config
from torch._dynamo.variables import builtin

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

TEXTS = tuple(f"mode {number}" for number in range(10))
held_value: Any = None


def chain(x: torch.Tensor, v: str) -> int:
    if v == "eager":
        return 1
    if v in ("graph", "both"):
        return 2
    if v.startswith("max-"):
        return 3
    return 4 if v and len(v) < 20 and "q" not in v else 5


class Owner:
    """An object that asks something of what it is held against, and leaves the rest to that."""

    def __init__(self) -> None:
        self.name = "owner"
        self.asked = 0

    def __eq__(self, other: object) -> bool:
        self.asked += 1
        return self.name == other if isinstance(other, str) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __lt__(self, other: str) -> bool:
        return self.name < other if other.startswith("mode") else NotImplemented

    def __getitem__(self, key: str) -> float:
        if not key.startswith("mode"):
            raise KeyError(key)
        return 2.0


owner, three = Owner(), Three()


def ordered(x: torch.Tensor, v: str) -> Any:
    try:
        return owner < v, v > owner
    except TypeError as error:
        return str(error)


#: Questions that all values of a kind answer alike.
ASKED: dict[str, tuple[Program, Any]] = {
    "chain": (chain, TEXTS),
    "equal": (lambda x, v: v == "eager" or v != v.strip(), ("a", "b", "c")),
    "not equal": (lambda x, v: v != "eager" and v != "graph", TEXTS),
    "in a tuple": (lambda x, v: v in ("a", "b"), TEXTS),
    "in a set": (lambda x, v: v in {"a", "b", "c"}, ("a", "b", "c")),
    "in a list": (lambda x, v: v not in ["a", "b"], TEXTS),
    "starts": (lambda x, v: v.startswith("mode"), TEXTS),
    "ends": (lambda x, v: v.endswith(("x", "y")), TEXTS),
    "part": (lambda x, v: "od" in v, TEXTS),
    "truth": (lambda x, v: 1 if v else 2, TEXTS),
    "not": (lambda x, v: (not v, bool(v)), TEXTS),
    "or": (lambda x, v: v or "none", TEXTS),
    "length": (lambda x, v: len(v), TEXTS),
    "order": (lambda x, v: v < "z", TEXTS),
    "digits": (lambda x, v: (v.isdigit(), v.count("o")), TEXTS),
    "member is": (lambda x, v: v is Mode.A, tuple(Mode)[1:]),
    "member equal": (lambda x, v: v == Mode.A or v != Mode.B, tuple(Mode)[2:]),
    "member in": (lambda x, v: v in (Mode.A, Mode.B), tuple(Mode)[2:]),
    "member value": (lambda x, v: v.value == "a", tuple(Mode)[1:]),
    "member name": (lambda x, v: (v.name, v.value), tuple(Mode)),
    "member truth": (lambda x, v: 1 if v else 2, tuple(Mode)),
    "member class": (lambda x, v: isinstance(v, Mode), tuple(Mode)),
    "number member": (lambda x, v: v < 10, tuple(Level)),
    "number": (lambda x, v: 3 < v < 100, tuple(range(5, 15))),
    "number in": (lambda x, v: v in (1, 2), tuple(range(5, 15))),
    "float": (lambda x, v: v > 0.5, (0.75, 1.0, 2.5)),
    "class is": (lambda x, v: v is int or v is Four, (Two, Three)),
    "class in": (lambda x, v: v in (int, float), (Two, Three)),
    "subclass": (lambda x, v: issubclass(v, Two), (Two, Three)),
    "instance": (lambda x, v: isinstance(3, v), (Two, Three)),
    "class name": (lambda x, v: v.__name__, (Two, Three)),
    "dtype": (lambda x, v: v == torch.float16, VALUES["dtype"]),
    "dtype in": (lambda x, v: v in (torch.float16, torch.int8), VALUES["dtype"]),
    "dtype is": (lambda x, v: v is torch.float16, VALUES["dtype"]),
    "object with ==": (lambda x, v: (owner == v, v != owner), TEXTS),
    "object with == for others": (lambda x, v: (owner == v, v == owner), (1.5, 2.5, 3.5)),
    "object without ==": (lambda x, v: (three == v, v != three), TEXTS),
    "object with <": (ordered, TEXTS),
    "object with [ ]": (lambda x, v: x * owner[v], TEXTS),
}


@pytest.mark.parametrize(
    "values", [TEXTS, (3, 65, 12), (2.5, 3.5)], ids=["texts", "ints", "floats"]
)
def test_whether_it_can_be_called_is_said_by_its_type(values: Any) -> None:
    for registry in (THRIFT, SOUND):
        found = outcome(registry, lambda x, v: 1 if callable(v) else 2, lambda: values)
        assert found == ("right", 1, ""), registry.name


#: What torch itself asks of a value where its answers wait.
ASKED_BY_TORCH = ("length", "order", "float")


@pytest.mark.parametrize("use", ASKED)
def test_one_answer_is_one_graph(use: str) -> None:
    program, values = ASKED[use]
    places = PLACES if use in ("chain", "member in") else ("argument",)
    with config.patch(recompile_limit=20):
        for place in places:
            assert outcome(THRIFT, program, lambda: values, place) == ("right", 1, "")
        assert outcome(SOUND, program, lambda: values) == ("right", 1, "")
        alone = outcome(None, program, lambda: values)
        if not (ANSWERS_WAIT and use in ASKED_BY_TORCH):
            assert alone.graphs > 1 or alone.status != "right"


def test_a_union_is_asked_as_a_tuple_is() -> None:
    values = (1, "a", 2, "b", 3, "c")
    for registry in (THRIFT, SOUND):
        by_union = outcome(
            registry, lambda x, v: 1 if isinstance(v, int | str) else 2, lambda: values
        )
        by_tuple = outcome(
            registry, lambda x, v: 1 if isinstance(v, (int, str)) else 2, lambda: values
        )
        assert by_union == by_tuple == ("right", 2, "")


#: Questions that values answer in more than one way, with all the values of a kind.
ANSWERED: dict[str, tuple[Program, str]] = {
    "equal": (lambda x, v: v == "a", "str"),
    "not equal": (lambda x, v: v != "b", "str"),
    "length": (lambda x, v: len(v), "str"),
    "truth": (lambda x, v: (1 if v else 2, not v), "str"),
    "part": (lambda x, v: "d" in v, "str"),
    "bytes": (lambda x, v: (v.startswith(b"d"), len(v)), "bytes"),
    "flag": (lambda x, v: (1 if v else 2, v is True, v == 1), "bool"),
    "number": (lambda x, v: (v > 3, v == 12, 1 if v else 2), "int"),
    "float": (lambda x, v: (v > 2, v == 1.5, v != 0), "float"),
    "member": (lambda x, v: (v is Mode.A, v == Mode.B, Mode.C is v), "Enum"),
    "member turned": (lambda x, v: Mode.A is v, "Enum"),
    "number member": (lambda x, v: (v > 2, v == 1, v is Level.LOW), "IntEnum"),
    "own truth": (lambda x, v: (1 if v else 2, v == Named.TWO, f"{v}"), "enum of its own"),
    "class": (lambda x, v: (v is Two, issubclass(v, Two), isinstance(held_value, v)), "class"),
    "dtype": (lambda x, v: (v is torch.float64, v == torch.int32), "dtype"),
    "complex": (lambda x, v: (v == 2j, 1 if v else 2), "complex"),
    "object": (lambda x, v: (owner == v, owner != v), "str"),
    "object and number": (lambda x, v: (owner == v, v == owner), "int"),
    "object in order": (ordered, "str"),
}


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize("use", ANSWERED)
def test_other_answers_are_seen(
    use: str, registry: vartrack.Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, kind = ANSWERED[use]
    values = (*VALUES[kind], *reversed(VALUES[kind]), *VALUES[kind][::2])
    monkeypatch.setitem(program.__globals__, "held_value", Three())  # type: ignore[attr-defined]
    with config.patch(recompile_limit=20):
        alone = outcome(None, program, lambda: values)
        places = PLACES if use in ("equal", "member") and registry is THRIFT else ("attribute",)
        for place in places:
            found = outcome(registry, program, lambda: values, place)
            assert found.status == "right", place
            assert found.graphs <= max(alone.graphs, len(VALUES[kind])), place


def test_in_a_dict_that_did_not_change_otherwise() -> None:
    settings = {"mode": "a", "other": 1}

    class Model(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.settings = settings

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x + 1 if self.settings["mode"] != "b" else x - 1

    backend, x = Counting(), torch.zeros(1)
    with vartrack.use(THRIFT):
        compiled = torch.compile(Model(), backend=backend, fullgraph=True)
        for mode in ("a", "c", "d", "b", "a", "b", "e"):
            settings["mode"] = mode
            assert compiled(x).item() == (-1 if mode == "b" else 1)
    assert backend.graphs == 2


def test_an_answer_that_goes_on_changing_becomes_a_guard_on_the_value() -> None:
    from torch._dynamo.eval_frame import _debug_get_cache_entry_list

    def program(x: torch.Tensor, mode: str, n: int) -> torch.Tensor:
        for _ in range(n):  # which compiles again
            x = x + 1
        return -x if mode < "b" else x

    backend, x = Counting(), torch.zeros(1)
    with config.patch(recompile_limit=30), vartrack.use(THRIFT):
        compiled = torch.compile(program, backend=backend, fullgraph=True)
        for n, mode in enumerate(("at", "by", "all", "both", "and")):
            assert compiled(x, mode, n).item() == (-n if mode < "b" else n)
        entries = _debug_get_cache_entry_list(program.__code__)
        asked = ["(L['mode'] < 'b') ==" in str(entry.guard_manager) for entry in entries]
    assert backend.graphs == 5
    # the first two answers; with the third the answer has changed twice
    assert sorted(asked) == [False] * 3 + [True] * 2


class Lying(str):
    """A text that is equal to nothing, or counts how often it was asked, or raises."""

    asked = 0

    def __eq__(self, other: object) -> bool:
        Lying.asked += 1
        if other == "raise":
            raise RuntimeError("not this one")
        return False

    __hash__ = str.__hash__


class LyingMode(enum.Enum):
    """Members that are equal to everything."""

    A = 1
    B = 2

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = enum.Enum.__hash__


class Meta(type):
    """Classes that say what is an instance of them."""

    def __instancecheck__(cls, other: object) -> bool:
        return other == "a"

    def __eq__(cls, other: object) -> bool:
        return True

    __hash__ = type.__hash__


class Odd(metaclass=Meta):
    """One of them."""


class Parametrized:
    """It has a slot as unions and generic types have."""

    __slots__ = ("__args__",)


def not_asked_yet() -> Any:
    owner.asked = 0
    return "a", "b", "owner", 1, "a"


BAD: dict[str, tuple[Program, Callable[[], Any]]] = {
    "subclass": (lambda x, v: (v == "a", v), lambda: (Lying("a"), Lying("b"), "a", Lying("c"))),
    "right operand": (lambda x, v: v == held_value, lambda: ("a", "b", "c", "a")),
    "raises": (lambda x, v: v == "raise", lambda: (Lying("a"), "raise", Lying("raise"), "a")),
    "enum": (lambda x, v: (v == Mode.A, v is LyingMode.A), lambda: (*LyingMode, *LyingMode)),
    "in": (lambda x, v: v in (LyingMode.A, "a"), lambda: ("a", "b", "c")),
    "metaclass": (lambda x, v: (isinstance(v, Odd), v == Odd), lambda: ("a", "b", "c", "a")),
    "class": (lambda x, v: (isinstance(1, v), v in (int,)), lambda: (Odd, int, Two)),
    "class with arguments": (
        lambda x, v: (isinstance(v, Parametrized), isinstance(v, (int, Parametrized))),
        lambda: (Parametrized(), 1, "a", Parametrized()),
    ),
    "not a number": (lambda x, v: (v == v, v > 1, v != 2), lambda: (float("nan"), 1.0, 2.0)),
    "zeros": (lambda x, v: (v == 0, f"{v}"), lambda: (0.0, -0.0, 1.0)),
    "equal kinds": (lambda x, v: (v == 1, v in (1, 2)), lambda: (1, True, 1.0, 1 + 0j, "1")),
    "counts": (lambda x, v: (owner == v, owner.asked), not_asked_yet),
    "other types": (lambda x, v: v == "a", lambda: ("a", b"a", 1, None, "b", torch.float32)),
}


#: Whether torch works out an answer that is only returned when the graph has run. In 2.14 that is
#: so of sums alone.
ANSWERS_WAIT = hasattr(builtin, "_COMPUTED_LAZY_CONSTANT_OPS_BY_ARITY")


@pytest.mark.parametrize("use", BAD)
def test_bad_input_is_as_on_torch_or_better(use: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program, values = BAD[use]
    monkeypatch.setitem(program.__globals__, "held_value", Lying("a"))  # type: ignore[attr-defined]
    alone = outcome(None, program, values)
    for registry in (THRIFT, SOUND):
        found = outcome(registry, program, values)
        assert found.rank <= alone.rank
        if found.rank == alone.rank:
            assert found.graphs <= alone.graphs


def test_asking_runs_no_code_of_the_program_at_a_call() -> None:
    def program(x: torch.Tensor, v: str) -> torch.Tensor:
        return x - 1 if v == "b" else x + 1

    with vartrack.use(THRIFT):
        compiled = torch.compile(program, backend="eager", fullgraph=True)
        compiled(torch.zeros(1), "a")
        before = Lying.asked
        assert compiled(torch.zeros(1), Lying("b")).item() == 1, "equal to nothing"
        assert Lying.asked - before <= 2, "when it is traced, not when the guards are checked"


class Combining:
    """An object with operators that take anything."""

    def __init__(self, held: Any = ()) -> None:
        self.held = held

    def __add__(self, other: Any) -> Any:
        return Combining((*self.held, other))

    def __radd__(self, other: Any) -> Any:
        return Combining((other, *self.held))

    __sub__ = __matmul__ = __or__ = __rshift__ = __truediv__ = __add__

    def __mod__(self, other: Any) -> Any:
        return 5

    def __and__(self, other: Any) -> Any:
        return NotImplemented

    def __ixor__(self, other: Any) -> Any:
        self.held = (other,)
        return self

    def __rmul__(self, other: Any) -> Any:
        return other, "mine"


def _in_place(x: Any, v: Any) -> Any:
    made = Combining()
    made ^= v
    made += v
    return made.held


def _refused(x: Any, v: Any) -> Any:
    try:
        return Combining() & v
    except TypeError:
        return "refused"


class Starting:
    """An object that is equal to texts that begin alike."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and other.startswith("o")

    __hash__ = None  # type: ignore[assignment]


combining, starting = Combining(), Starting()
#: What operators of an object of the program's make of a value that varies: one graph.
COMBINED: dict[str, Program] = {
    "added": lambda x, v: (combining + v).held,
    "added to": lambda x, v: (v + combining).held,
    "others": lambda x, v: [
        (combining - v).held,
        (combining @ v).held,
        (combining | v).held,
        (combining >> v).held,
        (combining / v).held,
    ],
    "not used": lambda x, v: x * (combining % v),
    "in place": _in_place,
    "refused": _refused,
}


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize("values", [TEXTS, (2, 3, 5, 4)], ids=["texts", "numbers"])
@pytest.mark.parametrize("use", COMBINED)
def test_an_object_combines_what_varies(use: str, values: Any, registry: vartrack.Registry) -> None:
    assert outcome(registry, COMBINED[use], lambda: values) == ("right", 1, "")


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
def test_texts_and_members_of_number_classes_have_their_own_say(
    registry: vartrack.Registry,
) -> None:
    class Number(int):
        def __add__(self, other: Any) -> Any:
            return int(self) + other + 100

        def __radd__(self, other: Any) -> Any:
            return other * 1000

    number = Number(4)
    program = lambda x, v: (number + v, v + number)  # noqa: E731
    assert outcome(registry, program, lambda: (3, 5, 6)).status == "right"
    # torch compiles this once for each text
    repeated = lambda x, v: v * combining  # noqa: E731
    assert outcome(registry, repeated, lambda: TEXTS[:5], fullgraph=False).status == "right"


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize(
    "program",
    [
        lambda x, v: v in [starting],
        lambda x, v: v in (None, starting),
        lambda x, v: starting in [v],
    ],
)
def test_a_value_is_looked_for_among_objects(program: Program, registry: vartrack.Registry) -> None:
    values = ("other", "a", "odd", "b", "off")
    assert outcome(registry, program, lambda: values) == ("right", 2, "")
