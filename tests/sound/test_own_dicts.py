"""The one check over all modules and what is found by them, which reads the tags of their dicts."""

from __future__ import annotations

import copy
import gc
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from facts import Plans, both_runs, outcomes
from test_classes import PLANS as OF_CLASSES
from test_found import PLANS as FOUND
from test_identity import PLANS as OF_IDENTITY
from test_modules import PLANS as OF_MODULES
from torch import nn

import vartrack
from vartrack.soundness.memory import class_tags, dict_tags
from vartrack.soundness.own_dicts import own_dicts
from vartrack.soundness.own_dicts.at_rest import AtRest

ONE = torch.ones(2)
HERE: dict[str, Any] = {}

pytestmark = pytest.mark.skipif(
    not dict_tags.AVAILABLE, reason="dicts have no tags here: torch's own guards are tested"
)


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few objects there are, they are looked at together."""
    for name in ("_FROM", "_FROM_ONE"):
        monkeypatch.setattr(own_dicts, name, 1)


ALL = {
    f"{of}: {name}": plan
    for of, plans in (
        ("modules", OF_MODULES),
        ("identity", OF_IDENTITY),
        ("classes", OF_CLASSES),
        ("found", FOUND),
    )
    for name, plan in plans.items()
}


@pytest.mark.first_answer
@pytest.mark.parametrize("name", ALL)
@pytest.mark.usefixtures("as_before", "always")
def test_each_change_is_noticed_however_few_there_are(name: str) -> None:
    both_runs(ALL[name], refuses=True)


class Leaf(nn.Module):
    """What has a number, a parameter and a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.number = 2
        self.weight = nn.Parameter(torch.ones(2))
        self.register_buffer("held", torch.ones(2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.number + self.held * self.weight


class Other(Leaf):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x - 1


class Pair(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.other = Leaf(), nn.Sequential(Leaf(), Leaf())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.other(self.one(x))


class Model(nn.Module):
    """Enough modules to be looked at together."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Pair() for _ in range(3))
        self.counts = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = layer(x)
        return x


def _hook(module: Any, args: Any, output: Any) -> Any:
    return output + 100


def _deep(model: Model) -> Leaf:
    return model.layers[1].other[1]


def _with_hook() -> Leaf:
    leaf = Leaf()
    leaf.register_forward_hook(_hook)
    return leaf


def _new_dict(model: Model) -> None:
    """Another ``__dict__`` with the same in it, and a hook."""
    leaf = _deep(model)
    held = dict(leaf.__dict__)
    held["_forward_hooks"] = OrderedDict({0: _hook})
    object.__setattr__(leaf, "__dict__", held)


def _same_dict_then_hook(model: Model) -> None:
    leaf = _deep(model)
    object.__setattr__(leaf, "__dict__", dict(leaf.__dict__))
    leaf.register_forward_hook(_hook)


def _replaced_again(model: Model) -> None:
    """Many dicts come and go, so that one may lie where another was."""
    leaf = _deep(model)
    for _ in range(50):
        leaf.__dict__["_forward_hooks"] = OrderedDict()
    leaf.__dict__["_forward_hooks"][3] = _hook


CHANGES: dict[str, Callable[[Model], Any]] = {
    "a hook": lambda m: _deep(m).register_forward_hook(_hook),
    "a hook before": lambda m: _deep(m).register_forward_pre_hook(lambda m, a: (a[0] + 7,)),
    "a hook of a layer": lambda m: m.layers[2].register_forward_hook(_hook),
    "a hook of the model": lambda m: m.register_forward_hook(_hook),
    "a hook put into the dict": lambda m: _deep(m)._forward_hooks.update({5: _hook}),
    "another dict of hooks": lambda m: setattr(_deep(m), "_forward_hooks", OrderedDict({1: _hook})),
    "another __dict__": _new_dict,
    "another __dict__, and then a hook": _same_dict_then_hook,
    "many dicts of hooks": _replaced_again,
    "a call of its own": lambda m: setattr(_deep(m), "_call_impl", lambda x: x - 3),
    "a forward of its own": lambda m: setattr(_deep(m), "forward", lambda x: x - 3),
    "what hides a parameter": lambda m: _deep(m).__dict__.update(weight=torch.zeros(2)),
    "what hides a module": lambda m: m.layers[0].__dict__.update(one=lambda x: x * 9),
    "another module": lambda m: m.layers[1].other.__setitem__(1, _with_hook()),
    "another module in the dict": lambda m: m.layers[1].other._modules.update({"1": _with_hook()}),
    "another dict of modules": lambda m: setattr(
        m.layers[1].other, "_modules", {"0": Leaf(), "1": _with_hook()}
    ),
    "another layer": lambda m: m.layers.__setitem__(1, nn.Sequential(_with_hook())),
    "another class": lambda m: setattr(_deep(m), "__class__", Other),
    "a module less": lambda m: m.layers[1].other._modules.pop("1"),
}


def changing(change: Callable[[Model], Any], make: Callable[[Model], Any]) -> Any:
    def program(wrap: Any) -> Iterator[Callable[[], Any]]:
        model = Model()
        compiled = wrap(make(model))
        yield lambda: compiled(ONE).detach()
        model.counts += 1
        yield lambda: compiled(ONE).detach()
        change(model)
        yield lambda: compiled(ONE).detach()

    return program


def _by_closure(model: Model) -> Any:
    return lambda x: model(x) + 1


def _by_global(model: Model) -> Any:
    HERE["model"] = model
    return lambda x: HERE["model"](x) + 1


class Holder:
    def __init__(self, model: Model) -> None:
        self.model = model

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return self.model(x)


PLACES = {"itself": lambda model: model, "closure": _by_closure, "global": _by_global}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", CHANGES)
def test_each_change_is_noticed_among_many(name: str, place: str) -> None:
    both_runs(changing(CHANGES[name], PLACES[place]), refuses=True)


@pytest.mark.parametrize("name", CHANGES)
def test_without_tags_torch_s_own_guards_look(name: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(own_dicts, "AVAILABLE", False)
    both_runs(changing(CHANGES[name], PLACES["itself"]), refuses=True)


def counted(program: Any) -> int:
    """How many graphs a program has, which gives on `vartrack.sound` what Python gives."""
    want = [call() for call in program(lambda function: function)]
    torch._dynamo.reset()
    graphs = 0

    def backend(graph: Any, inputs: Any) -> Any:
        nonlocal graphs
        graphs += 1
        return graph.forward

    with vartrack.use(vartrack.sound):
        have = [
            call() for call in program(lambda f: torch.compile(f, backend=backend, fullgraph=True))
        ]
    torch.testing.assert_close(have, want)
    return graphs


def unchanged(wrap: Any) -> Iterator[Callable[[], Any]]:
    """What is not looked at changes at every call."""
    model = Model()
    f = wrap(lambda x: model(x))
    for number in range(12):
        yield lambda: f(ONE)
        model.counts += 1
        _deep(model).told = number
        if number % 3 == 0:
            _deep(model).register_forward_hook(_hook).remove()


def replaced_by_the_same(wrap: Any) -> Iterator[Callable[[], Any]]:
    """Modules of the same kind take the place of others, and have no hooks either."""
    model = Model()
    f = wrap(lambda x: model(x))
    for _ in range(6):
        yield lambda: f(ONE)
        model.layers[1].other[1] = Leaf()
        gc.collect()


def layers(wrap: Any) -> Iterator[Callable[[], Any]]:
    """Many models run the same compiled code, in turn."""
    models = [Model() for _ in range(5)]
    f = wrap(lambda model, x: model(x))
    for _ in range(3):
        for model in models:
            yield lambda model=model: f(model, ONE)


ONCE = {"unchanged": unchanged, "replaced by the same": replaced_by_the_same, "layers": layers}


@pytest.mark.parametrize("name", ONCE)
def test_nothing_is_compiled_again(name: str) -> None:
    assert counted(ONCE[name]) == 1


def test_what_was_looked_at_is_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each model is gone through once, however often it is called."""
    made = []
    own = AtRest.__init__

    def counting(self: Any, *args: Any) -> None:
        made.append(self)
        own(self, *args)

    models = [Model() for _ in range(3)]
    torch._dynamo.reset()
    compiled = torch.compile(lambda model, x: model(x), backend="eager", fullgraph=True)
    with vartrack.use(vartrack.sound):
        compiled(models[0], ONE)
        monkeypatch.setattr(AtRest, "__init__", counting)
        for _ in range(4):
            for model in models:
                compiled(model, ONE)
    assert len(made) == 2


def test_one_of_several_models_gets_a_hook() -> None:
    def program(wrap: Any) -> Iterator[Callable[[], Any]]:
        models = [Model() for _ in range(3)]
        f = wrap(lambda model, x: model(x).detach())
        for model in models:
            yield lambda model=model: f(model, ONE)
        _deep(models[1]).register_forward_hook(_hook)
        for model in models:
            yield lambda model=model: f(model, ONE)

    both_runs(program)


def test_models_are_let_go() -> None:
    """What was looked at is kept by nobody, not even one that leads back to itself."""
    torch._dynamo.reset()
    compiled = torch.compile(lambda model, x: model(x), backend="eager", fullgraph=True)
    gone = []
    with vartrack.use(vartrack.sound):
        for _ in range(4):
            model = Model()
            object.__setattr__(_deep(model), "owner", [model])
            _deep(model)._forward_hooks  # noqa: B018
            compiled(model, ONE)
            compiled(model, ONE)
            gone.append(weakref.ref(model))
            del model
            gc.collect()
            # what is made now may lie where the other was
            compiled(Model(), ONE)
    gc.collect()
    assert [reference() for reference in gone] == [None] * 4


def test_a_copy_with_a_hook_is_another_program() -> None:
    def program(wrap: Any) -> Iterator[Callable[[], Any]]:
        model = Model()
        f = wrap(lambda model, x: model(x).detach())
        yield lambda: f(model, ONE)
        other = copy.deepcopy(model)
        yield lambda: f(other, ONE)
        _deep(other).register_forward_hook(_hook)
        third = copy.deepcopy(other)
        yield lambda: f(third, ONE)
        yield lambda: f(model, ONE)

    both_runs(program)


def test_classes_without_a_tag_are_looked_at_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python gives out so many tags and no more."""
    monkeypatch.setattr(class_tags, "tag_of", lambda cls: 0)
    plans = Plans({name: changing(CHANGES[name], PLACES["itself"]) for name in CHANGES})
    for plan in plans.values():
        both_runs(plan, refuses=True)


def test_as_many_graphs_as_on_stock() -> None:
    plan = changing(lambda model: None, PLACES["closure"])
    assert outcomes(plan, vartrack.sound) == outcomes(plan, vartrack.stock)
