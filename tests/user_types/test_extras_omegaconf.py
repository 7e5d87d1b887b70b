"""The set for omegaconf: configurations, their interpolations and what they refuse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
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
        "v.pop('n')",
        "del v.n; return x",
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
