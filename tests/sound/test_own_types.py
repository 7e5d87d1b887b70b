"""Values of types that users have registered: what comes to stand on the class is noticed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import pytest
import torch

import vartrack
from vartrack import ConstantVisitor, RecordVisitor, SnapshotVisitor
from vartrack.bases.content import content_key

pytestmark = pytest.mark.usefixtures("fresh")

X = torch.ones(2)


def gives(result: Any) -> Callable[..., Any]:
    return lambda self, *_: result


def seven_for_n(self: Any, name: str) -> Any:
    return 7 if name == "n" else object.__getattribute__(self, name)


def ending(x: torch.Tensor, v: Any) -> Any:
    try:
        with v:
            raise ValueError
    except ValueError:
        return x + 1
    return x + 5


#: A use, what is set on the class, and to what.
CHANGES: dict[str, tuple[Callable[..., Any], str, Any]] = {
    "truth": (lambda x, v: x + 1 if v else x, "__bool__", gives(False)),
    "bool": (lambda x, v: x + bool(v), "__len__", gives(0)),
    "not": (lambda x, v: x + (not v), "__bool__", gives(False)),
    "callable": (lambda x, v: x + 1 if callable(v) else x, "__call__", gives(0)),
    "equal": (lambda x, v: x + 1 if v == 3 else x, "__eq__", gives(True)),
    "in": (lambda x, v: x + 1 if v in [3, 4] else x, "__eq__", gives(True)),
    "missing": (lambda x, v: x + getattr(v, "zz", 3), "__getattr__", gives(8)),
    "property": (lambda x, v: x + v.n, "n", property(gives(7))),
    "hidden": (lambda x, v: x + v.n, "__getattribute__", seven_for_n),
    "text": (lambda x, v: x + len("%s" % (v,)), "__str__", gives("long")),
    "written": (lambda x, v: x + len(f"{v}"), "__repr__", gives("longer")),
    "method": (lambda x, v: x + v.act(), "act", gives(7)),
    "item": (lambda x, v: x + v[0], "__getitem__", gives(6)),
    "sum": (lambda x, v: x + (v + 1), "__add__", gives(50)),
    "number": (lambda x, v: x + float(v), "__float__", gives(5.0)),
    "index": (lambda x, v: x + [1, 2, 3][v], "__index__", gives(2)),
    "with": (ending, "__exit__", gives(True)),
}


@pytest.mark.parametrize("base", [ConstantVisitor, SnapshotVisitor, RecordVisitor])
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_the_class_is_noticed(name: str, base: Any) -> None:
    notices(base, *CHANGES[name])


def notices(base: Any, use: Callable[..., Any], attribute: str, new: Any) -> None:
    """Assert that a use gives what Python gives, when something comes to the class and goes."""

    class Value:
        def __init__(self) -> None:
            self.n = 1

        def act(self) -> int:
            return 1

        def __repr__(self) -> str:
            return "v"

        def __getitem__(self, index: int) -> int:
            return index + 1

        def __add__(self, other: object) -> int:
            return 4

        def __float__(self) -> float:
            return 1.0

        def __index__(self) -> int:
            return 1

        def __enter__(self) -> None: ...

        def __exit__(self, *_: object) -> bool:
            return False

    given: dict[str, Any] = {"types": (Value,)}
    if base is not RecordVisitor:
        given["key"] = staticmethod(lambda value: object.__getattribute__(value, "__dict__")["n"])
    registry = vartrack.sound.derive("values")
    registry.register(type("Values", (base,), given))
    value = Value()
    with vartrack.use(registry):
        compiled = torch.compile(use, backend="eager")
        assert torch.equal(compiled(X, value), use(X, value))
        before = vars(Value).get(attribute)
        setattr(Value, attribute, new)
        assert torch.equal(compiled(X, value), use(X, value))
        if before is None:
            delattr(Value, attribute)
        else:
            setattr(Value, attribute, before)
        assert torch.equal(compiled(X, value), use(X, value))


def test_a_value_is_looked_for_by_what_comparing_it_reads() -> None:
    """And not by all that it holds, which may be nothing that can be a key."""

    class Held:
        def __init__(self, tensor: torch.Tensor) -> None:
            self.tensor = tensor

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Held)

        __hash__ = None  # type: ignore[assignment]

    registry = vartrack.sound.derive("held")
    registry.register(
        type("Holders", (ConstantVisitor,), {"types": (Held,), "key": staticmethod(content_key)})
    )
    value = Held(torch.nn.Parameter(X))
    with vartrack.use(registry):
        compiled = torch.compile(
            lambda x, v: (x, v in [1, (2,)], 3 in (v,)), backend="eager", fullgraph=True
        )
        assert compiled(X, value)[1:] == (False, False)


class Equal:
    """A value that nothing tells from others: what it holds has no key."""

    def __init__(self) -> None:
        self.held = {"a": 1}.values()

    def __eq__(self, other: object) -> bool:
        return type(other) is Equal

    def __hash__(self) -> int:
        return 1


@pytest.mark.first_answer
@pytest.mark.parametrize("base", [ConstantVisitor, SnapshotVisitor])
@pytest.mark.parametrize("container", [list, dict, OrderedDict, set])
def test_a_container_is_held_against_a_value_without_a_key(container: type, base: Any) -> None:
    """Which needs no more than that it is no such container."""
    own = type("Own", (container,), {})
    registry = vartrack.sound.derive("with a type of its own")
    registry.register(
        type("Equals", (base,), {"types": (Equal,), "key": staticmethod(content_key)})
    )

    def use(x: torch.Tensor, held: Any, value: Any) -> Any:
        return x + 1, held == value, held != value, [held, value].index(value)

    compiled = torch.compile(use, backend="eager", fullgraph=True)
    with vartrack.use(registry):
        for _ in range(2):
            assert compiled(X, own(), Equal())[1:] == use(X, own(), Equal())[1:]
