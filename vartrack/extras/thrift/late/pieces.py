"""The pieces of a late text: `name.split(".")`, of which one is read without the others.

And the numbers of a range whose ends vary, of which some are only asked for: `3 in range(n)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.source import GetItemSource
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.lists import ListVariable, RangeVariable, TupleVariable

from vartrack.bases.tracing.late.late_text import nowhere
from vartrack.bases.tracing.late.waiting import Kind, MadeLater, waits
from vartrack.compat.making import lazy
from vartrack.core.guarding.presence import PRESENT
from vartrack.extras.thrift.late.kinds import kind_of
from vartrack.extras.thrift.late.sources import FromEndSource
from vartrack.visitors.iterators import Ranges

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen
    from torch._dynamo.variables.lazy import LazyCache
    from torch._guards import Source

__all__ = ["LateRange", "Pieces", "are_pieces"]


class Pieces(MadeLater):
    """A list or tuple of literals that C code makes anew at each call, of a late value.

    Args:
        _cache: torch's record of a value that is not built yet.
        kind: which trackers it can have.
        made_at: where it is made.
        options: what else a tracker takes.
    """

    _nonvar_fields = {"kind", "made_at", *MadeLater._nonvar_fields}

    def __init__(self, _cache: LazyCache, *, kind: Any, made_at: Source, **options: Any) -> None:
        super().__init__(_cache, **options)
        self.kind = kind
        self.made_at = made_at

    @classmethod
    def of(cls, values: list[Any] | tuple[Any, ...], place: Source) -> Pieces:
        """The pieces that are at ``place``, at hand ``values``."""
        return cls(nowhere(values), kind=kind_of(type(values)), made_at=place)

    @property
    def example(self) -> Any:
        """The pieces at hand; others may come next."""
        return self._cache.value

    def place(self) -> Source:
        """Where they are made."""
        return self.made_at

    def rely_on_type(self) -> None:
        """Nothing: the type is that of what made it."""

    def item(self, tx: Any, index: Any) -> VariableTracker | None:
        """One piece; None if there is none, or if it is not known which is meant."""
        if waits(index) or not index.is_python_constant():
            return None
        number = index.as_python_constant()
        if type(number) is not int or not -len(self.example) <= number < len(self.example):
            return None
        return self._piece(tx, number)

    def _piece(self, tx: Any, number: int) -> VariableTracker:
        source = (FromEndSource if number < 0 else GetItemSource)(self.made_at, number)
        piece: Any = lazy(self.example[number], source, tx=tx)
        if waits(piece):
            piece.rely_on_presence()
        return piece  # type: ignore[no-any-return]

    def make(self) -> VariableTracker:
        tx: Any = InstructionTranslator.current_tx()
        install_guard(self.made_at.make_guard(GuardBuilder.SEQUENCE_LENGTH))
        pieces = [self._piece(tx, number) for number in range(len(self.example))]
        if type(self.example) is tuple:
            return TupleVariable(pieces)
        return ListVariable(pieces, mutation_type=ValueMutationNew())

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Have it made of the pieces when the graph has run."""
        self.realize().reconstruct(codegen)


class LateRange(Pieces):
    """A range with ends that vary. Who goes through it needs them.

    Args:
        ends: what it is made of.
        options: what else pieces take.
    """

    _nonvar_fields = {*Pieces._nonvar_fields}

    def __init__(self, *args: Any, ends: list[VariableTracker], **options: Any) -> None:
        super().__init__(*args, **options)
        self.ends = ends

    @classmethod
    def of_ends(cls, ends: list[VariableTracker], numbers: range, place: Source) -> LateRange:
        """The range that is at ``place``, at hand ``numbers``."""
        return cls(nowhere(numbers), kind=_RANGE, made_at=place, ends=ends)

    def make(self) -> VariableTracker:
        tx = InstructionTranslator.current_tx()
        # a symbol would be late again, and torch goes through known numbers alone
        ends = [specialize_symnode(end.realize()) for end in self.ends]
        return BuiltinVariable(range).call_function(tx, ends, {}).realize()

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Have it made again of its ends when the graph has run."""
        if self.is_realized():
            self.realize().reconstruct(codegen)
            return
        if len(self.ends) > 2:  # a step may come to be zero, which the program can catch
            install_guard(self.made_at.make_guard(PRESENT))
        codegen(self.made_at)


_RANGE = Kind((range,), Ranges, (RangeVariable,), holds=True)
_CLASSES = frozenset({Pieces, LateRange})


def are_pieces(tracker: Any) -> bool:
    """Whether ``tracker`` stands for pieces of which nothing has depended on all yet."""
    return type(tracker) in _CLASSES and not tracker.is_realized()
