"""Functions of torch's that would not ask trackers of ours, wrapped while these may be met."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from torch._dynamo import utils
from torch._dynamo.exc import SkipFrame, Unsupported
from torch._dynamo.symbolic_convert import InstructionTranslator, InstructionTranslatorBase
from torch._dynamo.variables import lists
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.lazy import LazyVariableTracker
from torch._dynamo.variables.lists import TupleVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack import session
from vartrack.bases.constant import ConstantVisitor
from vartrack.bases.mapping import MappingVisitor
from vartrack.bases.record import RecordVisitor
from vartrack.bases.tracing.classes.lacking import lacks
from vartrack.bases.tracing.classes.lookup import has_on_class, is_by_identity
from vartrack.bases.tracing.classes.metaclasses import is_of_metaclass
from vartrack.bases.tracing.evaluating.folding import raise_in_program, refuse
from vartrack.bases.tracing.evaluating.intents import Intent, asking
from vartrack.bases.tracing.folded.folded_variable import FoldedVariable
from vartrack.bases.tracing.objects.opaque_variable import OpaqueVariable
from vartrack.bases.tracing.objects.record_variable import RecordVariable
from vartrack.bases.tracing.objects.same_key import TracedKey, is_same_key
from vartrack.compat import behaviour
from vartrack.compat.hooks import hook_name
from vartrack.compat.names import OBJECTS, AnySetVariable, HashableTracker, SetVariable
from vartrack.core.wrapping.wrappers import Wrappers

__all__ = ["ENTRIES"]

_OURS = (FoldedVariable, RecordVariable)
#: Those that say themselves whether another value is the same key.
_KEYS = (FoldedVariable, TracedKey)
_OF_USERS = (ConstantVisitor, MappingVisitor, RecordVisitor)
_IRREVERSIBLE = "{!r} object is not reversible"


def _built(tracker: VariableTracker) -> VariableTracker:
    """``tracker``, built if it may be one of ours: torch's own of constants are left lazy."""
    return tracker.realize() if type(tracker) is LazyVariableTracker else tracker


def _is_asked(tracker: VariableTracker) -> bool:
    """Whether it is made here, of a class that has a visitor and an ``__eq__`` of its own.

    torch takes each such object for a key of its own.
    """
    if type(tracker) not in OBJECTS:
        return False
    cls, compile = tracker.python_type(), session.compile_of(InstructionTranslator.current_tx())
    if compile is None:
        return False
    is_registered = isinstance(compile.sourced[cls].visitor, _OF_USERS)
    return is_registered and not is_by_identity(cls, "__eq__")


def _by_either(own: Callable[..., Any]) -> Callable[..., Any]:
    """Of two keys of a dict ours is asked, where torch asks the one that is in it already."""

    def equal(self: HashableTracker, other: object) -> bool:
        if isinstance(other, HashableTracker) and self.vt is not other.vt:
            # what is lazy still is none of ours; to ask by `isinstance` would build and guard it
            one, two = self.vt.unwrap(), other.vt.unwrap()
            if issubclass(type(two), _KEYS) and not issubclass(type(one), _KEYS):
                return bool(two.is_python_equal(one))
            if type(one) is type(two) is TupleVariable:
                with asking(Intent.SEARCH):  # what they hold is compared, and not two constants
                    return bool(own(self, other))
        return bool(own(self, other))

    return equal


def _as_python_says(own: Callable[..., Any]) -> Callable[..., Any]:
    """Whether an object that is made here is one key with another."""

    @functools.wraps(own)
    def is_python_equal(self: UserDefinedObjectVariable, other: object) -> bool:
        if isinstance(other, VariableTracker) and other.realize() is not self and _is_asked(self):
            return is_same_key(self, other)
        return bool(own(self, other))

    return is_python_equal


def _knowing_none(own: Callable[..., Any]) -> Callable[..., Any]:
    """A literal is compared with what it knows nothing of: what that holds makes no difference."""

    @functools.wraps(own)
    def compare(self: ConstantVariable, tx: Any, other: VariableTracker, op: str) -> Any:
        operand = _built(other)
        if isinstance(operand, (FoldedVariable, OpaqueVariable)):
            answer = getattr(type(self.value), op)(self.value, operand.example)
            if answer is NotImplemented:
                return ConstantVariable.create(answer)
        return own(self, tx, other, op)

    return compare


def _by_reversed(own: Callable[..., Any]) -> Callable[..., Any]:
    """``reversed`` asks ``__reversed__``, where torch turns round what the value iterates over."""

    def call_reversed(self: BuiltinVariable, tx: Any, obj: VariableTracker) -> Any:
        operand = obj.realize()
        if not isinstance(operand, _OURS):
            return own(self, tx, obj)
        cls = operand.python_type()
        if isinstance(operand, FoldedVariable) and has_on_class(cls, "__reversed__"):
            return operand.call_method(tx, "__reversed__", [], {})
        if lacks(cls, "__reversed__"):
            raise_in_program(tx, TypeError(_IRREVERSIBLE.format(cls.__name__)))
        return own(self, tx, obj)

    return call_reversed


def _not_of_metaclass(own: Callable[..., Any]) -> Callable[..., Any]:
    """``reversed`` of what only the metaclass can turn round, which torch takes for the value's."""

    def call_reversed(self: BuiltinVariable, tx: Any, obj: VariableTracker) -> Any:
        operand = obj.realize()
        if isinstance(operand, (*_OURS, UserDefinedObjectVariable)):
            cls = operand.python_type()
            if is_of_metaclass(cls, "__reversed__"):
                if lacks(cls, "__reversed__"):
                    raise_in_program(tx, TypeError(_IRREVERSIBLE.format(cls.__name__)))
                name = f"{cls.__module__}.{cls.__qualname__}.__reversed__"
                refuse(name, "is its metaclass's, which torch takes for its own")
        return own(self, tx, obj)

    return call_reversed


def _look_for(item: VariableTracker) -> VariableTracker:
    """Break the graph at a set that is looked for by what it holds."""
    item = item.realize()
    if isinstance(item, _OURS):
        cls = item.python_type()
        if issubclass(cls, set) and cls.__hash__ is None:
            item.refuse("__hash__", "is missing, and it is looked for in a set by its items")
    return item


def _of_sets(own: Callable[..., Any]) -> Callable[..., Any]:
    """A set is looked for by what it holds, which torch takes for trackers of its own."""

    def contains(self: VariableTracker, tx: Any, item: VariableTracker) -> Any:
        return own(self, tx, _look_for(item))

    return contains


def _of_sets_by_method(own: Callable[..., Any]) -> Callable[..., Any]:
    """The same up to torch 2.12, where there is no hook for it."""

    def call_method(self: VariableTracker, tx: Any, name: str, args: Any, kwargs: Any) -> Any:
        if name != "__contains__" or not args or not isinstance(args[0].realize(), _OURS):
            return own(self, tx, name, args, kwargs)
        try:
            return own(self, tx, name, [_look_for(args[0]), *args[1:]], kwargs)
        except Unsupported as broken:
            # else torch goes through the items, and asks ``==``
            if not behaviour.LETS_SKIPS_THROUGH:
                raise SkipFrame(str(broken)) from broken
            broken.skip_frame = True
            raise

    return call_method


def _of_dicts(own: Callable[..., Any]) -> Callable[..., Any]:
    """Looking for what has no hash raises, where torch finds that it is missing."""

    def contains(self: ConstDictVariable, key: VariableTracker) -> bool:
        if type(key) is LazyVariableTracker and (
            key.is_realized() or key.peek_type().__hash__ is None
        ):
            key = key.realize()  # what has a hash stays lazy, as it does in torch
        if issubclass(type(key), _OURS) and (cls := key.python_type()).__hash__ is None:
            error = TypeError(f"unhashable type: {cls.__name__!r}")
            raise_in_program(InstructionTranslator.current_tx(), error)
        return bool(own(self, key))

    return contains


@functools.cache
def _finding_itself(own: Callable[..., Any]) -> Callable[..., Any]:
    """A list holds what is in it, whatever its ``__eq__`` says, which torch may ask first."""

    @functools.wraps(own)
    def search(
        items: Iterable[VariableTracker], wanted: VariableTracker, tx: Any, *args: Any, **kw: Any
    ) -> Any:
        wanted = _built(wanted)
        if not issubclass(type(wanted), _OURS):
            return own(items, wanted, tx, *args, **kw)
        items = [item.realize() for item in items]
        before = next((n for n, item in enumerate(items) if item is wanted), None)
        # those before it are asked, as one of them may raise
        found = own(items[:before], wanted, tx, *args, **kw)
        if before is not None:
            return ConstantVariable.create(True)
        # what ``==`` gives may be a bool of NumPy's
        known = isinstance(found.realize(), FoldedVariable)
        return BuiltinVariable(bool).call_function(tx, [found], {}) if known else found

    return search


def _entering(own: Callable[..., Any]) -> Any:
    """A value that is entered like a context manager says itself why it cannot be."""

    def refuse(ctx: VariableTracker) -> Any:
        entered = ctx.realize()
        return entered.use("a with block") if isinstance(entered, OpaqueVariable) else own(ctx)

    return staticmethod(refuse)


_CONTAINS = hook_name("sq_contains_impl")
#: Where a literal is compared, if it has a hook for it.
_COMPARING = {hook_name("tp_richcompare_impl")}.intersection(vars(ConstantVariable))
_SETS = {AnySetVariable, SetVariable}
#: Where an object is told from another key; since 2.14 torch asks ``__eq__``.
_TELLING_KEYS = {"is_python_equal"}.intersection(vars(UserDefinedObjectVariable))


def _of_any_set() -> Iterator[tuple[type, str, Callable[[Any], Any]]]:
    hooked = any(_CONTAINS in vars(cls) for cls in _SETS)
    name, wrap = (_CONTAINS, _of_sets) if hooked else ("call_method", _of_sets_by_method)
    return ((cls, name, wrap) for cls in _SETS if name in vars(cls))


#: What is put in place in torch.
ENTRIES = Wrappers(
    *_of_any_set(),
    *(() if behaviour.REVERSES_BY_METHOD else ((BuiltinVariable, "call_reversed", _by_reversed),)),
    (BuiltinVariable, "call_reversed", _not_of_metaclass),
    (HashableTracker, "__eq__", _by_either),
    *((UserDefinedObjectVariable, name, _as_python_says) for name in _TELLING_KEYS),
    *((ConstantVariable, name, _knowing_none) for name in _COMPARING),
    (ConstDictVariable, "__contains__", _of_dicts),
    (InstructionTranslatorBase, "unsupported_ctx_graph_break", _entering),
    *((module, utils.iter_contains.__name__, _finding_itself) for module in (utils, lists)),
)
