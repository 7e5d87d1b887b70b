"""Copies of dicts from outside: `dict(d)`, `d.copy()`, `base | d`, `{**d, "loss": x}`.

What they have of those from outside is neither read nor guarded, until something is done with it:
they are made again when the graph has run.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from torch._dynamo.bytecode_transformation import create_call_function, create_instruction
from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable

from vartrack.bases.tracing.late.waiting import waits
from vartrack.compat.names import NO_SUCH_SUBOBJ
from vartrack.core.called_back import called_by_compiled
from vartrack.core.guarding.exporting import is_stored
from vartrack.core.sources.at_source import value_at
from vartrack.core.sources.worked_out import worked_out
from vartrack.extras.thrift.late.asked import Asked
from vartrack.extras.thrift.late.held import is_built, note_read
from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.extras.thrift.late.may_wait import MayWait
from vartrack.extras.thrift.of_all.whole import list_of
from vartrack.extras.thrift.unread.filled import FilledDict, is_plain
from vartrack.extras.thrift.unread.keys import with_order_of
from vartrack.extras.thrift.unread.only_written import Unread
from vartrack.extras.thrift.unread.tables import put_back, write_done

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen

__all__ = ["CopiedDict", "Copy", "can_copy", "joined", "whole"]


class CopiedDict(FilledDict):
    """A dict made of some from outside, and of what was put into it between and after them.

    Args:
        made_of: what it is made of before `written`, in that order: pairs as in `written`, and
            trackers of dicts from outside.
        options: what else a tracker takes.
    """

    ordinary = ConstDictVariable
    own_state = ("made_at", "made_of")
    _nonvar_fields = {"made_at", "made_of", *FilledDict._nonvar_fields}

    def __init__(self, before: Any, asked: Any, *, made_of: list[Any], **options: Any) -> None:
        super().__init__(before, asked, **options)
        self.made_of = made_of
        self.made_at = asked.source

    @classmethod
    def of(cls, tx: Any, made_of: list[Any], written: list[Any]) -> CopiedDict:
        """The dict that is made so, a new one."""
        parts = [each for each in made_of if not isinstance(each, tuple)]
        before = functools.reduce(
            lambda one, two: one | two, (_example(tx, each) for each in parts)
        )
        place = functools.reduce(_merged_at, map(_place, parts))
        asked = Asked(tx, place, before)
        copied = cls(before, asked, made_of=made_of, mutation_type=ValueMutationNew())
        copied.written = [*written]
        return copied

    @property
    def place(self) -> Any:
        return self.made_at

    def is_at_place(self) -> bool:
        return not any(isinstance(each, tuple) for each in self.made_of)

    def as_before(self, tx: Any) -> VariableTracker:
        """What it was made of, each of its items."""
        return _made(tx, self.made_of)

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if name == "update" and len(args) == 1 and not kwargs:
            more = _made_of(tx, args[0])
            if more is not None and args[0].unwrap() is not self:
                self._add(tx, *more)
                return ConstantVariable.create(None)
        return super().call_method(tx, name, args, kwargs)

    def _add(self, tx: Any, made_of: list[Any], written: list[Any]) -> None:
        """Have all of another dict put into it."""
        if any(not isinstance(each, tuple) for each in made_of):
            whole = CopiedDict.of(tx, [*self.made_of, *self.written, *made_of], [])
            self.before, self.asked = whole.before, whole.asked
            self.made_of, self.made_at, self.written = whole.made_of, whole.made_at, []
            made_of = []
        self.note(tx, [*made_of, *written])

    def get_real_python_backed_value(self) -> object:
        return NO_SUCH_SUBOBJ

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Write code that makes it anew of what it was made of."""
        codegen.add_push_null(lambda: codegen.load_import_from(__name__, "made_again"))
        runs: list[Any] = []
        for each in (*self.made_of, *self.written):
            if not isinstance(each, tuple):
                runs.append(each)
            elif runs and isinstance(runs[-1], list):
                runs[-1].append(each)
            else:
                runs.append([each])
        for run in runs:
            if isinstance(run, list):
                write_done(codegen, run)
            else:
                codegen(_place(run))
        codegen.append_output(create_instruction("BUILD_LIST", arg=len(runs)))
        codegen.extend_output(create_call_function(1, False))


def _made(tx: Any, parts: list[Any]) -> VariableTracker:
    """A dict of all of some, and of what was done to it. On their order nothing relies yet."""
    made: Any = ConstDictVariable({}, mutation_type=ValueMutationNew())
    places: list[Any] = []
    for each in parts:
        if isinstance(each, tuple):
            FilledDict.write(tx, made, each)
        else:
            made.items.update(ConstDictVariable(_items_before(tx, each, places)).items)
    return with_order_of(made, places)  # type: ignore[no-any-return]


def whole(tx: Any, copied: CopiedDict) -> VariableTracker:
    """An ordinary dict of the same."""
    return _made(tx, [*copied.made_of, *copied.written])


@called_by_compiled
def made_again(parts: list[Any]) -> dict[Any, Any]:
    """A dict of all of some dicts, and of what is done to it between and after them."""
    made: dict[Any, Any] = {}
    for part in parts:
        if isinstance(part, list):
            put_back(made, part)
        else:
            made.update(part)
    return made


def _example(tx: Any, part: Any) -> dict[Any, Any]:
    """A dict that is a part, as it was before the call, whatever became of its tracker."""
    if is_late(part):
        return part.example  # type: ignore[no-any-return]
    known = part.unwrap()
    return known.before if isinstance(known, Unread) else value_at(tx, _place(part))


def _place(part: Any) -> Any:
    """Where a dict is that is a part, whatever became of its tracker."""
    return part.original_source() if is_late(part) else part.source


def _merged_at(one: Any, two: Any) -> Any:
    return worked_out("({} | {})", "operator.or_", (one, two))


def _items_before(tx: Any, part: Any, places: list[Any]) -> dict[Any, VariableTracker]:
    """The items of a dict from outside as it was before the call, its keys guarded."""
    known: Any = part.realize() if is_late(part) else part.unwrap()
    if isinstance(known, Unread):
        known = known.as_before(tx)
    places.append(known.source)
    known.install_dict_keys_match_guard()
    return known.original_items  # type: ignore[no-any-return]


def _made_of(tx: Any, container: Any) -> tuple[list[Any], list[Any]] | None:
    """What a dict is made of, and what was done to it then; None if it is to be read."""
    if is_late(container):
        is_whole = type(container.example) is dict and not is_built(container)
        if not is_whole or not FilledDict.can_take(container.example):
            return None
        container.rely_on_type()
        note_read(tx, container)
        return [container], []
    if waits(container):
        return None
    known: Any = container.unwrap()
    if type(known) is FilledDict:
        return [known], [*known.written]
    if type(known) is CopiedDict:
        return [*known.made_of], [*known.written]
    if type(known) is not ConstDictVariable or known.source is not None:
        return None
    pairs = [(key.vt, value) for key, value in known.items.items()]
    return ([], pairs) if all(is_plain(key) for key, _ in pairs) else None


def joined(tx: Any, *containers: Any) -> CopiedDict | None:
    """A new dict of all that is in some dicts; None if torch is to make it.

    One of them is from outside, and was not read.
    """
    if is_stored(tx) or not any(map(has_copy, containers)):
        return None
    made_of: list[Any] = []
    last: list[Any] = []
    for container in containers:
        found = _made_of(tx, container)
        if found is None:
            return None
        if (made_of or last) and any(value is None for _, value in found[1]):
            return None  # taken away of this one alone
        if found[0]:
            made_of += [*last, *found[0]]
            last = []
        last += found[1]
    return CopiedDict.of(tx, made_of, last)


def has_copy(container: Any) -> bool:
    """Whether ``container`` is a dict of which not all is known."""
    if is_late(container):
        return type(container.example) is dict
    return not waits(container) and type(container.unwrap()) in (FilledDict, CopiedDict)


def can_copy(container: Any) -> bool:
    """Whether ``container`` is a dict or list that has a method which copies it unread."""
    return has_copy(container) or (is_late(container) and type(container.example) is list)


class Copy(MayWait):
    """The method that copies a dict or list from outside."""

    def result(self, tx: Any, args: list[Any], kwargs: dict[str, Any]) -> VariableTracker | None:
        """The copy, of which nothing is read yet."""
        if args or kwargs:
            return None
        if is_late(self.obj) and type(self.obj.example) is list:
            return list_of(tx, VariableTracker.build(tx, list), self.obj)
        return joined(tx, self.obj)
