"""What C code makes of a value that changes: one graph for each answer about the result."""

from __future__ import annotations

import copy
import os
import re
from typing import Any

import pytest
import torch
from beside_torch import Program, assert_right, outcome
from places import PLACES, Counting
from thrift_values import SOUND, THRIFT
from torch._dynamo import config
from torch._dynamo.source import (
    GlobalSource,
    LocalSource,
    SkipGuardSource,
    is_from_skip_guard_source,
)

import vartrack
from vartrack.core.sources.worked_out import worked_out

pytestmark = pytest.mark.usefixtures("fresh")

NAMES = ("a.weight", "b.c.weight", "d.bias", "e.f.g.bias", "bias", "head.weight")
DEVICES = ("cuda:0", "cuda:1", "cpu", "mps:3", "cuda")
MODES = ("Train", "EVAL", " test ", "Predict", "other")
PAIRS = (("a", "A"), ("b", "b"), ("c", "d"), ("ee", "f"), ("G", "g"))
DTYPES = (torch.float32, torch.int8, torch.float16, torch.int64, torch.bfloat16)


def unpacked(x: torch.Tensor, v: str) -> Any:
    first, second = v.split("-")
    return second, first


def changed_list(x: torch.Tensor, v: str) -> Any:
    parts = v.split(".")
    parts.append("end")
    return parts, parts


def missing_piece(x: torch.Tensor, v: str) -> Any:
    try:
        return v.split(".")[1]
    except IndexError:
        return "none"


def joined_wrongly(x: torch.Tensor, v: str) -> Any:
    try:
        return ",".join([v, 1])  # type: ignore[list-item]
    except TypeError:
        return "no text"


def no_number(x: torch.Tensor, v: str) -> Any:
    try:
        return int(v) + 1
    except ValueError:
        return "none"


def no_shift(x: torch.Tensor, v: int) -> Any:
    try:
        return 1 << v
    except ValueError:
        return "none"


LAYER = re.compile(r"layer(\d+)\.?(?P<rest>\w*)")
LAYERS = ("layer1.a", "layer2.bias", "head", "layer3.c", "norm", "layer12.bias")


def number_of(x: torch.Tensor, v: str) -> Any:
    found = LAYER.match(v)
    return x * int(found.group(1)) if found else x


def named_rest(x: torch.Tensor, v: str) -> Any:
    found = LAYER.search(v)
    if found is None:
        return 1
    return 2 if found["rest"] == "bias" else 3


def rest_and_number(x: torch.Tensor, v: str) -> Any:
    if (found := LAYER.match(v)) is None:
        return None
    number, rest = found.groups()
    return rest, number, found.span(), found.string


def number_by_text(x: torch.Tensor, v: str) -> Any:
    found = re.match(r"layer(\d+)", v)
    return x * int(found.group(1)) if found else x


def parts_by_text(x: torch.Tensor, v: str) -> Any:
    found = re.search(r"(?P<kind>[a-z]+)(?P<number>\d+)(?P<end>\.bias)?", v)
    return found.groupdict() if found else {}


def parts_by_name(x: torch.Tensor, v: str) -> Any:
    if (found := NAMED.search(v)) is None:
        return x
    parts = found.groupdict()
    return x * int(parts["number"]) if parts["kind"] == "layer" else 1


def parts_of_any(x: torch.Tensor, v: Any) -> Any:
    pattern, text = v
    return sorted(pattern.match(text).groupdict())


NAMED = re.compile(r"(?P<kind>[a-z]+)(?P<number>\d+)")
PATTERNS = tuple((re.compile(f"(?P<{name}>.)(.)"), "abc") for name in "abca")


def same_match(x: torch.Tensor, v: str) -> Any:
    one, other = LAYER.match(v), LAYER.match(v)
    return one is None or one is other


FORMATS = "{:>3}|{text:>8}|{{}}|{text!r}"

#: Programs, the values that they are called with, and how many graphs these need.
MADE: dict[str, tuple[Program, tuple[Any, ...], int]] = {
    "turned bits": (lambda x, v: (~v, [v | 8, ~v & 3]), (1, 2, 4, 12, 7), 1),
    "turned bools": (lambda x, v: (~v, x), (True, False), 2),
    "bytes, counted": (lambda x, v: (len(v), v), (b"a", b"bb", b""), 1),
    "next power": (lambda x, v: x * (1 << (v - 1).bit_length()), (9, 17, 33, 65, 7), 2),
    "parts of complex": (lambda x, v: (x * v.real, v.imag), (2 + 1j, 3 + 2j, 4 - 1j, 5j), 2),
    "lower": (lambda x, v: 1 if v.lower() == "train" else 2, MODES, 2),
    "returned": (lambda x, v: (v.lower(), v.strip().upper(), v.title()), MODES, 1),
    "stripped": (lambda x, v: 1 if v.strip() == v else 2, MODES, 2),
    "last piece": (lambda x, v: 1 if v.split(".")[-1] == "bias" else 2, NAMES, 2),
    "first piece": (lambda x, v: v.split(".")[0], NAMES, 1),
    "one of the pieces": (lambda x, v: 1 if "bias" in v.split(".") else 2, NAMES, 2),
    "pieces": (lambda x, v: [each.upper() for each in v.split(".")], NAMES, 4),
    "how many pieces": (lambda x, v: len(v.split(".")), NAMES, 4),
    "pieces, returned": (lambda x, v: v.split("."), ("a.b", "c.d", "e.f"), 1),
    "pieces, changed": (changed_list, ("a.b", "c.d", "e.f"), 1),
    "pieces, unpacked": (unpacked, ("a-b", "c-d", "ee-ff"), 1),
    "a piece that is missing": (missing_piece, ("a.b", "c.d", "e", "f.g.h", "i", ""), 4),
    "named operands": (lambda x, v: v.rsplit(".", maxsplit=1)[-1] == "bias", NAMES, 1),
    "parts": (lambda x, v: 1 if v.partition(":")[0] == "cuda" else 2, DEVICES, 2),
    "a letter": (lambda x, v: 1 if v[0] == "c" else 2, DEVICES, 2),
    "letters": (lambda x, v: 1 if v[:4] == "cuda" else 2, DEVICES, 2),
    "letters, returned": (lambda x, v: (v[1:3], v[-1], v[::-1]), DEVICES, 1),
    "an ending": (lambda x, v: 1 if v.removesuffix(":0") == "cuda" else 2, DEVICES, 2),
    "chained": (lambda x, v: v.replace(".", "_").lower().startswith("a_"), NAMES, 2),
    "bytes": (lambda x, v: v.decode().encode("utf-8")[:1], (b"ab", b"c", b"de"), 1),
    "how often": (lambda x, v: x * v.count("."), NAMES, 2),
    "how long": (lambda x, v: x * len(v), NAMES, 2),
    "a number in a text": (lambda x, v: x * int(v), ("2", "3", "14", "15"), 2),
    "a float in a text": (lambda x, v: x * float(v), ("2.5", "3.5", "1e3"), 2),
    "a number in a piece": (lambda x, v: x * int(v.split(".")[1]), ("a.2", "b.3", "c.14"), 2),
    "no number": (no_number, ("2", "3", "b", "c", "4"), 4),
    "of two": (lambda x, v: 1 if v[0] == v[1] else 2, PAIRS, 2),
    "made of two": (lambda x, v: 1 if v[0].lower() == v[1].lower() else 2, PAIRS, 2),
    "a start that changes": (lambda x, v: 1 if v[0].startswith(v[1]) else 2, PAIRS, 2),
    "a text of two": (lambda x, v: 1 if f"{v[0]}_{v[1]}" == "a_A" else 2, PAIRS, 2),
    "order of two": (lambda x, v: 1 if v[0] < v[1] else 2, ((1, 5), (2, 6), (7, 3), (8, 8)), 2),
    "order of floats": (
        lambda x, v: 1 if v[0] < v[1] else 2,
        ((1.0, 5.5), (2.0, 6.5), (7.5, 3.0)),
        2,
    ),
    "joined": (lambda x, v: ",".join([v, "x", v.upper()]), MODES, 1),
    "joined and asked": (lambda x, v: 1 if "_".join((v, "a")) == "EVAL_a" else 2, MODES, 2),
    "a match": (lambda x, v: 1 if LAYER.match(v) else 2, LAYERS, 2),
    "no match": (lambda x, v: 1 if LAYER.search(v) is not None else 2, LAYERS, 2),
    "a match by text": (lambda x, v: 1 if re.match(r"layer(\d+)", v) else 2, LAYERS, 2),
    "a whole match by text": (lambda x, v: 1 if re.fullmatch("[a-z]+", v) else 2, LAYERS, 2),
    "a number that is found": (number_of, LAYERS, 3),
    "a number that a text finds": (number_by_text, LAYERS, 3),
    "parts by name, returned": (parts_by_text, LAYERS, 4),
    "parts by name": (parts_by_name, LAYERS, 3),
    "parts of any pattern": (parts_of_any, PATTERNS, 3),
    "one of the numbers": (
        lambda x, v: 1 if v in range(3, 20, 4) else 2,
        (3, 4, 5, 7, 11, 20, 19, -1),
        2,
    ),
    "a number among others": (lambda x, v: v in range(0), (1, 2, 3), 1),
    "a name that is found": (named_rest, LAYERS, 3),
    "all that is found": (rest_and_number, LAYERS, 2),
    "which match": (same_match, LAYERS, len(LAYERS)),
    "found again": (lambda x, v: (LAYER.sub("z", v), re.sub("a", "b", v)), LAYERS, 1),
    "of dtypes": (lambda x, v: 1 if v.is_floating_point else 2, DTYPES, 2),
    "size of dtypes": (lambda x, v: v.itemsize, DTYPES, 1),
    "of devices": (
        lambda x, v: 1 if v.type == "cpu" else 2,
        tuple(map(torch.device, ("cpu", "cuda:1", "cuda:2", "cpu:1", "meta"))),
        2,
    ),
    "builtin classes": (
        lambda x, v: 1 if issubclass(v, (int, float)) else 2,
        (int, str, float, list),
        2,
    ),
    "which builtin class": (lambda x, v: 1 if v is int else v, (int, str, float, list, bool), 2),
    "of a text that is put together": (
        lambda x, v: (f"{v}-1".upper(), f"{v}!"[0], ("a" + v).split("-")),
        MODES,
        1,
    ),
    "asked of a text that is put together": (
        lambda x, v: 1 if f"a{v}".startswith("aT") or "L!" in f"{v}!" else 2,
        MODES,
        3,
    ),
    "formats and names": (
        lambda x, v: FORMATS.format(len(v), text=v),
        MODES,
        1,
    ),
    "a path": (lambda x, v: os.path.join("out", f"{v}.pt"), MODES, 1),  # noqa: PTH118
    "bits": (lambda x, v: (1 << v, v << 2, v >> 1, hex(v), bin(v)), (1, 2, 0, 12, 70), 1),
    "no shift": (no_shift, (1, -1, 3, -2, 5), 4),
}


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize("name", MADE)
def test_the_result_is_asked_and_not_the_value(name: str, registry: vartrack.Registry) -> None:
    program, values, needed = MADE[name]
    with config.patch(recompile_limit=20):
        found = outcome(registry, program, lambda: values)
        assert (found.status, found.detail) == ("right", "")
        assert found.graphs <= needed


@pytest.mark.parametrize("name", MADE)
def test_it_is_right_in_every_place(name: str) -> None:
    program, values, _ = MADE[name]
    with config.patch(recompile_limit=20):
        assert_right(SOUND, program, lambda: values)


def test_what_is_no_text_is_not_joined() -> None:
    assert_right(SOUND, joined_wrongly, lambda: ("a", "b"))


class Named(torch.nn.Module):
    """A module that asks something of an attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = torch.nn.Linear(2, 2)
        self.name = "a.weight"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + 1 if self.name.split(".")[-1] == "bias" else x - 1


@pytest.mark.parametrize("tags", [True, False])
def test_the_guard_is_run_at_every_call(tags: bool) -> None:
    module, backend, x = Named(), Counting(), torch.ones(2)
    with config.patch(use_recursive_dict_tags_for_guards=tags), vartrack.use(THRIFT):
        compiled = torch.compile(module, backend=backend, fullgraph=True)
        for name in ("a.weight", "b.weight", "c.weight", "a.bias", "b.bias", "c.weight"):
            module.name = name
            assert torch.equal(compiled(x), module(x)), name
    assert backend.graphs == 2


class Scaled(torch.nn.Module):
    """A module that looks something up in a dict of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = torch.nn.Linear(2, 2)
        self.scales: dict[str, Any] = {"a": 1.5, "b": 2.5}
        self.task = "a"

    def forward(self, x: torch.Tensor) -> Any:
        return x * self.scales.get(self.task, 0.5), "c" in self.scales, self.scales.get("a")


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize("tags", [True, False])
def test_a_look_up_is_done_again_at_every_call(registry: vartrack.Registry, tags: bool) -> None:
    module, x = Scaled(), torch.ones(2)
    changes: tuple[tuple[str, dict[str, Any]], ...] = (
        *(("a", {}), ("b", {}), ("a", {}), ("c", {}), ("c", {"c": 4.5})),
        *(("c", {"c": 5.5}), ("a", {"a": 6.5}), ("b", {}), ("q", {}), ("c", {"c": 7})),
    )
    with config.patch(use_recursive_dict_tags_for_guards=tags), vartrack.use(registry):
        compiled = torch.compile(module, backend="eager", fullgraph=True)
        for name, held in changes:
            module.task = name
            module.scales.update(held)
            ours, theirs = compiled(x), module(x)
            assert torch.equal(ours[0], theirs[0]), (name, held)
            assert ours[1:] == theirs[1:], (name, held)


def test_a_result_is_guarded_where_one_operand_has_no_guards() -> None:
    local = LocalSource("name")
    unguarded = SkipGuardSource(GlobalSource("of_the_standard_library"))
    for operands in ((unguarded, local), (local, unguarded)):
        place = worked_out("({1} in {0})", "operator.contains", operands)
        assert not is_from_skip_guard_source(place)
        assert place.name == f"({operands[1].name} in {operands[0].name})"


class Counted(str):
    """A text that counts how often it is asked."""

    asked = 0

    def lower(self) -> str:
        Counted.asked += 1
        return super().lower()

    def __eq__(self, other: object) -> bool:
        Counted.asked += 1
        return super().__eq__(other)

    __hash__ = str.__hash__


def test_code_of_a_users_is_run_by_no_guard() -> None:
    def program(x: torch.Tensor, v: str, w: str) -> torch.Tensor:
        return x + 1 if v.lower() == w else x - 1

    x = torch.ones(2)
    with vartrack.use(SOUND):
        compiled = torch.compile(program, backend="eager")
        assert torch.equal(compiled(x, "A", "a"), x + 1)
        Counted.asked = 0
        assert torch.equal(program(x, Counted("A"), Counted("a")), x + 1)
        in_python = Counted.asked
        Counted.asked = 0
        assert torch.equal(compiled(x, Counted("A"), Counted("a")), x + 1)
        traced = Counted.asked
        Counted.asked = 0
        assert torch.equal(compiled(x, Counted("A"), Counted("a")), x + 1)
        assert Counted.asked <= max(traced, in_python)


SCALES = {"a": 1.5, "b": 2.5, "c": 3.5, "d": 4.5}
TENSORS = {name: torch.full((2,), float(number)) for number, name in enumerate("abcd")}
WORDS = {"a": "one", "b": "two", "c": "three", "d": "four"}


def missed(x: torch.Tensor, v: str) -> Any:
    try:
        return SCALES[v]
    except KeyError:
        return v


def counted(x: torch.Tensor, v: str) -> Any:
    counts = {"a": 1, "b": 2}
    counts[v] = counts.get(v, 0) + 1
    return list(counts.items())


#: Look-ups under a key that changes, the keys, and how many graphs are needed.
LOOKED_UP: dict[str, tuple[Program, tuple[Any, ...], int]] = {
    "float": (lambda x, v: x * SCALES[v], tuple("abcd"), 2),
    "carried float": (lambda x, v: SCALES[v], tuple("abcd"), 1),
    "tensor": (lambda x, v: x[:2] + TENSORS[v], tuple("abcdab"), 1),
    "text": (lambda x, v: 1 if WORDS[v].startswith("t") else 2, tuple("abcd"), 2),
    "get": (lambda x, v: WORDS.get(v, "none"), ("a", "b", "q", "c", "r"), 2),
    "get none": (lambda x, v: 1 if WORDS.get(v) is None else 2, ("a", "b", "q", "c", "r"), 2),
    "missed": (missed, ("a", "q", "b", "r", "c"), 4),
    "in a new dict": (counted, ("a", "b", "c"), 3),
}


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize("name", LOOKED_UP)
def test_what_is_found_counts_and_not_the_key(name: str, registry: vartrack.Registry) -> None:
    program, keys, needed = LOOKED_UP[name]
    for place in PLACES:
        found = outcome(registry, program, lambda: keys, place)
        assert (found.status, found.detail) == ("right", ""), place
        assert found.graphs <= needed, place


def test_a_table_that_changes_is_looked_up_anew() -> None:
    table = {"a": 1.5, "b": 2.5}
    backend, x = Counting(), torch.ones(2)
    with vartrack.use(SOUND):
        compiled = torch.compile(lambda x, v: x * table[v], backend=backend, fullgraph=True)
        for number, name in enumerate("abab"):
            table[name] = number + 0.5
            assert torch.equal(compiled(x, name), x * (number + 0.5))
        table["b"] = 7  # type: ignore[assignment]
        assert torch.equal(compiled(x, "b"), x * 7)
        del table["a"]
        with pytest.raises(KeyError):
            torch.compile(lambda x, v: x * table[v], backend=backend)(x, "a")
    assert backend.graphs <= 3


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=["thrift", "sound"])
def test_a_copy_of_a_text_that_is_made_here(registry: vartrack.Registry) -> None:
    """`copy.deepcopy` asks which object each part is, and a text that is made is a new one."""
    programs: list[Program] = [
        lambda x, v: copy.deepcopy([f"step {v}"]),
        lambda x, v: copy.deepcopy({"k": (f"<{v}>", [v.upper()])}),
    ]
    for program in programs:
        found = outcome(registry, program, lambda: ("a", "b", "c"))
        assert (found.status, found.detail) == ("right", "")
