"""Every guard: who asked for it, the line that relied on it, and what it costs."""

from __future__ import annotations

import time
from typing import Any

import pytest
import torch

import vartrack
from vartrack.explanation import Guard, explain_calls
from vartrack.explanation.running.costs import Meter
from vartrack.explanation.running.observing import Observer, observing

PAUSE = 0.0005


class Slow:
    """A value whose key takes its time."""

    def __init__(self, number: int) -> None:
        self.number = number


@pytest.fixture(scope="module")
def registry() -> vartrack.Registry:
    registry = vartrack.stock.derive("slow")

    @registry.register
    class Slows(vartrack.SnapshotVisitor):
        types = (Slow,)

        @staticmethod
        def key(value: Any) -> Any:
            time.sleep(PAUSE)
            return value.number

    return registry


def program(x: torch.Tensor, slow: Slow, scale: float, bag: dict[str, int]) -> torch.Tensor:
    x = x * scale  # the scale
    x = x + ("a" in bag)
    if "a" in bag:
        x = x + 1
    return x + slow.__dir__().__len__()  # the key


@pytest.fixture(scope="module")
def found(registry: vartrack.Registry) -> vartrack.Explanation:
    call = ((torch.ones(2), Slow(3), 2.0, {"a": 1}), {})
    return explain_calls(program, [call, call], registry=registry, guard_seconds=5.0)


def guard(found: vartrack.Explanation, kind: str, source: str) -> Guard:
    (only,) = [g for _, g in found.guards if (g.kind, g.source) == (kind, source)]
    return only


def test_what_a_guard_costs_is_what_the_check_gains_without_it(found: Any) -> None:
    (compile,) = found.compiles
    key = guard(found, "KEY_MATCH", "L['slow']")
    assert key.measured and key.nanoseconds is not None
    assert key.nanoseconds >= PAUSE * 1e9
    assert compile.guard_time.nanoseconds >= key.nanoseconds * 0.9
    assert compile.guard_time.all_checked >= compile.guard_time.nanoseconds
    assert key.reads is not None and key.reads >= PAUSE * 1e9


def test_what_does_not_stand_above_the_noise_is_said_not_to(found: Any) -> None:
    kind = guard(found, "TYPE_MATCH", "L['slow']")
    assert kind.measured
    assert kind.nanoseconds is None
    text = " ".join(found.text(300, "guards").split())
    assert "TYPE_MATCH slow Slows below the noise" in text


def test_the_dearest_come_first(found: Any) -> None:
    lines = found.text(200, "guards").splitlines()
    assert lines[3].startswith("KEY_MATCH  slow  Slows  ")
    assert "Dearest guards" in found.text()
    row = found.text(120).partition("Dearest guards")[2].splitlines()[1]
    assert row.split()[1:] == ["µs", "slow", "KEY_MATCH", "Slows"]


def test_a_guard_names_its_visitor_and_the_lines_that_relied_on_it(found: Any) -> None:
    scale = guard(found, "CONSTANT_MATCH", "L['scale']")
    assert (scale.visitor, scale.label, scale.code) == ("Floats", "scale", ["L['scale'] == 2.0"])
    assert [place.text for place in scale.places] == ["x = x * scale  # the scale"]
    (bag,) = [g for _, g in found.guards if g.kind == "DICT_CONTAINS" and g.code]
    assert len(bag.places) == 2
    assert bag.places[0].text == 'x = x + ("a" in bag)'
    key = guard(found, "KEY_MATCH", "L['slow']")
    assert key.visitor == "Slows"
    text = " ".join(found.text(300, "guards").split())
    assert 'x = x + ("a" in bag) and 1 more line' in text


def test_measuring_leaves_the_compiled_code_as_it_was(registry: Any) -> None:
    calls = [((torch.ones(2), Slow(n), 2.0, {"a": 1}), {}) for n in (3, 3, 4, 3, 4)]
    plain = explain_calls(program, calls, registry=registry)
    measured = explain_calls(program, calls, registry=registry, guard_seconds=1.0)
    for one, two in zip(plain.compiles, measured.compiles, strict=True):
        assert one.used_by == two.used_by
        assert [(g.source, g.kind, g.code) for g in one.guards] == [
            (g.source, g.kind, g.code) for g in two.guards
        ]
    assert plain.compiles[0].guard_time is None
    assert "what they cost was not measured" in plain.text(form="guards")


def test_guards_that_cannot_be_made_again_are_not_measured() -> None:
    observer = Observer(measure=Meter(1.0))
    torch._dynamo.reset()
    with observing(observer, afresh=True):
        from torch._dynamo.guards import CheckFunctionManager

        original = CheckFunctionManager.build_guards
        times = 0

        def once(self: Any, *args: Any, **kwargs: Any) -> Any:
            nonlocal times
            times += 1
            if times > 1:
                raise RuntimeError("not again")
            return original(self, *args, **kwargs)

        CheckFunctionManager.build_guards = once
        try:
            result = torch.compile(lambda x: x + 1, backend="eager")(torch.ones(1))
        finally:
            CheckFunctionManager.build_guards = original
    assert result.item() == 2
    (seen,) = observer.seen
    assert seen.guard_time is None
    assert not any(each.measured for each in seen.guards)


def test_a_module_that_did_not_change_is_passed_by(registry: Any) -> None:
    """torch's shortcut skips its guards; what it skips stands beside the whole."""
    model = torch.nn.Sequential(*(torch.nn.Linear(4, 4) for _ in range(30)))
    found = explain_calls(model, [((torch.ones(1, 4),), {})], guard_seconds=2.0)
    (compile,) = found.compiles
    assert compile.guard_time is not None
    assert compile.guard_time.all_checked >= compile.guard_time.nanoseconds > 0
    assert "all guards of " in found.text(200)
