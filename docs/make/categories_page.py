"""Every category's halves side by side, as a table in Markdown.

python docs/make/categories_page.py > docs/reference/categories.md
"""

from __future__ import annotations

from collections.abc import Iterator

from vartrack import compat
from vartrack.core.halves import Sourced, Sourceless, Traced, Tracked
from vartrack.core.visitor import Visitor
from vartrack.visitors import FAMILIES

__all__ = ["page"]

_HEAD = """\
# The categories of values

What `vartrack.stock` does with each category on torch {torch}, with a source and without one.
Where one half is missing, the reason stands in its place: the value goes on to the next visitor.
In which order they are asked is in vartrack/visitors/order.py.
This page is made by `python docs/make/categories_page.py`; a test holds it against the code.
"""


def page() -> str:
    """The page, for the running torch."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield _HEAD.format(torch=f"{compat.RUNNING.major}.{compat.RUNNING.minor}")
    for family, visitors in FAMILIES.items():
        here = [visitor for visitor in visitors if compat.runs_on(visitor.on_torch)]
        yield f"## {family[0].upper()}{family[1:]}\n"
        if all(issubclass(visitor, Traced) for visitor in here):
            yield "| visitor | types of the example | asked first |"
            yield "|---|---|---|"
            yield from (f"| `{v.__name__}` | {_types(v)} | {_tests(v)} |" for v in here)
        else:
            yield "| visitor | types | asked first | with a source | without |"
            yield "|---|---|---|---|---|"
            for visitor in here:
                about = _types(visitor), _tests(visitor)
                cells = " | ".join((*about, _sourced(visitor), _sourceless(visitor)))
                yield f"| `{visitor.__name__}` | {cells} |"
        yield ""


def _types(visitor: type[Visitor]) -> str:
    names = [each if isinstance(each, str) else _name(each) for each in visitor.types]
    shown = ", ".join(f"`{name}`" for name in names[:4])
    more = f" and {len(names) - 4} more" if names[4:] else ""
    return f"{'exactly ' if visitor.exact else ''}{shown}{more}"


def _name(cls: type) -> str:
    module = "" if cls.__module__ == "builtins" else f"{cls.__module__}."
    return f"{module}{cls.__qualname__}"


def _tests(visitor: type[Visitor]) -> str:
    tests = [
        what
        for what, test in (("its type", visitor.when_type), ("the value", visitor.when))
        if test is not None
    ]
    return " and ".join(tests) or "nothing"


def _sourced(visitor: type[Visitor]) -> str:
    if not issubclass(visitor, Sourced):
        return f"*none: {visitor.one_half}*"
    parts = [" ".join(visitor.guarded_by) or "guards of its own"]
    if visitor.tracker_class is not None:
        parts.append(f"`{visitor.tracker_class.__name__}`")
    if visitor.tracked is not None:
        parts.append(f"registered: {Tracked(visitor.tracked).value}")
    if visitor.unguarded:
        parts.append(f"may be unguarded: {visitor.unguarded}")
    return "; ".join(parts)


def _sourceless(visitor: type[Visitor]) -> str:
    if not issubclass(visitor, Sourceless):
        return f"*none: {visitor.one_half}*"
    name = (
        "as with a source"
        if visitor.tracker_class is None
        else (f"`{visitor.tracker_class.__name__}`")
    )
    return name + ("; new" if visitor.fresh else "")


if __name__ == "__main__":
    print(page(), end="")
