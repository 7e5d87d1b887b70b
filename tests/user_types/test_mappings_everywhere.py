"""Every use of every mapping type in every place, changed between calls: nothing is missed.

One program has a value of its own in each place, and does the same with all of them. Once it is
compiled, the value of one place is changed while all others stay, so that no guard on another
place can notice it: the call must compile anew, which is not allowed here and thus seen, or give
the answer of eager Python.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
import torch._dynamo
from mapping_values import CHANGEABLE, STATES, TYPES, USES, Items, change
from places import Counting, Holder, assert_alike
from torch._dynamo.exc import Unsupported

import vartrack
from vartrack import Registry, extras

pytestmark = pytest.mark.usefixtures("fresh")

#: Where a value can stand.
PLACES = ("argument", "module", "object", "global", "closure", "dict", "list")
#: The items that a value gets besides those of `STATES`: others that are equal.
EQUAL: list[Items] = [[("scale", 2.0), ("shift", 3)], [("scale", 2), ("shift", True)]]

at_global: Any = None


class Recompiled(Exception):
    """The call was not allowed to compile, and would have."""


class Plain:
    """An object that has the value as an attribute."""

    value: Any = None


class Everywhere:
    """A use of the values in ``places``, compiled as one program."""

    def __init__(self, use: Callable[[Any], Any], places: tuple[str, ...], fullgraph: bool) -> None:
        self.places = places
        self.holder, self.plain = Holder(lambda x, value: None), Plain()
        self.in_dict: dict[str, Any] = {}
        self.in_list: list[Any] = [None]
        in_cell: Any = None

        def put(value: Any) -> None:
            nonlocal in_cell
            in_cell = value

        self.put = put
        reads = {
            "argument": lambda value, holder, plain, in_dict, in_list: value,
            "module": lambda value, holder, plain, in_dict, in_list: holder.value,
            "object": lambda value, holder, plain, in_dict, in_list: plain.value,
            "global": lambda value, holder, plain, in_dict, in_list: at_global,
            "closure": lambda value, holder, plain, in_dict, in_list: in_cell,
            "dict": lambda value, holder, plain, in_dict, in_list: in_dict["value"],
            "list": lambda value, holder, plain, in_dict, in_list: in_list[0],
        }
        read = tuple(reads[place] for place in places)

        def program(x: torch.Tensor, *where: Any) -> Any:
            return x + 1, [use(one(*where)) for one in read]

        self.program = program
        self.compiled = torch.compile(program, backend=Counting(), fullgraph=fullgraph)
        self.values: dict[str, Any] = {}

    def stand(self, place: str, value: Any) -> None:
        """Let ``value`` stand in ``place``."""
        global at_global
        self.values[place] = value
        if place == "module":
            self.holder.value = value
        elif place == "object":
            self.plain.value = value
        elif place == "global":
            at_global = value
        elif place == "closure":
            self.put(value)
        elif place == "dict":
            self.in_dict["value"] = value
        elif place == "list":
            self.in_list[0] = value

    def __call__(self, run: Callable[..., Any]) -> Any:
        """What calling ``run`` gives, or the type of what it raises."""
        where = self.values.get("argument"), self.holder, self.plain, self.in_dict, self.in_list
        try:
            return run(torch.ones(2), *where)
        except Unsupported:
            raise
        except Exception as error:
            if "fail_on_recompile" in str(error):
                raise Recompiled from None
            return type(error)

    def check(self) -> None:
        """Compare one call with eager Python."""
        assert_alike(self(self.compiled), self(self.program))

    def changes(self, name: str) -> Iterator[tuple[str, str]]:
        """Make one change after the other, and undo it; says what and where."""
        for place in self.places:
            kept = self.values[place]
            for items in (*STATES[1:], *EQUAL):
                self.stand(place, TYPES[name](items))
                yield place, f"another: {items}"
                self.stand(place, kept)
                if name in CHANGEABLE:
                    change(kept, items)
                    yield place, f"changed: {items}"
                    change(kept, STATES[0])


def follows(
    registry: Registry | None,
    name: str,
    use: Callable[[Any], Any],
    places: tuple[str, ...] = PLACES,
    fullgraph: bool = True,
) -> bool:
    """Whether the use is compiled, and no change is missed; False if it breaks the graph."""
    torch._dynamo.reset()
    tried = Everywhere(use, places, fullgraph)
    for place in places:
        tried.stand(place, TYPES[name](STATES[0]))
    with vartrack.use(registry):
        try:
            tried.check()
        except Unsupported:
            assert fullgraph, "refused where the graph may break"
            return False
        with torch.compiler.set_stance("fail_on_recompile"):
            for place, what in tried.changes(name):
                try:
                    tried.check()
                except Recompiled:
                    continue
                except AssertionError as error:
                    raise AssertionError(f"missed at {place}: {what}") from error
    return True


def misses_nothing(use: Callable[[Any], Any], name: str, place: str) -> bool:
    """Whether torch alone compiles the use of a value in that place, and is right."""
    try:
        return follows(None, name, use, (place,))
    except Exception:
        return False


@pytest.fixture(scope="module")
def registry() -> Registry:
    registry = vartrack.stock.derive("mappings")
    extras.load("mappings").register(registry)
    return registry


@pytest.mark.parametrize("name", TYPES)
def test_no_change_in_any_place_is_missed(registry: Registry, name: str) -> None:
    right = [what for what, use in USES.items() if follows(registry, name, use)]
    uses = tuple(USES[what] for what in right)
    assert follows(registry, name, lambda d: [use(d) for use in uses], fullgraph=False)
    for what in USES.keys() - set(right):
        assert follows(registry, name, USES[what], fullgraph=False), what
        for place in PLACES:
            # with all other places empty, as one that torch cannot take is enough to refuse all
            assert not misses_nothing(USES[what], name, place), f"{what}: torch compiles it"


def test_a_change_that_is_missed_is_seen(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without guards each place tells of it."""
    compiling = torch.compile

    def unguarded(program: Any, **options: Any) -> Any:
        return compiling(
            program, options={"guard_filter_fn": torch.compiler.skip_all_guards_unsafe}, **options
        )

    monkeypatch.setattr(torch, "compile", unguarded)
    for place in PLACES:
        with pytest.raises(AssertionError, match=f"missed at {place}"):
            follows(registry, "SortedDict", USES["comprehension"], (place,))
