"""`OwnSource`: places that torch has no source for, and how the guards reach them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch._dynamo.guards import GuardBuilder, GuardManagerType, _get_closure_vars
from torch._guards import ChainedSource

from vartrack.core.sources.stored_items import NAMES, text_of
from vartrack.core.wrapping.wrappers import Wrappers

if TYPE_CHECKING:
    from torch._guards import Source

__all__ = ["OWN_SOURCES", "Itself", "OwnSource"]


class OwnSource(ChainedSource):
    """A place of ours, which says itself how the guards reach it."""

    def follows(self, builder: GuardBuilder) -> bool:
        """Whether the guards on other places leave one value of it.

        Args:
            builder: torch's builder of guards.
        """
        return False

    def manager(self, builder: GuardBuilder, **options: Any) -> Any:
        """The part of the guards that reaches it; by its name, unless there is a faster way.

        Args:
            builder: torch's builder of guards.
            options: what each such part takes.
        """
        return self.found_by_name(builder, **options)

    def found_by_name(
        self, builder: GuardBuilder, text: str = "", named: Mapping[str, Any] = {}, **options: Any
    ) -> Any:
        """A part of the guards that evaluates the name with the variables of the frame.

        Args:
            builder: torch's builder of guards.
            text: what is evaluated in the place of the name.
            named: what that names besides.
            options: what each such part takes.
        """
        known = {**_get_closure_vars(), **NAMES, **builder.scope, **named}
        known.pop("L")
        find = eval(f"lambda L: {text or text_of(self)}", known)
        return builder.guard_manager.root.lambda_manager(python_lambda=find, **options)


@dataclass(frozen=True)
class Itself(OwnSource):
    """A dict, apart from its keys: where their order is guarded, torch takes no guard beside it."""

    @property
    def _name_template(self) -> str:
        return "({0})"

    def manager(self, builder: GuardBuilder, **options: Any) -> Any:
        """Finds the dict by its name."""
        options["guard_manager_enum"] = GuardManagerType.GUARD_MANAGER
        return self.found_by_name(builder, **options)


def _managed(own: Callable[..., Any]) -> Callable[..., Any]:
    """What makes the part of the guards that reaches a source."""

    @functools.wraps(own)
    def get_guard_manager_from_source(self: GuardBuilder, source: Source) -> Any:
        if not isinstance(source, OwnSource):
            return own(self, source)
        known = self._cached_guard_managers.get(source.name)
        if known is None:
            example = self.get(source)
            known = self._cached_guard_managers[source.name] = source.manager(
                self,
                source=source.name,
                example_value=example,
                guard_manager_enum=self.get_guard_manager_type(source, example),
            )
        return known

    return get_guard_manager_from_source


#: What is put into torch while vartrack is installed.
OWN_SOURCES = Wrappers((GuardBuilder, "get_guard_manager_from_source", _managed))
