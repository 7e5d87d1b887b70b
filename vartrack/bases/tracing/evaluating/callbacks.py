"""Code of the user's that runs, untraced, while something is worked out: what else it reads.

`hex(value)` asks the ``__index__`` of the value. What that reads of the value is guarded, as the
value is. A number or text that it reads of its module is guarded where it is, and one that it reads
of a class or another module there; what else it reads, of an object in the module say, breaks the
graph, and so does what it writes there. Code of which that can be told is stopped before it runs:
it will run again, where the graph is broken.
"""

from __future__ import annotations

import contextlib
import dis
import enum
import functools
import itertools
import sys
import threading
import types
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from torch._dynamo.source import AttrSource

from vartrack.bases.tracing.classes.lookup import on_class
from vartrack.bases.tracing.classes.own_code import is_own, is_own_file, is_own_module
from vartrack.bases.tracing.evaluating.folding import (
    evaluate,
    guarded_literal,
    is_plain,
    refuse_evaluating,
)
from vartrack.bases.tracing.evaluating.writes import written_by
from vartrack.core.user_code.profiling import instead, profiled, put_back

if TYPE_CHECKING:
    from torch._guards import Source

__all__ = ["RUNNING", "Callbacks", "Stopped", "evaluate_seen", "guard_reads", "seeing"]

#: What stays what it is while a program runs, as a rule.
_FIXED = (types.FunctionType, types.BuiltinFunctionType, type)
_GLOBALS = frozenset({"LOAD_GLOBAL", "LOAD_NAME"})
_CELLS = frozenset({"LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_FROM_DICT_OR_DEREF"})
_ATTRIBUTES = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
#: How the files of code begin that was made of a text.
_GENERATED = "<"
#: How the names of modules begin that named tuples have for the code that makes them.
_NAMED_TUPLE = "namedtuple_"
_NOTHING = object()


class Stopped(BaseException):
    """Code was stopped before it ran. Not an `Exception`, so that it catches none."""


class Read(NamedTuple):
    """What the function ``by`` reads.

    Attributes:
        by: the name of the function.
        path: the name that it reads, and the name of an attribute of that.
        found: what is there.
        module: what the first name is a global of; None if it is none.
        writes: whether it sets or deletes it.
    """

    by: str
    path: tuple[str, ...]
    found: Any
    module: dict[str, Any] | None
    writes: bool = False

    def place(self, tx: Any) -> Source | None:
        """Where a guard finds it again; None if nothing can be guarded, or it is written."""
        if self.writes or self.module is None or not is_plain(self.found):
            return None
        module = sys.modules.get(self.module.get("__name__", ""))
        if module is None or vars(module) is not self.module:
            return None
        place: Source = tx.import_source(module.__name__)
        for name in self.path:
            place = AttrSource(place, name)
        return place


class Keeping(Protocol):
    """What a value holds, to be put back."""

    def put_back(self) -> str:
        """Put it back; the name of an attribute that was changed."""


class Callbacks:
    """What ran in a block, as a function for `sys.setprofile`.

    Args:
        values: what is worked out with.
        only_theirs: whether none but methods of the values count, as others run as well.
        tx: the tracer, if code is stopped before it reads what cannot be guarded.

    Attributes:
        reads: what was read that is not the values', by the id of what holds it, and its name.
        ran: whether any did.
    """

    def __init__(self, *values: Any, only_theirs: bool = False, tx: Any = None) -> None:
        self.reads: dict[tuple[int, str], Read] = {}
        self.ran = False
        self.tx = tx
        self.only_theirs = only_theirs
        self.values = [*values]
        self.held: list[Keeping] = []
        #: Code that was traced as well, so that what it reads is guarded.
        self.traced: set[types.CodeType] = set()
        self._in_traced: types.FrameType | None = None

    def __call__(self, frame: types.FrameType, event: str, arg: Any) -> None:
        if self._in_traced is not None:
            if event == "return" and frame is self._in_traced:
                self._in_traced = None
        elif event == "call" and _is_own(frame):
            self.ran = True
            if frame.f_code in self.traced:
                self._in_traced = frame
            elif not self.only_theirs or self._is_theirs(frame):
                self._note(frame)

    def put_back(self) -> str:
        """Give the values back what they held.

        Returns:
            what was changed, in words, "" if nothing was.
        """
        changed = [each.put_back() for each in self.held]
        return next(filter(None, changed), "")

    def _is_theirs(self, frame: types.FrameType) -> bool:
        code = frame.f_code
        first = frame.f_locals.get(code.co_varnames[0]) if code.co_argcount else _NOTHING
        return any(first is value for value in self.values)

    def _note(self, frame: types.FrameType) -> None:
        code = frame.f_code
        for name in written_by(code):
            self._add(id(code), Read(code.co_name, (name,), None, None, writes=True))
        for kind, *path in _reads(code):
            name = path[0]
            if kind in _GLOBALS:
                found = frame.f_globals.get(name, _NOTHING)
            elif kind in _CELLS:
                if code.co_filename.startswith(_GENERATED):
                    continue  # what `dataclasses` puts there stays
                found = frame.f_locals.get(name, _NOTHING)
            else:
                found = self._of_class(name)
            found, path = _as_far_as_it_can_change(found, path)
            if found is not _NOTHING and not _is_fixed(found):
                module = frame.f_globals if kind in _GLOBALS else None
                self._add(id(module or code), Read(code.co_name, tuple(path), found, module))

    def _add(self, holder: int, read: Read) -> None:
        self.reads.setdefault((holder, ".".join(read.path)), read)
        if self.tx is not None and read.place(self.tx) is None:
            raise Stopped

    def _of_class(self, name: str) -> Any:
        """What is no method, and stands under ``name`` in the class of one of the values."""
        for value in self.values:
            found = on_class(type(value), name)
            own = name in getattr(value, "__dict__", ())
            if found is not None and not own and not hasattr(type(found), "__get__"):
                return found
        return _NOTHING


def _is_own(frame: types.FrameType) -> bool:
    """Whether the user wrote the code, or it was generated for a class of the user's."""
    if not is_own(frame.f_code):
        return False
    if not frame.f_code.co_filename.startswith(_GENERATED):
        return True
    file, module = map(frame.f_globals.get, ("__file__", "__name__"))
    if isinstance(module, str) and module.startswith(_NAMED_TUPLE):
        return False
    return not isinstance(file, str) or is_own_file(file)


def _as_far_as_it_can_change(found: Any, path: list[str]) -> tuple[Any, list[str]]:
    """What is read of a class or module of the user's, instead of it, where only that is read."""
    if len(path) == 1:
        return found, path
    if isinstance(found, type) and _is_of_own_module(found) and not issubclass(found, enum.Enum):
        value = on_class(found, path[1], _NOTHING)
        if value is not _NOTHING and not hasattr(type(value), "__get__"):
            return value, path
    if isinstance(found, types.ModuleType) and is_own_module(found) and path[1] in vars(found):
        return vars(found)[path[1]], path
    return found, path[:1]


def _is_of_own_module(cls: type) -> bool:
    module = sys.modules.get(cls.__module__)
    return module is not None and is_own_module(module)


def _is_fixed(found: Any) -> bool:
    if isinstance(found, types.ModuleType):
        return not is_own_module(found)
    return isinstance(found, _FIXED)


@functools.lru_cache(maxsize=1024)
def _reads(code: types.CodeType) -> tuple[tuple[str, ...], ...]:
    """What ``code`` reads by name that is no local: the instruction, the name, an attribute."""
    free = {*code.co_freevars} - {"__class__"}
    found = []
    for each, following in itertools.pairwise(dis.get_instructions(code)):  # the last returns
        if each.opname in _ATTRIBUTES:
            found.append((each.opname, each.argval))
        elif each.opname in _GLOBALS or (each.opname in _CELLS and each.argval in free):
            attribute = [following.argval] if following.opname in _ATTRIBUTES else []
            found.append((each.opname, each.argval, *attribute))
    return tuple(found)


@contextlib.contextmanager
def seeing(*values: Any, tx: Any = None) -> Iterator[Callbacks]:
    """See which code of the user's runs in the block, about ``values``.

    Args:
        values: what is worked out with.
        tx: the tracer, if the block ends before code runs of which not all can be guarded that it
            reads. `guard_reads` breaks the graph then.
    """
    found = Callbacks(*values, tx=tx)
    with contextlib.suppress(Stopped), profiled(found):
        yield found


class _Running(threading.local):
    """The evaluation that torch is about to make with values that it was given."""

    def __init__(self) -> None:
        self.found: Callbacks | None = None
        self.before: Any = None

    def begin(self, value: Any, held: Keeping, traced: types.CodeType | None = None) -> None:
        """See what runs from now on; `end` ends it.

        Args:
            value: what torch is given.
            held: what the value holds.
            traced: code that may run, as it was traced.
        """
        if self.found is None:
            self.found = Callbacks(only_theirs=True)
            self.before = instead(self.found)
        self.found.values.append(value)
        self.found.held.append(held)
        if traced is not None:
            self.found.traced.add(traced)

    def end(self) -> Callbacks | None:
        """What ran since then; None if nothing began."""
        found, self.found = self.found, None
        if found is not None:
            put_back(self.before)
            self.before = None
        return found

    def resume(self, found: Callbacks | None) -> None:
        """Go on with what `end` gave, as something else was worked out in between."""
        if found is not None:
            self.found = found
            self.before = instead(found)


#: By thread.
RUNNING = _Running()


def guard_reads(tx: Any, what: str, found: Callbacks, *hints: str) -> None:
    """Guard what was read, or break the graph.

    Args:
        tx: the tracer.
        what: what was evaluated, for messages.
        found: what ran.
        hints: what to do, besides doing it elsewhere.
    """
    for read in found.reads.values():
        place = read.place(tx)
        if place is not None:
            guarded_literal(read.found, place)
            continue
        name = ".".join(read.path)
        does = f"sets {name!r}" if read.writes else f"reads {name!r}, which is not guarded"
        refuse_evaluating(
            what,
            f"is evaluated while tracing, and calls code that is not traced then: {read.by} {does}",
            "Call it outside the compiled function.",
            *hints,
        )


def evaluate_seen(tx: Any, what: str, function: Callable[[], Any]) -> Any:
    """What `evaluate` gives, with what the user's code reads on the way guarded.

    Args:
        tx: the tracer.
        what: what is evaluated, for messages.
        function: takes nothing and returns the result.
    """
    with seeing(tx=tx) as found:
        result = evaluate(tx, what, function)
    guard_reads(tx, what, found)
    return result
