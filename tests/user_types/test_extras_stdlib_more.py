"""The stdlib set: subclasses, templates, queues, files in memory, loggers, what is kept."""

from __future__ import annotations

import contextvars
import datetime
import functools
import io
import logging
import pathlib
import queue
import string
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
import torch
from beside_torch import assert_refused, assert_right, outcome, registry_with

import vartrack
from vartrack import Registry
from vartrack.extras.stdlib.templates import Templates

pytestmark = pytest.mark.usefixtures("fresh")

Program = tuple[Callable[..., Any], Callable[[], Any]]
JUNE = datetime.date(2024, 6, 1)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return registry_with("stdlib")


# subclasses of C types with something of their own


class Day(datetime.date):
    holiday = False

    def factor(self) -> float:
        return FACTOR if self.holiday else 1.0

    @property
    def next_year(self) -> int:
        return self.year + 1


class Money(Decimal):
    currency = "EUR"

    def more(self) -> float:
        return float(self) + 1


class Named(datetime.date):
    def __str__(self) -> str:
        return f"named {self.year}"


class Spaced(datetime.timedelta):
    __slots__ = ("extra",)


class Folder(pathlib.PurePosixPath):
    def depth(self) -> int:
        return len(self.parts)


FACTOR = 2.0


def days() -> Iterator[Day]:
    global FACTOR
    FACTOR = 2.0
    day = Day(2024, 1, 1)
    yield day
    day.holiday = True
    yield day
    FACTOR = 3.0
    yield day
    yield Day(2024, 7, 2)


def amounts() -> Iterator[Money]:
    amount = Money("1.5")
    yield amount
    amount.currency = "USD"
    yield amount
    yield Money("2.5")


def spaced() -> Iterator[Spaced]:
    value = Spaced(days=1)
    for value.extra in (1, 2, 1):
        yield value


def set_attribute(x: torch.Tensor, v: Any) -> Any:
    v.holiday = 3
    return x * v.holiday, v.isoformat()


# what is read


def template_missing(x: torch.Tensor, v: Any) -> Any:
    try:
        return v.substitute(a=1)
    except KeyError:
        return x - 1


def filled(kind: Any, *items: Any, maxsize: int = 0) -> Any:
    made = kind(maxsize) if maxsize else kind()
    for item in items:
        made.put(item)
    return made


def queues() -> Iterator[Any]:
    value = filled(queue.Queue, 3, maxsize=2)
    yield value
    value.put(1)
    yield value
    value.get()
    value.get()
    yield value


def text_file() -> Iterator[io.StringIO]:
    value = io.StringIO("abc")
    yield value
    value.write("z")
    yield value
    value.seek(2)
    yield value
    yield io.StringIO("abc")


VARIABLE: contextvars.ContextVar[Any] = contextvars.ContextVar("VARIABLE", default=1.0)
UNSET: contextvars.ContextVar[Any] = contextvars.ContextVar("UNSET")


def context_values() -> Iterator[int]:
    for value in (1.0, 2.0, "a", 2.0, 1):
        VARIABLE.set(value)
        yield 0
    VARIABLE.set(1.0)


def get_unset(x: torch.Tensor, v: Any) -> Any:
    try:
        return UNSET.get()
    except LookupError:
        return x - 1


RIGHT: dict[str, Program] = {
    "a day's own": (lambda x, v: (x if v.holiday else -x, v.factor()), days),
    "a day's property": (lambda x, v: v.next_year, days),
    "a day's year": (lambda x, v: x * v.year, lambda: [Day(2000 + n, 1, 1) for n in range(7)]),
    "a day's base": (lambda x, v: (v.isoformat(), str(v), repr(v), f"{v:%d}"), days),
    "days carried": (lambda x, v: (x, v), lambda: [Day(2000 + n, 1, 1) for n in range(12)]),
    "a day as key": (
        lambda x, v: ({JUNE: 1}.get(v), v in [JUNE]),
        lambda: [*days(), Day(2024, 6, 1)],
    ),
    "a day set": (set_attribute, lambda: [Day(2024, 1, 1), Day(2024, 1, 2)]),
    "an amount's own": (lambda x, v: (v.currency == "EUR", v.more()), amounts),
    "an amount's base": (lambda x, v: (x * float(v), v + 1, v > 2, bool(v), {v: 1}[v]), amounts),
    "amounts carried": (lambda x, v: (x, v.currency), lambda: [Money(n) for n in range(12)]),
    "a text of its own": (lambda x, v: str(v), lambda: [Named(2024, 1, 1)] * 2),
    "a slot": (lambda x, v: (x * v.extra, v.days), spaced),
    "a path": (lambda x, v: (v.depth(), v.name), lambda: [Folder("a/b"), Folder("a/b/c")]),
    "template": (
        lambda x, v: (v.substitute(a=1, b=2), v.safe_substitute({"a": 3}), v.template),
        lambda: [string.Template(text) for text in ("$a $b", "c ${a}", "$a $b", "$$a")],
    ),
    "template with a part missing": (
        template_missing,
        lambda: [string.Template("$a"), string.Template("$b")],
    ),
    "templates carried": (
        lambda x, v: (x, v is None),
        lambda: [string.Template(f"$a {n}") for n in range(12)],
    ),
    "queue": (lambda x, v: (x * v.qsize(), v.empty(), v.full(), v.maxsize, list(v.queue)), queues),
    "other queues": (
        lambda x, v: (v.qsize(), v.queue[0]),
        lambda: [filled(queue.LifoQueue, 3, 1), filled(queue.PriorityQueue, 3, 1)],
    ),
    "simple queue": (
        lambda x, v: (x * v.qsize(), v.empty()),
        lambda: [filled(queue.SimpleQueue, *range(n)) for n in (1, 2, 0, 1)],
    ),
    "queues carried": (
        lambda x, v: (x, v is None),
        lambda: [filled(queue.Queue, *range(n)) for n in range(12)],
    ),
    "file of text": (lambda x, v: (v.getvalue(), v.tell(), v.closed), text_file),
    "file of bytes": (lambda x, v: v.getvalue(), lambda: [io.BytesIO(b"a"), io.BytesIO(b"b")]),
    "files carried": (
        lambda x, v: (x, v is None),
        lambda: [io.StringIO(str(n)) for n in range(12)],
    ),
    "context variable": (lambda x, v: VARIABLE.get(), context_values),
    "context variable with a default": (lambda x, v: UNSET.get(2), lambda: [0, 1]),
    "context variable without": (get_unset, lambda: [0, 1]),
    "locks carried": (lambda x, v: (x, v is None), lambda: [threading.Lock() for _ in range(12)]),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_and_no_dearer_than_with_torch_alone(registry: Registry, name: str) -> None:
    assert_right(registry, *RIGHT[name])


def test_a_method_that_other_pythons_have_is_missing(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `get_identifiers` is before Python 3.11."""
    monkeypatch.setattr(Templates, "evaluated", Templates.evaluated | {"later"})
    assert_right(
        registry,
        lambda x, v: (x, getattr(v, "later", 3), hasattr(v, "later")),
        lambda: [string.Template("$a"), string.Template("$b")],
    )


def with_lock(x: torch.Tensor, v: Any) -> torch.Tensor:
    with v:
        return x + 1


REFUSED: dict[str, tuple[Callable[..., Any], Callable[[], Any], str]] = {
    "makes another one": (lambda x, v: v + datetime.timedelta(1), days, "makes a Day"),
    "code in place of the base's": (
        lambda x, v: v < JUNE,
        lambda: [Named(2024, 1, 1), Named(2025, 1, 1)],
        "may call __str__, which Named has",
    ),
    "put": (lambda x, v: v.put(3), lambda: [filled(queue.Queue, 1)], "Queue.put changes"),
    "get": (lambda x, v: v.get(), lambda: [filled(queue.Queue, 1, 2)], "Queue.get changes"),
    "simple put": (lambda x, v: v.put(3), lambda: [filled(queue.SimpleQueue)], "depends on more"),
    "read on": (lambda x, v: v.read(), lambda: [io.StringIO("abc")], "would change"),
    "written": (lambda x, v: v.write("a"), lambda: [io.StringIO("abc")], "would change"),
    "lock": (
        with_lock,
        lambda: [threading.Lock(), threading.RLock(), threading.Semaphore(), threading.Condition()],
        "protects nothing",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_right_is_refused(registry: Registry, name: str) -> None:
    assert_refused(registry, *REFUSED[name])


def test_setting_a_context_variable_breaks_the_graph(registry: Registry) -> None:
    found = outcome(registry, lambda x, v: VARIABLE.set(3.0) is None, lambda: [0])
    assert found.status == "refused"
    assert "ContextVar" in found.detail


def test_the_lock_is_given_back(registry: Registry) -> None:
    lock = threading.Lock()
    with vartrack.use(registry):
        torch.compile(with_lock, backend="eager")(torch.ones(2), lock)
    assert not lock.locked()


# files that are made while tracing


class Kept:
    """Something that a file can be kept in."""

    file: Any = None


def lines(x: torch.Tensor, v: int) -> Any:
    file = io.StringIO("a\nb\n")
    file.seek(0, io.SEEK_END)
    file.write("{}-{:>4}\n".format(v, v))  # noqa: UP032 - torch has no f-string of a symbol
    file.writelines(["c", "d"])
    file.seek(0)
    first = file.readline()
    return x + v, first, list(file), file.read(), file.closed, hasattr(file, "nothing")


def going_through(x: torch.Tensor, v: int) -> Any:
    total = 0
    for line in io.StringIO("1\n2\n"):
        total += len(line) + v
    return x * total


def binary(x: torch.Tensor, v: int) -> Any:
    file = io.BytesIO(b"abc")
    file.read(1)
    file.write(b"z")
    return x + len(file.getvalue()), file.tell()


def failing(x: torch.Tensor, v: int) -> Any:
    file = io.StringIO()
    file.close()
    try:
        file.write("a")
    except ValueError:
        return x + v
    return x


def returned(x: torch.Tensor, v: int) -> Any:
    file, kept = io.StringIO(), Kept()
    kept.file = file
    file.write("abc")
    file.seek(v)
    return x + v, file, kept.file is file, kept


@pytest.mark.parametrize("function", [lines, going_through, binary, failing, returned])
def test_a_file_that_is_made_while_tracing(registry: Registry, function: Any) -> None:
    compiled = torch.compile(function, backend="eager", fullgraph=True)
    with vartrack.use(registry):
        for v in (1, 2, 3, 1):
            got, wanted = (list(one(torch.ones(2), v)) for one in (compiled, function))
            if function is returned:
                *got, kept = got
                assert kept.file is got[1]
                assert kept.file is not compiled(torch.ones(2), v)[1]
                for result in (got, wanted):
                    result[1] = (result[1].tell(), result[1].getvalue())
                wanted = wanted[:3]
            assert repr(got) == repr(wanted)


def written_in_a_nested_graph(x: torch.Tensor, v: int) -> Any:
    file = io.StringIO()

    def body(x: torch.Tensor) -> torch.Tensor:
        file.write("a")
        return x + 1

    return torch.utils.checkpoint.checkpoint(body, x, use_reentrant=False), file.getvalue()


REFUSED_NEW: dict[str, tuple[Callable[..., Any], str]] = {
    "of a tensor": (lambda x, v: io.StringIO().write(str(x.sum().item())), "not known"),
    "buffer": (lambda x, v: io.BytesIO(b"a").getbuffer(), "not followed"),
    "nested": (written_in_a_nested_graph, ""),
}


@pytest.mark.parametrize("name", REFUSED_NEW)
def test_what_no_new_file_can_do_is_refused(registry: Registry, name: str) -> None:
    function, said = REFUSED_NEW[name]
    with vartrack.use(registry):
        with pytest.raises(torch._dynamo.exc.Unsupported, match=said):
            torch.compile(function, backend="eager", fullgraph=True)(torch.ones(2), 1)
        torch._dynamo.reset()
        got = torch.compile(function, backend="eager")(torch.ones(2), 1)
        wanted = function(torch.ones(2), 1)
    assert type(got) is type(wanted)
    assert isinstance(got, memoryview) or repr(got) == repr(wanted)


# loggers


class Heard(logging.Handler):
    """Keeps what was logged."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append((record.levelname, record.getMessage()))


LOG = logging.getLogger("of test_extras_stdlib_more")


@pytest.fixture
def heard() -> Iterator[Heard]:
    handler = Heard()
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    LOG.propagate = False
    yield handler
    LOG.removeHandler(handler)


def inner(x: torch.Tensor) -> torch.Tensor:
    LOG.info("inner %s", x.shape[0])
    return x + 1


def several(x: torch.Tensor, n: int) -> torch.Tensor:
    LOG.warning("n is %d", n)
    LOG.debug("not heard")
    for index in range(2):
        LOG.info("%d of %s", index, (n, "a", None))
    y = inner(x)
    LOG.log(logging.ERROR, "shape %s %s", x.shape, x.dtype)
    return y * n


def of_tensors(x: torch.Tensor, n: int) -> torch.Tensor:
    LOG.info("before %s", x)
    x.mul_(n)
    total = x.sum()
    LOG.info("after %s %s", x, total)
    total.add_(1)
    return total


def that_breaks(x: torch.Tensor, n: int) -> torch.Tensor:
    LOG.info("first")
    torch._dynamo.graph_break()
    LOG.info("second %d", n)
    return x + n


def of_gradients(x: torch.Tensor, n: int) -> torch.Tensor:
    y = (x * n).requires_grad_()
    LOG.info("y %s", y)
    return y


def of_a_list(x: torch.Tensor, n: int) -> torch.Tensor:
    found = [n]
    LOG.info("list %s", found)
    found.append(2)
    return x + len(found)


def of_a_tensor_in_a_text(x: torch.Tensor, n: int) -> torch.Tensor:
    LOG.info(f"sum {x.sum()}")
    return x + n


def with_more(x: torch.Tensor, n: int) -> torch.Tensor:
    LOG.info("stack", stack_info=False)
    return x + n


def run_logged(run: Callable[..., Any], heard: Heard) -> Any:
    heard.records.clear()
    found = [run(torch.ones(2 + n % 2), n).tolist() for n in (1, 2, 3)]
    return found, list(heard.records)


@pytest.mark.parametrize("function", [several, of_tensors])
def test_what_is_logged_is_logged_after_the_graph(
    registry: Registry, heard: Heard, function: Callable[..., Any]
) -> None:
    wanted = run_logged(function, heard)
    assert wanted[1]
    with vartrack.use(registry):
        run = torch.compile(function, backend="eager", fullgraph=True)
        assert run_logged(run, heard) == wanted
        LOG.setLevel(logging.WARNING)
        silent = run_logged(run, heard)
    assert silent == run_logged(function, heard)
    assert silent != wanted


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (of_gradients, "requires grad"),
        (of_a_list, "is given a list"),
        (of_a_tensor_in_a_text, "a text of a Tensor"),
        (with_more, "is given stack_info"),
    ],
)
def test_what_cannot_be_logged_later_breaks_the_graph(
    registry: Registry, heard: Heard, function: Callable[..., Any], text: str
) -> None:
    wanted = run_logged(function, heard)
    with vartrack.use(registry):
        with pytest.raises(torch._dynamo.exc.Unsupported, match=text):
            torch.compile(function, backend="eager", fullgraph=True)(torch.ones(2), 1)
        torch._dynamo.reset()
        assert run_logged(torch.compile(function, backend="eager"), heard) == wanted


def test_the_order_holds_across_a_break(registry: Registry, heard: Heard) -> None:
    wanted = run_logged(that_breaks, heard)
    with vartrack.use(registry):
        assert run_logged(torch.compile(that_breaks, backend="eager"), heard) == wanted


def test_what_is_to_be_ignored_still_is(registry: Registry, heard: Heard) -> None:
    settings = {"ignore_logging_functions": {LOG.info, LOG.warning, logging.Logger.log, LOG.debug}}
    with vartrack.use(registry), torch._dynamo.config.patch(settings):
        run_logged(torch.compile(several, backend="eager", fullgraph=True), heard)
    assert heard.records == []


# how a logger is set


SET: dict[str, tuple[Callable[[], float], int]] = {
    "is enabled": (lambda: LOG.isEnabledFor(logging.INFO), 2),
    "its level": (lambda: LOG.level, 3),
    "the level that counts": (lambda: LOG.getEffectiveLevel(), 3),
    "its name": (lambda: len(LOG.name), 1),
    "its handlers": (lambda: LOG.hasHandlers() + len(LOG.handlers), 1),
    "another's level": (lambda: logging.root.level, 1),
}


@pytest.mark.parametrize("name", SET)
def test_how_a_logger_is_set_is_guarded_where_it_is_asked(
    registry: Registry, heard: Heard, name: str
) -> None:
    ask, most = SET[name]
    x, graphs = torch.ones(2), []

    def keep(graph: Any, inputs: Any) -> Any:
        graphs.append(graph)
        return graph.forward

    with vartrack.use(registry):
        run = torch.compile(lambda x: x + ask(), backend=keep, fullgraph=True)
        for level in (logging.INFO, logging.WARNING, logging.INFO, logging.ERROR):
            LOG.setLevel(level)
            assert torch.equal(run(x), x + ask())
    assert len(graphs) <= most


class OwnLogger(logging.Logger):
    def isEnabledFor(self, level: int) -> bool:
        return level > THRESHOLD


THRESHOLD = 3
OWN_LOG = OwnLogger("own")


def test_what_a_class_of_loggers_says_itself_breaks_the_graph(registry: Registry) -> None:
    x = torch.ones(2)

    def use(x: torch.Tensor) -> torch.Tensor:
        return x + OWN_LOG.isEnabledFor(4)

    with vartrack.use(registry):
        with pytest.raises(torch._dynamo.exc.Unsupported, match="Logger method not supported"):
            torch.compile(use, backend="eager", fullgraph=True)(x)
        torch._dynamo.reset()
        assert torch.equal(torch.compile(use, backend="eager")(x), x + 1)


# properties that are kept


class Heads:
    def __init__(self, width: int, count: int) -> None:
        self.width, self.count = width, count

    @functools.cached_property
    def each(self) -> int:
        return self.width // self.count

    @functools.cached_property
    def table(self) -> dict[str, torch.Tensor]:
        return {"ones": torch.ones(2) * self.each}


def read_twice(x: torch.Tensor, heads: Heads) -> torch.Tensor:
    return x * heads.each + heads.table["ones"] * heads.each


def test_a_cached_property_is_worked_out_and_kept(registry: Registry) -> None:
    x = torch.ones(2)
    with vartrack.use(registry):
        run = torch.compile(read_twice, backend="eager", fullgraph=True)
        for width in (8, 16, 32):
            ours, wanted = Heads(width, 2), Heads(width, 2)
            for _ in range(2):
                assert torch.equal(run(x, ours), read_twice(x, wanted))
            assert list(vars(ours)) == list(vars(wanted))
            del ours.each, wanted.each
            ours.width = wanted.width = 6
            assert torch.equal(run(x, ours), read_twice(x, wanted))
