"""`vartrack.sound.kinds`: what holds here, registries without some kinds, and what sound compiled."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from facts import Plan, outcomes
from torch import nn

import vartrack
from vartrack.errors import RegistrationError, SoundnessWarning
from vartrack.soundness.kinds import KINDS
from vartrack.soundness.watchers.all import WATCHERS

ONE = torch.ones(1)


class Thing:
    def act(self, x: torch.Tensor) -> torch.Tensor:
        return x * 2


def classes(wrap: Any) -> Iterator[Callable[[], Any]]:
    kind = type("Kind", (), {"act": Thing.act})
    thing = kind()
    f = wrap(lambda x: thing.act(x))
    yield lambda: f(ONE)
    kind.act = lambda self, x: x * 9
    yield lambda: f(ONE)


def bodies(wrap: Any) -> Iterator[Callable[[], Any]]:
    def act(self: Any, x: torch.Tensor) -> torch.Tensor:
        return x * 2

    kind = type("Kind", (), {"act": act})
    thing = kind()
    f = wrap(lambda x: thing.act(x))
    yield lambda: f(ONE)
    act.__code__ = (lambda self, x: x * 9).__code__
    yield lambda: f(ONE)


def identity(wrap: Any) -> Iterator[Callable[[], Any]]:
    f = wrap(lambda x, one, other: x * 2 if one is other else x)
    yield lambda: f(ONE, [], [])
    same: list[Any] = []
    yield lambda: f(ONE, same, same)


def containers(wrap: Any) -> Iterator[Callable[[], Any]]:
    f = wrap(lambda x, table: x * table[[*table][0]])  # noqa: RUF015  # the list is read
    yield lambda: f(ONE, {"a": 2, "b": 9})
    yield lambda: f(ONE, {"b": 9, "a": 2})


def modules(wrap: Any) -> Iterator[Callable[[], Any]]:
    model = nn.Sequential(nn.Identity())
    f = wrap(lambda x: model(x))
    yield lambda: f(ONE)
    model[0].register_forward_hook(lambda module, args, out: out + 100)
    yield lambda: f(ONE)


def state(wrap: Any) -> Iterator[Callable[[], Any]]:
    os.environ.pop("VARTRACK_KINDS", None)
    f = wrap(lambda x: x * int(os.getenv("VARTRACK_KINDS", "2")))
    yield lambda: f(ONE)
    os.environ["VARTRACK_KINDS"] = "9"
    yield lambda: f(ONE)
    del os.environ["VARTRACK_KINDS"]


#: One program for each kind that it alone holds.
PROGRAMS: dict[str, Plan] = {
    plan.__name__: plan  # type: ignore[misc]
    for plan in (classes, bodies, identity, containers, modules, state)
}


@pytest.mark.parametrize("kind", PROGRAMS)
def test_a_registry_without_a_kind_does_what_torch_does(kind: str) -> None:
    plan = PROGRAMS[kind]
    eager = [call() for call in plan(lambda function: function) for _ in range(2)]
    torch_alone, _ = outcomes(plan, None)
    without, _ = outcomes(plan, vartrack.sound.without(kind))
    with_it, _ = outcomes(plan, vartrack.sound)
    assert without == torch_alone
    assert len(with_it) == len(eager)
    assert with_it != torch_alone


@pytest.mark.parametrize("kind", KINDS)
def test_the_other_kinds_hold_without_one(kind: str) -> None:
    registry = vartrack.sound.without(kind)
    assert kind not in registry.kinds
    assert registry.kinds == {other: vartrack.sound.kinds[other] for other in registry.kinds}
    for other, plan in PROGRAMS.items():
        if other != kind:
            assert outcomes(plan, registry)[0] == outcomes(plan, vartrack.sound)[0], other


def test_without_all_kinds_nothing_is_guarded() -> None:
    registry = vartrack.sound.without(*KINDS)
    assert registry.kinds == {}
    for plan in PROGRAMS.values():
        assert outcomes(plan, registry) == outcomes(plan, None)


def test_what_is_not_held_cannot_be_left_out() -> None:
    registry = vartrack.sound.without("identity")
    with pytest.raises(RegistrationError, match="VT211"):
        registry.without("identity")
    assert registry.derive().kinds == registry.kinds


@pytest.fixture
def lacking(monkeypatch: pytest.MonkeyPatch, as_before: None) -> None:
    """A torch in which there is nothing by which texts would be noticed."""
    monkeypatch.setitem(vars(WATCHERS), "lacking", {"texts": ["Somebody.repr_impl"]})


def test_install_says_what_does_not_hold_here(lacking: None) -> None:
    assert "texts" not in vartrack.sound.kinds and "classes" in vartrack.sound.kinds
    with pytest.warns(SoundnessWarning, match=r"VT308.*texts \(Somebody\.repr_impl\)"):
        vartrack.install(vartrack.sound)
    vartrack.uninstall()
    with warnings.catch_warnings():
        warnings.simplefilter("error", SoundnessWarning)
        vartrack.install(vartrack.sound.without("texts"))


def test_what_lacks_is_found_by_looking() -> None:
    found = WATCHERS.lacking
    assert found.keys() <= KINDS.keys()
    assert vartrack.sound.kinds.keys() == KINDS.keys() - found.keys()


def test_compiles_that_sound_caused_are_counted_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    def program(x: torch.Tensor, thing: Thing, number: int) -> torch.Tensor:
        return thing.act(x) * number

    torch._dynamo.reset()
    compiled = torch.compile(program, backend="eager", dynamic=False)
    with vartrack.use(vartrack.sound), vartrack.watch() as found:
        compiled(ONE, Thing(), 2)
        compiled(ONE, Thing(), 3)
        monkeypatch.setattr(Thing, "act", lambda self, x: x * 9)
        compiled(ONE, Thing(), 3)
    causes = [recompile for _, recompile in found.recompiles]
    assert [recompile.by_sound for recompile in causes] == [False, True]
    assert found.recompiles_by_sound == 1
    told = causes[1]
    assert told.kind == "FACTS_MATCH" and told.right
    assert told.source == f"{Thing.__module__}.Thing"
    assert told.before.startswith("Thing.act (test_kinds.py:")
    assert "<lambda> (test_kinds.py:" in told.after
    assert told.place is not None and told.place.text == "return thing.act(x) * number"
    assert "(1 by vartrack.sound)" in " ".join(str(found).split())
    assert '"recompiles_by_sound": 1' in found.to_json()


def test_a_guard_of_torchs_that_sound_added_is_told_as_its_own() -> None:
    model = nn.Sequential(nn.Identity())

    def program(x: torch.Tensor) -> torch.Tensor:
        return model(x) * 2

    torch._dynamo.reset()
    compiled = torch.compile(program, backend="eager")
    with vartrack.use(vartrack.sound), vartrack.watch() as found:
        compiled(ONE)
        model[0].register_forward_hook(lambda module, args, out: out + 1)
        compiled(ONE)
    ((_, recompile),) = found.recompiles
    assert recompile.by_sound and recompile.kind != "FACTS_MATCH"
    guards = [guard for _, guard in found.guards]
    assert any(guard.by_sound for guard in guards) and any(not guard.by_sound for guard in guards)
