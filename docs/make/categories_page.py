"""Every category's halves, one after the other, in Markdown: what real builds made of them.

    python docs/make/categories_page.py > docs/reference/categories.md

`builds` gathers what the page tells, on each release.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent)]

import builds

from vartrack.core.halves import Sourced, Sourceless, Traced, Tracked
from vartrack.core.visitor import Visitor
from vartrack.visitors import FAMILIES
from vartrack.visitors.order import ORDER

__all__ = ["page"]

_HEAD = """\
# The categories of values

What `vartrack.stock` makes of each category on torch {releases}: the guards, the tracker, and
whether it becomes a graph input. A value with a source came from somewhere, one without was made
while tracing. Where one half is missing, the reason stands in its place, and the value goes on to
the next visitor.

The trackers, guards and inputs are those of real builds, of all examples that the tests compare
with torch; guards after *sometimes* stand in some of them only. Where releases differ, each is
named.

This page is made by `docs/make/categories_page.py`; a test holds it against the code.
"""


def page() -> str:
    """The page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    found = builds.read()
    yield _HEAD.format(releases=" and ".join(found))
    for family, visitors in FAMILIES.items():
        yield f"## {family[0].upper()}{family[1:]}\n"
        for visitor in visitors:
            yield f"### {visitor.__name__}\n"
            if visitor.__doc__:
                yield f"{visitor.__doc__.strip().splitlines()[0]}\n"
            yield f"- Types: {_types(visitor)}."
            for half, label, describe in _HALVES:
                if issubclass(visitor, half):
                    made = _everywhere(found, visitor, half.__name__.lower(), describe)
                    yield f"- {label}: {made}."
                elif half is not Traced and not issubclass(visitor, Traced):
                    yield f"- {label}: nothing; {visitor.one_half}."
            yield f"- Asked: {_asked(visitor)}.\n"


def _types(visitor: type[Visitor]) -> str:
    names = [each if isinstance(each, str) else _name(each) for each in visitor.types]
    shown = ", ".join(f"`{name}`" for name in names[:4])
    more = f" and {len(names) - 4} more" if names[4:] else ""
    exact = "exactly " if visitor.exact else ""
    here = f"; {_releases(visitor)}" if visitor.on_torch else ""
    return f"{exact}{shown}{more}{here}"


def _releases(visitor: type[Visitor]) -> str:
    """The releases it exists on, or its halves do."""
    if isinstance(visitor.on_torch, str):
        return f"on torch `{visitor.on_torch}`"
    said = (f"{half.__name__.lower()} on torch `{on}`" for half, on in visitor.on_torch.items())
    return ", ".join(said)


def _name(cls: type) -> str:
    module = "" if cls.__module__ == "builtins" else f"{cls.__module__}."
    return f"{module}{cls.__qualname__}"


def _asked(visitor: type[Visitor]) -> str:
    tests = [
        what
        for what, test in (("its type", visitor.when_type), ("the value", visitor.when))
        if test is not None
    ]
    places = []
    for half in (Sourced, Sourceless, Traced):
        if issubclass(visitor, half) and (place := ORDER.chain(half).place(visitor)) is not None:
            places.append(f"line {place.line + 1} of `{place.section}` ({half.__name__.lower()})")
    where = ", ".join(places) or "where its type is the nearest"
    return f"{where}; {' and '.join(tests)} is looked at" if tests else where


def _everywhere(
    found: dict[str, builds.Evidence],
    visitor: type[Visitor],
    half: str,
    describe: Callable[[type[Visitor], builds.Found], str],
) -> str:
    """What was found on each release, said once where it is the same."""
    said: dict[str, list[str]] = {}
    for release, evidence in found.items():
        one = evidence[half].get(visitor.__name__)
        if one is not None:
            said.setdefault(describe(visitor, one), []).append(release)
    if not said:
        return "no example can be made on the machine that made this page"
    if len(said) == 1:
        ((text, releases),) = said.items()
        return text if len(releases) == len(found) or visitor.on_torch else _on(releases, text)
    return "; ".join(_on(releases, text) for text, releases in said.items())


def _on(releases: list[str], text: str) -> str:
    return f"on {' and '.join(releases)} {text}"


def _sourced(visitor: type[Visitor], one: builds.Found) -> str:
    if one.trackers == [""]:
        return _trackers(one)
    guards = " ".join(f"`{kind}`" for kind in one.always)
    if one.sometimes:
        guards += " sometimes " + " ".join(f"`{kind}`" for kind in one.sometimes)
    parts = [guards.strip() or "no guard", _trackers(one)]
    tracked = getattr(visitor, "tracked", None)
    if tracked is not None:
        parts.append(f"registered as {Tracked(tracked).value}")
    return ", ".join([*parts, _INPUTS[one.inputs]])


_INPUTS = {"never": "no graph input", "some": "can be a graph input", "all": "a graph input"}


def _made(visitor: type[Visitor], one: builds.Found) -> str:
    new = getattr(visitor, "fresh", False) and one.trackers != [""]
    return _trackers(one) + (", new" if new else "")


def _trackers(one: builds.Found) -> str:
    names = [f"`{name}`" for name in one.trackers if name]
    return " or ".join([*names, *(["a graph break"] if "" in one.trackers else [])])


_HALVES: tuple[tuple[type, str, Callable[[type[Visitor], builds.Found], str]], ...] = (
    (Sourced, "With a source", _sourced),
    (Sourceless, "Without", _made),
    (Traced, "As a result", _made),
)


if __name__ == "__main__":
    print(page(), end="")
