"""`Given`: arguments by name from a dict, on their way to the function that they are for."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from vartrack import session
from vartrack.extras.thrift.unread.keys import rely_on

if TYPE_CHECKING:
    from torch._guards import Source

    from vartrack.core.compile import Compile
    from vartrack.extras.thrift.of_all.dicts import CopiedDict

__all__ = ["Given", "given_in", "giving", "passed_on"]

_GIVEN = "thrift.given by name"


class Given:
    """Arguments by name that are passed on now.

    Attributes:
        arguments: what is passed on, once it was asked for.
        order: the dicts that have their order.
        unread: the dict that has them, if that was not read.
    """

    def __init__(self) -> None:
        self.arguments: Any = None
        self.order: tuple[Source, ...] = ()
        self.unread: CopiedDict | None = None


def given_in(tx: Any) -> Given:
    """What is passed on where ``tx`` is now."""
    given: Given = session.compile_of(tx).notes.setdefault(_GIVEN, Given())  # type: ignore[union-attr]
    return given


@contextlib.contextmanager
def giving(tx: Any, order: tuple[Source, ...], arguments: Any = None) -> Iterator[None]:
    """Pass on arguments by name in the block: in that order if they are not taken.

    Args:
        tx: the tracer.
        order: the dicts that have it.
        arguments: what is passed on; None if it is still to be asked for.
    """
    given = given_in(tx)
    outer = vars(given).copy()
    given.arguments, given.order, given.unread = arguments, order, None
    try:
        yield
    finally:
        rely_on(tx, given.order)  # what was called has not taken them
        vars(given).update(outer)


def passed_on(compile: Compile | None, arguments: Any) -> Given | None:
    """What is passed on, if ``arguments`` are those: they have arrived, and are so no more."""
    given: Given | None = None if compile is None else compile.notes.get(_GIVEN)
    if given is None or given.arguments is None or given.arguments is not arguments:
        return None
    arrived = Given()
    arrived.order, arrived.unread = given.order, given.unread
    given.order, given.arguments, given.unread = (), None, None
    return arrived
