"""All watchers, as `install` puts them in place."""

from __future__ import annotations

from vartrack.soundness.hooking import Watchers
from vartrack.soundness.watchers import classes

__all__ = ["WATCHERS"]

WATCHERS = Watchers((*classes.WATCHERS,))
