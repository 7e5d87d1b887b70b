"""Numbers that change: symbols on the set thrift, with the answers of Python all along."""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from beside_torch import plain
from places import Counting, assert_alike
from torch._dynamo import config
from torch._dynamo.eval_frame import _debug_get_cache_entry_list

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

THRIFT = vartrack.stock.derive("thrift")
vartrack.extras.thrift.register(THRIFT)

counter = 0
counters = {"n": 0}
numbers = [0]


class Stepping(torch.nn.Module):
    """A module that counts, as training loops have it."""

    def __init__(self, number: Any = 0) -> None:
        super().__init__()
        self.number = number
        self.numbers = {"n": 0}
        self.list = [0]

    def forward(self, program: Callable[..., Any], x: torch.Tensor) -> Any:
        return program(self, x)


def in_module(m: Stepping, x: torch.Tensor) -> Any:
    m.number += 1
    return x * m.number


def in_dict_of_module(m: Stepping, x: torch.Tensor) -> Any:
    m.numbers["n"] += 1
    return x * m.numbers["n"]


def in_list_of_module(m: Stepping, x: torch.Tensor) -> Any:
    m.list[0] += 1
    return x * m.list[0]


def in_global(m: Stepping, x: torch.Tensor) -> Any:
    global counter
    counter += 1
    return x * counter


def in_global_dict(m: Stepping, x: torch.Tensor) -> Any:
    counters["n"] += 1
    return x * counters["n"]


def in_global_list(m: Stepping, x: torch.Tensor) -> Any:
    numbers[0] += 1
    return x * numbers[0]


def _restored() -> None:
    global counter
    counter = counters["n"] = numbers[0] = 0


def called(
    program: Callable[..., Any], registry: vartrack.Registry | None, compiled: bool = True
) -> tuple[list[Any], int]:
    """What six calls give and leave behind, and how often the program was compiled."""
    torch._dynamo.reset()
    _restored()
    run: Callable[..., Any] = program
    if compiled:
        run = torch.compile(program, backend=Counting(), fullgraph=True)
    module, x, given = Stepping(), torch.arange(3.0), []
    with vartrack.use(registry):
        for _ in range(6):
            result = run(module, x)
            left = (module.number, module.numbers, module.list, counter, counters, numbers)
            given.append((plain(result), plain(left)))
    return given, len(_debug_get_cache_entry_list(program.__code__))


@pytest.mark.parametrize(
    "program",
    [in_module, in_global, in_dict_of_module, in_list_of_module, in_global_dict, in_global_list],
)
def test_a_counter_that_the_graph_writes_is_a_symbol(program: Callable[..., Any]) -> None:
    expected, _ = called(program, None, compiled=False)
    assert called(program, None) == (expected, 6), "torch compiles for each value"
    assert called(program, THRIFT) == (expected, 1)


def test_a_counter_in_a_closure() -> None:
    def counting() -> Any:
        count = 0

        def run(x: torch.Tensor) -> Any:
            nonlocal count
            count += 1
            return x * count

        return run

    eager, backend = counting(), Counting()
    with vartrack.use(THRIFT):
        compiled = torch.compile(counting(), backend=backend, fullgraph=True)
        for _ in range(6):
            assert torch.equal(compiled(torch.ones(3)), eager(torch.ones(3)))
    assert backend.graphs == 1


def with_default(n: Any) -> Any:
    def run(x: torch.Tensor, n: Any = n) -> Any:
        return x * n

    return run


def with_named_default(n: Any) -> Any:
    def run(x: torch.Tensor, *, n: Any = n) -> Any:
        return x + n

    return run


def with_default_list(n: Any) -> Any:
    def run(x: torch.Tensor, seen: list[int] = [*range(n)]) -> Any:  # noqa: B006
        seen.append(n)
        return x * len(seen)

    return run


@pytest.mark.parametrize("make", [with_default, with_named_default, with_default_list])
def test_a_default_of_a_function_that_is_made_anew(make: Callable[..., Any]) -> None:
    """As ``lambda x, k=k: x * k`` in a loop, and masks of an attention with their offset."""

    def called(x: torch.Tensor, function: Callable[..., Any]) -> Any:
        return function(x)

    found = []
    for registry in (None, THRIFT):
        torch._dynamo.reset()
        backend = Counting()
        with vartrack.use(registry):
            run = torch.compile(called, backend=backend, fullgraph=True)
            for n in (2, 3, 4, 5, 3):
                x, made, other = torch.ones(3), make(n), make(n)
                assert torch.equal(run(x, made), other(x))
                assert made.__defaults__ == other.__defaults__
        found.append(backend.graphs)
    assert found == [4, 2]


# what a number is used for: as many compiles as a symbol takes
USES: dict[str, Callable[[Any, torch.Tensor], Any]] = {
    "warm-up": lambda n, x: x * min(1.0, n / 4),
    "cosine": lambda n, x: x * (0.5 * (1 + math.cos(math.pi * n / 10))),
    "decay": lambda n, x: x * 0.9**n,
    "square root": lambda n, x: x * math.sqrt(n),
    "inverse root": lambda n, x: x * n**-0.5,
    "division": lambda n, x: (n / 3, n // 3, n % 7, x),
    "bits": lambda n, x: (n << 1, n & 1, n | 4, n ^ 1, x),
    "rounding": lambda n, x: (round(n / 3, 2), int(n / 3), math.floor(n / 3), float(n), x),
    "extremes": lambda n, x: (abs(-n), sum([n, 2]), x),
    "size": lambda n, x: (torch.zeros(n), x.repeat(n), torch.arange(n)),
    "tensor": lambda n, x: (torch.tensor(n), torch.full((2,), n), x.clamp(max=n)),
    "tuple": lambda n, x: (n, [n] * 2, {"n": n + 1}, x),
    "kind": lambda n, x: (isinstance(n, int), type(n), n is None, x),
    "text": lambda n, x: (f"step {n}", f"{n:05d}", f"{n!r:>4}", "{} of {}".format(n, 9), x),  # noqa: UP032
    "text of a float": lambda n, x: (f"{n / 3:.4f}", f"{n / 3}", x),
    "only text": lambda n, x: f"{n:03d}",
    "one text": lambda n, x: f"{n}",
    "many texts": lambda n, x: f"{{{n}}}: {n * 2} {x.shape[0]}",
}


#: Those that read the type of the number, pass it on, or work out something when the graph has run.
CARRIED = (
    "kind",
    "tuple",
    "division",
    "bits",
    "text",
    "text of a float",
    "only text",
    "one text",
    "many texts",
)


@pytest.mark.parametrize("use", USES)
def test_what_is_done_with_a_number_needs_one_graph_more(use: str) -> None:
    def program(m: Stepping, x: torch.Tensor) -> Any:
        return USES[use](m.number, x)

    expected, graphs = _read(program, None, compiled=False)
    alone, graphs = _read(program, None)
    assert alone == expected
    assert graphs == 6, "torch compiles for each value"
    assert _read(program, THRIFT) == (expected, 1 if use in CARRIED else 2)


def _read(
    program: Callable[..., Any], registry: vartrack.Registry | None, compiled: bool = True
) -> tuple[list[Any], int]:
    """What a program gives that reads a number, and how often it was compiled."""
    torch._dynamo.reset()
    run: Callable[..., Any] = program
    if compiled:
        run = torch.compile(program, backend="eager", fullgraph=True)
    module, given = Stepping(), []
    with vartrack.use(registry):
        for number in range(4, 10):
            module.number = number
            given.append(plain(run(module, torch.arange(3.0))))
    return given, len(_debug_get_cache_entry_list(program.__code__))


# what has to know the number: no worse than torch, which compiles for each
FIXED: dict[str, Callable[[Any, torch.Tensor], Any]] = {
    "index": lambda n, x: x * [*range(12)][n],
    "range": lambda n, x: sum((x + k for k in range(n)), x),
    "text times": lambda n, x: (x, "x" * n),
    "list times": lambda n, x: (x, len([0] * n)),
    "key": lambda n, x: x * {4: 1, 5: 2, 6: 3, 7: 4, 8: 5, 9: 6}[n],
    "key that is set": lambda n, x: {n: x},
    "member": lambda n, x: (x, n in {4, 5}),
    "str": lambda n, x: (x, str(n), "%d" % n),  # noqa: UP031
    "repr": lambda n, x: (x, repr(n)),
    "divmod": lambda n, x: (x, divmod(n, 3)),
    "sorted": lambda n, x: (x, sorted([7, n])),
    "bit_length": lambda n, x: (x, n.bit_length()),
    "gcd": lambda n, x: (x, math.gcd(n, 6)),
    "logarithm": lambda n, x: x * math.log(n),
    "slice": lambda n, x: (x, "abcdefghijkl"[:n], [*range(12)][n:]),
    "loop": lambda n, x: _summed(n, x),
    "text of truth": lambda n, x: (x, f"{n > 6}"),
}


def _summed(n: int, x: torch.Tensor) -> torch.Tensor:
    k = 0
    while k < n:
        x, k = x + k, k + 1
    return x


@pytest.mark.parametrize("use", FIXED)
def test_what_has_to_know_the_number_is_no_break(use: str) -> None:
    def program(m: Stepping, x: torch.Tensor) -> Any:
        return FIXED[use](m.number, x)

    expected, _ = _read(program, None, compiled=False)
    alone, most = _read(program, None)
    given, compiles = _read(program, THRIFT)
    assert given == expected == alone
    assert compiles <= most


class Whole(int):
    """An int with a type of its own."""


class Real(float):
    """A float with a type of its own."""


class Level(enum.IntEnum):
    LOW = 3


ANYTHING = [2, 3, 4, 0, 1, -1, True, False, 2.0, 2.5, math.nan, 3.5, math.inf, -0.0, 0.0, -2.5]
ANYTHING += [10**6, 2**63 - 1, 2**63, 2**70, -(2**63) - 1, Whole(5), Whole(7), Real(1.5), Real(2.5)]
ANYTHING += [Level.LOW, None, 1e-30, 1e300, 3, 5, -math.inf, torch.tensor(3), 4, "7", 2.25, -0.0, 9]

LATER: dict[str, Callable[[Any, torch.Tensor], Any]] = {
    "product": lambda n, x: x * n,
    "given": lambda n, x: (n, x),
    "sum": lambda n, x: n + 1,
    "equal to itself": lambda n, x: x + 1 if n == n else x - 1,
    "not itself": lambda n, x: x + 1 if n != n else x - 1,
    "greater": lambda n, x: x + 1 if n > 2 else x - 1,
    "not less": lambda n, x: x + 1 if not n <= 2 else x - 1,
    "truth": lambda n, x: x + 1 if n else x - 1,
    "text": lambda n, x: f"{n} {n!r:>5}",
    "nan": lambda n, x: math.isnan(n),
    "sign": lambda n, x: x + math.copysign(1, n),
    "half": lambda n, x: (n // 2, n / 3, n % 3, n**2),
    "extremes": lambda n, x: (min(n, 3), max(n, 3)),
    "kind": lambda n, x: (isinstance(n, int), type(n).__name__, n is None, n is True),
    "numbers": lambda n, x: (int(n), float(n), bool(n), round(n)),
    "key": lambda n, x: {3: 1, 4: 2, 2.5: 3}.get(n),
    "filled": lambda n, x: torch.full((2,), n),
}


def _outcome(run: Callable[[], Any]) -> Any:
    try:
        return plain(run())
    except Exception:
        return "raised"


@pytest.mark.parametrize(
    ("use", "base"),
    [*((use, "thrift") for use in LATER), ("product", "sound"), ("greater", "sound")],
)
def test_any_value_may_come_later(use: str, base: str) -> None:
    registry = THRIFT
    if base == "sound":
        registry = vartrack.sound.derive("sound and thrift")
        vartrack.extras.thrift.register(registry)

    def program(m: Stepping, x: torch.Tensor) -> Any:
        return LATER[use](m.number, x)

    def outcomes(run: Callable[..., Any]) -> Iterator[Any]:
        module = Stepping()
        for value in ANYTHING:
            module.number = value
            yield _outcome(lambda: run(module, torch.ones(2)))

    expected = list(outcomes(program))
    with config.patch(recompile_limit=100), vartrack.use(registry):
        given = list(outcomes(torch.compile(program, backend="eager")))
    with config.patch(recompile_limit=100), vartrack.use(None):
        torch._dynamo.reset()
        alone = list(outcomes(torch.compile(program, backend="eager")))
    for value, want, have, torchs in zip(ANYTHING, expected, given, alone, strict=True):
        assert have == want or have == torchs != want, value


def test_an_int_is_not_taken_for_a_size_that_it_equals() -> None:
    def program(m: Stepping, x: torch.Tensor) -> Any:
        return x * m.number, x.shape[0] == m.number

    module, backend = Stepping(), Counting()
    with vartrack.use(THRIFT):
        compiled = torch.compile(program, backend=backend, fullgraph=True)
        for number, size in [(4, 4), (5, 5), (5, 6), (6, 5), (7, 7), (7, 8), (8, 7)]:
            module.number = number
            assert plain(compiled(module, torch.ones(size))) == plain(
                program(module, torch.ones(size))
            )
    assert backend.graphs <= 4


@pytest.mark.parametrize("base", [None, vartrack.sound], ids=["thrift", "sound"])
def test_a_tuple_of_a_module_is_taken_apart_once_a_number_changed(base: Any) -> None:
    registry = (base or vartrack.stock).derive("with thrift")
    vartrack.extras.thrift.register(registry)

    def program(m: Stepping, x: torch.Tensor) -> Any:
        height, width = m.number
        return x * height + width, m.number[0] // 2

    module, backend = Stepping(), Counting()
    with vartrack.use(registry):
        compiled = torch.compile(program, backend=backend, fullgraph=True)
        for module.number in [(4, 4), (5, 6), (6, 8), (9, 8), (9, 9), (0.5, 3), (2, 3)]:
            found = compiled(module, torch.ones(2))
            assert plain(found) == plain(program(module, torch.ones(2)))
            if module.number == (9, 9):
                assert backend.graphs == 2


def test_a_counter_before_a_graph_break_is_a_symbol_all_the_same() -> None:
    def program(m: Stepping, x: torch.Tensor) -> Any:
        m.number += 1
        x = x * m.number
        print(end="")
        return x + m.number

    module, other, backend = Stepping(), Stepping(), Counting()
    with vartrack.use(THRIFT):
        compiled = torch.compile(program, backend=backend)
        for _ in range(6):
            assert torch.equal(compiled(module, torch.ones(2)), program(other, torch.ones(2)))
    assert backend.graphs <= 4


def test_uninstalling_leaves_torch_as_it_was() -> None:
    from torch._dynamo.side_effects import SideEffects

    own = SideEffects.store_attr
    with vartrack.use(THRIFT):
        assert SideEffects.store_attr is not own
        with vartrack.use(vartrack.sound):
            called(in_module, THRIFT)
    assert SideEffects.store_attr is own


def test_on_stock_a_counter_is_what_it_is_on_torch() -> None:
    expected, graphs = called(in_module, None)
    assert called(in_module, vartrack.stock) == (expected, graphs)


def test_where_torch_stands_in_derivatives_is_no_number_that_varies() -> None:
    """torch keeps that in globals of its own modules, and sets them back before the guards run."""

    def derivatives(x: torch.Tensor) -> Any:
        once = torch.func.jvp(torch.sin, (x,), (x,))
        return once, torch.func.hessian(lambda t: (t * t).sum())(x), torch.func.jacfwd(torch.sin)(x)

    with vartrack.use(THRIFT):
        compiled = torch.compile(derivatives, backend="eager", fullgraph=True, dynamic=True)
        for size in (2, 3, 4):
            given = torch.arange(float(size))
            assert_alike(compiled(given), derivatives(given))
