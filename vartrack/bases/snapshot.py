"""`SnapshotVisitor`: mutable values that are taken for constant and watched."""

from __future__ import annotations

import inspect
import itertools
import re
import types
from collections.abc import Callable, ItemsView, Iterator, KeysView, ValuesView
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from torch._dynamo.source import TypeSource
from torch._dynamo.variables.base import NO_SUCH_SUBOBJ, ValueMutationNew, VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.functions import BaseUserFunctionVariable
from torch._dynamo.variables.lists import ListIteratorVariable, ListVariable, TupleVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack import switching
from vartrack.bases.constant import ConstantVisitor
from vartrack.bases.content import content_key
from vartrack.bases.folded import FoldedVariable
from vartrack.bases.folded_class import FoldedClassVariable
from vartrack.bases.folding import LONGEST_ITERATOR, refuse
from vartrack.bases.held import Step, Trial, container, find, hold
from vartrack.bases.record import RecordVisitor
from vartrack.keys import State, same

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen
    from torch._guards import Source

    from vartrack.context import BuilderContext

__all__ = ["SnapshotVariable", "SnapshotVisitor"]

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
_VIEWS = (KeysView, ValuesView, ItemsView)
_ADDRESS = re.compile(r" at 0x([0-9a-f]+)", re.IGNORECASE)


class SnapshotVariable(FoldedVariable, UserDefinedObjectVariable):
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
        "trial",
        *FoldedVariable._nonvar_fields,
        *UserDefinedObjectVariable._nonvar_fields,
    }

    def __init__(
        self,
        value: Any,
        impure: tuple[str, ...] = (),
        *,
        key: Callable[[Any], Any] | None = None,
        state: State | None = None,
        refused: bool = False,
        load: Callable[[PyCodegen], None] | None = None,
        **options: Any,
    ) -> None:
        # Being torch's tracker of objects as well lets `**value`, `list.extend(value)` and
        # `value.name = ...` find their way here; what it does itself is overridden.
        UserDefinedObjectVariable.__init__(self, value, **options)
        self.impure = impure
        self.key = key or content_key
        self.state = state
        self.refused = refused
        self.load = load
        self.trial: Trial | None = None
        #: The key of the value, once there is a trial.
        self.before: Any = None
        #: The other snapshots in the evaluation that is under way.
        self.involved: list[SnapshotVariable] = []

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
            key: Any = self.key
            try:
                self.trial = Trial(self.value)
                self.before = key(self.value)
            except Exception as error:
                self.refuse(
                    "__deepcopy__",
                    f"failed with {type(error).__name__}: {error}",
                    "Make the type copyable: methods are tried on a copy, so that the value stays.",
                )
        return self.trial

    def evaluated(self, tx: Any, what: str, function: Callable[[Any], Any]) -> Any:
        self.refuse_changed_parts(tx, what)

        def run(subject: Any) -> Any:
            try:
                result = function(subject)
                # an iterator may do its work, and its harm, only now
                if isinstance(result, Iterator) and result is not subject:
                    result = _Items(itertools.islice(result, LONGEST_ITERATOR + 1))
            except BaseException:
                self.unchanged(tx, what, subject)
                raise
            if isinstance(result, str):
                self.refuse_address(what, result)
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

    def refuse_address(self, what: str, text: str) -> None:
        """Break the graph if a text shows where in memory the copy is."""
        for address in _ADDRESS.findall(text):
            if int(address, 16) in self.tried().originals:
                self.refuse(
                    what,
                    "shows the address of an object, which is another one at the next call",
                    f"Give {self.python_type().__qualname__} a __repr__ of its own.",
                )

    def fold_method(
        self, tx: Any, name: str, args: Any, kwargs: Any = None
    ) -> VariableTracker | None:
        operands = [operand.realize() for operand in (*args, *(kwargs or {}).values())]
        if any(isinstance(operand, BaseUserFunctionVariable) for operand in operands):
            return None  # what a function does must be traced
        self.involved = [one for one in operands if isinstance(one, SnapshotVariable)]
        try:
            return super().fold_method(tx, name, args, kwargs)
        finally:
            self.involved = []

    # what a use gave

    def tracked(
        self, tx: Any, what: str, result: Any, function: Callable[[Any], Any], place: Any = None
    ) -> VariableTracker:
        if result is self.value:
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
        if type(result) is tuple or result is type(self.value):
            return self.shared(tx, what, result)
        return super().tracked(tx, what, result, function)

    def shared(self, tx: Any, what: str, result: Any) -> VariableTracker:
        """The tracker of what is, or holds, a part of the copy: it holds the original instead."""
        trial = self.tried()
        original = trial.original(result)
        if original is not result:
            return self.whereabouts(tx, what, original)
        if result is type(self.value) and self.source is not None:
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

    def whereabouts(self, tx: Any, what: str, original: Any) -> VariableTracker:
        """The tracker of a part of the value."""
        if original is self.value:
            return self
        way = find(self.value, original, self.tried().parts())
        if way is None:
            self.refuse(
                what,
                f"gives a {type(original).__qualname__} that the value keeps, and no attribute "
                "or item leads to it",
            )
        source = self.source
        for step in way[:-1]:
            source = step.source(source)
        return self.part(tx, original, way[-1], source, self._loading(way[:-1]))

    def _loading(self, steps: list[Step]) -> Callable[[PyCodegen], None]:
        def load(codegen: PyCodegen) -> None:
            codegen(self)
            for step in steps:
                step.emit(codegen)

        return load

    def part(
        self,
        tx: Any,
        value: Any,
        step: Step,
        base: Source | None,
        load_base: Callable[[PyCodegen], None],
    ) -> VariableTracker:
        """The tracker of a part: read it, and no more, as the key covers what it holds.

        Args:
            tx: the tracer.
            value: the part.
            step: the last step to it.
            base: the source of what it is a part of.
            load_base: writes the instructions that load that.
        """
        if ConstantVariable.is_base_literal(value):
            return ConstantVariable.create(value)
        source = step.source(base)

        def load(codegen: PyCodegen) -> None:
            load_base(codegen)
            step.emit(codegen)

        effects = tx.output.side_effects
        if value in effects:
            # with its source, a guard comes along that it is the same object
            return effects[value] if source is None else VariableTracker.build(tx, value, source)
        options: dict[str, Any] = {"source": source}
        if source is None:
            options["load"] = load
        visitor = _visitor(tx, value)
        if isinstance(visitor, SnapshotVisitor):
            kind = type(visitor)
            tracker = visitor.folded_class(
                value, visitor.impure, key=kind.key, state=kind.state, **options
            )
        elif _is_data(value, visitor):
            held = container(
                value, lambda item, inner: self.part(tx, item, inner, source, load), source
            )
            if type(value) is tuple and held is not None:
                return held
            if held is not None:
                if source is None:
                    held.load = load  # type: ignore[attr-defined]
                name = type(value).__qualname__
                hold(tx, value, held, lambda: self.refuse_change(f"(a {name} it holds)"))
                return held
            tracker = SnapshotVariable(value, **options)
        else:
            return VariableTracker.build(tx, value, source)
        # no kind of mutation: nothing that torch knows how to replay may happen to it
        effects.id_to_variable[id(value)] = tracker
        effects.keepalive.append(value)
        return tracker

    # uses

    def var_getattr(self, tx: Any, name: str) -> VariableTracker:
        if name == "__class__":
            place = Step("attr", name).source(self.source)
            return VariableTracker.build(tx, type(self.value), place)
        stored = NO_SUCH_SUBOBJ if name in self.impure else self._plainly_stored(name)
        if stored is NO_SUCH_SUBOBJ:
            return super().var_getattr(tx, name)
        return self.part(tx, stored, Step("attr", name), self.source, self._loading([]))

    def _plainly_stored(self, name: str) -> Any:
        """The attribute, if reading it runs no code of the class."""
        value, cls = self.value, type(self.value)
        if cls.__getattribute__ is not object.__getattribute__:
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


def _known(tx: Any) -> dict[int, tuple[Any, VariableTracker | None]]:
    """The snapshots that the function was given, by id: each with its tracker."""
    output = tx.output
    if not hasattr(output, "vartrack_snapshots"):
        output.vartrack_snapshots = {}
    return output.vartrack_snapshots  # type: ignore[no-any-return]


def _visitor(tx: Any, value: Any) -> Any:
    """The visitor that would take ``value``."""
    compile = switching.compile_of(tx)
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


class SnapshotClassVariable(FoldedClassVariable):
    """A class of snapshots; calling it with constants is evaluated while tracing."""

    def fold(
        self, tx: Any, what: str, get: Callable[[], Any], args: Any, kwargs: Any
    ) -> VariableTracker | None:
        def watched(*positional: Any, **named: Any) -> Any:
            result = get()(*positional, **named)
            kept = Trial(result).parts()
            for operand in (*positional, *named.values()):
                if id(operand) in kept:
                    refuse(
                        what,
                        f"keeps a {type(operand).__qualname__} that it is given, and that the "
                        "function may change later",
                        "Make the object outside the compiled function and pass it in.",
                    )
            return result

        return super().fold(tx, what, lambda: watched, args, kwargs)


class SnapshotVisitor(ConstantVisitor, abstract=True):
    """For mutable values that rarely change: one graph for each distinct content.

    Set ``types``. The key is computed at every call of the compiled function, and ``explain``
    shows how long that takes. Attributes, methods and the rest are tried on deep copies while
    tracing; a use that would change the key, or a list or dict that the value holds, breaks the
    graph, and happens once, outside of it.

    Attributes:
        key: from a value to what makes it the same, as a static method. It must return something
            hashable. By default it is all that the value holds, see `content_key`; give one that
            is quicker, or that leaves out what does not matter, such as caches.
        fold_calls: whether calling the class and its class methods with constants is evaluated
            while tracing. If not, they are traced, and a new object may be changed.

    .. versionadded:: 0.1
    """

    key: ClassVar[Callable[[Any], Any] | None] = staticmethod(content_key)
    folded_class = SnapshotVariable
    fold_calls: ClassVar[bool] = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.key is None:
            # comparing a value with itself says nothing about one that can change
            cls.key = staticmethod(content_key)

    def track(self, ctx: BuilderContext, value: Any, tracker: VariableTracker) -> VariableTracker:
        known = _known(ctx.tx)
        # of several places, nothing guards that they hold the same object
        known[id(value)] = (value, None if id(value) in known else tracker)
        return tracker

    def visit_sourceless(self, ctx: BuilderContext, value: Any) -> VariableTracker:
        effects = ctx.tx.output.side_effects
        if value in effects:
            return effects[value]
        if id(value) not in (known := _known(ctx.tx)):
            return super().visit_sourceless(ctx, value)
        tracker = known[id(value)][1]
        if tracker is None:
            ctx.unsupported(
                "vartrack: one of several like objects",
                context=f"{self.name}, {type(value).__module__}.{type(value).__qualname__}",
                explanation=f"The function got the same {type(value).__qualname__} in several "
                "places, and which of them this one came from is not known.",
                hints=["Choose between the objects outside the compiled function."],
            )
        return tracker

    def class_tracker(
        self, ctx: BuilderContext, cls: type, **options: Any
    ) -> VariableTracker | None:
        if not self.fold_calls:
            return None
        return SnapshotClassVariable(cls, self.impure, state=type(self).state, **options)
