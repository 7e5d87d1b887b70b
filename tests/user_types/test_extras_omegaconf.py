"""The set for omegaconf: configurations, their interpolations and what they refuse."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any, Union

import pytest
import torch
from beside_torch import outcome, registry_with
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from package_values import Programs, config
from places import PLACES, assert_alike, compare_with_eager

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")


programs = Programs("omegaconf", OmegaConf)


def use_config(x: torch.Tensor, v: Any) -> Any:
    y = x.relu() if v.act == "relu" else x.sin()
    return y * v.m.twice, [*v.m.layers], v.m.layers[0], v["n"], type(v.n).__name__, "gone" in v, v


def changing_config() -> Iterator[Any]:
    one = config()
    yield one
    yield config()
    one.n = 5
    yield one
    one.m.layers.append(3)
    yield one
    one.n = 2
    one.m.layers.pop()
    yield one
    yield config(act="sin")
    yield config(n=2.0)
    yield config(n=True)
    yield config()


@pytest.mark.parametrize("place", PLACES)
def test_one_graph_for_each_content_in_every_place(place: str) -> None:
    assert compare_with_eager(programs.registry, use_config, changing_config(), place) == 6


OMEGACONF = """
v.n, v["m"]["layers"], v.m, v.m.twice, v
v.m is v.m, v.m.layers is v.m.layers, v.m == {"layers": [1, 2], "twice": 2}, v == v, v != v.m
[*v.m.layers], len(v.m.layers), v.m.layers[-1], 2 in v.m.layers, v.m.layers[:1], v.m.layers + [3]
sum(v.m.layers), max(v.m.layers), [i for i, _ in enumerate(v.m.layers)], tuple(v.m.layers)
first, second = v.m.layers; return first + second
v.get("gone", 3), v.get("other", 4), "gone" in v, "n" in v, hasattr(v, "other")
[*v], list(v.keys()), {key: item for key, item in v.m.items()}, len(v)
OmegaConf.to_container(v, resolve=True), OmegaConf.to_yaml(v.m), OmegaConf.select(v, "m.layers")
OmegaConf.is_missing(v, "gone"), OmegaConf.is_config(v), OmegaConf.is_interpolation(v.m, "twice")
OmegaConf.is_readonly(v), OmegaConf.is_struct(v), OmegaConf.is_list(v.m.layers)
torch.zeros(*v.m.layers), x.view([*v.m.layers, 2])
dict(**v.m), {**v.m}, dict(v.m)
repr(v.m), str(v.m), f"{v.m.layers}"
v if v else x, not v
""".strip().splitlines()


@pytest.mark.parametrize("text", OMEGACONF)
def test_omegaconf(text: str) -> None:
    programs.check(text, config)


@pytest.mark.parametrize(
    "text",
    [
        "v.n = 3; return x",
        "v['n'] = 3; return x",
        "v.m.layers.append(3); return x",
        "v.m.layers[0] = 3; return x",
        "v.update(n=4)",
        "v.new = 1; return x",
        "OmegaConf.set_readonly(v, True); return x",
    ],
)
def test_omegaconf_is_changed_outside_of_the_graph(text: str) -> None:
    programs.check_refused(text, config, "would change a value")


def test_omegaconf_errors_are_those_of_eager() -> None:
    for text in ("v.gone", "v.m.layers[7]"):
        programs.check_refused(text, config)

    def closed() -> Any:
        made = config()
        OmegaConf.set_struct(made, True)
        return made

    programs.check_refused("v.nothing", closed)
    programs.check_refused("v.n = 3; return x", closed)
    programs.check("OmegaConf.is_struct(v), v.n", closed)


def test_omegaconf_what_an_interpolation_leads_to_is_content() -> None:
    whole = OmegaConf.create({"a": 1, "part": {"b": "${a}", "c": "${nowhere}"}})

    def values() -> Iterator[Any]:
        yield whole.part
        whole.a = 2
        yield whole.part
        whole.nowhere = 3
        yield whole.part
        whole.a = 1
        del whole.nowhere
        yield whole.part

    # followed where it leads, so that the number becomes a symbol and nothing else counts
    function = lambda x, v: x + v.b  # noqa: E731
    assert compare_with_eager(programs.registry, function, values()) == 2


@pytest.mark.parametrize(
    "way",
    [
        "${base.lr}",
        "${..base.lr}",
        "${base.sub[0]}",
        "${base.sub.0}",
        "${.other}",
        "${model.other}",
        "${base.copy}",
        "text ${base.lr}",
        "${gone:${base.lr}}",
        "${oc.env:HOME}",
        "${base.gone}",
        5,
        None,
    ],
)
def test_omegaconf_interpolations_are_followed(way: Any) -> None:
    """Whatever changes: where they lead, what is there, and the whole they are part of."""

    def config(lr: int) -> Any:
        base = {"lr": lr, "sub": [lr, 2], "copy": "${base.lr}"}
        return OmegaConf.create({"base": base, "model": {"k": way, "other": lr + 1}, "unread": lr})

    def read(x: torch.Tensor, v: Any) -> torch.Tensor:
        try:
            return x * len(f"{v.k}")
        except OmegaConfBaseException:
            return x - 1

    def values() -> Iterator[Any]:
        whole = config(3)
        yield whole.model
        whole.base.lr = 4000
        whole.base.sub[0] = 50
        yield whole.model
        whole.model.k = "${base.sub[1]}"
        yield whole.model
        whole.model.k = way
        whole.base = OmegaConf.create({"lr": 9, "sub": [700], "copy": 80})
        yield whole.model
        model = whole.model
        model._set_parent(config(60000))
        yield model
        model._set_parent(None)
        yield model

    with vartrack.use(programs.registry):
        run = torch.compile(read, backend="eager")
        for value in values():
            assert_alike(run(torch.ones(2), value), read(torch.ones(2), value))


# taking something out, which torch traces


def nested(n: int = 1) -> Any:
    return OmegaConf.create({"n": n, "m": {"k": 2, "more": 3}, "items": [1, n, 3], "gone": "???"})


#: What takes something out, and what is asked before and after.
TAKING: dict[str, Callable[[torch.Tensor, Any], Any]] = {
    "pop": lambda x, v: x + v.pop("n"),
    "pop with a default": lambda x, v: (x + v.pop("other", 3), v.pop("n", default=5)),
    "pop of a part": lambda x, v: x + v.m.pop("k"),
    "pop of a list": lambda x, v: (x + v["items"].pop(), v["items"].pop(0)),
    "removing from a list": lambda x, v: (v["items"].remove(2), len(v["items"]), 2 in v["items"]),
    "asked after": lambda x, v: (
        v.pop("n"),
        "n" in v,
        len(v),
        [*v],
        v.get("n", 7),
        hasattr(v, "n"),
    ),
    "read after": lambda x, v: (v.m.pop("k"), v.m.more, v.n, v["items"][1], bool(v.m), v.m == {}),
    "listed after": lambda x, v: (v["items"].pop(1), list(v["items"]), v["items"][1]),
    "merged after": lambda x, v: (v.m.pop("k"), dict(v.m), {**v.m}, dict(**v.m)),
    "walked after": lambda x, v: (v.m.pop("k"), list(v.m.items()), [*v.m.keys()], [*v.m.values()]),
    "one object": lambda x, v: (v.m.pop("k"), v.m is v.m, len(v.m)),
    "read before": lambda x, v: (len(v), v.m.k, v.m.pop("k"), len(v.m)),
}


def deleted(x: torch.Tensor, v: Any) -> Any:
    del v.n
    del v["m"]["k"]
    del v["items"][0]
    return x + 1, [*v], len(v["items"])


def popped_twice(x: torch.Tensor, v: Any) -> Any:
    return v.pop("n", 3), v.pop("n", 4)


def taken_from(make: Callable[[], Any]) -> Iterator[Any]:
    for number in (1, 2, 1):
        one = make()
        one.n = number
        yield one
    one = make()
    one.m.more = 8
    one["items"].append(4)
    yield one


@pytest.mark.parametrize("use", [*TAKING.values(), deleted, popped_twice])
def test_what_takes_something_out_is_right_wherever_torch_is(use: Callable[..., Any]) -> None:
    values = lambda: taken_from(nested)  # noqa: E731
    for place in PLACES:
        alone = outcome(None, use, values, place)
        ours = outcome(programs.registry, use, values, place)
        assert ours.rank <= alone.rank, (place, ours, alone)
        assert ours.status != "right" or alone.rank or ours.graphs <= alone.graphs, (ours, alone)
    assert outcome(programs.registry, use, values, fullgraph=False).status == "right"


def test_two_configurations_of_which_one_is_taken_from_may_become_one() -> None:
    def two(x: torch.Tensor, one: Any, other: Any) -> Any:
        return x + one.pop("n"), len(other), "n" in other

    with vartrack.use(programs.registry):
        run = torch.compile(two, backend="eager", fullgraph=True)
        for same in (False, True, False):
            ours, theirs = nested(), nested()
            got = run(torch.ones(1), ours, ours if same else nested())
            wanted = two(torch.ones(1), theirs, theirs if same else nested())
            assert torch.equal(got[0], wanted[0]) and got[1:] == wanted[1:]
            assert ours == theirs


def not_taken(x: torch.Tensor, v: Any) -> Any:
    try:
        return x + v.pop("n")
    except OmegaConfBaseException as error:
        return type(error).__name__


def test_what_cannot_be_taken_raises_as_in_python() -> None:
    """A key that is missing, one without a value, and a configuration that is read-only."""

    def values() -> Iterator[Any]:
        for number in range(4):
            one = nested()
            if number == 1:
                del one.n
            elif number == 2:
                one.n = "???"
            elif number == 3:
                OmegaConf.set_readonly(one, True)
            yield one

    found = outcome(programs.registry, not_taken, values)
    assert found.status == "right", found


def test_what_torch_does_not_trace_after_it_is_refused() -> None:
    """And nothing is evaluated on what the configuration was before."""
    use = lambda x, v: (v.m.pop("k"), str(v), v.m == {"more": 3})  # noqa: E731
    values = lambda: taken_from(nested)  # noqa: E731
    assert outcome(programs.registry, use, values).status in ("right", "refused")
    assert outcome(programs.registry, use, values, fullgraph=False).status == "right"


@dataclasses.dataclass
class Schema:
    steps: Union[int, str] = 3  # noqa: UP007
    limit: Union[float, bool, None] = None  # noqa: UP007
    betas: Any = (0.5, 0.9)


def with_tuples_and_unions() -> Iterator[Any]:
    config = OmegaConf.structured(Schema)
    yield config
    for name, value in (("steps", 5), ("steps", "a"), ("limit", 1.5), ("betas", (0.25, 0.9))):
        setattr(config, name, value)
        yield config


@pytest.mark.parametrize(
    ("function", "graphs"),
    [
        (lambda x, v: x * v.steps if isinstance(v.steps, int) else x, 3),
        (lambda x, v: x if v.limit is None else x.clamp(max=v.limit), 2),
        (lambda x, v: x * v.betas[0] + v.betas[-1], 2),
        (lambda x, v: ([x * beta for beta in v.betas], len(v.betas), list(reversed(v.betas))), 2),
        (lambda x, v: (v.betas[1:], type(v.betas[1:])), 2),
        (lambda x, v: (v.get("steps"), v["limit"]), 4),
    ],
)
def test_tuples_and_unions(function: Any, graphs: int) -> None:
    """Since 2.4 a tuple is no list, and a node of a union has one of another type in it."""
    found = outcome(registry_with("omegaconf"), function, with_tuples_and_unions)
    assert found.status == "right", found
    assert found.graphs <= graphs, found


def shows_a_part(x: torch.Tensor, v: Any) -> Any:
    part = v.__dict__["_content"]["m"]
    return vars(v), v.__dict__["_flags_cache"], [*vars(v)], dict(vars(part)), part == v


@pytest.mark.parametrize("name", ["relu", "${act}"])
def test_asking_what_a_configuration_holds_leaves_nothing_in_it(name: str) -> None:
    """Such as the flags that it keeps, once they were looked up, where a program sees them."""
    made = outcome(programs.registry, shows_a_part, lambda: [config(name=name)])
    assert made.status == "right", made


class Options(dict[str, Any]):
    """No configuration."""


def asks_first(x: torch.Tensor, v: Any) -> Any:
    return OmegaConf.to_container(v) if OmegaConf.is_config(v) else {**v}


def test_what_is_no_configuration_is_told_from_one() -> None:
    values = [Options(n=2), config(gone=1), {"n": 2}, Options(n=3)]
    assert outcome(programs.registry, asks_first, lambda: values).status == "right"
