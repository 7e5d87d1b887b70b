"""Keys that take long: they are computed at every call of the compiled function."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from vartrack.core.guarding.keys import SLOW
from vartrack.core.texts.articles import with_article
from vartrack.core.texts.warn_at import warn_at
from vartrack.errors import VisitorWarning

if TYPE_CHECKING:
    from vartrack.core.guarding.keys import KeyCheck
    from vartrack.core.visitor import Visitor

__all__ = ["warn_if_slow"]

#: The visitors that were warned of already.
_told: weakref.WeakSet[type[Visitor]] = weakref.WeakSet()


def warn_if_slow(visitor: Visitor, check: KeyCheck) -> None:
    """Warn, once for each visitor class, if a check of its values takes long."""
    cls = type(visitor)
    if check.cost < SLOW or cls in _told:
        return
    _told.add(cls)
    of = "comparing two values" if check.key is None else "its key"
    warning = VisitorWarning(
        "VT601",
        f"{visitor.name} checks {with_article(check.cls)} at every call of what was compiled, "
        f"and {of} takes {check.cost / 1e6:.1f} ms.",
        f"give {visitor.name} a `key` that is quicker, such as a tuple of the fields that matter "
        "or a version number; or take a RecordVisitor, which checks what is read.",
    )
    warn_at(warning, *visitor.defined_at)
