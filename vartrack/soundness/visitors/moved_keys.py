"""Keys whose hash is another than when they were put where they are: Python does not find them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import FunctionType
from typing import TYPE_CHECKING, Any

from vartrack.core.texts.articles import with_article
from vartrack.soundness.facts.fact import NOTHING
from vartrack.soundness.reading.lookups import find

if TYPE_CHECKING:
    from vartrack.core.context import BuilderContext

__all__ = ["first_moved", "refuse_moved_keys"]


def refuse_moved_keys(ctx: BuilderContext, value: Any) -> None:
    """Break the graph if a key of a dict, or an item of a set, is not found in it any more.

    torch finds it by the hash that it has now, or dies of a guard that does not find it.
    """
    moved = first_moved(value)
    if moved is not NOTHING:
        ctx.unsupported(
            "vartrack: a key whose hash has changed",
            context=type(moved).__qualname__,
            explanation=f"{with_article(type(moved), begins=True)} has another hash than when it "
            f"was put into {with_article(type(value))}, where Python does not find it now.",
            hints=["Use keys whose hash stays."],
        )


def first_moved(value: Any) -> Any:
    """A key of a dict or set that is not found in it any more; `NOTHING` if all are."""
    through: Any = dict.__iter__ if isinstance(value, dict) else iter  # an OrderedDict would raise
    kinds = {kind for kind in set(map(type, through(value))) if _is_hashed_in_python(kind)}
    if not kinds:
        return NOTHING
    return next(_not_found(value, (key for key in through(value) if type(key) in kinds)), NOTHING)


def _is_hashed_in_python(kind: type) -> bool:
    found = find(kind, "__hash__")
    return found is not None and type(found[1]) is FunctionType


def _not_found(value: Any, keys: Iterable[Any]) -> Iterator[Any]:
    for key in keys:
        try:
            if key not in value:
                yield key
        except Exception:
            return  # torch asks it too
