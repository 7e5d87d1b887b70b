"""What watches torch's functions, how it is called, and what is written to call it."""

from __future__ import annotations

import functools
import inspect
import traceback
from types import ModuleType
from typing import Any

import pytest

import vartrack
from vartrack.compat.subclasses import with_subclasses
from vartrack.soundness.hooks.written import Parameters
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
    """Whatever torch calls its arguments: what has a place comes by its place."""
    own = getattr(own, "__func__", own)
    given = Parameters(own).write("def call({taken}):\n    return _with({passed})", _with=_given)
    required = [
        each for each in inspect.signature(own).parameters.values() if each.default is each.empty
    ]
    by_place = [None for each in required if each.kind is each.POSITIONAL_ONLY]
    by_name = [
        each.name
        for each in required
        if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)
    ]
    args, kwargs = given(*by_place, **dict.fromkeys(by_name))
    inspect.signature(watch).bind(*[None] * lead, *args, **kwargs)


def _given(*args: Any, **kwargs: Any) -> Any:
    return args, kwargs


def _takes(a, b=[], /, c=(), *args, d, e=None, **kwargs):  # noqa: B006
    return locals()


def test_what_is_written_takes_the_same() -> None:
    """By place or by name, with the same defaults, and the same errors of what does not fit."""
    parameters = Parameters(_takes)
    again = parameters.write("def again({taken}):\n    return _own({passed})", _own=_takes)
    for args, kwargs in (
        ((1,), {"d": 2}),
        ((1, 2, 3, 4), {"d": 5, "e": 6, "f": 7}),
        ((1,), {"c": 3, "d": 4, "a": 5}),
    ):
        assert again(*args, **kwargs) == _takes(*args, **kwargs)
    assert again(1, d=2)["b"] is _takes(1, d=2)["b"]
    for args, kwargs in (((), {"d": 1}), ((1,), {}), ((1, 2, 3), {"c": 4, "d": 5})):
        with pytest.raises(TypeError):
            _takes(*args, **kwargs)
        with pytest.raises(TypeError):
            again(*args, **kwargs)
    assert parameters.names == ("a", "b", "c")


def test_what_python_knows_no_parameters_of() -> None:
    """It is called with whatever is given."""
    written = Parameters(max).write("def call({taken}):\n    return _own({passed})", _own=max)
    assert written([3, 1], key=lambda each: -each) == 1


def test_what_is_written_is_shown_in_a_traceback() -> None:
    """The line that was written, not a blank."""
    written = Parameters(len).write("def call({taken}):\n    return _own({passed})", _own=len)
    with pytest.raises(TypeError) as caught:
        written(1)
    assert "return _own(" in "".join(traceback.format_exception(caught.value))


def _place(owner_is: type, *, lacking: bool = False) -> tuple[Any, str]:
    """A class or module with something that is watched; or a class that only inherits it."""
    for watcher in WATCHERS.watchers:
        if isinstance(watcher.owner, owner_is) and not lacking:
            for owner, name, _ in watcher.places():
                return owner, name
        if lacking and isinstance(watcher.owner, type) and watcher.subclasses and watcher.watched:
            for cls in with_subclasses(watcher.owner):
                if cls.__module__.startswith("torch.") and watcher.name not in vars(cls):
                    return cls, watcher.name
    raise AssertionError(owner_is)


def _in_force(owner: Any, name: str) -> Any:
    with vartrack.use(vartrack.sound):
        return vars(owner).get(name)


@pytest.mark.parametrize("owner_is", [type, ModuleType])
def test_what_stands_around_a_function_is_made_once(owner_is, monkeypatch) -> None:
    """And anew for what somebody else puts there, until that is gone."""
    owner, name = _place(owner_is)
    own = vars(owner)[name]
    first = _in_force(owner, name)
    assert first is not own
    assert _in_force(owner, name) is first
    assert vars(owner)[name] is own
    function = getattr(owner, name)

    @functools.wraps(function)
    def other(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    monkeypatch.setattr(owner, name, other)
    assert inspect.unwrap(_in_force(owner, name), stop=lambda one: one is other) is other
    assert vars(owner)[name] is other
    monkeypatch.setattr(owner, name, own)
    assert inspect.unwrap(_in_force(owner, name)) is not other


def test_a_method_that_a_class_of_torch_gets_is_watched(monkeypatch) -> None:
    """One that it inherited when they were put in place before."""
    owner, name = _place(type, lacking=True)
    assert _in_force(owner, name) is None
    inherited = getattr(owner, name)

    def own(*args: Any, **kwargs: Any) -> Any:
        return inherited(*args, **kwargs)

    monkeypatch.setattr(owner, name, own, raising=False)
    watched = _in_force(owner, name)
    assert watched is not own
    assert watched.__wrapped__ is own
    assert vars(owner)[name] is own
