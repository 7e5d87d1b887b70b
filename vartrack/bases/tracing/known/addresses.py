"""Texts that show where in memory a value is, which is elsewhere at the next call."""

from __future__ import annotations

import contextlib

from vartrack.bases.tracing.evaluating.intents import Intent, asked
from vartrack.bases.tracing.known.known_variable import KnownVariable
from vartrack.core.user_code.held import Held

__all__ = ["TEXTS", "has_address", "may_have_text"]

#: The methods that give the texts of a value.
TEXTS = ("__format__", "__str__", "__repr__")


def has_address(tracker: KnownVariable) -> bool:
    """Whether a text of the value shows an address."""
    if tracker.placed is None:
        tracker.placed, refused = False, tracker.refused
        with contextlib.suppress(Exception):
            subject = tracker.subject()
            held = Held(subject)
            try:
                texts = [str(subject), repr(subject), format(subject)]
            finally:
                tracker.counts = bool(held.put_back())  # nobody has asked for a text yet
            tracker.placed = any(tracker.shows_address(subject, text) for text in texts)
        tracker.refused = refused
    return tracker.placed


def may_have_text(tracker: KnownVariable) -> bool:
    """Whether who asks may have the value, though a text of it shows an address.

    It breaks the graph if the text is wanted while tracing.
    """
    if asked() is Intent.TEXT:
        subject = tracker.subject()
        tracker.refuse_address("__repr__", subject, hex(id(subject)))
    return asked() not in (Intent.TEXT, Intent.LATE_TEXT)
