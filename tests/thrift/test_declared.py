"""What a program declares: attributes that change, objects that never do."""

from __future__ import annotations

import copy
import dataclasses
import gc
import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from places import Counting
from torch._dynamo.exc import Unsupported

import vartrack
from vartrack import FrozenError, RegistrationError, Registry
from vartrack.compat.release import RUNNING

pytestmark = pytest.mark.usefixtures("fresh")

THRIFT = vartrack.stock.derive("thrift")
vartrack.extras.thrift.register(THRIFT)


@pytest.fixture
def registry() -> Iterator[Registry]:
    """A registry with the set, in force, of the test's own."""
    registry = THRIFT.derive("of a test")
    with vartrack.use(registry):
        yield registry


def compiled(function: Any) -> tuple[Any, Counting]:
    backend = Counting()
    return torch.compile(function, backend=backend, fullgraph=True), backend


def kinds(function: Any, *args: Any) -> dict[str, list[str]]:
    """By source which guards stand there."""
    explanation = vartrack.explain(function, *args)
    guards: dict[str, list[str]] = {}
    for guard in explanation.compiles[0].guards:
        guards.setdefault(guard.source, []).append(guard.kind)
    return guards


@vartrack.dynamic("step", "rate")
class Trainer(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.step, self.rate, self.width = 0, 0.5, 3

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.step * self.rate * self.width


class Finer(Trainer):
    pass


@pytest.mark.parametrize("cls", [Trainer, Finer])
def test_declared_attributes_are_symbols_from_the_first_compile_on(
    cls: Any, registry: Registry
) -> None:
    module = cls()
    run, backend = compiled(module)
    for step in range(5):
        module.step, module.rate = step, 0.5 + step
        assert torch.equal(run(torch.ones(2)), module(torch.ones(2)))
    assert backend.graphs == 1
    for width in (4, 5, 6):
        module.width = width
        assert torch.equal(run(torch.ones(2)), module(torch.ones(2)))
    assert backend.graphs == 2, "the width was a constant, and is a symbol from its change on"


def test_what_is_declared_to_change_can_be_anything_later(registry: Registry) -> None:
    module = Trainer()
    run, _ = compiled(module)
    for value in (1, 2.5, True, 0, -1, float("inf"), torch.tensor(3.0), 2**70 / 1.0, -0.0, 7):
        module.step = value  # type: ignore[assignment]
        assert torch.equal(run(torch.ones(2)), module(torch.ones(2))), value


def test_of_a_class_for_one_registry(registry: Registry) -> None:
    class Batch:
        number = 0

    def program(x: torch.Tensor, batch: Batch) -> torch.Tensor:
        return x * batch.number

    assert vartrack.dynamic("number", of=Batch, registry=registry) is Batch
    batch = Batch()
    for declared, graphs in ((registry, 1), (THRIFT, 2)):
        torch._dynamo.reset()
        with vartrack.use(declared):
            run, backend = compiled(program)
            for number in range(3, 8):
                batch.number = number
                assert torch.equal(run(torch.ones(2), batch), torch.full((2,), float(number)))
        assert backend.graphs == graphs


@pytest.mark.parametrize("read_of", ["class", "object"])
def test_of_what_the_class_itself_holds(read_of: str, registry: Registry) -> None:
    class Batch:
        number = 0

    class Smaller(Batch):
        pass

    vartrack.dynamic("number", of=Batch, registry=registry)
    for cls in (Batch, Smaller):
        torch._dynamo.reset()
        held = cls if read_of == "class" else cls()
        run, backend = compiled(lambda x, held=held: x * held.number)
        for number in range(3, 8):
            cls.number = number
            # torch takes the attribute of a class for a constant up to 2.11
            if read_of == "object" or RUNNING.release >= (2, 12):
                assert torch.equal(run(torch.ones(2)), torch.full((2,), float(number)))
        assert backend.graphs <= 1


def test_of_one_module(registry: Registry) -> None:
    class Counted(torch.nn.Module):
        number = 0

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * self.number

    one, other = Counted(), Counted()
    assert vartrack.dynamic("number", of=one, registry=registry) is one
    for module, graphs in ((one, 1), (other, 2)):
        torch._dynamo.reset()
        run, backend = compiled(module)
        for number in range(3, 8):
            module.number = number
            assert torch.equal(run(torch.ones(2)), torch.full((2,), float(number)))
        assert backend.graphs == graphs


def test_a_declaration_is_of_no_effect_without_the_set() -> None:
    module = Trainer()
    with vartrack.use(vartrack.stock):
        run, backend = compiled(module)
        for step in range(4):
            module.step = step
            assert torch.equal(run(torch.ones(2)), module(torch.ones(2)))
    assert backend.graphs == 4
    with pytest.raises(RegistrationError, match="VT212"):
        vartrack.dynamic("step", of=Trainer, registry=vartrack.stock)
    with pytest.raises(RegistrationError, match="VT212"):
        vartrack.frozen(Trainer, registry=vartrack.stock)


@vartrack.frozen
@dataclasses.dataclass
class Settings:
    scale: float = 2.0
    many: list[Any] = dataclasses.field(default_factory=lambda: [1, 2, {"z": 3}])
    weight: torch.Tensor = dataclasses.field(default_factory=lambda: torch.ones(2))

    def scaled(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.scale * self.many[0] * self.many[2]["z"] * self.weight


def use_settings(x: torch.Tensor, settings: Settings) -> torch.Tensor:
    return settings.scaled(x) + len(settings.many)


def test_a_frozen_object_has_one_guard_and_its_tensors_have_theirs(registry: Registry) -> None:
    guards = kinds(use_settings, torch.ones(2), Settings())
    assert guards["L['settings']"] == ["ID_MATCH"]
    of_parts = {source: kind for source, kind in guards.items() if "settings']." in source}
    assert list(of_parts.values()) == [["TENSOR_MATCH"]]


def test_another_frozen_object_is_compiled_for_itself(registry: Registry) -> None:
    run, backend = compiled(use_settings)
    settings = [Settings(), Settings(3.0), Settings(many=[4, 5, {"z": 6}, 7])]
    for one in settings * 2:
        assert torch.equal(run(torch.ones(2), one), use_settings(torch.ones(2), one))
    assert backend.graphs == 3


PASSED_ON: dict[str, Callable[[torch.Tensor, Any], Any]] = {
    "returned": lambda x, one: (x + 1, one),
    "stored": lambda x, one: (x + 1, [one, {"it": one}]),
    "its type": lambda x, one: x + 1 if isinstance(one, Settings) else x,
    "there": lambda x, one: x + 1 if one is not None else x,
    "its tensor": lambda x, one: x + one.weight,
}


@pytest.mark.parametrize("use", PASSED_ON)
def test_frozen_objects_that_are_only_passed_on_are_one_graph(use: str, registry: Registry) -> None:
    run, backend = compiled(PASSED_ON[use])
    for number in range(4):
        one = Settings(float(number), weight=torch.full((2,), float(number)))
        given, expected = run(torch.ones(2), one), PASSED_ON[use](torch.ones(2), one)
        assert repr(given) == repr(expected)
        if use == "returned":
            assert given[1] is one
    assert backend.graphs == 1


def test_a_frozen_object_in_a_frozen_object_is_guarded_by_that(registry: Registry) -> None:
    def inside(x: torch.Tensor, outer: Settings) -> torch.Tensor:
        return x * outer.many[0].scale * outer.many[1]

    outer = Settings(many=[Settings(3.0), 5])
    guards = kinds(inside, torch.ones(2), outer)
    assert {source: kind for source, kind in guards.items() if "outer" in source} == {
        "L['outer']": ["ID_MATCH"]
    }
    run, backend = compiled(inside)
    for one in (outer, Settings(many=[Settings(4.0), 6]), outer):
        assert torch.equal(run(torch.ones(2), one), inside(torch.ones(2), one))
    assert backend.graphs == 2


def test_an_object_in_the_place_of_one_that_is_gone_is_another(registry: Registry) -> None:
    run, _ = compiled(use_settings)
    for number in range(5):
        settings = Settings(float(number))
        assert torch.equal(run(torch.ones(2), settings), use_settings(torch.ones(2), settings))
        del settings
        gc.collect()


def test_a_broken_promise_gives_what_was_there_before(registry: Registry) -> None:
    run, backend = compiled(use_settings)
    settings = Settings()
    before = run(torch.ones(2), settings)
    settings.scale = 9.0
    assert torch.equal(run(torch.ones(2), settings), before), "as the docs say"
    assert backend.graphs == 1


def test_a_tensor_of_a_frozen_object_that_changes_is_seen(registry: Registry) -> None:
    run, backend = compiled(use_settings)
    settings = Settings()
    run(torch.ones(2), settings)
    settings.weight.mul_(3)
    assert torch.equal(run(torch.ones(2), settings), use_settings(torch.ones(2), settings))
    assert backend.graphs == 1
    settings.weight.data = torch.ones(2, dtype=torch.float64)
    assert torch.equal(run(torch.ones(2), settings), use_settings(torch.ones(2), settings))
    assert backend.graphs == 2


def test_subclasses_are_not_meant(registry: Registry) -> None:
    class Wider(Settings):
        pass

    run, _ = compiled(use_settings)
    wider = Wider()
    run(torch.ones(2), wider)
    wider.scale = 9.0
    assert torch.equal(run(torch.ones(2), wider), use_settings(torch.ones(2), wider))


def test_the_class_of_a_frozen_object_is_no_part_of_it() -> None:
    class Rated:
        rate = 2.0

    registry = vartrack.sound.derive("sound and thrift")
    vartrack.extras.thrift.register(registry)
    vartrack.frozen(Rated, registry=registry)
    with vartrack.use(registry):
        run, _ = compiled(lambda x, rated: x * type(rated).rate)
        rated = Rated()
        assert torch.equal(run(torch.ones(2), rated), torch.full((2,), 2.0))
        Rated.rate = 5.0
        assert torch.equal(run(torch.ones(2), rated), torch.full((2,), 5.0))


class Block(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Dropout(0.5))
        self.power = 2

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inner(x) ** self.power


def test_a_module_that_is_frozen_can_be_trained_and_evaluated(registry: Registry) -> None:
    block = Block()
    before = sum(map(len, kinds(block, torch.ones(2)).values()))
    assert vartrack.frozen(block, registry=registry) is block
    torch._dynamo.reset()
    assert sum(map(len, kinds(block, torch.ones(2)).values())) < before / 1.5
    run, backend = compiled(block)
    for _ in range(2):
        for training in (True, False):
            block.train(training)
            torch.manual_seed(0)
            expected = block(torch.ones(2))
            torch.manual_seed(0)
            assert torch.equal(run(torch.ones(2)), expected)
    assert backend.graphs == 2
    other = copy.deepcopy(block)
    other.power = 3
    other.eval()
    run, _ = compiled(lambda x, module: module(x))
    assert torch.equal(run(torch.ones(2), other), other(torch.ones(2)))


def test_a_module_that_a_frozen_object_holds_is_guarded_as_ever(registry: Registry) -> None:
    class Holder:
        def __init__(self) -> None:
            self.block = Block()

    vartrack.frozen(Holder, registry=registry)
    holder = Holder()
    holder.block.eval()
    run, _ = compiled(lambda x, holder: holder.block(x))
    run(torch.ones(2), holder)
    holder.block.power = 3
    assert torch.equal(run(torch.ones(2), holder), holder.block(torch.ones(2)))


def set_scale(x: torch.Tensor, settings: Settings) -> torch.Tensor:
    settings.scale = 9.0
    return x + 1


def append(x: torch.Tensor, settings: Settings) -> torch.Tensor:
    settings.many.append(4)
    return x + 1


def set_deep(x: torch.Tensor, settings: Settings) -> torch.Tensor:
    settings.many[2]["z"] += 1
    return x + 1


@pytest.mark.parametrize("program", [set_scale, append, set_deep])
def test_a_change_in_traced_code_breaks_the_graph(program: Any, registry: Registry) -> None:
    run, _ = compiled(program)
    with pytest.raises(Unsupported, match="frozen object is changed") as raised:
        run(torch.ones(2), Settings())
    assert program.__name__ in str(raised.value), "the line is named"
    torch._dynamo.reset()
    one, other = Settings(), Settings()
    assert torch.equal(
        torch.compile(program, backend="eager")(torch.ones(2), one), program(torch.ones(2), other)
    )
    assert one.scale == other.scale and one.many == other.many


class Watched:
    def __init__(self, scale: float) -> None:
        self.scale = scale
        self.many = [1]
        self.scale *= 2


def test_while_watched_a_change_is_an_error_that_names_the_line(registry: Registry) -> None:
    assert vartrack.frozen(Watched, registry=registry, debug=True) is Watched
    watched = Watched(1.0)
    run, _ = compiled(lambda x, w: x * w.scale * w.many[0])
    assert torch.equal(run(torch.ones(2), watched), torch.full((2,), 2.0))
    with pytest.raises(FrozenError, match=r"test_declared.py:\d+ changes scale"):
        watched.scale = 5.0
    with pytest.raises(FrozenError, match=r"test_declared.py:\d+ changes many"):
        del watched.many
    assert torch.equal(run(torch.ones(2), watched), torch.full((2,), 2.0))
    watched.many[0] = 7
    with pytest.raises(FrozenError, match=r"VT214.*many of.*was \[1\] and is \[7\]"):
        run(torch.ones(2), watched)


def test_a_change_in_traced_code_names_the_line_while_watched(registry: Registry) -> None:
    vartrack.frozen(Watched, registry=registry, debug=True)

    def change(x: torch.Tensor, w: Watched) -> torch.Tensor:
        made = Watched(3.0)  # which may set what it likes while it is made
        w.scale = 5.0
        return x * w.scale * made.scale

    watched, line = Watched(1.0), change.__code__.co_firstlineno + 2
    run, _ = compiled(change)
    with pytest.raises(Unsupported, match=rf"(?s)is changed by this line.*line {line}, in change"):
        run(torch.ones(2), watched)
    torch._dynamo.reset()
    in_parts = torch.compile(change, backend="eager")
    with pytest.raises(FrozenError, match=f"test_declared.py:{line} changes scale"):
        in_parts(torch.ones(2), watched)
    assert watched.scale == 2.0


class Inner:
    __slots__ = ("rate", "within")

    def __init__(self) -> None:
        self.rate, self.within = 1.0, self


class Holder:
    __slots__ = ("__weakref__", "inner", "several", "table")

    def __init__(self) -> None:
        self.inner, self.several, self.table = Inner(), [Inner()], {"a": Inner()}


@pytest.mark.parametrize("name", ["inner", "several", "table"])
def test_what_a_watched_object_holds_is_looked_at(name: str, registry: Registry) -> None:
    vartrack.frozen(holder := Holder(), registry=registry, debug=True)
    run, _ = compiled(
        lambda x, h: x * h.inner.rate * h.several[0].rate * h.table["a"].rate,
    )
    assert torch.equal(run(torch.ones(2), holder), torch.ones(2))
    changed: Any = {
        "inner": holder.inner,
        "several": holder.several[0],
        "table": holder.table["a"],
    }
    changed[name].rate = 3.0
    with pytest.raises(FrozenError, match=f"VT214.*{name} of"):
        run(torch.ones(2), holder)


class Watchful(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.number, self.inner = 2, torch.nn.Linear(2, 2)
        self.register_buffer("kept", torch.ones(2))

    def forward(self, x: torch.Tensor) -> Any:
        return self.inner(x) * self.number + self.kept, self.training


def test_what_is_no_part_of_a_watched_module_may_change(registry: Registry) -> None:
    vartrack.frozen(module := Watchful(), registry=registry, debug=True)
    run = torch.compile(module, backend="eager", fullgraph=True)
    for change in (
        lambda: None,
        lambda: module.eval(),
        lambda: setattr(module, "kept", torch.zeros(2)),
        lambda: setattr(module.inner, "weight", torch.nn.Parameter(torch.zeros(2, 2))),
        lambda: run.train(),
    ):
        change()
        (found, training), (wanted, _) = run(torch.ones(2)), module(torch.ones(2))
        assert torch.equal(found, wanted) and training is module.training
    for changed in (module, run):
        with pytest.raises(FrozenError, match=r"test_declared.py:\d+ changes number"):
            changed.number = 3
    torch._dynamo.reset()
    module.inner.in_features = 5
    with pytest.raises(FrozenError, match=r"inner.in_features of"):
        run(torch.ones(2))


def test_the_environment_has_everything_watched(
    monkeypatch: pytest.MonkeyPatch, registry: Registry
) -> None:
    monkeypatch.setenv("VARTRACK_DEBUG_FROZEN", "1")

    class Late:
        number = 1

    vartrack.frozen(late := Late(), registry=registry)
    with pytest.raises(FrozenError, match="VT214"):
        late.number = 2
    Late().number = 3  # only that one object was declared


class Slotted:
    __slots__ = ("number",)


def test_what_cannot_be_declared_is_refused() -> None:
    for declare in (vartrack.frozen, lambda target: vartrack.dynamic("number", of=target)):
        for target in (Slotted(), 3, "text"):
            with pytest.raises(RegistrationError, match="VT213") as refused:
                declare(target)
            # of a class in C nobody can change the slots
            assert ("__slots__" in refused.value.fix) == isinstance(target, Slotted)
    with pytest.raises(RegistrationError, match="weakref_slot"):
        vartrack.frozen(Slotted)
    with pytest.raises(RegistrationError, match="VT213"):
        vartrack.dynamic(Slotted)  # type: ignore[arg-type]


def test_slots_can_be_declared_to_change(registry: Registry) -> None:
    @vartrack.dynamic("number", registry=registry)
    @dataclasses.dataclass(slots=True)
    class Kept:
        number: int

    backend = Counting()
    with vartrack.use(registry):
        compiled = torch.compile(lambda x, kept: x * kept.number, backend=backend, fullgraph=True)
        for number in range(2, 6):
            assert torch.equal(
                compiled(torch.ones(2), Kept(number)), torch.full((2,), float(number))
            )
    assert backend.graphs == 1


def test_derived_registries_know_what_was_declared_before() -> None:
    class Batch:
        number = 0

    one = THRIFT.derive("one")
    before = one.derive("before")
    vartrack.dynamic("number", of=Batch, registry=one)
    batch = Batch()
    for registry, graphs in ((before, 2), (one.derive("after"), 1)):
        torch._dynamo.reset()
        with vartrack.use(registry):
            run, backend = compiled(lambda x, batch: x * batch.number)
            for batch.number in range(3, 8):
                run(torch.ones(2), batch)
        assert backend.graphs == graphs


def test_what_is_worked_out_of_a_declared_number_is_a_symbol_at_once() -> None:
    @vartrack.dynamic("rate")
    class Annealed(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rate = 0.5

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * math.exp(-self.rate)

    module, backend = Annealed(), Counting()
    registry = vartrack.stock.derive("thrift of a test")
    vartrack.extras.thrift.register(registry)
    with vartrack.use(registry):
        compiled = torch.compile(module, backend=backend, fullgraph=True)
        for module.rate in (0.5, 1.5, 2.5):
            assert torch.equal(compiled(torch.ones(2)), module(torch.ones(2)))
    assert backend.graphs == 1


def test_declarations_that_cannot_be_meant_are_refused() -> None:
    class Settings:
        """Something of a user's."""

    assert vartrack.frozen(debug=False)(Settings) is Settings
    for declare in (
        lambda: vartrack.dynamic("step, epoch"),
        lambda: vartrack.dynamic("step", of=Settings, registry="thrift"),  # type: ignore[call-overload]
        lambda: vartrack.frozen(Settings, registry=3),  # type: ignore[call-overload]
    ):
        with pytest.raises(vartrack.RegistrationError) as caught:
            declare()
        assert caught.value.code == "VT213"
