"""With vartrack installed, no function of torch's own builder module builds a value."""

from __future__ import annotations

import contextlib
import cProfile
import dataclasses
import enum
import importlib.util
import random
import sys
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np
import pytest
import torch
from module_samples import SAMPLES
from torch.testing._internal.two_tensor import TwoTensor

import vartrack
from vartrack.compat import shared

pytestmark = pytest.mark.usefixtures("fresh")

TORCHS = shared.stock_builder()
ENCODER = Path(__file__).parents[2] / "examples" / "encoder.py"


class Calls:
    """Counts the calls of Python functions of one file in a block, by their code objects.

    Attributes:
        ran: how often each ran, by qualified name.
        callers: for each, the functions that called it.
        seen: how many calls were seen at all, of any file.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.ran: Counter[str] = Counter()
        self.callers: defaultdict[str, set[str]] = defaultdict(set)
        self.seen = 0

    @contextlib.contextmanager
    def counted(self) -> Iterator[Calls]:
        """Count what is called in this block, by this thread."""
        profile = cProfile.Profile(subcalls=True, builtins=False)
        with profile:
            yield self
        for entry in profile.getstats():
            self._add(entry)

    def _add(self, entry: Any) -> None:
        if not isinstance(entry.code, CodeType):
            return
        self.seen += entry.callcount
        if entry.code.co_filename == self.file:
            self.ran[name_of(entry.code)] += entry.callcount
        caller = f"{name_of(entry.code)} ({entry.code.co_filename}:{entry.code.co_firstlineno})"
        for called in entry.calls or ():
            if isinstance(called.code, CodeType) and called.code.co_filename == self.file:
                self.callers[name_of(called.code)].add(caller)

    def told(self) -> str:
        """What ran, with who called it."""
        return "\n".join(
            f"{name}, {times} times, from {', '.join(sorted(self.callers[name]))}"
            for name, times in self.ran.most_common()
        )


def name_of(code: CodeType) -> str:
    """The qualified name, in Python 3.10 the name alone."""
    return getattr(code, "co_qualname", code.co_name)


# the programs


class Color(enum.Enum):
    RED = 1
    BLUE = 2


@dataclasses.dataclass
class Settings:
    scale: float
    names: list[str]


@dataclasses.dataclass(frozen=True)
class Frozen:
    width: int


Point = namedtuple("Point", "x y")


class Counting:
    """An object whose attribute the traced code sets."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        return x * self.calls


def of_values(x: torch.Tensor, settings: Settings, values: dict[str, Any]) -> Any:
    """Reads values of many categories, and makes some of them while tracing."""
    out = x * settings.scale + len(settings.names)
    for name, value in values["ordered"].items():
        out = out + value if name in values["names"] else out - value
    values["seen"].append(values["frozen"].width)
    values["default"]["new"].append(1)
    if values["color"] is Color.RED:
        out = out + Point(1, 2).x
    point = values["point"]
    made = {"a": Settings(2.0, ["b"]), "set": {1, 2, 3}, "color": Color.BLUE, "f": frozenset({4})}
    array = torch.from_numpy(np.multiply(values["array"], 2))
    out = out + sum(made["set"]) + made["a"].scale + point.y + len(values["queue"])
    out = out + array.sum() + values["tensors"][0] + random.random()
    with torch.autocast("cpu", enabled=False), torch.no_grad():
        out = values["counting"](out)
    return out, made["color"], tuple(sorted(values["plain set"]))


def values_program() -> tuple[Callable[..., Any], list[Any]]:
    values = {
        "ordered": OrderedDict(a=1, b=2.5),
        "names": frozenset({"a"}),
        "seen": [],
        "frozen": Frozen(3),
        "default": defaultdict(list, old=[1]),
        "color": Color.RED,
        "point": Point(1, torch.ones(())),
        "array": np.ones(3),
        "queue": deque([1, 2]),
        "tensors": [torch.ones(2)],
        "counting": Counting(),
        "plain set": {"x", "y"},
    }
    return of_values, [torch.ones(2), Settings(0.5, ["a", "b"]), values]


def encoder_program() -> tuple[Callable[..., Any], list[Any]]:
    spec = importlib.util.spec_from_file_location("encoder_of_the_examples", ENCODER)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    fn, args, kwargs = module.target()
    return lambda *args: fn(*args, **kwargs), list(args)


def gpt2_program() -> tuple[Callable[..., Any], list[Any]]:
    import transformers

    config = transformers.GPT2Config(
        n_layer=1, n_head=2, n_embd=16, vocab_size=32, n_positions=16,
        bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    return transformers.GPT2LMHeadModel(config), [torch.randint(0, 32, (2, 4))]


def vit_program() -> tuple[Callable[..., Any], list[Any]]:
    import transformers

    config = transformers.ViTConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        image_size=8, patch_size=4,
    )  # fmt: skip
    return transformers.ViTForImageClassification(config).eval(), [torch.randn(2, 3, 8, 8)]


def lstm_program() -> tuple[Callable[..., Any], list[Any]]:
    return torch.nn.LSTM(4, 5, num_layers=2, batch_first=True), [torch.randn(2, 3, 4)]


def attention_program() -> tuple[Callable[..., Any], list[Any]]:
    x = torch.randn(2, 3, 8)
    return torch.nn.MultiheadAttention(8, 2, dropout=0.1, batch_first=True), [x, x, x]


def training_program() -> tuple[Callable[..., Any], list[Any]]:
    model = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.BatchNorm1d(4), torch.nn.ReLU())
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)

    def step(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step, [torch.randn(3, 4), torch.randn(3, 4)]


def dynamic_program() -> tuple[Callable[..., Any], list[Any]]:
    """Called below with a second size and number, so that both become symbols."""

    def scaled(x: torch.Tensor, times: int, by: float) -> torch.Tensor:
        return x.repeat(times, 1) * by + x.shape[0]

    return scaled, [torch.ones(3, 2), 4, 2.5]


@torch.library.custom_op("no_stock_builder::halves", mutates_args=())
def halves(x: torch.Tensor) -> list[torch.Tensor]:
    return [part.clone() for part in x.chunk(2)]


@halves.register_fake
def _(x: torch.Tensor) -> list[torch.Tensor]:
    return [torch.empty_like(part) for part in x.chunk(2)]


def operators_program() -> tuple[Callable[..., Any], list[Any]]:
    """Custom and higher-order operators, transforms, a wrapper subclass, an array."""

    def mixed(x: torch.Tensor, wrapped: Any, array: Any, y: torch.Tensor) -> Any:
        first, *_ = torch.ops.no_stock_builder.halves(x)
        chosen = torch.cond(x.sum() > 0, lambda x: x.sin(), lambda x: x.cos(), (x,))
        mapped = torch.func.vmap(torch.func.grad(lambda x: (x * x).sum()))(x)
        y.add_(1)
        return first, chosen + mapped, wrapped * 2, np.sin(array) + 1, x.max(0), y.view(-1)

    x = torch.arange(8.0).reshape(4, 2)
    return mixed, [x, TwoTensor(x.clone(), x.clone()), np.ones(3), torch.ones(2)]


PROGRAMS: dict[str, Callable[[], tuple[Callable[..., Any], list[Any]]]] = {
    "values": values_program,
    "encoder": encoder_program,
    "gpt2": gpt2_program,
    "vit": vit_program,
    "lstm": lstm_program,
    "attention": attention_program,
    "training": training_program,
    "dynamic": dynamic_program,
    "operators": operators_program,
}


def larger(args: list[Any]) -> list[Any]:
    """Arguments of another batch size, and other numbers."""
    return [
        torch.cat([arg, arg])
        if isinstance(arg, torch.Tensor)
        else arg * 3
        if type(arg) in (int, float)
        else arg
        for arg in args
    ]


def run(name: str) -> int:
    """Compile and call a program twice, with two sizes; says how many frames were compiled."""
    torch.manual_seed(0)
    fn, args = PROGRAMS[name]()
    compiled = torch.compile(fn, backend="eager")
    before = torch._dynamo.utils.counters["frames"]["total"]
    with torch._dynamo.config.patch(allow_rnn=True):
        compiled(*args)
        with contextlib.suppress(RuntimeError):  # a size that some state of the program refuses
            compiled(*larger(args))
    return torch._dynamo.utils.counters["frames"]["total"] - before


def none_of_torchs(program: Callable[[], Any]) -> Any:
    """What ``program`` gives; none of torch's functions may run, and compiling must be seen."""
    run("values")  # torch's own builder was at work before
    calls = Calls(TORCHS.__file__)
    vartrack.install(vartrack.stock)
    try:
        with calls.counted():
            result = program()
    finally:
        vartrack.uninstall()
    assert calls.seen > 10_000, "the counter was switched off on the way"
    assert not calls.ran, calls.told()
    return result


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", PROGRAMS)
def test_no_function_of_torchs_builder_runs(name: str) -> None:
    """A model, a training step or a program of many values, compiled for two sizes."""
    assert none_of_torchs(lambda: run(name)) > 0


@pytest.mark.filterwarnings("ignore")
def test_none_runs_for_the_modules_of_torch() -> None:
    """A sample of each of torch's modules."""

    def compile_each() -> int:
        compiled = 0
        for sample in SAMPLES:
            if sample.training:
                module, (first, _), _ = sample.program()
                torch._dynamo.reset()
                before = torch._dynamo.utils.counters["frames"]["ok"]
                with contextlib.suppress(RuntimeError):  # those that do not fit float32
                    torch.compile(module, backend="eager")(*first[0], **first[1])
                compiled += torch._dynamo.utils.counters["frames"]["ok"] > before
        return compiled

    assert none_of_torchs(compile_each) > 100


@pytest.mark.filterwarnings("ignore")
def test_none_runs_for_export() -> None:
    """An exported program with dynamic shapes, traced by Dynamo."""

    class Scaled(torch.nn.Module):
        def forward(self, x: torch.Tensor, by: dict[str, Any]) -> Any:
            return x * by["factor"] + x.shape[0], by["names"]

    args = (torch.ones(4, 2), {"factor": torch.ones(2), "names": 3})
    batch = torch.export.Dim("batch", min=2, max=64)
    shapes = {"x": {0: batch}, "by": {"factor": None, "names": None}}
    exported = none_of_torchs(
        lambda: torch.export.export(Scaled(), args, dynamic_shapes=shapes, strict=True)
    )
    assert exported.module()(torch.ones(7, 2), args[1])[0].shape == (7, 2)


def test_the_counter_sees_torchs_builder() -> None:
    """Without vartrack the same counter sees both of torch's builders and their helpers."""
    calls = Calls(TORCHS.__file__)
    with calls.counted():
        assert run("values") > 0
    seen = set(calls.ran)
    wanted = {"VariableBuilder.__call__", "SourcelessBuilder.create", "wrap_fx_proxy"}
    assert seen >= wanted if sys.version_info >= (3, 11) else seen
    # and every function of the module would be told apart from one of another file
    assert TORCHS.VariableBuilder.__call__.__code__.co_filename == calls.file
    assert len(seen) > 30
