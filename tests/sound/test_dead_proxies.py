"""Weak proxies whose object is gone: Python's ReferenceError, of which torch dies."""

from __future__ import annotations

import gc
import types
import weakref

import pytest
import torch

import vartrack


class Thing:
    scale = 2


def of_one_that_is_gone() -> Thing:
    thing = Thing()
    proxy = weakref.proxy(thing)
    del thing
    gc.collect()
    return proxy


def read(x, held):
    try:
        return x * held.proxy.scale
    except ReferenceError:
        return x * 7


def carried(x, held):
    return x + 1, held.proxy


@pytest.mark.parametrize("program", [read, carried])
@pytest.mark.parametrize("alive_first", [True, False])
def test_the_answer_is_pythons(program, alive_first) -> None:
    thing = Thing()
    held = [
        types.SimpleNamespace(proxy=one) for one in (weakref.proxy(thing), of_one_that_is_gone())
    ]
    torch._dynamo.reset()
    compiled = torch.compile(program, backend="eager")
    with vartrack.use(vartrack.sound):
        for one in held if alive_first else reversed(held):
            want, got = program(torch.ones(1), one), compiled(torch.ones(1), one)
            if isinstance(want, tuple):
                (want, proxy), (got, given) = want, got
                assert given is proxy
            assert torch.equal(got, want)


def test_what_is_gone_is_named() -> None:
    torch._dynamo.reset()
    compiled = torch.compile(read, backend="eager", fullgraph=True)
    held = types.SimpleNamespace(proxy=of_one_that_is_gone())
    with vartrack.use(vartrack.sound), pytest.raises(torch._dynamo.exc.Unsupported) as refused:
        compiled(torch.ones(1), held)
    assert "a weak proxy of what is gone" in str(refused.value)
    assert "held.proxy" in str(refused.value)
