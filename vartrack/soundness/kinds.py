"""The kinds of fact that `vartrack.sound` holds."""

from __future__ import annotations

__all__ = ["KINDS"]

#: From the name of a kind to what it covers.
KINDS: dict[str, str] = {
    "classes": "what is looked up on a class: attributes, methods, special methods, bases",
    "bodies": "the code, defaults and closure of functions",
}
