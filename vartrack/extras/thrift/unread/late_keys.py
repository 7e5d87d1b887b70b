"""Late values as keys of dicts that are made while tracing: `{"loss": loss, name: value}`.

What such a dict does goes by which of its keys are equal. So that is worked out again at each call,
in one go for all keys that a compile has made, and of what the keys are nothing is guarded.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.output_graph import OutputGraph
from torch._dynamo.source import ConstDictKeySource
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.constant import ConstantVariable

from vartrack import session
from vartrack.bases.tracing.late.waiting import waits
from vartrack.bases.tracing.late.waiting_keys import Taking, keys_made
from vartrack.compat.names import LAZY, HashableTracker
from vartrack.core.guarding.exporting import is_stored
from vartrack.core.sources.fixed import is_writable
from vartrack.core.sources.worked_out import worked_out
from vartrack.core.wrapping.wrappers import Wrappers

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker
    from torch._guards import Source

    from vartrack.core.compile import Compile

__all__ = ["HOOKS", "is_late_key"]

_KEYS = "thrift.keys"
#: Where a key that is late has the value of the call at hand.
_EXAMPLE = "_vartrack_example"
_NONE: Any = object()
#: So many late keys are held against each other; of any more the values are guarded.
_MOST = 32
#: The types of late keys.
_LATE = frozenset({str, bytes, int, float, bool})
#: What says ``==`` of keys that are equal to no value of these types.
_NEVER = frozenset(
    cls.__eq__
    for cls in (
        *(object, tuple, frozenset, types.MethodType, types.BuiltinMethodType),
        *(torch.Tensor, torch.device),
    )
)


class _Display(frozenset[Any]):
    """Keys that do not vary, with a text that Python makes a constant of."""

    def __repr__(self) -> str:
        return f"{{{', '.join(sorted(map(repr, self)))}}}"


class _Keys:
    """The keys that one compile has made.

    Args:
        made: those that are not late, to which more are added.

    Attributes:
        late: those that are late, by where they are.
        examples: their values in the call at hand.
        known: the literals among the others.
        has_strange: whether one of the others may be equal to anything.
    """

    def __init__(self, made: Sequence[VariableTracker]) -> None:
        self._made = made
        self._met = 0
        self.late: dict[Source, VariableTracker] = {}
        self.examples: dict[Source, Hashable] = {}
        self.known: dict[Hashable, None] = {}
        self.has_strange = False

    def place_of(self, key: Any) -> Source | None:
        """Where a late key is whose value need not be guarded; None if it is none."""
        if not (self.late or waits(key)):
            return None  # the others need not be looked at
        self.meet()
        if self.has_strange:
            return None
        if not waits(key):
            known = key.unwrap()  # it may have been built since
            for at, late in self.late.items():
                if late.unwrap() is known:
                    return at
            return None
        example = key.example
        if type(example) not in _LATE or is_stored(InstructionTranslator.current_tx()):
            return None
        if example != example:
            return None  # a NaN is equal to itself alone
        place = key.place()
        is_known = place in self.late
        return place if is_known or len(self.late) < _MOST else None

    def take(self, key: Any, place: Source) -> Hashable:
        """Note a late key, and give its value in the call at hand."""
        if place not in self.late:
            key.rely_on_type()
            self.late[place] = key
            self.examples[place] = key.example
        return self.examples[place]

    def meet(self) -> None:
        """Note the other keys that were made since."""
        for key in self._made[self._met :]:
            if type(key) is ConstantVariable and type(key.value) is str:  # most are
                self.known[key.value] = None
            else:
                self._note(key.unwrap())
        self._met = len(self._made)

    def _note(self, key: VariableTracker) -> None:
        if type(key) is ConstantVariable and is_writable(key.value):
            if key.value is not None:
                self.known.setdefault(key.value)
        elif not _is_never_equal(key):
            self.has_strange = True
            for late in self.late.values():
                specialize_symnode(late.realize())

    def place(self) -> Source | None:
        """Where it is worked out whether the same keys are equal; None if nothing depends on it."""
        self.meet()
        firsts: dict[Hashable, int] = {}
        clauses, alone, firsts_at = [], [], []
        late = [at for at, key in self.examples.items() if key not in self.known]
        for number, at in enumerate(late):
            first = firsts.setdefault(self.examples[at], number)
            if first == number:
                alone.append(f"{{{number}}}")
                firsts_at.append(at)
            else:
                clauses.append(f"{{{number}}} == {{{first}}}")
        if self.known:
            clauses += [f"{key} not in {{{len(late)}}}" for key in alone]
        if len(alone) > 1 and not _are_of_one_dict(firsts_at):
            clauses.append(f"len(set(({', '.join(alone)}))) == {len(alone)}")
        if not clauses:
            return None
        operands = (*late, _Display(self.known))
        return worked_out(f"({' and '.join(clauses)})", "vartrack.same_keys", operands)

    def equal_to_known(self) -> list[Source]:
        """Where the late keys are that are as one that is no late key: only one value is."""
        self.meet()
        return [at for at, key in self.examples.items() if key in self.known]


def _are_of_one_dict(places: Sequence[Source]) -> bool:
    """Whether they are where one dict has its keys, no two of which are equal."""
    if any(type(place) is not ConstDictKeySource for place in places):
        return False
    return len({place.base for place in places}) == 1 and len({*places}) == len(places)


def _is_never_equal(key: VariableTracker) -> bool:
    """Whether a key is equal to no literal, by code of Python's own."""
    if type(key) in LAZY:
        cls = type(key.original_value())  # type: ignore[attr-defined]
    else:
        try:
            cls = key.python_type()
        except NotImplementedError:
            return False
    return cls.__eq__ in _NEVER


def _of_compile(compile: Compile | None) -> _Keys | None:
    """The keys that ``compile`` has made; None if those are torch's affair."""
    if compile is None or LATE_KEYS not in compile.attached:
        return None
    keys: _Keys | None = compile.notes.get(_KEYS)
    if keys is None:
        keys = compile.notes[_KEYS] = _Keys(keys_made(compile))
    return keys


def is_late_key(tx: Any, key: Any) -> bool:
    """Whether ``key`` can be the key of a dict without a guard on what it is."""
    keys = _of_compile(session.compile_of(tx)) if waits(key) else None
    return keys is not None and keys.place_of(key) is not None


def _made(compile: Compile, key: Any, vt: VariableTracker) -> Callable[[], None] | None:
    """Make a key of a late value, without a guard on what that is."""
    keys = _of_compile(compile)
    place = None if keys is None else keys.place_of(vt)
    if keys is None or place is None:
        return None
    example = keys.take(vt, place)
    key.vt, key._hash = vt, hash(example)
    key._hash_is_identity = False  # read since 2.14
    vars(key)[_EXAMPLE] = example
    return keys.meet


def _value_of(key: Any) -> Any:
    """What a key is in the call at hand, as far as that is known."""
    known = vars(key).get(_EXAMPLE, _NONE)
    if known is _NONE and type(constant := key.vt.unwrap()) is ConstantVariable:
        known = constant.value
    return known


def _comparing(own: Callable[..., bool]) -> Callable[..., bool]:
    """Holds keys against each other, late ones without that they are built."""

    @functools.wraps(own)
    def equal(self: Any, other: object) -> bool:
        if isinstance(other, HashableTracker) and (
            _EXAMPLE in vars(self) or _EXAMPLE in vars(other)
        ):
            one, two = _value_of(self), _value_of(other)
            if one is not _NONE and two is not _NONE:
                return bool(one == two)
        return own(self, other)

    return equal


def _guarding(own: Callable[..., Any]) -> Callable[..., Any]:
    """Ends a graph. From now on no more keys are made."""

    @functools.wraps(own)
    def compile_subgraph(self: Any, tx: Any, *args: Any, **options: Any) -> Any:
        keys = _of_compile(session.compile_of(tx))
        if keys is not None and keys.late:
            together = keys.place()
            for place in (*keys.equal_to_known(), *([] if together is None else [together])):
                install_guard(place.make_guard(GuardBuilder.CONSTANT_MATCH))
        return own(self, tx, *args, **options)

    return compile_subgraph


#: What holds keys against each other, and has them guarded.
LATE_KEYS = Wrappers(
    (HashableTracker, "__eq__", _comparing),
    (OutputGraph, "compile_subgraph", _guarding),
)

#: What is put into torch while a registry with this set is in force.
HOOKS = (LATE_KEYS, Taking(_made))
