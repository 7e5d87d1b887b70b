"""`Recompile`: why what was compiled of a piece of code did not do for the next call."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch

from vartrack.compat import shared
from vartrack.explanation.compiles import advice
from vartrack.explanation.compiles.guards import Guard
from vartrack.explanation.wording import telling
from vartrack.explanation.wording.brief import brief
from vartrack.explanation.wording.places import Place, place_in, place_of
from vartrack.explanation.wording.process_state import part_of
from vartrack.explanation.wording.remarks import place_told, without_remark
from vartrack.explanation.wording.words import check_in_words, in_words, is_resumed
from vartrack.soundness.facts.fact import Fact, Scope, is_so

if TYPE_CHECKING:
    from vartrack.explanation.compiles.seen import Seen

__all__ = ["Recompile", "failures"]

_TENSOR = re.compile(r"tensor '(.*?)' (.+)", re.DOTALL)
_STRIDE = re.compile(r"stride mismatch at index (\d+)\. expected (\d+), actual (\d+)")
_STATE = re.compile(r"GLOBAL_STATE changed: (.*)", re.DOTALL)
_TYPE = re.compile(r"^___check_type_id\(.*type=<class '(.*)'>$")


@dataclass
class Recompile:
    """A guard that failed, so that the code was compiled again.

    Attributes:
        failed: the compile whose guard it is.
        check: what was checked, as Python text or in torch's words.
        source: what the guard stands on, as Python text; "" for the state of the process.
        kind: its kind, "" if that is not known.
        before: what the value was when ``failed`` was compiled, in brief; "" if not known.
        after: what it is now.
        place: the line of the program that relied on it, if known.
        cause: what changed, in a word or two, such as ``"size"``.
        way_out: what would make it one graph.
        right: whether no advice leaves one graph: this recompile is right.
        by_sound: whether it is a guard that `vartrack.sound` added; torch alone would have gone on
            with what was compiled.

    .. versionadded:: 0.2
    """

    failed: str
    check: str
    source: str = ""
    kind: str = ""
    before: str = ""
    after: str = ""
    place: Place | None = None
    cause: str = ""
    way_out: str = ""
    right: bool = False
    by_sound: bool = False
    #: Whether the set `thrift` would not compile again; None if that was not tried.
    spared: bool | None = field(default=None, repr=False)

    @property
    def label(self) -> str:
        """The source in the user's words."""
        return in_words(self.source)

    @property
    def failed_check(self) -> str:
        """The check in the user's words."""
        return check_in_words(self.check)


def failures(
    entries: Any,
    frame: Any,
    backend: Any,
    state: Mapping[str, str],
    known: Mapping[str, Seen],
    shown: Callable[[str, str], str],
    spared: bool | None = None,
) -> list[Recompile]:
    """Why each of ``entries``, what is compiled of the code of ``frame``, did not do.

    Args:
        entries: torch's cache entries, as it hands them over.
        frame: the frame that is about to be compiled.
        backend: the backend that it is about to be compiled for.
        state: the state of the process, as it is now.
        known: the compiles that were seen, by their ids.
        shown: from the id of a compile and a source to the value that was there, in brief.
        spared: whether the set `thrift` would not compile again; None if that is not known.
    """
    return [
        _failure(entry, frame, backend, state, known.get(str(entry.compile_id)), shown, spared)
        for entry in shared.compiled_entries(entries)
    ]


def _failure(
    entry: Any,
    frame: Any,
    backend: Any,
    now: Mapping[str, str],
    seen: Seen | None,
    shown: Callable[[str, str], str],
    spared: bool | None,
) -> Recompile:
    recompile = functools.partial(Recompile, str(entry.compile_id), spared=spared)
    manager = entry.guard_manager
    gone = getattr(manager, "invalidation_reason", None)
    if gone is not None:  # what it was compiled for is no more
        return advice.advised(recompile(str(gone), kind="gone"), None)
    info = manager.check_verbose(frame.f_locals)
    if info.result:  # torch compares backends just so
        if entry.backend != backend:
            return advice.advised(recompile("another backend", kind="BACKEND"), None)
        return advice.advised(recompile("no guard", kind="THREADS"), None)
    scope = {**manager.closure_vars, "L": frame.f_locals, "G": manager.global_scope["G"]}
    part = _failing(info.verbose_code_parts, manager.global_scope, scope)
    found = recompile(without_remark(part))
    if seen is not None:
        _tell_guard(found, part, seen)
    if found.place is None and getattr(info, "user_stack", None):
        found.place = place_of(info.user_stack)
    changed = None if seen is None or not found.by_sound else _changed(seen, frame.f_locals)
    if changed is not None:
        return advice.advised(_of_fact(found, *changed, frame.f_locals), None)
    value = _value(found.source, manager.global_scope, scope) if found.source else _NOTHING
    _tell_values(found, value, seen, now, shown)
    return advice.advised(found, value, is_resumed(frame.f_code.co_name))


def _tell_guard(found: Recompile, part: str, seen: Seen) -> None:
    """Say which guard failed of the compile ``seen``, and which line relied on it."""
    guard = _guard_of(found.check, seen.guards)
    if guard is None:
        return
    found.source, found.kind, found.by_sound = guard.source, guard.kind, guard.by_sound
    places = guard.places
    if guard.kind == "SHAPE_ENV":  # it stands on no source of its own
        on = next(iter(_within(found.check, seen.guards)), guard)
        told = place_told(part, seen.files)
        found.source, places = on.source, on.places if told is None else [told]
    found.place = places[0] if places else None


def _tell_values(
    found: Recompile,
    value: Any,
    seen: Seen | None,
    now: Mapping[str, str],
    shown: Callable[[str, str], str],
) -> None:
    """Say what the value was, and what it is, so that the two can be told apart."""
    found.after = brief(value)
    found.before = shown(found.failed, found.source) or _expected(found.check)
    if found.before == found.after:
        found.before, found.after = _aspects(found.check, value) or (found.before, found.after)
    part = part_of(found.check, seen.state, now) if seen is not None else ""
    cls = _TYPE.search(found.check)
    if part and seen is not None:
        found.before, found.after = seen.state[part], now[part]
    elif cls is not None:
        found.before, found.after = cls[1], f"{type(value).__module__}.{type(value).__qualname__}"


def _changed(seen: Seen, scope: Scope) -> tuple[Fact, str] | None:
    """The first of the facts of `vartrack.sound` that changed, with what was there."""
    return next((row for row in seen.facts if not is_so(row[0], scope)), None)


def _of_fact(found: Recompile, fact: Fact, before: str, scope: Scope) -> Recompile:
    """``found``, as a change of ``fact``."""
    found.check, found.source = fact.text, fact.source
    found.before, found.after = before, telling.shown(fact, scope)
    if fact.code is not None:
        found.place = place_in(fact.code, fact.line or 0)
    return found


def _failing(parts: Sequence[str], names: Mapping[str, Any], scope: Mapping[str, Any]) -> str:
    """The check that failed, with torch's remark; one C++ check may stand for several in Python."""
    if len(parts) > 1:
        for part in parts:
            try:
                if not eval(without_remark(part), dict(names), dict(scope)):
                    return part
            except Exception:  # a check that is told in words, or raises as it did in the guard
                continue
    return parts[0] if parts else "a guard"


def _guard_of(check: str, guards: Sequence[Guard]) -> Guard | None:
    """The guard that ``check`` belongs to."""
    tensor = _TENSOR.match(check)
    if tensor is not None:
        return next(_on(tensor[1], guards, "TENSOR_MATCH"), None)
    for guard in guards:
        if check in guard.code:
            return guard
    state = _STATE.match(check)
    if state is not None:
        kind = "GRAD_MODE" if "grad_mode" in state[1] else "GLOBAL_STATE"
        return next(_on("", guards, kind), None) or Guard("", kind)
    return next(iter(_within(check, guards)), None)


def _within(check: str, guards: Sequence[Guard]) -> list[Guard]:
    """The guards on what stands in ``check``, the likeliest first."""
    within = [guard for guard in guards if guard.source and guard.source in check]
    # a guard on the type comes with nearly every other, and would have failed in its own words
    within.sort(key=lambda guard: (-len(guard.source), guard.kind == "TYPE_MATCH"))
    return within


def _on(source: str, guards: Sequence[Guard], kind: str) -> Iterator[Guard]:
    return (guard for guard in guards if guard.source == source and guard.kind == kind)


_NOTHING = object()


def _value(source: str, names: Mapping[str, Any], scope: Mapping[str, Any]) -> Any:
    try:
        return eval(source, dict(names), dict(scope))
    except Exception:  # it is not there any more, or its text is no expression
        return _NOTHING


def _aspects(check: str, value: Any) -> tuple[str, str] | None:
    """What differs in two tensors that look alike in brief, before and after; None if unknown."""
    stride = _STRIDE.search(check)
    if stride is not None:
        index, before, after = stride.groups()
        return f"stride {before} of dimension {index}", f"stride {after}"
    if "requires_grad mismatch" in check and isinstance(value, torch.Tensor):
        words = "requires no grad", "requires grad"
        return words[not value.requires_grad], words[value.requires_grad]
    return None


def _expected(check: str) -> str:
    """What the value was, as far as the check itself tells."""
    _, equals, literal = check.partition(" == ")
    told = re.search(r"expected (\S+?)[,.]? ", check + " ")
    return literal if equals else told[1] if told else ""
