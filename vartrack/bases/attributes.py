"""What visitors of users write as attributes, looked at when the class is made."""

from __future__ import annotations

from collections.abc import Iterable

from vartrack.core.texts.wording import worded
from vartrack.core.visitor import Visitor

__all__ = ["check_functions", "check_names"]


def check_functions(cls: type[Visitor], attributes: Iterable[str]) -> None:
    """Refuse a visitor with something that cannot be called where a function is to be.

    Raises:
        VisitorError: naming the class, where it stands and what to write instead.
    """
    for name in attributes:
        given = getattr(cls, name)
        if given is not None and not callable(given):
            fix = f"put @staticmethod above `def {name}`, or write `{name} = staticmethod(...)`."
            what = f"has a `{name}` that cannot be called, {worded(given)}"
            raise cls.error("VT110", what, fix)


def check_names(cls: type[Visitor], attributes: Iterable[str]) -> None:
    """Refuse a visitor with something else where a tuple of names is to be.

    Raises:
        VisitorError: naming the class, where it stands and what to write instead.
    """
    for name in attributes:
        names = getattr(cls, name)
        if isinstance(names, (tuple, list, set, frozenset)) and all(
            isinstance(one, str) for one in names
        ):
            continue
        one = names if isinstance(names, str) else "name"
        fix = f"write `{name} = ({one!r},)`, with the name of each."
        raise cls.error("VT110", f"has `{name}` that is not a tuple of names", fix)
