"""Declarations, objects whose comparisons lie, and optimizers: small programs beside eager and torch.

Each program is a plan as in ``tests/cases``: a generator that takes what compiles, and yields what
is to be called; what happens in between is a change that the next call must notice.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from places import Counting, assert_alike
from thrift_values import SOUND, THRIFT
from torch import nn

import vartrack
from vartrack import Registry

pytestmark = pytest.mark.usefixtures("fresh")

Plan = Iterator[Callable[[], Any]]


def x() -> torch.Tensor:
    return torch.ones(2)


def results(plan: Callable[..., Plan], registry: Registry | None, compiled: bool) -> Any:
    """What each step gives or raises, and how many graphs that took."""
    torch._dynamo.reset()
    backend = Counting()

    def wrap(function: Any) -> Any:
        return torch.compile(function, backend=backend) if compiled else function

    found = []
    with vartrack.use(registry):
        for step in plan(wrap):
            try:
                found.append(step())
            except ArithmeticError as error:
                found.append(type(error).__name__)
    return found, backend.graphs


# attributes that are declared to change


class Counted(nn.Module):
    """Has numbers that the programs change."""

    def __init__(self) -> None:
        super().__init__()
        self.step, self.rate, self.name = 0, 0.5, "a"

    def forward(self, x: torch.Tensor) -> Any:
        return USES[self.use](self, x)  # type: ignore[index]

    use: str = "times"


def advanced(module: Counted, x: torch.Tensor) -> Any:
    module.step += 1
    return x * module.step


def in_branch(module: Counted, x: torch.Tensor) -> Any:
    return x + 1 if module.step > 2 else x - 1


def in_loop(module: Counted, x: torch.Tensor) -> Any:
    for _ in range(module.step % 3):
        x = x + 1
    return x


def by_key(module: Counted, x: torch.Tensor) -> Any:
    return x * {0: 1.0, 1: 2.0}.get(module.step, 3.0)


USES: dict[str, Callable[[Any, torch.Tensor], Any]] = {
    "times": lambda module, x: x * module.step,
    "rate": lambda module, x: x * module.rate,
    "both": lambda module, x: x * module.rate + module.step,
    "advanced": advanced,
    "branch": in_branch,
    "loop": in_loop,
    "key": by_key,
    "text": lambda module, x: (x + 1, f"step {module.step:03d} {module.name}"),
    "returned": lambda module, x: (x + 1, module.step, module.rate),
    "divided": lambda module, x: x * (10 // (module.step + 1)),
    "raises": lambda module, x: x / (1 // (module.step - 3)),
    "root": lambda module, x: x * math.sqrt(module.step + 1),
    "size": lambda module, x: torch.zeros(module.step + 1) + x[0],
    "least": lambda module, x: x * min(module.step, 2),
    "item": lambda module, x: x * (1.0, 2.0, 3.0, 4.0, 5.0)[module.step],
    "truth": lambda module, x: x + 1 if module.step else x - 1,
}
#: What changes between calls: the attribute, and the values it has.
CHANGES: dict[str, tuple[str, tuple[Any, ...]]] = {
    "counts": ("step", (0, 1, 2, 3, 4)),
    "the same": ("step", (2, 2, 2)),
    "down": ("step", (4, 2, 1, 0)),
}


def declared_plan(use: str, change: str, declare: Callable[..., Any]) -> Callable[..., Plan]:
    name, values = CHANGES[change]

    def plan(wrap: Callable[..., Any]) -> Plan:
        cls = type("Own", (Counted,), {"use": use})
        declare(cls)
        module = cls()
        compiled = wrap(module)
        for value in values:
            setattr(module, name, value)
            yield lambda: (compiled(x()), module.step)

    return plan


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize("use", USES)
def test_a_declared_attribute_gives_what_eager_gives(use: str, registry: Registry) -> None:
    for change in CHANGES:
        plan = declared_plan(use, change, vartrack.dynamic("step", "rate"))
        plain = declared_plan(use, change, lambda cls: cls)
        wanted, _ = results(plain, None, compiled=False)
        got, graphs = results(plan, registry, compiled=True)
        assert_alike(got, wanted)
        if use not in ("loop", "item", "raises"):  # where the number itself decides
            assert graphs <= results(plain, None, compiled=True)[1], change


# objects that are declared never to change


class Settings:
    """Is declared never to change."""

    def __init__(self, scale: float, names: list[str]) -> None:
        self.scale, self.names, self.inner = scale, names, {"width": [1, 2]}

    @property
    def twice(self) -> float:
        return self.scale * 2

    def by(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.scale


FROZEN: dict[str, Callable[[torch.Tensor, Any], Any]] = {
    "attribute": lambda x, v: x * v.scale,
    "property": lambda x, v: x * v.twice,
    "method": lambda x, v: v.by(x),
    "nested": lambda x, v: x * v.inner["width"][1],
    "list": lambda x, v: (x + 1, [*v.names]),
    "length": lambda x, v: x * len(v.names),
    "loop": lambda x, v: [x + len(name) for name in v.names],
    "carried": lambda x, v: (x + 1, v),
    "compared": lambda x, v: (x + 1, v is None, v == v, v.scale == 2.0),
    "in": lambda x, v: x + 1 if "a" in v.names else x - 1,
    "text": lambda x, v: (x + 1, f"{v.scale} {v.names}"),
    "missing": lambda x, v: x * getattr(v, "nothing", 3),
}


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize("use", FROZEN)
def test_a_frozen_object_gives_what_eager_gives(use: str, registry: Registry) -> None:
    def plan(wrap: Callable[..., Any]) -> Plan:
        cls = type("Own", (Settings,), {})
        vartrack.frozen(cls)
        one, other = cls(2.0, ["a", "b"]), cls(3.0, ["c"])
        compiled = wrap(FROZEN[use])
        for value in (one, one, other, one, other):
            yield lambda value=value: vars(value) and _without(compiled(x(), value))

    wanted, _ = results(plan, None, compiled=False)
    got, graphs = results(plan, registry, compiled=True)
    assert_alike(got, wanted)
    assert graphs <= 2


def _without(result: Any) -> Any:
    """A result with objects by what they hold, as each run makes its own."""
    if isinstance(result, (tuple, list)):
        return type(result)(map(_without, result))
    return sorted(vars(result)) if isinstance(result, Settings) else result


# values whose comparisons lie, raise or count


class Lying(str):
    """A text that says that it is equal to all."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = str.__hash__


class Raising:
    """An object that cannot be compared."""

    def __eq__(self, other: object) -> bool:
        raise ArithmeticError

    __hash__ = object.__hash__


class Counter:
    """An object that counts how often it was compared."""

    def __init__(self) -> None:
        self.asked = 0

    def __eq__(self, other: object) -> bool:
        self.asked += 1
        return self.asked % 2 == 0

    __hash__ = object.__hash__


class Level(enum.Enum):
    """An enum whose members are all equal."""

    LOW = 1
    HIGH = 2

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = enum.Enum.__hash__


ASKED: dict[str, Callable[[torch.Tensor, Any], Any]] = {
    "equal": lambda x, v: x + 1 if v == "a" else x - 1,
    "unequal": lambda x, v: x + 1 if v != "a" else x - 1,
    "other way": lambda x, v: x + 1 if v == "b" else x - 1,
    "in": lambda x, v: x + 1 if v in ("a", "b") else x - 1,
    "is": lambda x, v: x + 1 if v is None else x - 1,
    "carried": lambda x, v: (x + 1, [v][0] is v),
}
LIARS: dict[str, Callable[[], list[Any]]] = {
    "lies": lambda: [Lying("c"), Lying("a"), Lying("d")],
    "raises": lambda: [Raising(), Raising()],
    "counts": lambda: [Counter(), Counter(), Counter()],
    "enum": lambda: [Level.LOW, Level.HIGH, Level.LOW],
    "nan": lambda: [float("nan"), 1.0, float("nan"), 2.0],
}


@pytest.mark.parametrize("use", ASKED)
@pytest.mark.parametrize("liar", LIARS)
def test_what_lies_is_asked_as_python_asks_it(liar: str, use: str) -> None:
    def plan(wrap: Callable[..., Any]) -> Plan:
        compiled = wrap(ASKED[use])
        for value in LIARS[liar]():
            yield lambda value=value: (compiled(x(), value), getattr(value, "asked", None))

    wanted, _ = results(plan, None, compiled=False)
    alone, most = results(plan, None, compiled=True)
    for registry in (THRIFT, SOUND):
        got, graphs = results(plan, registry, compiled=True)
        if repr(alone) == repr(wanted) or registry is SOUND:
            assert_alike(got, wanted)
        if repr(alone) == repr(wanted):
            assert graphs <= most


# optimizers whose settings change


SETTINGS: dict[str, tuple[Callable[..., Any], str, tuple[Any, ...]]] = {
    "rate": (torch.optim.SGD, "lr", (0.1, 0.05, 0.025, 0.0125)),
    "momentum": (torch.optim.SGD, "momentum", (0.9, 0.8, 0.7, 0.6)),
    "decay": (torch.optim.AdamW, "weight_decay", (0.1, 0.2, 0.3, 0.4)),
    "betas": (torch.optim.Adam, "betas", ((0.9, 0.99), (0.8, 0.99), (0.8, 0.9), (0.7, 0.9))),
    "eps": (torch.optim.Adam, "eps", (1e-8, 1e-7, 1e-6, 1e-5)),
    "nothing": (torch.optim.Adam, "lr", (0.1, 0.1, 0.1, 0.1)),
    "a note": (torch.optim.SGD, "note", ("a", "b", "c", "d")),
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_an_optimizer_whose_setting_changes(setting: str) -> None:
    make, name, values = SETTINGS[setting]

    def plan(wrap: Callable[..., Any]) -> Plan:
        weight = nn.Parameter(torch.ones(3))
        optimizer = make([weight], **({"momentum": 0.9} if name == "momentum" else {"lr": 0.1}))
        step = wrap(lambda: optimizer.step())
        for number, value in enumerate(values):
            weight.grad = torch.full((3,), 0.5 + number)
            optimizer.param_groups[0][name] = value
            yield lambda: (step(), weight.detach().clone())

    wanted, _ = results(plan, None, compiled=False)
    alone, most = results(plan, None, compiled=True)
    got, graphs = results(plan, THRIFT, compiled=True)
    assert repr(got) == repr(alone) or repr(got) == repr(wanted)
    assert graphs <= most


@vartrack.frozen
class Fixed:
    """An object that never changes, beside a global that does."""

    def __init__(self) -> None:
        self.own = 2.0

    @property
    def total(self) -> float:
        return self.own * FACTOR


FACTOR = 2.0


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=["thrift", "sound"])
def test_what_is_worked_out_of_a_frozen_object_and_another(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    fixed = Fixed()
    run = lambda x: x * fixed.total + fixed.own * FACTOR  # noqa: E731
    with vartrack.use(registry):
        compiled = torch.compile(run, backend="eager", fullgraph=True)
        for factor in (2.0, 3.0, 4.0, 5.0):
            monkeypatch.setitem(globals(), "FACTOR", factor)
            assert torch.equal(compiled(x()), run(x()))


def test_an_attribute_of_one_of_torchs_own_modules_is_declared_to_change() -> None:
    layer = nn.Linear(2, 2)
    layer.times = 2  # type: ignore[assignment]
    vartrack.dynamic("times", of=layer)
    backend = Counting()
    with vartrack.use(THRIFT), torch.no_grad():
        compiled = torch.compile(lambda x: layer(x) * layer.times, backend=backend)
        for times in (2, 3, 4, 5):
            layer.times = times  # type: ignore[assignment]
            assert torch.equal(compiled(x()), layer(x()) * times)
    assert backend.graphs == 1
