"""Names that a visitor lists and no value has: a name that is misspelt says nothing."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

from vartrack.core.visitor import Visitor
from vartrack.dispatch.registry import Registry
from vartrack.errors import VisitorWarning

__all__ = ["Names"]

#: The attributes of the bases that list names of what a value has.
_LISTS = ("stored", "like_dict", "pure", "impure", "places", "traced")
_NOTHING = object()


class Names:
    """Looks which of the names that visitors list are found in no value.

    Args:
        registry: what to run on.
    """

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._found: dict[tuple[Visitor, str, str], bool] = {}

    def look(self, value: Any) -> None:
        """Look at one value more."""
        visitor = self.registry.resolve(value)
        if visitor is None:
            return
        for attribute in _LISTS:
            for name in getattr(visitor, attribute, ()):
                key = visitor, attribute, name
                has = inspect.getattr_static(value, name, _NOTHING) is not _NOTHING
                self._found[key] = self._found.get(key, False) or has

    def warn(self) -> None:
        """Warn of the names that no value has.

        Warns:
            VisitorWarning: there are some.
        """
        for (visitor, attribute, name), found in self._found.items():
            if not found:
                warnings.warn(
                    VisitorWarning(
                        "VT605",
                        f"{visitor.name} lists {name!r} in `{attribute}`, and none of the values "
                        "has an attribute of that name, so that it says nothing.",
                        f"write it in `{attribute}` as it is in the class, or leave it out.",
                    ),
                    stacklevel=3,
                )
