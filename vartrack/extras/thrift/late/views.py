"""The keys, values or items of a late dict, `d.values()`, as long as nothing goes through them."""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING, Any

from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import VariableTracker

from vartrack.bases.tracing.late.late_text import nowhere
from vartrack.bases.tracing.late.waiting import Kind, MadeLater
from vartrack.extras.thrift.late.held import is_built
from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.extras.thrift.late.may_wait import MayWait
from vartrack.visitors.mappings import Dicts

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen
    from torch._dynamo.variables.lazy import LazyCache

__all__ = ["VIEWS", "LateView", "ViewMethod", "has_views", "is_view"]

#: The methods that give a view.
VIEWS = frozenset({"keys", "values", "items"})
#: The dicts whose views are made by C code alone.
_DICTS = frozenset({dict, collections.OrderedDict, collections.defaultdict, collections.Counter})
_KIND = Kind((type({}.values()),), Dicts, (VariableTracker,), holds=True)


class LateView(MadeLater):
    """A view of a late dict. It is one of torch's as soon as anything goes through it.

    Args:
        _cache: torch's record of a value that is not built yet.
        of: the late dict.
        name: the method that gives the view.
        options: what else a tracker takes.
    """

    kind = _KIND
    _nonvar_fields = {"kind", "name", *MadeLater._nonvar_fields}

    def __init__(self, _cache: LazyCache, *, of: Any, name: str, **options: Any) -> None:
        super().__init__(_cache, **options)
        self.of = of
        self.name = name

    @property
    def example(self) -> Any:
        """The view at hand."""
        return getattr(self.of.example, self.name)()

    def rely_on_type(self) -> None:
        """Have the type of the dict guarded."""
        if is_late(self.of):
            self.of.rely_on_type()

    def make(self) -> VariableTracker:
        tx = InstructionTranslator.current_tx()
        return self.of.realize().call_method(tx, self.name, [], {}).realize()

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Have it made of the dict when the graph has run."""
        self.realize().reconstruct(codegen)


class ViewMethod(MayWait):
    """A method of a late dict that gives a view."""

    def result(self, tx: Any, args: list[Any], kwargs: dict[str, Any]) -> VariableTracker | None:
        """The view, which is not gone through yet."""
        if args or kwargs or not is_late(self.obj) or is_built(self.obj):
            return None
        return LateView(nowhere(None), of=self.obj, name=self.name)


def has_views(late: Any) -> bool:
    """Whether the views of a late container may wait."""
    return type(late.example) in _DICTS


def is_view(tracker: Any) -> bool:
    """Whether ``tracker`` is of a view of a dict of which nothing is known yet."""
    return type(tracker) is LateView and not tracker.is_realized() and is_late(tracker.of)
