"""`Parameters`: what a function takes, and functions that are written to take the same.

A function that passes on ``*args, **kwargs`` packs and unpacks them at each call. What stands
around torch's functions is called thousands of times in a compile, so it is written with their
parameters, once for each list of them.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import linecache
from collections.abc import Callable
from typing import Any

__all__ = ["Parameters"]

_P = inspect.Parameter
_count = itertools.count()


class _Named:
    """Stands for a default in the text of a signature."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


class Parameters:
    """What ``function`` takes, as text.

    Args:
        function: whose parameters they are. Where Python cannot say which these are, they are
            ``*args`` and ``**kwargs``.

    Attributes:
        names: those that may be given by their place.
        taken: all, as a ``def`` has them.
        passed: all, as a call passes them on: what may have a place comes by its place.
        defaults: the defaults, by the names that they have in ``taken``.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        try:
            every = [*inspect.signature(function).parameters.values()]
        except (TypeError, ValueError):
            every = [_P("args", _P.VAR_POSITIONAL), _P("kwargs", _P.VAR_KEYWORD)]
        self.names = tuple(
            each.name
            for each in every
            if each.kind in (_P.POSITIONAL_ONLY, _P.POSITIONAL_OR_KEYWORD)
        )
        defaults = {each.name: each.default for each in every if each.default is not _P.empty}
        self.defaults = {f"_default_of_{name}": value for name, value in defaults.items()}
        plain = [
            each.replace(
                annotation=_P.empty,
                default=_Named(f"_default_of_{each.name}") if each.name in defaults else _P.empty,
            )
            for each in every
        ]
        self.taken = str(inspect.Signature(plain))[1:-1]
        self.passed = ", ".join(_PASSED.get(each.kind, "{0}").format(each.name) for each in every)

    def write(self, text: str, **names: Any) -> Callable[..., Any]:
        """The function that ``text`` defines.

        Args:
            text: its source, with ``{taken}`` and ``{passed}`` where the parameters belong.
            names: what it uses, by the names that it has there. They begin with an underscore, so
                that no parameter hides one.
        """
        text = text.format(taken=self.taken, passed=self.passed)
        return _maker(text, (*names, *self.defaults))(*names.values(), *self.defaults.values())


_PASSED: dict[Any, str] = {
    _P.VAR_POSITIONAL: "*{0}",
    _P.VAR_KEYWORD: "**{0}",
    _P.KEYWORD_ONLY: "{0}={0}",
}


@functools.cache
def _maker(text: str, names: tuple[str, ...]) -> Callable[..., Callable[..., Any]]:
    """Makes the function that ``text`` defines, of what is meant by ``names``."""
    name = text.removeprefix("def ").partition("(")[0]
    lines = [f"def make({', '.join(names)}):", *text.splitlines(), f"return {name}"]
    source = "\n    ".join(lines) + "\n"
    file = f"<written by {__name__}: {next(_count)}>"
    linecache.cache[file] = len(source), None, source.splitlines(keepends=True), file
    space: dict[str, Any] = {}
    exec(compile(source, file, "exec"), space)
    made: Callable[..., Callable[..., Any]] = space["make"]
    return made
