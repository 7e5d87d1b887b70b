"""`uninstall` and the end of `use` leave torch exactly as it was."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from decimal import Decimal
from typing import Any

import pytest
import torch
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.dicts import ConstDictVariable

import vartrack
from vartrack import ConstantVisitor, OpaqueVisitor, RecordVisitor, SnapshotVisitor
from vartrack.core.wrapping.wrappers import Wrappers


class Constant:
    def __init__(self, number: int) -> None:
        self.number = number

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Constant) and self.number == other.number

    def __hash__(self) -> int:
        return hash(self.number)


class Snapshot(Constant): ...


class Record(Constant): ...


class Opaque: ...


def program(x: Any, constant: Any, snapshot: Any, record: Any, opaque: Any) -> Any:
    texts = f"{constant.number}", format(snapshot.number), str(type(record))
    found = constant == constant, snapshot in [snapshot], opaque is None, constant is constant
    return x + record.number, texts, found, max(x.shape[0], 2)


def run_program() -> None:
    values = Constant(1), Snapshot(2), Record(3), Opaque()
    torch._dynamo.reset()
    torch.compile(program, backend="eager", fullgraph=True)(torch.ones(2), *values)
    torch._dynamo.reset()


def registry() -> vartrack.Registry:
    registry = vartrack.stock.derive("one of each")
    for cls, base in [
        (Constant, ConstantVisitor),
        (Snapshot, SnapshotVisitor),
        (Record, RecordVisitor),
        (Opaque, OpaqueVisitor),
    ]:
        attributes = {"types": (cls,), "exact": True}
        if base is RecordVisitor:
            attributes["fields"] = ("number",)
        registry.register(type(f"{cls.__name__}s", (base,), attributes))
    return registry


def handlers() -> dict[Any, list[Any]]:
    return {function: list(found) for function, found in BuiltinVariable._binop_handlers().items()}


def foreign_keys() -> list[Any]:
    """What Dynamo remembers of calls with trackers that are not its own."""
    return [
        key
        for key in BuiltinVariable.call_function_handler_cache
        if any(
            isinstance(part, type)
            and issubclass(part, VariableTracker)
            and not part.__module__.startswith("torch.")
            for part in key
        )
    ]


def test_tables_of_functions_are_as_they_were() -> None:
    before = handlers()
    assert not foreign_keys()
    vartrack.install(registry())
    try:
        run_program()
        assert handlers() != before
        assert foreign_keys()
    finally:
        vartrack.uninstall()
    assert handlers() == before
    assert not foreign_keys()
    with vartrack.use(registry()):
        with vartrack.use(None):
            pass
        run_program()
        assert handlers() != before
    assert handlers() == before
    assert not foreign_keys()


def test_a_tracker_class_made_meanwhile_is_asked_first_too() -> None:
    """A visitor of one's own may bring a tracker class of its own, at any time."""
    from vartrack.bases.tracing.folded.folded_variable import FoldedVariable

    with vartrack.use(vartrack.stock.derive("mine")) as mine:
        assert mine is not None

        class MoneyVariable(FoldedVariable): ...

        @mine.register
        class Moneys(ConstantVisitor):
            types = (Decimal,)
            key = str
            folded_class = MoneyVariable

        compiled = torch.compile(lambda x, v: (x, format(v)), backend="eager", fullgraph=True)
        assert compiled(torch.ones(1), Decimal("1.50"))[1] == "1.50"
    assert not foreign_keys()


STOCK = """
    import decimal, torch, torch._dynamo
    from torch._dynamo.exc import Unsupported

    class Plain:
        def __init__(self, number):
            self.number = number
        def __eq__(self, other):
            return self.number == other.number
        __hash__ = None

    def amounts(x, v):
        return x + 10 if v > decimal.Decimal("2") else x

    def objects(x, v):
        return x * v.number, v == v, v is v, v in [v], max(v.number, 2)

    def numbers(x, n):
        return x + n, f"{n}", n == 3, divmod(n, 2), pow(n, 2), min(n, 1.5), format(n, "d")

    def breaks(x, lock):
        with lock:
            return x + 1

    def outcomes():
        import threading
        for function, values in (
            (amounts, [decimal.Decimal(3), decimal.Decimal(1)]),
            (objects, [Plain(1), Plain(2), Plain(1)]),
            (numbers, [3, 4, 5]),
            (breaks, [threading.Lock()]),
        ):
            torch._dynamo.reset()
            graphs, guards = [], []
            def backend(graph, inputs):
                graphs.append(graph.print_readable(print_output=False))
                return graph.forward
            compiled = torch.compile(function, backend=backend, fullgraph=True)
            for value in values:
                try:
                    yield function.__name__, compiled(torch.ones(2), value), len(graphs)
                except Unsupported as refusal:
                    yield function.__name__, str(refusal).splitlines()[0], len(graphs)
            explained = torch._dynamo.explain(function)(torch.ones(2), values[0])
            yield sorted(guard.create_fn_name() for guard in explained.out_guards)
            yield graphs
"""


def outcomes(between: str) -> str:
    """What programs give on torch's own builder, in a process of its own."""
    script = textwrap.dedent(STOCK) + between + "\nprint(*map(repr, outcomes()), sep='\\n')\n"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=300
    )
    return done.stdout


def test_what_is_compiled_afterwards_is_compiled_as_if_vartrack_did_not_exist() -> None:
    vartracks = """
import vartrack
vartrack.install(extras=["stdlib", "numpy"])
first = [*map(repr, outcomes())]
vartrack.uninstall()
with vartrack.use(vartrack.default):
    torch.compile(objects, backend="eager")(torch.ones(2), Plain(1))
"""
    alone, afterwards = outcomes(""), outcomes(vartracks)
    assert "amounts" in alone
    assert afterwards == alone


def test_a_function_that_is_wrapped_twice_comes_back() -> None:
    class Owner:
        def method(self) -> str:
            return "own"

    own = Owner.method
    wrappers = Wrappers(
        (Owner, "method", lambda function: lambda self: f"one {function(self)}"),
        (Owner, "method", lambda function: lambda self: f"two {function(self)}"),
    )
    for _ in range(3):
        wrappers.add()
        assert Owner().method() == "two one own"
        wrappers.remove()
        assert Owner.method is own


@pytest.mark.parametrize("base", [vartrack.stock, vartrack.sound])
def test_nothing_of_thrift_stays_behind(base: vartrack.Registry) -> None:
    registry = base.derive("thrifty")
    vartrack.extras.load("thrift").register(registry)
    before = dict(vars(ConstDictVariable))
    for _ in range(3):
        with vartrack.use(registry), vartrack.use(vartrack.stock), vartrack.use(registry):
            assert dict(vars(ConstDictVariable)) != before
        assert dict(vars(ConstDictVariable)) == before
