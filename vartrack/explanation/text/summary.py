"""The short form: the verdict, what stood in the way, what is dear, and how to see more."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from rich.console import RenderableType
from rich.text import Text

from vartrack.explanation.text.fitting import microseconds, milliseconds
from vartrack.explanation.text.lines import columns, heading, paragraph, title
from vartrack.explanation.text.more import IN_CODE, More
from vartrack.explanation.text.trouble import breaks, calls, recompiles, verdict
from vartrack.explanation.wording.words import function_in_words, in_words, is_of_the_tracer

if TYPE_CHECKING:
    from vartrack.explanation.compiles.guards import Guard
    from vartrack.explanation.explanation import Explanation
    from vartrack.explanation.report.report import CompileReport, Value

__all__ = ["guard_total", "summary"]

#: How many values and guards are told; half as many where breaks and recompiles come first.
_TEN = 10
#: How many breaks and recompiles are told in full.
_TOLD = 3
_INDENT = 3
_T = TypeVar("_T")


def summary(found: Explanation, width: int, more: More = IN_CODE) -> Iterator[RenderableType]:
    """The short form piece by piece, for lines of ``width``; ``more`` has the rest."""
    yield title(width, "vartrack explain", found.target)
    yield from verdict(found, width)
    yield from breaks(found, width, _TOLD, more)
    yield from recompiles(found, width, _TOLD, more)
    yield from calls(found, width, _TOLD, more)
    most = _TEN // 2 if found.breaks and any(each.recompiles for each in found.compiles) else _TEN
    yield from _values(found, width, most)
    yield from _guards(found, width, most, more)
    yield from _without_visitor(found, width)
    yield Text()
    yield paragraph(f"More: {more.all}", width)


# what is dear


def _dearest(
    of: Iterable[_T], cost: Callable[[_T], float], name: Callable[[_T], Hashable], most: int
) -> list[_T]:
    """The dearest; of those with one name, which several compiles have, the dearest."""
    best: dict[Hashable, _T] = {}
    for each in of:
        key = name(each)
        if key not in best or cost(each) > cost(best[key]):
            best[key] = each
    return heapq.nlargest(most, best.values(), key=cost)


def _values(found: Explanation, width: int, most: int) -> Iterator[Text]:
    values = (
        value
        for compile in found.compiles
        for value, _ in compile.walk()
        if not is_of_the_tracer(value.source) and value.own_nanoseconds > 0
    )
    dearest: list[Value] = _dearest(
        values,
        lambda value: value.own_nanoseconds,
        lambda value: (value.source, value.type),
        most,
    )
    if not dearest:
        return
    yield Text()
    yield heading(width, "Dearest values", _of_how_many(dearest) + ", without the parts")
    yield columns([_value_row(value) for value in dearest], width)


def _of_how_many(values: Sequence[Value]) -> str:
    builds = {value.built for value in values}
    return "time of one build" if max(builds) <= 1 else "median time of the builds"


def _value_row(value: Value) -> list[Text]:
    cls = Text(value.type.rpartition(".")[2], "cyan")
    if value.visitor:
        cls.append(f"  {value.visitor}", "magenta")
    return [
        Text(milliseconds(value.own_nanoseconds)),
        Text(in_words(value.source), "bold"),
        cls,
    ]


def guard_total(compile: CompileReport) -> str:
    """How long the check of all guards of a compile takes, in words; "" if not measured."""
    time = compile.guard_time
    if time is None:
        return ""
    skipped = max(0.0, time.all_checked - time.nanoseconds)
    saved = f", of {microseconds(time.all_checked)} without torch's shortcut for unchanged dicts"
    return (
        f"all guards of {function_in_words(compile.function)}: {microseconds(time.nanoseconds)} "
        f"a call (± {microseconds(time.noise)}){saved if skipped > time.noise else ''}"
    )


def _guards(found: Explanation, width: int, most: int, more: More) -> Iterator[Text]:
    dearest: list[Guard] = _dearest(
        (guard for _, guard in found.guards if guard.nanoseconds is not None),
        lambda guard: guard.nanoseconds or 0.0,
        lambda guard: (guard.label, guard.kind),
        most,
    )
    total = next(filter(None, map(guard_total, found.compiles)), "")
    if not dearest and not total:
        return
    yield Text()
    yield heading(width, "Dearest guards", "what the check gains by leaving one out")
    if dearest:
        yield columns([_guard_row(guard) for guard in dearest], width)
    else:
        text = f"none was found to stand above the noise; {more.guards}"
        yield paragraph(text, width, _INDENT)
    if total:
        yield paragraph(Text(total, "dim"), width)


def _guard_row(guard: Guard) -> list[Text]:
    kind = Text(guard.kind, "yellow")
    if guard.visitor:
        kind.append(f"  {guard.visitor}", "magenta")
    return [Text(microseconds(guard.nanoseconds or 0)), Text(guard.label, "bold"), kind]


def _without_visitor(found: Explanation, width: int) -> Iterator[Text]:
    types = dict.fromkeys(
        value.type
        for compile in found.compiles
        for value, _ in compile.walk()
        if value.outcome == "graph break" and "no visitor" in value.reason
    )
    if types:
        yield Text()
        yield heading(width, "Types without a visitor")
        yield paragraph(", ".join(types), width, _INDENT)
