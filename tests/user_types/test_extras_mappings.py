"""The set for mappings: every use of every type in every place, while the mapping changes."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Iterable
from typing import Any

import beside_torch
import box
import pytest
import torch
import torch._dynamo
from mapping_values import CHANGEABLE, STATES, TYPES, USES, change, program
from places import PLACES, Counting, assert_alike, standing
from torch._dynamo.exc import Unsupported

import vartrack
from vartrack import Registry, extras

pytestmark = pytest.mark.usefixtures("fresh")


@pytest.fixture(scope="module")
def registry() -> Registry:
    registry = vartrack.stock.derive("mappings")
    extras.load("mappings").register(registry)
    return registry


def outcome(run: Callable[..., Any], value: Any) -> Any:
    """What a call gives, or the exception that it raises."""
    try:
        return run(torch.ones(2), value)
    except Unsupported:
        raise
    except Exception as error:
        return type(error)


def is_right(
    registry: Registry | None,
    use: Callable[[Any], Any],
    values: Callable[[], list[Callable[[], Any]]],
    place: str,
    fullgraph: bool = True,
) -> bool:
    """Whether the use is compiled, and right at every call; False if it breaks the graph."""
    torch._dynamo.reset()
    function = program(use)
    with vartrack.use(registry):
        run = standing(place, function, Counting(), fullgraph)
        for value_now, value_for_eager in zip(values(), values(), strict=True):
            try:
                got = outcome(run, value_now())
            except Unsupported:
                assert fullgraph, "refused where the graph may break"
                return False
            assert_alike(got, outcome(function, value_for_eager()))
    return True


def torch_alone_is_right(use: Any, values: Any, place: str) -> bool:
    """The same of torch alone, which may also be wrong or fail."""
    try:
        return is_right(None, use, values, place)
    except Exception:
        return False


def new_ones(name: str) -> list[Callable[[], Any]]:
    """A value of its own for each call."""
    return [lambda items=items: TYPES[name](items) for items in STATES]  # type: ignore[misc]


def few(name: str) -> list[Callable[[], Any]]:
    """Fewer of them: the first, one with more items, and the same items in another order."""
    return [new_ones(name)[index] for index in (0, 2, 3)]


def changed_ones(name: str) -> list[Callable[[], Any]]:
    """The same value at each call, changed meanwhile."""
    value = TYPES[name](STATES[0])

    def after(items: Any) -> Any:
        change(value, items)
        return value

    return [lambda items=items: after(items) for items in STATES]  # type: ignore[misc]


#: The uses of each type that break the graph, each found once.
_refused: dict[str, set[str]] = {}


def refused(registry: Registry, name: str) -> set[str]:
    """The uses of a type that break the graph; all others are right."""
    if name not in _refused:
        values = functools.partial(new_ones, name)
        _refused[name] = {
            what for what, use in USES.items() if not is_right(registry, use, values, "argument")
        }
    return _refused[name]


def all_of(uses: Iterable[str]) -> Callable[[Any], Any]:
    """All these uses, in one program."""
    functions = tuple(USES[what] for what in uses)
    return lambda d: [function(d) for function in functions]


@pytest.mark.parametrize("name", TYPES)
def test_the_set_takes_the_type(registry: Registry, name: str) -> None:
    visitor = registry.resolve(TYPES[name](STATES[0]))
    assert type(visitor).__module__ == "vartrack.extras.mappings"


@pytest.mark.parametrize("name", TYPES)
def test_every_use_is_right_or_refused(registry: Registry, name: str) -> None:
    values = functools.partial(new_ones, name)
    for what in refused(registry, name):
        use = USES[what]
        assert not torch_alone_is_right(use, values, "argument"), f"{what} is right on torch alone"
        assert is_right(registry, use, values, "argument", fullgraph=False)


@pytest.mark.parametrize("name", TYPES)
def test_in_every_place(registry: Registry, name: str) -> None:
    # each alone was right as an argument; a guard that is forgotten is forgotten in all places
    right = all_of(sorted(USES.keys() - refused(registry, name)))
    others = all_of(sorted(refused(registry, name)))
    values = functools.partial(few, name)
    for place in PLACES:
        assert is_right(registry, right, values, place)
        assert is_right(registry, others, values, place, fullgraph=False)


@pytest.mark.parametrize("name", CHANGEABLE)
def test_while_the_value_changes(registry: Registry, name: str) -> None:
    values = functools.partial(changed_ones, name)
    for what in {"item", "missing", "len", "list", "**"} - refused(registry, name):
        assert is_right(registry, USES[what], values, "argument")


def setting(d: Any) -> None:
    d["scale"] = 9


def adding(d: Any) -> None:
    d["fresh"] = 9


def taking(d: Any) -> Any:
    return d.pop("shift", 0)


def taking_last(d: Any) -> Any:
    return d.popitem()


def deleting(d: Any) -> None:
    del d["scale"]


@pytest.mark.parametrize("name", ("EasyDict", "addict", "SortedDict", "bidict"))
@pytest.mark.parametrize("change", (setting, adding, taking, taking_last, deleting))
def test_what_the_function_does_not_read_stays(registry: Registry, name: str, change: Any) -> None:
    """Items that were not there while tracing are there after a change, and in their order."""
    torch._dynamo.reset()

    def program(x: torch.Tensor, d: Any) -> Any:
        return x + 1, change(d)

    with vartrack.use(registry):
        run = torch.compile(program, backend="eager")
        for items in STATES:
            items = [*items, ("last", 60)] if "shift" in dict(items) else items
            one, other = TYPES[name](items), TYPES[name](items)
            assert_alike(outcome(run, one), outcome(program, other))
            assert list(one.items()) == list(other.items())


#: What torch alone copies too, without the items.
COPIED = frozenset({("EasyDict", copy.copy)})


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("copied", (copy.copy, copy.deepcopy))
def test_a_copy_has_the_items(registry: Registry, name: str, copied: Any) -> None:
    """Right or refused: torch leaves the items of a subclass of dict out of a copy."""

    def program(x: torch.Tensor, d: Any) -> Any:
        new = copied(d)
        return x + len(new), list(new.items()), new is d

    for fullgraph in (False, True):
        torch._dynamo.reset()
        with vartrack.use(registry):
            run = torch.compile(program, backend="eager", fullgraph=fullgraph)
            for items in STATES:
                value = TYPES[name](items)
                try:
                    found = outcome(run, value)
                except Unsupported:
                    assert fullgraph
                    assert (name, copied) not in COPIED
                    break
                assert_alike(found, outcome(program, value))


@pytest.mark.parametrize(
    ("name", "copied"), [("immutabledict", copy.copy), ("bidict", copy.deepcopy)]
)
def test_a_copy_on_sound_is_as_on_torch(name: str, copied: Any) -> None:
    """Copied as the class says, which a getter of `operator` is for, and in no more graphs."""
    sound = vartrack.sound.derive("copies")
    extras.load("mappings").register(sound)
    found = [
        beside_torch.outcome(
            registry,
            lambda x, d: list(copied(d).items()),
            lambda: [TYPES[name](items) for items in STATES],
        )
        for registry in (sound, None)
    ]
    ours, alone = found
    assert ours.rank <= alone.rank, found  # up to 2.11 torch copies neither
    assert alone.status != "right" or ours.graphs <= alone.graphs, found


def test_items_are_compared_by_what_they_hold() -> None:
    def compared(x: torch.Tensor, v: Any) -> Any:
        one, other = v
        pairs = list(other.items())
        return (
            x,
            one.items() == other.items(),
            one.items() != other.items(),
            pairs[0] in one.items(),
        )

    def values() -> list[Any]:
        items: list[Any] = [{"a": {"k": 1}, "b": [1, 2]}, {"a": {"k": 2}, "b": [1, 2]}]
        return [(box.Box(items[0]), box.Box(other)) for other in (*items, {"b": [1, 2]})]

    beside_torch.assert_right(beside_torch.registry_with("mappings"), compared, values)
