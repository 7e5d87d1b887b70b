"""What watches torch's functions, and how it is called."""

from __future__ import annotations

import inspect

import pytest

from vartrack.soundness.around import _names, placed
from vartrack.soundness.watchers.all import WATCHERS

#: Each watched function with each that watches it, and what those get before its arguments.
WATCHED = [
    pytest.param(own, watch, lead, id=f"{watcher} {when}")
    for watcher in WATCHERS.watchers
    for _, _, own in watcher.places()
    for when, watch, lead in (
        ("before", watcher.before, 1),
        ("after", watcher.after, 2),
        ("instead", watcher.instead, 2),
    )
    if watch is not None
]


@pytest.mark.parametrize(("own", "watch", "lead"), WATCHED)
def test_it_takes_what_torch_passes_by_name(own, watch, lead) -> None:
    """Whatever torch calls its arguments, and whether it gives them by name or by place."""
    own = getattr(own, "__func__", own)
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    every = [each for each in inspect.signature(own).parameters.values() if each.kind in kinds]
    for given in (every, [each for each in every if each.default is each.empty]):
        args, kwargs = placed(_names(own), (), {each.name: None for each in given})
        inspect.signature(watch).bind(*[None] * lead, *args, **kwargs)
