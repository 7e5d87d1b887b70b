"""`TriedOnCopies`: a value that could change, each use of which is tried on a copy of it."""

from __future__ import annotations

import collections
import itertools
import re
from collections.abc import Callable, ItemsView, Iterator, KeysView, ValuesView
from typing import Any

from torch._dynamo.source import TypeSource
from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.lists import ListIteratorVariable, ListVariable, TupleVariable

from vartrack.bases.tracing.evaluating.folding import LONGEST_ITERATOR, items_of
from vartrack.bases.tracing.folded.folded_variable import FoldedVariable
from vartrack.bases.tracing.known.changed_values import changed_values
from vartrack.bases.tracing.snapshots.parts import Parts, loading
from vartrack.bases.tracing.snapshots.trial import Trial
from vartrack.bases.tracing.snapshots.ways import Access
from vartrack.core.guarding.keys import same
from vartrack.core.texts.articles import with_article

__all__ = ["TriedOnCopies"]

_VIEWS = (KeysView, ValuesView, ItemsView)
#: An address as Python shows it, or as `id` gives it.
_ADDRESS = re.compile(r"\b(0x[0-9a-f]{1,16}|[1-9]\d{8,19})\b", re.IGNORECASE)


class TriedOnCopies(FoldedVariable):
    """A known value that must not change: a copy tells what a use gives, and what it changes.

    Args:
        value: the value.
        impure: names of attributes and methods that break the graph.
        parts: finds the trackers of what it holds.
        options: what a `FoldedVariable` takes; among them the key, which tells whether a use
            changed the value.

    .. versionadded:: 0.2
    """

    _nonvar_fields = {"before", "involved", "parts", "trial", *FoldedVariable._nonvar_fields}

    def __init__(
        self, value: Any, impure: tuple[str, ...] = (), *, parts: Parts, **options: Any
    ) -> None:
        self.parts = parts
        super().__init__(value, impure, **options)
        self.trial: Trial | None = None
        #: The key of the value, once a use was tried.
        self.before: Any = None
        #: The other snapshots in the evaluation that is under way.
        self.involved: list[TriedOnCopies] = []

    @property
    def is_whole(self) -> bool:
        return self.parts.whole is self

    # trying a use on a copy

    def subject(self) -> Any:
        if self.before is None:
            key: Any = self.key
            self.before = self.or_refused("key", key)
            copied = self.tried().subject
            if not same(self.or_refused("key", lambda _: key(copied)), self.before):
                self.refuse(
                    "key",
                    "gives something else for a copy of the value",
                    "Methods are tried on a copy, and the key tells whether they change it: have "
                    "the key tell what the value holds, and not which object it is.",
                )
        return self.tried().subject

    def tried(self) -> Trial:
        """The copy that uses are tried on."""
        if self.trial is None:
            self.trial = self.or_refused("__deepcopy__", Trial)
        return self.trial  # type: ignore[return-value]

    def or_refused(self, what: str, function: Callable[[Any], Any]) -> Any:
        """``function(value)``, which trying a use takes; what it raises breaks the graph."""
        try:
            return function(self.example)
        except Exception as error:
            self.refuse(
                what,
                f"failed with {type(error).__name__}: {error}",
                "Methods are tried on a copy, and the key tells whether they change it: make "
                "the type copyable, or register a visitor with another `key` for it.",
            )

    def evaluated(self, tx: Any, what: str, function: Callable[[Any], Any]) -> Any:
        self.refuse_changed_parts(tx, what)

        def run(subject: Any) -> Any:
            result = function(subject)
            # an iterator or a view may do its work, and its harm, only now
            if isinstance(result, Iterator) and result is not subject:
                result = _Items(itertools.islice(result, LONGEST_ITERATOR + 1))
            elif isinstance(result, _VIEWS):
                collections.deque(result, maxlen=0)
            return result

        return super().evaluated(tx, what, run)

    def unchanged(self, tx: Any, what: str, subject: Any) -> None:
        key: Any = self.key
        try:
            stays = same(key(subject), self.before)
        except Exception:
            stays = False  # nothing can be said of a value that has no key now
        if not stays:
            self.trial = None
            self.refuse_change(what.rpartition(".")[2])

    def is_changed(self, tx: Any) -> bool:
        return super().is_changed(tx) or next(self.changed_parts(tx), None) is not None

    def changed_parts(self, tx: Any) -> Iterator[Any]:
        """What the value holds that was changed by the traced code, wherever that found it."""
        changed = changed_values(tx)
        if changed:
            yield from (part for part in self.tried().parts().values() if id(part) in changed)

    def refuse_changed_parts(self, tx: Any, what: str) -> None:
        """Break the graph if a part was changed by the traced code."""
        for part in self.changed_parts(tx):
            self.refuse(
                what,
                f"needs {with_article(type(part))} that this function has changed before",
                "Change what the value holds outside the compiled function.",
            )

    def shows_address(self, subject: Any, text: str) -> bool:
        # of any part of the copy
        parts = {*self.tried().originals, id(subject)}
        return any(int(address, 0) in parts for address in _ADDRESS.findall(text))

    def fold_call(
        self, tx: Any, what: str, bound: Callable[[Any], Any], args: Any, kwargs: Any
    ) -> VariableTracker | None:
        operands = [operand.realize() for operand in (*args, *kwargs.values())]
        self.involved = [one for one in operands if isinstance(one, TriedOnCopies)]
        try:
            return super().fold_call(tx, what, bound, args, kwargs)
        finally:
            self.involved = []

    # what a use gave

    def tracked(
        self, tx: Any, what: str, result: Any, function: Callable[[Any], Any], place: Any = None
    ) -> VariableTracker:
        if result is self.example:
            return self
        for one in (self, *self.involved):
            if one.tried().shares(result):
                return one.shared(tx, what, result)
        if isinstance(result, _Items):
            if len(result) > LONGEST_ITERATOR:
                self.refuse(what, f"gives more than {LONGEST_ITERATOR} items")
            items = items_of(tx, self.text(what), iter(result))
            return ListIteratorVariable(items, mutation_type=ValueMutationNew())
        if isinstance(result, _VIEWS):
            return self.view(tx, what, result)
        if type(result) is tuple or result is type(self.example):
            return self.shared(tx, what, result)
        return super().tracked(tx, what, result, function)

    def part(self, tx: Any, value: Any, step: Access) -> VariableTracker:
        """The tracker of what is one step away, for a snapshot without a source."""
        return self.parts.part(self, tx, value, step, None, loading(self))

    def shared(self, tx: Any, what: str, result: Any) -> VariableTracker:
        """The tracker of what is, or holds, a part of the copy: it holds the original instead."""
        trial = self.tried()
        original = trial.original(result)
        if original is not result:
            return self.parts.whereabouts(self, tx, what, original, trial)
        if result is type(self.example) and self.source is not None:
            return VariableTracker.build(tx, result, TypeSource(self.source))
        if type(result) is not tuple and not trial.shares(result):
            return VariableTracker.build(tx, result)
        if isinstance(result, _VIEWS):
            return self.view(tx, what, result)
        if type(result) in (_Items, list, tuple):
            items = [self.shared(tx, what, item) for item in result]
            if type(result) is tuple:
                return TupleVariable(items)
            new = ListIteratorVariable if type(result) is _Items else ListVariable
            return new(items, mutation_type=ValueMutationNew())
        if type(result) is dict and all(map(ConstantVariable.is_literal, result)):
            pairs = {
                ConstantVariable.create(key): self.shared(tx, what, item)
                for key, item in result.items()
            }
            return ConstDictVariable(pairs, mutation_type=ValueMutationNew())
        return self.refuse(
            what, f"gives {with_article(type(result))} that shares parts with the value"
        )

    def view(self, tx: Any, what: str, result: Any) -> VariableTracker:
        """The tracker of a view of a mapping: the view of a dict of the same items."""
        if isinstance(result, KeysView):
            pairs, name = dict.fromkeys(result), "keys"
        elif isinstance(result, ItemsView):
            pairs, name = dict(result), "items"
        else:
            pairs, name = dict(enumerate(result)), "values"
        if len(pairs) != len(result):
            self.refuse(what, "gives a key several times, which no view of a dict does")
        whole = self.shared(tx, what, pairs)
        return whole.call_method(tx, name, [], {})


class _Items(list[Any]):
    """What an iterator gave."""
