"""`SnapshotVariable`: the tracker of a value that could change, and is not allowed to."""

from __future__ import annotations

import inspect
import itertools
import re
from collections.abc import Callable, ItemsView, Iterator, KeysView, ValuesView
from typing import TYPE_CHECKING, Any, ClassVar

from torch._dynamo.source import AttrSource, TypeSource
from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.lists import ListIteratorVariable, ListVariable, TupleVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.content import content_key
from vartrack.bases.tracing.content_guard import ContentGuard
from vartrack.bases.tracing.folded import FoldedVariable
from vartrack.bases.tracing.folding import LONGEST_ITERATOR, guarded_literal
from vartrack.bases.tracing.identity import is_by_identity
from vartrack.bases.tracing.own_code import is_own_code, is_own_getter
from vartrack.bases.tracing.parts import Load, Parts
from vartrack.bases.tracing.read_only import Access, Trial
from vartrack.compat.hooks import hook_of
from vartrack.compat.names import NO_SUCH_SUBOBJ
from vartrack.core.keys import State, same

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen

__all__ = ["SnapshotVariable"]

_read_object = hook_of(UserDefinedObjectVariable, "tp_getattro_impl")

_VIEWS = (KeysView, ValuesView, ItemsView)
_ADDRESS = re.compile(r"\b0x([0-9a-f]+)", re.IGNORECASE)


class SnapshotVariable(Parts, FoldedVariable, UserDefinedObjectVariable):
    """A value that could change: it is evaluated on a copy, and a change is refused.

    Args:
        value: the value.
        impure: names of attributes and methods that break the graph.
        key: tells whether a use changed the value.
        load: writes the instructions that load it, if it is part of a value without a source.
        options: what a `FoldedVariable` takes.

    .. versionadded:: 0.1
    """

    _nonvar_fields = {
        "before",
        "involved",
        "load",
        "made",
        "opened",
        "root",
        "trial",
        *FoldedVariable._nonvar_fields,
        *UserDefinedObjectVariable._nonvar_fields,
    }

    #: Keys that leave nothing out.
    whole_keys: ClassVar[tuple[Callable[[Any], Any], ...]] = (content_key,)

    def __init__(
        self,
        value: Any,
        impure: tuple[str, ...] = (),
        *,
        key: Callable[[Any], Any] | None = None,
        state: State | None = None,
        refused: bool = False,
        placed: bool | None = None,
        load: Load | None = None,
        content: ContentGuard | None = None,
        **options: Any,
    ) -> None:
        # Being torch's tracker of objects as well lets `**value`, `list.extend(value)` and
        # `value.name = ...` find their way here; what it does itself is overridden.
        Parts.__init__(self)
        UserDefinedObjectVariable.__init__(self, value, **options)
        self.content = content  # only now: torch looks at the value in its own __init__
        self.impure = impure
        self.key = key or content_key
        self.state = state
        self.refused = refused
        self.placed = placed
        self.load = load
        self.trial: Trial | None = None
        #: The key of the value, once there is a trial.
        self.before: Any = None
        #: The other snapshots in the evaluation that is under way.
        self.involved: list[SnapshotVariable] = []

    def clone(self, **changes: Any) -> VariableTracker:
        names = ("impure", "key", "state", "refused", "placed", "load", "content", "source")
        kept = {"value": self.example, **{name: getattr(self, name) for name in names}}
        return type(self)(**{**kept, **changes})

    @property
    def traces(self) -> bool:
        """Whether methods and properties that the user wrote are traced.

        What a key of the user's leaves out may be filled by them, as a cache is: then they are
        tried on a copy.
        """
        return self.source is not None and self.key in self.whole_keys

    def depend(self) -> None:
        # a part is covered by the key of the whole
        whole: Any = self.root
        if whole is self:
            super().depend()
        else:
            whole.depend()

    def guard_as_python_constant(self) -> Any:
        return self.as_python_constant()

    def reconstruct(self, codegen: PyCodegen) -> None:
        if self.load is not None:
            self.load(codegen)
            return
        # made while tracing: each call of the compiled function makes a new one
        codegen.add_push_null(lambda: codegen.load_import_from("copy", "deepcopy"))
        super().reconstruct(codegen)
        codegen.call_function(1, False)

    # trying a use on a copy

    def subject(self) -> Any:
        return self.tried().subject

    def tried(self) -> Trial:
        """The copy that uses are tried on."""
        if self.trial is None:
            what = "key"
            key: Any = self.key
            try:
                self.before = key(self.value)
                what = "__deepcopy__"
                self.trial = Trial(self.value)
            except Exception as error:
                self.refuse(
                    what,
                    f"failed with {type(error).__name__}: {error}",
                    "Methods are tried on a copy, and the key tells whether they change it: make "
                    "the type copyable, or register a visitor with another `key` for it.",
                )
        return self.trial

    def evaluated(self, tx: Any, what: str, function: Callable[[Any], Any]) -> Any:
        self.refuse_changed_parts(tx, what)

        def run(subject: Any) -> Any:
            result = function(subject)
            # an iterator may do its work, and its harm, only now
            if isinstance(result, Iterator) and result is not subject:
                result = _Items(itertools.islice(result, LONGEST_ITERATOR + 1))
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

    def refuse_changed_parts(self, tx: Any, what: str) -> None:
        """Break the graph if a part was changed by the traced code, which found it elsewhere."""
        effects = tx.output.side_effects
        for part in self.tried().parts().values():
            if part in effects and effects.is_modified(effects[part]):
                self.refuse(
                    what,
                    f"needs a {type(part).__qualname__} that this function has changed before",
                    "Change what the value holds outside the compiled function.",
                )

    def shows_address(self, subject: Any, text: str) -> bool:
        # of any part of the copy
        parts = {*self.tried().originals, id(subject)}
        return any(int(address, 16) in parts for address in _ADDRESS.findall(text))

    def fold_call(
        self, tx: Any, what: str, bound: Callable[[Any], Any], args: Any, kwargs: Any
    ) -> VariableTracker | None:
        operands = [operand.realize() for operand in (*args, *kwargs.values())]
        self.involved = [one for one in operands if isinstance(one, SnapshotVariable)]
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
            items = [VariableTracker.build(tx, item) for item in result]
            return ListIteratorVariable(items, mutation_type=ValueMutationNew())
        if isinstance(result, _VIEWS):
            return self.view(tx, what, result)
        if type(result) is tuple or result is type(self.example):
            return self.shared(tx, what, result)
        return super().tracked(tx, what, result, function)

    def shared(self, tx: Any, what: str, result: Any) -> VariableTracker:
        """The tracker of what is, or holds, a part of the copy: it holds the original instead."""
        trial = self.tried()
        original = trial.original(result)
        if original is not result:
            return self.whereabouts(tx, what, original)
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
            what, f"gives a {type(result).__qualname__} that shares parts with the value"
        )

    def view(self, tx: Any, what: str, result: Any) -> VariableTracker:
        """The tracker of a view of a mapping: the view of a dict of the same items."""
        if isinstance(result, KeysView):
            pairs, name = dict.fromkeys(result), "keys"
        elif isinstance(result, ItemsView):
            pairs, name = dict(result), "items"
        else:
            pairs, name = dict(enumerate(result)), "values"
        whole = self.shared(tx, what, pairs)
        return whole.call_method(tx, name, [], {})

    # uses

    def tp_getattro_impl(self, tx: Any, name: str) -> VariableTracker:
        if name == "__class__":
            place = Access("attr", name).source(self.source)
            return VariableTracker.build(tx, type(self.example), place)
        stored = NO_SUCH_SUBOBJ if name in self.impure else self._plainly_stored(name)
        if stored is NO_SUCH_SUBOBJ:
            if self.traces and is_own_getter(self.of_class(name)):
                return _read_object(self, tx, name)
            return super().tp_getattro_impl(tx, name)
        if self.content is not None and ConstantVariable.is_base_literal(stored):
            # the guard of this part is enough, and other parts may change
            return guarded_literal(stored, AttrSource(self.source, name))
        self.depend()
        return self.part(tx, stored, Access("attr", name), self.source, self._loading([]))

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        named = name not in self.impure and not name.startswith("__")
        if named and self.traces and is_own_code(self.of_class(name)):
            # what it reads on its way is guarded, and so is the function itself
            return UserDefinedObjectVariable.call_method(self, tx, name, args, kwargs)
        return super().call_method(tx, name, args, kwargs)

    def _plainly_stored(self, name: str) -> Any:
        """The attribute, if reading it runs no code of the class."""
        value, cls = self.example, type(self.example)
        if not is_by_identity(cls, "__getattribute__"):
            return NO_SUCH_SUBOBJ
        if name == "__dict__":
            return getattr(value, name, NO_SUCH_SUBOBJ)
        if inspect.isdatadescriptor(inspect.getattr_static(cls, name, None)):
            return NO_SUCH_SUBOBJ
        return getattr(value, "__dict__", {}).get(name, NO_SUCH_SUBOBJ)

    def tp_iter_impl(self, tx: Any) -> VariableTracker:
        if isinstance(self.value, Iterator):
            self.refuse_change("__next__")
        return self.fold(tx, "__iter__", lambda subject: iter(tuple(subject)))

    def items_of(self, tx: Any) -> Any:
        return list(self.tp_iter_impl(tx).items)  # type: ignore[attr-defined]

    def unpack_var_sequence(self, tx: Any) -> list[VariableTracker]:
        return list(self.tp_iter_impl(tx).items)  # type: ignore[attr-defined]


class _Items(list[Any]):
    """What an iterator gave."""


SnapshotVariable.plain_object = SnapshotVariable
