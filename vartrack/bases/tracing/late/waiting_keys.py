"""Keys that wait: of a value in a dict or set counts which other keys it equals, and no more.

Torch takes the hash of a key as the key is made, which depends on all that the value holds. But
what a dict does goes by which of its keys are equal: of one that is alone nothing need be known.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

from torch._dynamo.symbolic_convert import tls
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lazy import LazyVariableTracker
from torch._dynamo.variables.lists import TupleVariable

from vartrack import session
from vartrack.bases.tracing.again.results import result_again
from vartrack.bases.tracing.classes.lookup import is_by_identity, on_class
from vartrack.bases.tracing.classes.own_code import is_own_code, written_in_python
from vartrack.bases.tracing.evaluating.intents import Intent, asking
from vartrack.bases.tracing.folded.folded_variable import FoldedVariable
from vartrack.bases.tracing.late.looked_up import FEW, stays_lazy
from vartrack.compat import behaviour
from vartrack.compat.names import LAZY, HashableTracker
from vartrack.core.wrapping.wrappers import Wrappers

if TYPE_CHECKING:
    from vartrack.core.compile import Compile

__all__ = ["WAITING_KEYS", "Taking", "keys_made"]

_KEYS = "keys of dicts and sets"
#: Stands for a value that is of no type that is known.
_STRANGER = object()
#: Built-in types whose `==` is in C and takes any value of theirs to say what it knows: one each.
_ANY_OF: dict[type, Any] = {
    type(one): one for one in (len, (1).__add__, range(0), types.MethodType(len, ()))
}


def _is_key(value: Any) -> Callable[[Any], bool]:
    """What tells whether another key is the same as ``value``, as a dict has it."""
    return functools.partial(_are_same, value)


def _are_same(one: Any, other: Any) -> bool:
    return one is other or (hash(one) == hash(other) and bool(one == other))


class _Place:
    """The keys that one compile has made, or what they have at one place if they are tuples."""

    __slots__ = ("others", "waiting")

    def __init__(self) -> None:
        #: Those whose content is not guarded, and each of the others once, by type.
        self.waiting: dict[int, FoldedVariable] = {}
        self.others: dict[type, dict[Any, VariableTracker]] = {}


class _Keys:
    """All the keys that one compile has made."""

    __slots__ = ("apart", "are_placed", "made", "places", "told")

    def __init__(self) -> None:
        self.places: dict[tuple[int, ...], _Place] = {}
        #: The keys so far, and whether one of them can wait: in most compiles none can.
        self.made: list[VariableTracker] = []
        self.are_placed = False
        #: What is told of each further key, once a key was taken by another.
        self.told: Callable[[], None] | None = None
        #: Of pairs of types whether values of theirs are never equal.
        self.apart: dict[tuple[type, type], bool] = {}

    def note(self, tx: Any, key: VariableTracker) -> None:
        """Note a key that has been made, and have guarded which others it equals."""
        self.made.append(key)
        if self.are_placed:
            self.place(tx, key)
        elif _may_wait(key):
            self.are_placed = True
            for each in self.made:
                self.place(tx, each)
        if self.told is not None:
            self.told()

    def place(self, tx: Any, key: VariableTracker, path: tuple[int, ...] = ()) -> None:
        """Note a key, and the items of a tuple, each with the others at its place."""
        place = self.places.setdefault(path, _Place())
        if type(key) is TupleVariable:
            for number, item in enumerate(key.items):
                self.place(tx, item.unwrap(), (*path, len(key.items), number))
        if _is_folded(key) and key.hash_waits(tx):
            self.wait(tx, key, place)
        else:
            self.meet(tx, key, place)

    def wait(self, tx: Any, key: FoldedVariable, place: _Place) -> None:
        """Note a key whose content is not guarded."""
        place.waiting[id(key)] = key
        near = [
            other
            for kind, others in place.others.items()
            for other in others.values()
            if not self.are_strangers(key, kind, other)
        ]
        near += place.waiting.values()
        if len(near) > FEW:
            key.depend()  # too many to be asked at every call
        for other in near if len(near) <= FEW else place.waiting.values():
            self.tell_apart(tx, key, other)

    def meet(self, tx: Any, key: VariableTracker, place: _Place) -> None:
        """Note another key."""
        kind = _kind_of(key)
        found = key.as_python_constant() if type(key) is ConstantVariable else id(key)
        place.others.setdefault(kind, {})[found] = key
        for waiting in [*place.waiting.values()]:
            if not self.are_strangers(waiting, kind, key):
                self.tell_apart(tx, waiting, key)

    def are_strangers(self, key: FoldedVariable, kind: type, other: VariableTracker) -> bool:
        """Whether the two can never be equal, as each class knows nothing of the other."""
        cls = key.python_type()
        if (cls, kind) not in self.apart:
            self.apart[cls, kind] = _are_strangers(key.example, kind, other)
        return self.apart[cls, kind]

    def tell_apart(self, tx: Any, key: FoldedVariable, other: VariableTracker) -> None:
        """Have guarded whether the two are one key."""
        if other is key:
            return
        answer = result_again(key, tx, "__eq__", _is_key, [other])
        if answer is not None:
            answer.realize().as_python_constant()
            return
        for each in (key, other):
            if _is_folded(each):
                each.depend()


def _is_folded(key: VariableTracker) -> TypeGuard[FoldedVariable]:
    """Whether it is one; `isinstance` builds a key that torch leaves lazy."""
    return issubclass(type(key), FoldedVariable)


def _may_wait(key: VariableTracker) -> bool:
    """Whether it is, or holds, what may be without a guard on its content."""
    if type(key) is TupleVariable:
        return any(_may_wait(item.unwrap()) for item in key.items)
    return _is_folded(key)


def _are_strangers(value: Any, kind: type, other: VariableTracker) -> bool:
    cls: Any = type(value)
    if cls is kind:
        return False
    if is_by_identity(kind, "__eq__"):
        # it says so to all
        return cls.__eq__(value, _STRANGER) is NotImplemented
    if _is_folded(other):
        stranger = other.example
    elif type(other) is ConstantVariable:
        stranger = other.as_python_constant()
    elif kind in _ANY_OF:
        stranger = _ANY_OF[kind]
    else:
        return False
    if is_own_code(written_in_python(on_class(kind, "__eq__"))):
        return False
    others_own: Any = kind.__eq__
    asked = (cls.__eq__(value, stranger), others_own(stranger, value))
    return all(answer is NotImplemented for answer in asked)


def _kind_of(key: VariableTracker) -> type:
    """The type of a key, without building it; one that was met lazy may be built by now."""
    key = key.unwrap()
    if type(key) in LAZY:
        return type(key.original_value())  # type: ignore[attr-defined]
    try:
        return key.python_type()
    except NotImplementedError:
        return _Keys  # of no type that a value knows


def _may_be_ours(key: VariableTracker) -> bool:
    """Whether it has to be built to be known; what torch leaves lazy stays so."""
    if type(key) is not LazyVariableTracker or key.is_realized():
        return False
    return not stays_lazy(key) and not isinstance(key.original_value(), tuple)


def _keys_of(compile: Compile) -> _Keys:
    keys: _Keys = compile.notes.setdefault(_KEYS, _Keys())
    return keys


def keys_made(compile: Compile) -> Sequence[VariableTracker]:
    """The keys that a compile has made, to which more are added; those taken are not among them."""
    return _keys_of(compile).made


#: From a compile, a key that is made and the tracker that it is made of: what is told of each
#: further key, if it has made that one itself; else None.
Taker: TypeAlias = Callable[["Compile", Any, VariableTracker], Callable[[], None] | None]
_takers: list[Taker] = []


class Taking:
    """What takes keys first, while a registry that needs it is in force.

    Args:
        taker: it is asked of keys that are no constants, and once it has taken one also of
            constants that came from somewhere.
    """

    def __init__(self, taker: Taker) -> None:
        self.taker = taker

    def add(self) -> None:
        """Have it asked."""
        _takers.append(self.taker)

    def remove(self) -> None:
        """Have it asked no more."""
        _takers.remove(self.taker)


def _was_taken(compile: Compile, keys: _Keys, key: Any, vt: VariableTracker) -> bool:
    for taker in _takers:
        told = taker(compile, key, vt)
        if told is not None:
            keys.told = told
            return True
    return False


def _making(own: Callable[..., None]) -> Callable[..., None]:
    """Makes a key, of a value that may wait without a guard on what it holds."""

    @functools.wraps(own)
    def make(self: Any, vt: VariableTracker) -> None:
        tx = getattr(tls, "current_tx", None)
        compile = None if tx is None else session.compile_of(tx)
        if compile is None:
            own(self, vt)
            return
        keys = compile.notes.get(_KEYS) or _keys_of(compile)
        is_new = type(vt) is ConstantVariable and (vt.source is None or keys.told is None)
        if is_new and not keys.are_placed:  # most are
            own(self, vt)
            keys.made.append(vt)
            return
        if _was_taken(compile, keys, self, vt):
            return
        known = vt.realize() if _may_be_ours(vt) else vt.unwrap()
        if _is_folded(known) and known.hash_waits(tx):
            self._hash, self.vt = hash(known.example), known
            self._hash_is_identity = False  # of what has no value; read since 2.15
        elif type(known) is not ConstantVariable and _kind_of(known) is tuple:
            with asking(Intent.KEY):
                own(self, vt)
                self._hash = hash(self)
        else:
            own(self, vt)
        keys.note(tx, self.vt.unwrap())

    return make


def _hashing(own: Callable[[Any], int]) -> Callable[[Any], int]:
    """The hash of a key, taken once, where torch asks its tracker each time.

    It may wait, or be traced, which is no longer possible when all is written down.
    """

    @functools.wraps(own)
    def take(self: Any) -> int:
        if "_hash" not in vars(self):
            self._hash = own(self)
        return self._hash  # type: ignore[no-any-return]

    return take


#: What is put in place in torch.
WAITING_KEYS = Wrappers(
    (HashableTracker, "__init__", _making),
    *(() if behaviour.KEYS_KEEP_HASHES else ((HashableTracker, "__hash__", _hashing),)),
)
