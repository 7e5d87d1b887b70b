"""What registries have in place in torch: once each, in order, and nothing where none needs it."""

from __future__ import annotations

import pytest
from torch._C._dynamo.guards import GuardManager
from torch._dynamo.symbolic_convert import InstructionTranslator, InstructionTranslatorBase
from torch._dynamo.variables.builtin import BuiltinVariable

import vartrack
from vartrack.core.wrapping.attached import Attached
from vartrack.dispatch.attaching import Attaching


class Entries:
    """A table that notes what is done to it, and can fail."""

    def __init__(self, done: list[str], name: str) -> None:
        self.done = done
        self.name = name
        self.fails = False

    def add(self) -> None:
        self.done.append(f"add {self.name}")
        if self.fails:
            raise RuntimeError("no room")

    def remove(self) -> None:
        self.done.append(f"remove {self.name}")


class Holder(Attaching):
    """What a registry is to those tables."""

    def registers(self) -> None:
        self._serial += 1


@pytest.fixture
def done() -> list[str]:
    return []


def test_what_two_have_is_there_once(done: list[str]) -> None:
    one, other, in_force = Holder(), Holder(), Attached()
    a, b = Entries(done, "a"), Entries(done, "b")
    one.attach(a)
    other.attach(a, b)
    in_force.enter(one)
    in_force.enter(other)
    in_force.leave(one)
    in_force.leave(other)
    assert done == ["add a", "add b", "remove b", "remove a"]


def test_what_more_visitors_need_lies_beneath(done: list[str]) -> None:
    """It comes with the first of them, whatever is there already."""
    holder, in_force = Holder(), Attached()
    holder.attach(Entries(done, "attached"))
    holder.attach_for_more(Entries(done, "for more"))
    in_force.enter(holder)
    assert done == ["add attached"]
    holder.registers()
    in_force.settle()
    assert done == ["add attached", "remove attached", "add for more", "add attached"]


def test_one_that_fails_leaves_nothing_behind(done: list[str]) -> None:
    first, failing, in_force = Holder(), Holder(), Attached()
    a, b = Entries(done, "a"), Entries(done, "b")
    b.fails = True
    first.attach(a)
    failing.attach(b)
    in_force.enter(first)
    with pytest.raises(RuntimeError, match="no room"):
        in_force.enter(failing)
    assert done == ["add a", "add b", "remove b"]
    in_force.leave(first)
    assert done[3:] == ["remove a"]


def test_a_registry_that_cannot_be_put_in_place_leaves_torch_alone(as_before: None) -> None:
    registry = vartrack.stock.derive("with a table that fails")
    table = Entries([], "a")
    table.fails = True
    registry.attach(table)
    before = torchs_own()
    with pytest.raises(RuntimeError, match="no room"):
        vartrack.install(registry)
    with pytest.raises(RuntimeError, match="no room"), vartrack.use(registry):
        pass
    assert not vartrack.is_installed() and torchs_own() == before


def torchs_own() -> list[object]:
    """What torch has where there is something around it for trackers that are not its own."""
    return [
        BuiltinVariable.call_function,
        InstructionTranslator.run,
        InstructionTranslatorBase._format_value,
        GuardManager.mark_tag_safe_root,
        list(InstructionTranslator.dispatch_table),
    ]


class Celsius:
    """A user's type."""


def test_on_stock_torchs_functions_are_its_own(as_before: None) -> None:
    """Only who registers a visitor pays for what its trackers need, from then on."""
    before = torchs_own()
    with vartrack.use(vartrack.stock):
        assert torchs_own() == before
    registry = vartrack.stock.derive("of one's own")
    with vartrack.use(registry):
        assert torchs_own() == before

        @registry.register
        class Temperatures(vartrack.ConstantVisitor):
            types = (Celsius,)

        assert all(one != other for one, other in zip(torchs_own(), before, strict=True))
        with registry.preserved(), vartrack.use(vartrack.stock):
            assert torchs_own() != before
        assert torchs_own() != before
    assert torchs_own() == before


def test_what_is_registered_for_a_block_is_in_place_for_it(as_before: None) -> None:
    before = torchs_own()
    registry = vartrack.stock.derive("of one's own")
    with vartrack.use(registry):
        with registry.preserved():

            @registry.register
            class Temperatures(vartrack.ConstantVisitor):
                types = (Celsius,)

            assert torchs_own() != before
        assert torchs_own() == before
