"""Classes with some methods of Python's data model, used in every way: compiled code says what
Python says, or the graph breaks.

`data_model` writes the programs. A short run with the same programs each time is for every day;
``--examples N`` tries N others, and says by which seed they are found again. What was wrong is kept
in `data_model_found`.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import data_model
import hypothesis
import hypothesis.strategies as st
import pytest
import torch
from data_model import (
    ANCESTORS,
    CHANGES,
    MEMBERS,
    SLOTTED,
    SOURCES,
    VISITORS,
    Program,
    Wrong,
    check,
)
from data_model_found import MENDED
from hypothesis import HealthCheck, given, settings
from places import PLACES

from vartrack import SnapshotVisitor

pytestmark = pytest.mark.usefixtures("fresh")

#: How many programs are tried every day.
EVERY_DAY = 120


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Any program, more often than not with a method that its use asks for."""
    ancestor = draw(st.sampled_from(list(ANCESTORS)))
    visitor = draw(st.sampled_from(list(VISITORS)))
    use, asked = draw(st.sampled_from(data_model.all_uses()))
    names = draw(st.lists(st.sampled_from(asked), max_size=2))
    names += draw(st.lists(st.sampled_from(list(MEMBERS)), max_size=2))
    if ancestor not in SLOTTED or "cached property" in names:
        names = [name for name in names if name != "slots"]
    # of several ways to write one method the last counts
    members = {
        data_model.method_of(name): (name, draw(st.sampled_from(list(SOURCES)))) for name in names
    }
    changes = [
        change
        for change in CHANGES
        # who registers a constant says that it does not change
        if visitor != "constant" or change not in ("in place", "the content")
    ]
    return Program(
        ancestor,
        tuple(members.values()),
        use,
        visitor,
        draw(st.sampled_from(PLACES)),
        tuple(draw(st.lists(st.sampled_from(changes), min_size=1, max_size=2))),
    )


def test_any_program_says_what_python_says_or_breaks_the_graph(pytestconfig: Any) -> None:
    number = pytestconfig.getoption("--examples")
    seed = pytestconfig.getoption("--hypothesis-seed") or random.randrange(2**32)

    @settings(
        max_examples=number or EVERY_DAY,
        derandomize=not number,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(programs())
    def try_one(program: Program) -> None:
        hypothesis.event(check(program))

    if number:
        print(f"again with: --examples {number} --hypothesis-seed {seed}")
        try_one = hypothesis.seed(seed)(try_one)
    try_one()


@pytest.mark.parametrize("program", MENDED, ids=repr)
def test_what_was_wrong_is_right(program: Program) -> None:
    check(program)


def careless() -> dict[str, Any]:
    return {"key": staticmethod(lambda value: 0)}


@pytest.mark.parametrize(
    "program",
    [
        Program("object", (("str", "attribute"),), "return str(v)", "careless"),
        Program("str", (), "return v.upper()", "careless", "attribute"),
    ],
    ids=repr,
)
def test_a_wrong_answer_is_noticed(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a visitor that takes all values for the same."""
    monkeypatch.setitem(VISITORS, "careless", (SnapshotVisitor, careless()))
    with pytest.raises(Wrong):
        check(program)


@pytest.mark.parametrize("answer", [RuntimeError("no"), AttributeError("no")], ids=repr)
def test_another_exception_is_noticed(answer: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*args: Any, **kwargs: Any) -> Callable[..., Any]:
        raise answer

    monkeypatch.setattr(torch, "compile", lambda function, **options: fails)
    with pytest.raises(Wrong):
        check(Program("object", (), "return v.n", "snapshot"))
