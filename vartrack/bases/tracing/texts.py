"""`Texts`: texts that show where in memory a value is, which is elsewhere at the next call."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from vartrack.bases.tracing.identity import is_one
from vartrack.bases.tracing.intents import Intent, asked

__all__ = ["Texts"]


class Texts:
    """Finds addresses in what evaluating gave, and keeps torch from writing them down."""

    #: Whether a text of the value shows an address; None if that is not known yet.
    placed: bool | None = None

    if TYPE_CHECKING:
        value: Any
        refused: bool
        subject: Callable[[], Any]
        refuse: Callable[..., NoReturn]
        python_type: Callable[[], type]

    def refuse_address(self, what: str, subject: Any, text: str) -> None:
        """Break the graph if ``text`` shows where in memory ``subject`` is."""
        if self.shows_address(subject, text):
            self.refuse(
                what,
                "shows the address of an object, which is another one at the next call",
                f"Give {self.python_type().__qualname__} a __repr__ of its own.",
            )

    def shows_address(self, subject: Any, text: str) -> bool:
        """Whether ``text`` says where in memory ``subject`` is, and equal values are elsewhere."""
        return hex(id(subject)) in text and not is_one(self)  # type: ignore[arg-type]

    def has_address(self) -> bool:
        """Whether a text of the value shows an address."""
        if self.placed is None:
            self.placed, refused = False, self.refused
            with contextlib.suppress(Exception):
                subject = self.subject()
                texts = [str(subject), repr(subject), format(subject)]
                self.placed = any(self.shows_address(subject, text) for text in texts)
            self.refused = refused  # nobody has asked for a text yet
        return self.placed

    def may_have_text(self) -> bool:
        """Whether who asks may have the value, though a text of it shows an address.

        It breaks the graph if the text is wanted while tracing.
        """
        if asked() is Intent.TEXT:
            subject = self.subject()
            self.refuse_address("__repr__", subject, hex(id(subject)))
        return asked() not in (Intent.TEXT, Intent.LATE_TEXT)
