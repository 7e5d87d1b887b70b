"""A NaN is equal to itself alone: containers and `is` tell whether it is the same as at the compile."""

from __future__ import annotations

import collections
import operator

import pytest
import torch

import vartrack

ONE, OTHER = float("nan"), float("nan")

ASKED = {
    "in a list": lambda p, q: p in [q],
    "in the values of a dict": lambda p, q: p in {"a": q}.values(),
    "in an iterator": lambda p, q: p in (each for each in [q]),
    "in a set": lambda p, q: p in {q},
    "among keys": lambda p, q: len({p: 1, q: 2}),
    "is": operator.is_,
    "count": lambda p, q: [q].count(p),
    "lists": lambda p, q: [p] == [q],
    "tuples in order": lambda p, q: (p, 1) < (q, 2),
    "deques": lambda p, q: collections.deque([p]) == collections.deque([q]),
    "dicts": lambda p, q: {"a": p} != {"a": q},
    "hash": lambda p, q: hash(p) == hash(q),
    "worked out": lambda p, q: (p + 0) in [q + 0],
}


@pytest.mark.parametrize("extras", [[], ["thrift"]], ids=["alone", "thrift"])
@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_which_nan_it_is_counts(ask, extras):
    """One graph where the same are given, and another where they are not."""
    calls = [(ONE, ONE), (ONE, OTHER), (OTHER, OTHER), (OTHER, ONE)]
    graphs = []
    registry = vartrack.sound.derive("mine")
    for extra in extras:
        getattr(vartrack.extras, extra).register(registry)
    torch._dynamo.reset()
    with vartrack.use(registry):
        compiled = torch.compile(
            lambda x, p, q: (x + 1, ask(p, q)),
            backend=lambda graph, _: graphs.append(graph) or graph.forward,
            fullgraph=True,
        )
        for p, q in calls:
            assert compiled(torch.ones(1), p, q)[1] == ask(p, q)
    answers = {ask(p, q) for p, q in calls}
    fewest = 1 if extras else len(answers)  # `thrift` works an answer out anew that is returned
    assert fewest <= len(graphs) <= 2


class Unequal:
    """Equal to nothing, and still in what holds it."""

    def __eq__(self, other):
        return False

    __hash__ = object.__hash__


@pytest.mark.parametrize("hold", [list, lambda items: dict(enumerate(items)).values(), iter])
def test_what_is_held_is_in_what_holds_it(hold):
    value = Unequal()
    torch._dynamo.reset()
    with vartrack.use(vartrack.sound):
        compiled = torch.compile(
            lambda x, one: (x + 1, one in hold([one])), backend="eager", fullgraph=True
        )
        assert compiled(torch.ones(1), value)[1] is True
