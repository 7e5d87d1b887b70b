"""The set for msgspec: structs, frozen, ordered and keyword-only ones, and ``__post_init__``."""

from __future__ import annotations

import copy
from typing import Any

import msgspec
import pytest
import torch
from package_values import RECORDS, Programs, Struct, changing_record, use_record
from places import PLACES, compare_with_eager

pytestmark = pytest.mark.usefixtures("fresh")


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


def caught(v: Any) -> Any:
    """Tries to set a field of a frozen struct."""
    try:
        v.n = 3
    except AttributeError:
        return "refused", v.n
    return "set", v.n


programs = Programs(
    "msgspec", msgspec, copy, Struct, FrozenStruct, KeywordStruct, CheckedStruct, caught
)


CASES: dict[str, tuple[Any, Any, int]] = {
    "msgspec": (use_record, changing_record(Struct), 2),
    "msgspec frozen": (use_record, changing_record(FrozenStruct, frozen=True), 2),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("case", CASES)
def test_one_graph_for_each_content_in_every_place(case: str, place: str) -> None:
    function, values, distinct = CASES[case]
    assert compare_with_eager(programs.registry, function, values(), place) == distinct


@pytest.mark.parametrize("text", RECORDS)
def test_records(text: str) -> None:
    programs.check(text, lambda: Struct(torch.ones(4)))


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
    programs.check(text, lambda: Struct("t" if "==" in text else torch.ones(4)))


def test_msgspec_post_init_is_traced_once() -> None:
    programs.check("msgspec.structs.replace(v, x=x)", lambda: CheckedStruct(1))
    programs.check("msgspec.structs.replace(v, n=3).n, v.n", lambda: CheckedStruct(1))
    if hasattr(CheckedStruct, "__replace__"):  # since msgspec 0.19
        programs.check("v.__replace__(n=3).n, v.n", lambda: CheckedStruct(1))
    programs.check_refused("CheckedStruct(x).n", lambda: CheckedStruct(1))


def test_msgspec_errors_are_those_of_eager() -> None:
    programs.check("hasattr(v, 'y'), caught(v)", lambda: FrozenStruct(1))
    programs.check_refused("Struct(1) < Struct(2)", lambda: Struct(1))
    programs.check_refused("FrozenStruct(1) < FrozenStruct(1)", lambda: Struct(1))
    programs.check_refused("hash(v)", lambda: Struct(1))
    programs.check_refused("Struct()", lambda: Struct(1))
    programs.check_refused("msgspec.structs.replace(v, nothing=1)", lambda: Struct(1))
