"""OpaqueVisitor: an object is carried along without a guard, and not looked at."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import torch
import torch._dynamo
from places import PLACES, Counting, assert_alike, standing
from torch._dynamo.exc import Unsupported

import vartrack
from vartrack import OpaqueVisitor

pytestmark = pytest.mark.usefixtures("fresh")

X = torch.arange(4.0)


class Handle:
    def __init__(self) -> None:
        self.number = 1

    def __call__(self, x: Any) -> Any:
        return x

    def __len__(self) -> int:
        return 0

    def __iter__(self) -> Iterator[int]:
        return iter(())

    def __getitem__(self, index: Any) -> int:
        return 1

    def __setitem__(self, index: Any, item: Any) -> None:
        self.number = item

    def __contains__(self, item: Any) -> bool:
        return True

    def __add__(self, other: Any) -> int:
        return 3

    __radd__ = __iadd__ = __mul__ = __sub__ = __or__ = __and__ = __divmod__ = __add__

    def __neg__(self) -> int:
        return 4

    __int__ = __index__ = __abs__ = __pos__ = __neg__

    def __float__(self) -> float:
        return 4.0

    def __lt__(self, other: Any) -> bool:
        return True

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, *args: object) -> None:
        pass


class Wider(Handle):
    pass


LOCK = type(threading.Lock())
HANDLES = vartrack.stock.derive("handles")


@HANDLES.register
class Handles(OpaqueVisitor):
    types = (Handle, LOCK)


def program(text: str) -> Any:
    scope: dict[str, Any] = {"torch": torch, "Handle": Handle}
    body = text if "return" in text else f"return {text}"
    exec("def f(x, h):\n " + body.replace("; ", "\n "), scope)
    return scope["f"]


CARRYING = """
h
[h, {"a": h}, (h,)]
box = [1]; box.append(h); return box, x + 1
(lambda other: other)(h)
dict(a=h)["a"], list((h, 1))[0], [h] * 2
kept = {}; kept["h"] = h; return kept, len(kept)
x.handle = h; return x.handle
""".strip().splitlines()


@pytest.mark.parametrize("place", PLACES)
def test_it_comes_back_as_it_is_and_another_one_needs_no_other_graph(place: str) -> None:
    backend = Counting()

    def function(x: torch.Tensor, h: Any) -> Any:
        return x + 1, h, [h, {"a": h}]

    with vartrack.use(HANDLES):
        run = standing(place, function, backend)
        for handle in (Handle(), Handle(), Wider(), threading.Lock()):
            total, one, (two, three) = run(X, handle)
            assert_alike(total, X + 1)
            assert one is two is three["a"] is handle
    # the handles differ, and even their types do
    assert backend.graphs == 1


@pytest.mark.parametrize("text", CARRYING)
def test_it_can_be_carried_anywhere(text: str) -> None:
    function = program(text)
    handle = Handle()
    with vartrack.use(HANDLES):
        run = torch.compile(function, backend="eager", fullgraph=True)
        assert_alike(run(X.clone(), handle), function(X.clone(), handle))


def test_its_type_is_guarded_once_it_is_asked_for() -> None:
    """So that `is None` and `isinstance` are right, and another object still needs no new graph."""

    def function(x: torch.Tensor, h: Any) -> Any:
        if h is None:
            return x, "none"
        known = isinstance(h, Wider), isinstance(h, (int, Handle)), type(h) is Handle, h is not None
        return x + 1, known, h is h

    values = [Handle(), Handle(), None, Wider(), Handle(), None, threading.Lock()]
    backend = Counting()
    with vartrack.use(HANDLES):
        run = standing("argument", function, backend)
        for value in values:
            assert_alike(run(X, value), function(X, value))
    assert backend.graphs == 3  # Handle, Wider, a lock; for None there is nothing to compute


def test_truth_needs_the_type_only_where_the_class_leaves_it_to_python() -> None:
    class Bare:
        pass

    registry = HANDLES.derive()
    registry.register(type("Bares", (OpaqueVisitor,), {"types": (Bare,)}))
    with vartrack.use(registry):
        run = torch.compile(lambda x, h: (h or 3, x), backend="eager", fullgraph=True)
        for bare in (Bare(), Bare(), None, Bare()):
            assert run(X, bare)[0] is (bare or 3)


KNOWN, OTHER = Handle(), Handle()
#: By program how many graphs three handles need, of which the second one is `KNOWN`.
TOLD_APART = {
    "hasattr(h, 'number'), hasattr(h, 'gone'), hasattr(h, '__call__')": 1,
    "getattr(h, 'gone', 3)": 1,
    "h == 1, h != 'a', h == None, h == h, h != h": 1,
    "h in (None, 1), h in [h], callable(h)": 1,
    "h is KNOWN, h is not KNOWN, h == KNOWN, h in [1, KNOWN]": 2,
    "[KNOWN, h].index(h), [KNOWN, h].count(h)": 2,
    "len({h: 1}), [*{h: 1}.values()], {h}": 1,
    "len({h: 1, KNOWN: 2}), {h: 1}.get(KNOWN), KNOWN in {h}, {1: 2, 'a': 3, h: 4}[h]": 2,
    "{KNOWN: 5, OTHER: 6}.get(h), len({KNOWN, OTHER, h})": 2,
    "hash(h) == hash(KNOWN), id(h) == id(KNOWN)": 3,
}


def test_it_can_be_told_from_others() -> None:
    """Whatever is said of who it is, and of what it has, is guarded; torch alone is stale."""
    for text, graphs in TOLD_APART.items():
        function = program(f"{text}, x + 1")
        function.__globals__.update(KNOWN=KNOWN, OTHER=OTHER)
        backend = Counting()
        torch._dynamo.reset()
        with vartrack.use(HANDLES):
            run = standing("argument", function, backend)
            for handle in (Handle(), KNOWN, Handle(), KNOWN):
                assert_alike(run(X, handle), function(X, handle))
        assert backend.graphs == graphs, text


def test_an_attribute_that_comes_is_noticed() -> None:
    def function(x: torch.Tensor, h: Any) -> Any:
        return x + 1 if hasattr(h, "more") else x - 1

    handle = Handle()
    with vartrack.use(HANDLES):
        run = torch.compile(function, backend="eager", fullgraph=True)
        assert_alike(run(X, handle), X - 1)
        handle.more = 1  # type: ignore[attr-defined]
        assert_alike(run(X, handle), X + 1)


class Alike(Handle):
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Alike)

    def __hash__(self) -> int:
        return 1


def test_what_its_class_says_of_equality_is_not_passed_by() -> None:
    for text in ("h == KNOWN", "h == 1", "{h: 1}", "hash(h)"):
        function = program(text)
        function.__globals__.update(KNOWN=KNOWN)
        with vartrack.use(HANDLES), pytest.raises(Unsupported, match=r"comparison __eq__|\(hash\)"):
            torch.compile(function, backend="eager", fullgraph=True)(X, Alike())


USES = {
    "h.number": "attribute number",
    "h.number = 2; return x": "setattr",
    "del h.number; return x": "method __delattr__",
    "h(x)": "a call",
    "h < 1": "comparison __lt__",
    "len(h)": "length",
    "1 if h else 2": "length",
    "[i for i in h]": "iter",
    "[*h]": "iter",
    "h[0]": "subscript",
    "h[0] = 1; return x": "the function uses it",
    "1 in h": "contains",
    "h + 1": "add",
    "1 + h": "add",
    "h += 1; return h": "add",
    "h * 2": "multiply",
    "h | 2": "or",
    "divmod(h, 2)": "divmod",
    "-h": "negative",
    "abs(h)": "absolute",
    "int(h)": "int",
    "float(h)": "float",
    "[1, 2][h]": "index",
    "repr(h)": "repr",
    "x + h": "Handle",
    "torch.add(x, h)": "Handle",
    "sorted([h, h])": "Handle",
    "print(h)": "Handle",
}


@pytest.mark.parametrize("text", USES)
def test_any_use_breaks_the_graph_by_name(text: str) -> None:
    function = program(text)
    with vartrack.use(HANDLES):
        with pytest.raises(Unsupported) as caught:
            torch.compile(function, backend="eager", fullgraph=True)(X.clone(), Handle())
        assert "Handle" in str(caught.value)
        assert USES[text] in str(caught.value)
        torch._dynamo.reset()
        run = torch.compile(function, backend="eager")
        ours, theirs = Handle(), Handle()
        try:
            expected = function(X.clone(), theirs)
        except Exception as error:
            with pytest.raises(type(error)):
                run(X.clone(), ours)
            return
        result = run(X.clone(), ours)
        if "repr(" in text:
            assert type(result) is type(expected)
        elif "sorted" in text:
            assert result == [ours, ours]
        else:
            assert_alike(result, expected)
        assert vars(ours) == vars(theirs)


def test_what_to_do_is_said() -> None:
    with vartrack.use(HANDLES), pytest.raises(Unsupported) as caught:
        torch.compile(lambda x, h: h.number, backend="eager", fullgraph=True)(X, Handle())
    said = str(caught.value)
    assert "is opaque, but the function uses it (attribute number)" in said
    assert "register another kind of visitor for its type" in said


def test_as_a_context_manager_it_breaks_the_graph() -> None:
    def function(x: torch.Tensor, h: Any) -> Any:
        with h:
            return x + 1

    with vartrack.use(HANDLES):
        with pytest.raises(Unsupported, match="Handle"):
            torch.compile(function, backend="eager", fullgraph=True)(X, Handle())
        torch._dynamo.reset()
        assert_alike(torch.compile(function, backend="eager")(X, threading.Lock()), X + 1)
