"""What is taken out of a dict, or missing there, under thrift: never worse than on torch alone."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from beside_torch import outcome
from thrift_values import SOUND, THRIFT

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

TABLES: tuple[dict[str, Any], ...] = (
    *({"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 5}, {}, {"a": 1, "b": 2, "c": 3}, {"c": 1}),
    {"b": 7, "a": 2.5},
)
USES = (
    *("d.pop('a') and d", "d.pop('a', None)", "d.pop('z', 3)", "(d.popitem(), d)", "d['a']"),
    *("d['a'] + 1", "d.__getitem__('a')", "[d.setdefault('n', 1), d.pop('n'), d]", "dict(**d)"),
    *("(lambda **named: named)(**d)", "{'q': 1, **d}", "f'{d[\"a\"]}'", "d.pop('a') is d.get('a')"),
    *("tuple(d)", "''.join(d)", "(lambda *keys: keys)(*d)", "tuple(d.copy())"),
    *(f"d.pop('q', 1) and {use}" for use in ("tuple(d)", "''.join(d)", "tuple(d.copy())")),
)


class Counting:
    """A key that counts how often it was asked for its hash."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.asked = 0

    def __hash__(self) -> int:
        self.asked += 1
        return hash(self.number)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Counting) and self.number == other.number


@pytest.mark.parametrize("text", ["{Counting(3): 2}[k]", "{Counting(3): 2}.pop(k, 1)"])
def test_a_hash_is_asked_no_more_often_than_by_torch(text: str) -> None:
    scope: dict[str, Any] = {"Counting": Counting}
    exec(
        f"def use(x):\n  k = Counting(1)\n  try:\n    {text}\n  except KeyError:\n    pass\n"
        "  return k.asked",
        scope,
    )

    def asked(registry: Any) -> int:
        torch._dynamo.reset()
        with vartrack.use(registry):
            run = torch.compile(lambda x: (x + 1, scope["use"](x)), backend="eager")
            return run(torch.ones(1))[1]  # type: ignore[no-any-return]

    assert asked(THRIFT) <= asked(None)


def _used(text: str) -> Any:
    scope: dict[str, Any] = {}
    exec(
        f"def use(x, d):\n  try:\n    return {text}, d\n  except KeyError as error:\n"
        "    return type(error).__name__, d",
        scope,
    )
    return scope["use"]


@pytest.mark.parametrize("text", USES)
def test_a_dict_that_something_is_taken_of_is_as_in_python(text: str) -> None:
    use = _used(text)

    def values() -> Any:
        return tuple(dict(table) for table in TABLES)

    for registry in (THRIFT, SOUND):
        found = outcome(registry, use, values, "attribute", fullgraph=False)
        assert found.status == "right", (registry.name, found)


def _taken(d: Any) -> Any:
    return d.pop("a"), d.pop("z", 3)


def _deleted(d: Any) -> Any:
    if "a" in d:
        del d["a"]
    return d.get("z"), len(d)


def _read_besides(d: Any) -> Any:
    first = d.pop("a")
    return first, d["b"], "a" in d, "b" in d


#: Programs that take something out under a key that does not vary.
LITERAL = {"taken": _taken, "deleted": _deleted, "read besides": _read_besides}


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize("use", LITERAL)
def test_what_else_is_in_it_makes_no_difference(use: str, registry: vartrack.Registry) -> None:
    program = LITERAL[use]

    def values() -> Any:
        return [{"a": 1, "b": 2, **dict.fromkeys("cdefg"[:more], 0)} for more in range(4)]

    found = outcome(registry, lambda x, d: program(d), values)
    assert found == ("right", 1, "")


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
def test_what_is_taken_is_used_by_the_graph(registry: vartrack.Registry) -> None:
    class Part:
        def __init__(self, scale: float) -> None:
            self.scale = scale

    def call(x: Any, d: Any) -> Any:
        part, x = d.pop("part"), d.pop("x", x)
        return x * part.scale, d.setdefault("b", 1)

    def values() -> Any:
        more: list[dict[str, Any]] = [{}, {"x": torch.ones(4)}, {"c": 1}, {"c": 2, "b": 3}]
        return [{"part": Part(2.0), **each} for each in more]

    found = outcome(registry, call, values)
    assert found.status == "right", found
    assert found.graphs <= 3  # whether `x` is there, and `b`


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize("text", ["d.pop('a')", "[*d.items()] + [d.pop('a')]", "d.pop('a'), [*d]"])
def test_what_is_taken_of_one_that_is_another_too(text: str, registry: vartrack.Registry) -> None:
    program = eval(f"lambda d, e: ({text}, d, e, e.get('a'))")

    def values() -> Any:
        for one, two in (({"a": 1}, {"a": 2}), ({"a": 1, "b": 3}, {})):
            yield one, two
            yield one, one

    found = outcome(registry, lambda x, v: program(*v), values, fullgraph=False)
    assert found.status == "right", found
