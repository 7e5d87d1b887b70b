"""`Parts`: what a snapshot holds, as trackers that traced code may read and not change."""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable

from vartrack import session
from vartrack.bases.constant import ConstantVisitor
from vartrack.bases.content import content_key
from vartrack.bases.record import RecordVisitor
from vartrack.bases.tracing.known.known_variable import KnownVariable
from vartrack.bases.tracing.snapshots.read_only import container, forbid_changes
from vartrack.bases.tracing.snapshots.trial import Trial
from vartrack.bases.tracing.snapshots.ways import Access, way_to
from vartrack.core.texts.articles import with_article

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen
    from torch._guards import Source

__all__ = ["Load", "Parts", "loading"]

Load = Callable[["PyCodegen"], None]

#: Parts that have trackers of torch's own, whoever holds them.
_NOT_DATA = (
    torch.Tensor,
    torch.nn.Module,
    torch.Generator,
    np.ndarray,
    np.generic,
    types.ModuleType,
    types.FunctionType,
    types.MethodType,
    types.BuiltinMethodType,
    types.MethodWrapperType,
    type,
)


class Parts:
    """Finds and makes the trackers of the parts of one snapshot, however deep they are in it.

    What came from somewhere has parts that come from there, with guards of their own. A part of a
    value that was made while tracing needs none: reading it gives the object itself when the graph
    has run, and changing it breaks the graph.

    Args:
        whole: the snapshot.
        plain_object: the tracker class of an object that has no visitor of its own.
    """

    def __init__(self, whole: KnownVariable, plain_object: type[KnownVariable]) -> None:
        self.whole = whole
        self.plain_object = plain_object
        self.made: dict[int, KnownVariable] = {}
        self.opened: set[int] = set()

    def whereabouts(
        self, of: KnownVariable, tx: Any, what: str, original: Any, trial: Trial
    ) -> VariableTracker:
        """The tracker of what the value of ``of`` holds, found by where it is in that.

        Args:
            of: the snapshot, or a part of it.
            tx: the tracer.
            what: what gave the part, for messages.
            original: the part.
            trial: the copy of ``of`` that uses are tried on.
        """
        if original is of.example:
            return of
        way = way_to(of.value, original, trial.parts())
        if way is None:
            of.refuse(
                what,
                f"gives {with_article(type(original))} that the value keeps, and no attribute "
                "or item leads to it",
            )
        source = of.source
        for step in way[:-1]:
            source = step.source(source)
        return self.part(of, tx, original, way[-1], source, loading(of, way[:-1]))

    def part(
        self,
        of: KnownVariable,
        tx: Any,
        value: Any,
        step: Access,
        base: Source | None,
        load_base: Load,
    ) -> VariableTracker:
        """The tracker of a part.

        Args:
            of: what breaks the graph if the part cannot be read.
            tx: the tracer.
            value: the part.
            step: the last step to it.
            base: the source of what it is a part of.
            load_base: writes the instructions that load that.
        """
        if ConstantVariable.is_base_literal(value):
            return ConstantVariable.create(value)
        source = step.source(base)
        if source is not None:
            return VariableTracker.build(tx, value, source)

        def load(codegen: PyCodegen) -> None:
            load_base(codegen)
            step.emit(codegen)

        effects = tx.output.side_effects
        if value in effects:
            return effects[value]
        visitor = _visitor(tx, value)
        if self._takes_snapshots(visitor):
            if id(value) not in self.made:
                kind = type(visitor)
                options = {"impure": kind.impure, "key": kind.key, "state": kind.state}
                self.made[id(value)] = self._inner(kind.folded_class, value, load, options)
            return self.made[id(value)]
        if not _is_data(value, visitor):
            return VariableTracker.build(tx, value)
        tracker = self._container(of, tx, value, load)
        if tracker is None:
            tracker = self._inner(self.plain_object, value, load, {"key": content_key})
            # no kind of mutation: nothing that torch knows how to replay may happen to it
            effects.id_to_variable[id(value)] = tracker
            effects.keepalive.append(value)
        return tracker

    def _inner(self, make: Any, value: Any, load: Load, options: dict[str, Any]) -> KnownVariable:
        """The tracker of an object that the value holds."""
        tracker: Any = make(value, load=load, **options)
        tracker.parts = self
        return tracker  # type: ignore[no-any-return]

    def _container(
        self, of: KnownVariable, tx: Any, value: Any, load: Load
    ) -> VariableTracker | None:
        """The tracker of a list or the like that the value holds; None if it is none."""
        if id(value) in self.opened:
            name = type(value).__qualname__
            of.refuse(name, "holds itself", "Keep cycles to objects, which are read one by one.")
        self.opened.add(id(value))
        try:
            held = container(value, lambda item, step: self.part(of, tx, item, step, None, load))
        finally:
            self.opened.discard(id(value))
        if held is not None and type(value) is not tuple:
            held.load = load  # type: ignore[attr-defined]
            name = type(value).__qualname__
            forbid_changes(
                tx, value, held, lambda: of.refuse_change(f"({with_article(name)} it holds)")
            )
        return held

    def _takes_snapshots(self, visitor: Any) -> bool:
        make = getattr(visitor, "folded_class", None)
        return isinstance(make, type) and issubclass(make, self.plain_object)


def loading(tracker: VariableTracker, steps: Sequence[Access] = ()) -> Load:
    """What writes the instructions that load a part of what ``tracker`` stands for."""

    def load(codegen: PyCodegen) -> None:
        codegen(tracker)
        for step in steps:
            step.emit(codegen)

    return load


def _visitor(tx: Any, value: Any) -> Any:
    """The visitor that would take ``value``."""
    compile = session.compile_of(tx)
    return None if compile is None else compile.sourced[type(value)].pick(value)


def _is_data(value: Any, visitor: Any) -> bool:
    """Whether ``value`` is an object like any other, whose content a key can cover."""
    if isinstance(visitor, ConstantVisitor) or isinstance(value, _NOT_DATA):
        return False
    return type(value) is tuple or isinstance(visitor, RecordVisitor) or _is_copied(value)


def _is_copied(value: Any) -> bool:
    try:
        return Trial(value).subject is not value
    except Exception:
        return False
