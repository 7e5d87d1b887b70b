"""What was found wrong with values that are late, and in what they are held; as small as it can be."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

import pytest
import torch
from beside_torch import plain
from places import Counting
from thrift_values import SOUND, THRIFT
from torch._dynamo import config

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

Change = Callable[[Any], Any]


class Plain:
    """An object that holds a list."""

    def __init__(self) -> None:
        self.list = ["x"]


class Held(torch.nn.Module):
    """A module with containers and texts in many places."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.step = "a", 0
        self.one, self.other = ["a", "b"], ["c", "d"]
        self.pair: Any = ("a", ["b"])
        self.dict: Any = {"a": 1, "b": 2}
        self.object = Plain()
        self.part = torch.nn.Linear(1, 1)
        vars(self.part)["settings"] = {"k": ["a"]}


def told(held: Any) -> Any:
    """What the module holds."""
    names = ("a", "step", "one", "other", "pair", "dict")
    inside = (held.object.list, held.part.settings)
    return [plain(getattr(held, name)) for name in names], plain(list(inside))


def check(
    registry: vartrack.Registry | None, program: Any, changes: list[Change], tags: bool = False
) -> int:
    """Call the program after each change; how many graphs it took.

    Raises:
        AssertionError: a result, or what the module holds then, is not eager Python's.
    """
    torch._dynamo.reset()
    backend = Counting()
    got, wanted = Held(), Held()
    both = config.patch(use_recursive_dict_tags_for_guards=tags, recompile_limit=30)
    with both, vartrack.use(registry):
        compiled = torch.compile(
            lambda x, held: (x + 1, program(x, held)), backend=backend, fullgraph=True
        )
        for change in (lambda held: None, *changes):
            x = torch.zeros(2)
            change(got)
            change(wanted)
            assert plain(compiled(x, got)) == plain((x + 1, program(x, wanted)))
            assert told(got) == told(wanted)
    return backend.graphs


def nothing(held: Any) -> None:
    """No change: a guard that stands below an unchanged dict may be passed by now."""


def read_and_changed(x: torch.Tensor, held: Any) -> Any:
    first = held.one[0]
    held.other[0] = "changed"
    return first, held.one[0]


def asked_and_changed(x: torch.Tensor, held: Any) -> Any:
    before = len(held.one)
    held.object.list.append("new")
    return before, len(held.one)


def joined(held: Any) -> None:
    held.other = held.object.list = held.one


def parted(held: Any) -> None:
    held.other, held.object.list = ["c", "d"], ["x", "y"]


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize("program", [read_and_changed, asked_and_changed])
def test_what_is_read_may_become_what_is_changed(program: Any, registry: vartrack.Registry) -> None:
    check(registry, program, [joined, parted, nothing, joined, nothing])


@pytest.mark.parametrize("tags", [False, True])
@pytest.mark.parametrize("registry", [vartrack.sound, SOUND], ids=lambda registry: registry.name)
def test_a_list_in_a_tuple_of_a_module_is_no_setting(
    registry: vartrack.Registry, tags: bool
) -> None:
    def program(x: torch.Tensor, held: Any) -> Any:
        return 1 if held.pair[-1] else 2

    changes: list[Change] = [
        nothing,
        lambda held: held.pair[1].clear(),
        lambda held: held.pair[1].append(3),
        lambda held: setattr(held, "pair", (1, 0)),
        lambda held: setattr(held, "pair", (1, 2)),
    ]
    check(registry, program, changes, tags)


class Mode(enum.Enum):
    """An enum with a text and a number."""

    A = "a"
    B = "b"


#: What is asked of a value, of a container, or of something deep in them.
QUESTIONS: dict[str, tuple[Any, list[Change]]] = {
    "first": (
        lambda x, held: held.part.settings["k"][0] == "a" if held.part.settings["k"] else "none",
        [
            lambda held: held.part.settings["k"].__setitem__(0, "b"),
            lambda held: held.part.settings["k"].clear(),
            lambda held: held.part.settings["k"].append("a"),
            lambda held: held.part.settings.update(k=("a",)),
            lambda held: held.part.settings.update(k={0: "a"}),
        ],
    ),
    "item": (
        lambda x, held: held.one[0],
        [
            lambda held: held.one.__setitem__(0, 1),
            lambda held: held.one.__setitem__(0, True),
            lambda held: held.one.__setitem__(0, 1.0),
            lambda held: held.one.__setitem__(0, None),
            lambda held: held.one.__setitem__(0, Mode.A),
            lambda held: held.one.__setitem__(0, ["a"]),
            lambda held: held.one.insert(0, "b"),
        ],
    ),
    "key": (
        lambda x, held: (held.dict.get("a"), 1 if held.dict else 2, "b" in held.dict),
        [
            lambda held: held.dict.pop("a"),
            lambda held: held.dict.update(a=True),
            lambda held: held.dict.update(a=1.0),
            lambda held: held.dict.pop("b"),
            lambda held: held.dict.clear(),
            lambda held: held.dict.update(c=1),
        ],
    ),
    "key that is another": (
        lambda x, held: (held.dict.__setitem__(1, 7), held.dict[1.0], list(held.dict)),
        [
            lambda held: setattr(held, "dict", {True: 3}),
            lambda held: setattr(held, "dict", {1.0: 3}),
            lambda held: setattr(held, "dict", {2: 3}),
        ],
    ),
    "deleted": (
        lambda x, held: (held.dict.__setitem__("n", 1), held.dict.__delitem__("n"), 1),
        [
            lambda held: held.dict.pop("a"),
            lambda held: held.dict.update(z=3),
            lambda held: held.dict.clear(),
        ],
    ),
    "number": (
        lambda x, held: (held.step < 5, 1 if held.step else 2, held.step in (0, 1), held.step),
        [
            lambda held, value=value: setattr(held, "step", value)
            for value in (1, True, 1.0, 0.0, -0.0, False, 7, 8, "a", None)
            if not isinstance(value, str) and value is not None
        ],
    ),
    "text": (
        lambda x, held: (held.a == "a", held.a.startswith("ab"), len(held.a), held.a in ("b", "c")),
        [
            lambda held, value=value: setattr(held, "a", value)
            for value in ("b", "ab", "abc", "", "a")
        ],
    ),
    "member": (
        lambda x, held: (held.a is Mode.A, held.a == Mode.B, held.a in (Mode.A, "a")),
        [
            lambda held, value=value: setattr(held, "a", value)
            for value in (Mode.A, Mode.B, "a", None, 1, Mode, Mode.A)
        ],
    ),
}


@pytest.mark.parametrize("tags", [False, True])
@pytest.mark.parametrize("use", QUESTIONS)
def test_an_answer_is_asked_again_at_every_call(use: str, tags: bool) -> None:
    program, changes = QUESTIONS[use]
    between = [each for change in changes for each in (nothing, change)]
    for registry in (THRIFT, SOUND):
        check(registry, program, between, tags)


def test_methods_of_late_values_are_equal_on_sound() -> None:
    """Torch and `stock` take each for another one."""

    def program(x: torch.Tensor, held: Any) -> Any:
        equal = held.a.join == held.a.join, held.dict.get != held.dict.get
        return equal, held.a.upper == held.a.lower, "a".join == "a".join

    check(SOUND, program, [lambda held: setattr(held, "a", "b")])
