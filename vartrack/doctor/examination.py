"""The whole examination: every check, held against the nearest known release."""

from __future__ import annotations

import contextlib
import gc
import importlib
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vartrack.compat import release
from vartrack.compat.release import NO_TORCH, folder, is_known
from vartrack.doctor import (
    attributes,
    branches,
    changes,
    classes,
    evidence,
    names,
    protocols,
    settings,
)
from vartrack.doctor.evidence import Evidence
from vartrack.doctor.findings import Finding, Place
from vartrack.doctor.own_code import sufferers

__all__ = ["SEARCHES", "Examination", "examine", "record"]

_BUILDER = "_dynamo/variables/builder.py"

_CHECKS: dict[str, Callable[[], Iterable[Finding]]] = {
    "names": names.check_names,
    "signatures": names.check_calls,
    "guard kinds": protocols.check_guards,
    "hooks": protocols.check_hooks,
    "the tracer": protocols.check_tracer,
    "the face": protocols.check_face,
}

#: What looks for things that are not on every release, and gives for each a name, where below
#: torch it is, or "", and the line of vartrack that needs it. A part of vartrack can add its own.
SEARCHES: list[Callable[[], Iterable[tuple[str, str, Place]]]] = [
    names.check_found,
    attributes.check_attributes,
    protocols.check_overridden,
]


@dataclass(frozen=True)
class _Text:
    """Something of torch that is told as a text, which is another where torch has changed it."""

    kind: str
    #: Gives for each thing the text, and the line of vartrack that needs it.
    read: Callable[[], dict[str, tuple[str, Place]]]
    says: str


#: By what the evidence calls them.
_TEXTS = {
    "defaults": _Text(
        "signature",
        names.defaults_left,
        "the defaults it is called with are {now}; they were {then}",
    ),
    "bases": _Text("class", classes.bases, "it is derived from {now}; it was from {then}"),
    "fields": _Text("class", classes.fields, "its fields are {now}; they were {then}"),
    "settings": _Text("setting", settings.defaults, "unless it is set it is {now}; it was {then}"),
}


@dataclass
class Examination:
    """What was found out about the installed torch.

    Attributes:
        torch: its version.
        known: whether vartrack was compared with this very release.
        against: the known release that it was held against; "" if there is no evidence.
        same_files: whether all files that matter are as they were there.
        drift: what is missing or otherwise than there.
        unread: what could not be looked at, and why.
        seconds: how long it took.
    """

    torch: str
    known: bool
    against: str = ""
    same_files: bool = False
    drift: list[Finding] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether nothing drifted, and everything could be read."""
        return not self.drift and not self.unread

    def to_dict(self) -> dict[str, Any]:
        """The examination as plain data, for JSON."""
        return {
            "torch": self.torch,
            "known": self.known,
            "against": self.against,
            "same_files": self.same_files,
            "passed": self.passed,
            "drift": [
                {
                    "kind": one.kind,
                    "what": one.what,
                    "why": one.why,
                    "needed_at": [str(place) for place in one.places],
                    "visitors": list(one.visitors),
                }
                for one in self.drift
            ],
            "unread": self.unread,
            "seconds": round(self.seconds, 2),
        }


def examine(
    *, without: Iterable[str] = (), tell: Callable[[str], None] = lambda text: None
) -> Examination:
    """Hold the installed torch against the known releases. Nothing is compiled.

    Args:
        without: known releases, as `KNOWN` has them, whose evidence is left out, as if they were
            not known.
        tell: is told which check runs.

    .. versionadded:: 0.2
    """
    start = time.monotonic()
    left_out = release.RUNNING.public in without
    known = is_known() and not left_out
    found = Examination(str(release.RUNNING), known)
    torch = folder()
    if torch is None or release.RUNNING == NO_TORCH:
        found.unread.append("torch is not installed")
        return found
    base = evidence.nearest(release.RUNNING, without)
    if base is None:
        found.unread.append("there is no evidence of any known release")
        base = Evidence("")
    found.against = base.release
    found.same_files = evidence.same_files(torch, base)
    now = _look(torch, found.unread, tell)
    expected = set(base.findings)
    found.drift += [one for one in now.findings if one.key not in expected]
    found.drift += _lost(now, base, torch)
    found.drift += _told_otherwise(now, base)
    if base.branches and now.branches:
        tell("branches")
        found.drift += changes.compare(now.branches, base.branches)
    found.seconds = time.monotonic() - start
    return found


@dataclass
class _Look:
    findings: list[Finding]
    found: dict[str, str]
    places: dict[str, Any]
    branches: list[branches.Branch]
    texts: dict[str, dict[str, tuple[str, Place]]] = field(default_factory=dict)


@contextlib.contextmanager
def _collecting_later() -> Iterator[None]:
    """Leave garbage for later: all that is read of sources is kept, and would be gone through
    again and again, which takes longer than reading it."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


@_collecting_later()
def _look(torch: Path, unread: list[str], tell: Callable[[str], None]) -> _Look:
    """Everything that can be read of the installed torch."""
    try:
        spec = importlib.import_module("torch._dynamo").__spec__
        if spec is None or spec.origin is None:
            raise ImportError("it is a folder without an __init__.py")
    except Exception as error:
        unread.append(f"torch._dynamo cannot be imported ({type(error).__name__}: {error})")
        return _Look([], {}, {}, _branches(torch, unread))
    findings: list[Finding] = []
    for what, check in _CHECKS.items():
        tell(what)
        findings += check()
    tell("names that moved")
    searched = [one for search in SEARCHES for one in search()]
    found = {name: where for name, where, _ in searched}
    places = {name: place for name, _, place in searched}
    tell("what is told as a text")
    texts = {name: text.read() for name, text in _TEXTS.items()}
    return _Look(findings, found, places, _branches(torch, unread), texts)


def _branches(torch: Path, unread: list[str]) -> list[branches.Branch]:
    try:
        return branches.read(torch / _BUILDER)
    except (OSError, SyntaxError, ValueError) as error:  # the last is of bytes that are no text
        unread.append(f"the source of torch's builder cannot be read ({error})")
        return []


def _lost(now: _Look, base: Evidence, torch: Path) -> list[Finding]:
    """What was found there and is nowhere now; not what was in a file that cannot be read."""
    return [
        Finding(
            "name",
            name,
            f"it was at torch.{base.found[name]}, and is nowhere that vartrack looks",
            (now.places[name],),
            sufferers(name),
        )
        for name, where in now.found.items()
        if not where and base.found.get(name) and not _is_unread(torch, base.found[name])
    ]


def _told_otherwise(now: _Look, base: Evidence) -> Iterator[Finding]:
    """What is there as it was, and told otherwise; what is new is no drift, or found elsewhere."""
    for texts, found in now.texts.items():
        told = _TEXTS[texts]
        for name, (text, place) in found.items():
            then = base.texts.get(texts, {}).get(name)
            if then is not None and then != text:
                why = told.says.format(now=text or "none", then=then or "none")
                yield Finding(told.kind, name, why, (place,), sufferers(_last(name)))


def _last(name: str) -> str:
    """What a thing is called, without where it is."""
    return name.rpartition(":")[2].rpartition(".")[2]


def _is_unread(torch: Path, where: str) -> bool:
    return where.endswith(".py") and not (torch / where).is_file()


def record() -> Path:
    """Write the evidence of the installed torch, and say where.

    Raises:
        LookupError: something of it cannot be read, so that the evidence would be no use.
        OSError: the package lies where nothing can be written.

    .. versionadded:: 0.2
    """
    torch, unread = folder(), list[str]()
    if torch is None:
        raise LookupError("torch is not installed")
    now = _look(torch, unread, lambda text: None)
    if unread:
        raise LookupError("; ".join(unread))
    return evidence.write(
        Evidence(
            release.RUNNING.public,
            evidence.files_of(torch),
            {name: where for name, where in now.found.items() if where},
            sorted({one.key for one in now.findings}),
            now.branches,
            {
                texts: {name: text for name, (text, _) in found.items()}
                for texts, found in now.texts.items()
            },
        )
    )
