"""What torch asks a folded value for: one answer serves some uses, and gets others wrong."""

from __future__ import annotations

import collections
import contextlib
import enum
import functools
import operator
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

from torch._dynamo import trace_rules, utils
from torch._dynamo.codegen import PyCodegen
from torch._dynamo.exc import ObservedException, Unsupported
from torch._dynamo.symbolic_convert import (
    InliningInstructionTranslator,
    InstructionTranslator,
)
from torch._dynamo.variables import builtin, lists, user_defined
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.functions import PolyfilledFunctionVariable, SkipFunctionVariable
from torch._dynamo.variables.lazy import LazyVariableTracker
from torch._dynamo.variables.lists import (
    BaseListVariable,
    DequeVariable,
    ListVariable,
    TupleVariable,
)
from torch._dynamo.variables.misc import NumpyVariable, StringFormatVariable
from torch._dynamo.variables.torch import TorchInGraphFunctionVariable

from vartrack.bases.tracing.evaluating.callbacks import RUNNING, guard_reads
from vartrack.bases.tracing.evaluating.folding import raise_in_program, refuse_evaluating
from vartrack.bases.tracing.evaluating.ordered import Stopped
from vartrack.bases.tracing.evaluating.ordering import sort_objects
from vartrack.compat.instructions import JUMPS, WrappedInstructions
from vartrack.compat.names import AnySetVariable, SlotDef, object_protocol
from vartrack.compat.operators import GIVES_TEXT
from vartrack.core.diagnostics import PASSED_ON, refusal_behind
from vartrack.core.wrapping.handlers import is_foreign
from vartrack.core.wrapping.wrappers import Wrappers

__all__ = ["CALLED", "INTENTS", "JUMPING", "Intent", "asked", "asking", "asks_for"]


class Intent(enum.Enum):
    """What a value is wanted for."""

    OTHER = "anything else"
    #: A builtin that works something out, with the value itself if that is a constant.
    CALL = "a call"
    #: A jump, which goes by whether the value is true.
    TRUTH = "its truth"
    #: An operand of an evaluation of vartrack's own.
    OPERAND = "an operand"
    #: A builtin that goes through its operands. Of constants torch calls it while tracing, and what
    #: it raises is no exception of the program.
    WORKING_OUT = "working out"
    #: Looking for it in a list. Of constants objects would be compared, and items that are none
    #: taken for unequal.
    SEARCH = "a search"
    #: Sorting a list. Constants torch compares itself, with ``==`` first, which Python does not.
    SORTING = "sorting"
    #: A text that is made while tracing.
    TEXT = "a text"
    #: A text that torch can put off until the graph runs.
    LATE_TEXT = "a text of later"
    #: The same, which is needed now.
    NEEDED_TEXT = "a text that is needed"
    #: How many there are in a container: nothing of any of them.
    LENGTH = "its length"
    #: Its class, and nothing of what it holds.
    TYPE = "its type"
    #: Bytecode that loads it. Containers are asked for constants, which would be written as they
    #: are now; what came from somewhere is loaded from there instead, as nothing guards it.
    WRITING = "bytecode"
    #: What a dict holds under one key: it does not depend on its other keys.
    ONE_KEY = "one key"
    #: The hash of a key's part: of the key counts which others it equals.
    KEY = "a key"
    #: Its hash, which is a number of the program's.
    HASH = "a hash"
    #: A default of a function that may be traced, or in a cell of it: nothing depends on it.
    INLINING = "a function that may be traced"
    #: Nothing of it yet: it is passed on, and whether it is a constant makes no difference.
    PASSING = "passing it on"


_asked: ContextVar[Intent] = ContextVar("vartrack_asked", default=Intent.OTHER)

_TEXT_OF = (str, repr, ascii, format, str.__mod__, operator.mod, print, *GIVES_TEXT)
#: What goes through its operands and asks each for more, which may raise.
_WORKED_OUT = (all, any, sum)
#: What looks for one operand in the other.
_SEARCHED = (operator.countOf, operator.indexOf)
#: By the id of the function, as what is called may have no hash.
_OF_FUNCTION: dict[int, Intent] = {
    **dict.fromkeys(map(id, _TEXT_OF), Intent.TEXT),
    **dict.fromkeys(map(id, _WORKED_OUT), Intent.WORKING_OUT),
    **dict.fromkeys(map(id, _SEARCHED), Intent.SEARCH),
    id(hash): Intent.HASH,
    # a value of ours is asked before: what is left of them are in containers
    **dict.fromkeys(map(id, (bool, operator.not_)), Intent.LENGTH),
}


def asked() -> Intent:
    """What torch, or vartrack, wants of the tracker that it asks now."""
    return _asked.get()


@contextlib.contextmanager
def asking(intent: Intent) -> Iterator[None]:
    """Mark that what is asked in this block is asked for ``intent``."""
    token = _asked.set(intent)
    try:
        yield
    finally:
        _asked.reset(token)


def asks_for(intent: Intent) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """What wraps a function that asks for ``intent``."""

    def wrap(own: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(own)
        def ask(*args: Any, **kwargs: Any) -> Any:
            if _asked.get() is intent:
                return own(*args, **kwargs)
            token = _asked.set(intent)
            try:
                return own(*args, **kwargs)
            finally:
                _asked.reset(token)

        return ask

    return wrap


_CONSTANT = "a value that the graph takes for constant"
#: The trackers of what torch calls itself while tracing, if all operands are constants: by the
#: class the attribute that has the function.
CALLED: dict[type[VariableTracker], str] = {
    BuiltinVariable: "fn",
    PolyfilledFunctionVariable: "fn",
    NumpyVariable: "value",
    SkipFunctionVariable: "value",
    TorchInGraphFunctionVariable: "value",
}


def _calling(attribute: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Wraps a call of the function in ``attribute``, which asks for what that gives."""
    function_of = operator.attrgetter(attribute)
    return _working_out(
        lambda self: _OF_FUNCTION.get(id(function_of(self)), Intent.CALL),
        lambda self: getattr(function_of(self), "__name__", str(self)),
    )


def _working_out(
    intent_of: Callable[[Any], Intent], named: Callable[[Any], str]
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Wraps what torch may work out while tracing.

    Args:
        intent_of: from the tracker to what it asks its operands for.
        named: from the tracker to what is worked out, for messages.
    """

    def wrap(own: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(own)
        def call(self: Any, tx: Any, *args: Any, **kwargs: Any) -> Any:
            outer = RUNNING.end()  # that of a call in which this one is made
            token = _asked.set(intent_of(self))
            try:
                result = own(self, tx, *args, **kwargs)
            except (ObservedException, Unsupported) as error:
                if (refusal := refusal_behind(error)) is None:
                    raise
                raise refusal from None
            finally:
                _asked.reset(token)
                found = RUNNING.end()
                RUNNING.resume(outer)
                if found is not None and (changed := found.put_back()):
                    refuse_evaluating(named(self), f"would change {changed} of {_CONSTANT}")
            if found is not None:
                guard_reads(tx, named(self), found)
            return result

        return call

    return wrap


_texts_of_constants = _working_out(
    lambda self: Intent.TEXT, lambda self: f"a method of {type(self.value).__name__}"
)


def _of_constants(own: Callable[..., Any]) -> Callable[..., Any]:
    """A method of a text or number: that a text joins no more than texts, the program is told."""
    evaluate = _texts_of_constants(own)

    @functools.wraps(own)
    def call(self: Any, tx: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return evaluate(self, tx, *args, **kwargs)
        except TypeError as error:
            if args[0] != "join":
                raise
            raise_in_program(tx, error)

    return call


_ask_for_truth, _ask_for_length = asks_for(Intent.TRUTH), asks_for(Intent.LENGTH)
_CONTAINERS = frozenset({list, tuple, dict, set, frozenset, collections.deque})


def _jumping(own: Callable[..., Any]) -> Callable[..., Any]:
    """A jump, which asks the value itself, and of a container no more than whether it is empty."""
    ask, count = _ask_for_truth(own), _ask_for_length(own)

    @functools.wraps(own)
    def jump(tx: Any, inst: Any) -> None:
        tracker = tx.stack[-1]
        if type(tracker) is ConstantVariable:  # most are
            own(tx, inst)
        elif _is_container(tracker):
            count(tx, inst)
        elif _is_late(tracker) or is_foreign(type(tracker.unwrap())):
            ask(tx, inst)
        else:
            own(tx, inst)

    return jump


def _is_late(tracker: VariableTracker) -> bool:
    return isinstance(tracker, LazyVariableTracker) and not tracker.is_realized()


def _is_container(tracker: VariableTracker) -> bool:
    if _is_late(tracker):
        return type(tracker.original_value()) in _CONTAINERS  # type: ignore[attr-defined]
    built = tracker.unwrap()
    is_of_torch = isinstance(built, (BaseListVariable, ConstDictVariable, AnySetVariable))
    return is_of_torch and not is_foreign(type(built))


#: The methods of lists and the like that look at their items, and what they ask those for.
_METHODS = {
    "sort": Intent.SORTING,
    **dict.fromkeys(("index", "count", "remove"), Intent.SEARCH),
}


def _methods(own: Callable[..., Any]) -> Callable[..., Any]:
    """The methods of a list, where all of them go through one function."""

    @functools.wraps(own)
    def call_method(self: Any, tx: Any, name: str, args: Any, kwargs: Any) -> Any:
        intent = _METHODS.get(name)
        if intent is None:
            return own(self, tx, name, args, kwargs)
        try:
            if name == "sort" and sort_objects(self, tx, args, kwargs):
                return ConstantVariable.create(None)
            with asking(intent):
                return own(self, tx, name, args, kwargs)
        except Stopped as stopped:
            raise stopped.error from None

    return call_method


def _searching(own: Callable[..., Any]) -> Callable[..., Any]:
    """Looking for a value: one that is not equal to itself is found by who it is."""

    @functools.wraps(own)
    def iter_contains(items: Any, search: Any, tx: Any, *options: Any, **named: Any) -> Any:
        is_there = getattr(search.unwrap(), "is_among", None)
        if is_there is not None and is_there(tx, items := list(items)):
            return ConstantVariable.create(True)
        with asking(Intent.SEARCH):
            return own(items, search, tx, *options, **named)

    return iter_contains


def _slots(own: Callable[..., Any]) -> Callable[..., Any]:
    """A method that has a slot in the type, called by its name."""
    hashes = asks_for(Intent.HASH)(own)

    @functools.wraps(own)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        return (hashes if self.name == "__hash__" else own)(self, *args, **kwargs)

    return call


def _formatting(own: Callable[..., Any]) -> Any:
    """Making a text of a template: that one of ours cannot be put into it, the program is told."""
    ask = asks_for(Intent.LATE_TEXT)(own)

    @functools.wraps(own)
    def create(*given: Any, **named: Any) -> Any:
        *before, fields = [*given, *named.values()]
        try:
            # torch writes the names down as constants, and a mapping may have others than strings
            return ask(*before, {str.__str__(name): one for name, one in fields.items()})
        except PASSED_ON:
            raise
        except Exception as error:
            if not any(is_foreign(type(one.unwrap())) for one in (*before[-1], *fields.values())):
                raise
            raise_in_program(InstructionTranslator.current_tx(), error)

    return staticmethod(create)


def _places() -> Iterator[tuple[Any, str, Callable[[Any], Any]]]:
    """Where torch begins to ask for something else."""
    # what is inlined asks anew, and so does each builtin that is called
    yield InliningInstructionTranslator, "inline_call_", asks_for(Intent.OTHER)
    yield trace_rules, "check_verbose", asks_for(Intent.INLINING)
    for cls, attribute in CALLED.items():
        yield cls, "call_function", _calling(attribute)
    yield PyCodegen, "__call__", asks_for(Intent.WRITING)
    # of a class that it calls: of those that it calls itself the constants are asked for anew
    yield user_defined, "check_constant_args", asks_for(Intent.PASSING)
    # one wrapper in both, so that who looks for the function finds it everywhere
    searching = functools.cache(_searching)
    for module in (utils, lists):
        yield module, utils.iter_contains.__name__, searching
    hashing = functools.cache(asks_for(Intent.HASH))  # what `v.__hash__()` comes to
    for module in (object_protocol, builtin):
        if hasattr(module, "generic_hash"):
            yield module, "generic_hash", hashing
    if SlotDef is not None:
        yield SlotDef, "__call__", _slots
    for cls in {kind for kind in vars(builtin).values() if isinstance(kind, type)}:
        for name in {"_call_getattr", "call_isinstance"}.intersection(vars(cls)):
            yield cls, name, asks_for(Intent.TYPE)
    for cls in (ListVariable, TupleVariable, DequeVariable):
        yield cls, "call_method", _methods
    yield StringFormatVariable, "create", _formatting
    for name in {"nb_remainder_impl", "call_method"}.intersection(dir(ConstantVariable)):
        yield ConstantVariable, name, _of_constants


#: What is put in place in torch.
INTENTS = Wrappers(*_places())
#: The same for jumps.
JUMPING = WrappedInstructions(**dict.fromkeys(JUMPS, _jumping))
