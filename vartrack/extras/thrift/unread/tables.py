"""Default, ordered and counting dicts, read and written by keys that vary: `counts[name] += 1`.

torch writes such a dict back as a whole, so all that is in it counts. Here the keys that were
written are put back one by one.
"""

from __future__ import annotations

import collections
import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torch._dynamo.bytecode_transformation import create_call_function, create_instruction
from torch._dynamo.side_effects import SideEffects
from torch._dynamo.source import AttrSource
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable

from vartrack.core.called_back import called_by_compiled
from vartrack.core.wrapping.wrappers import Wrappers
from vartrack.extras.thrift.late.late_variable import is_late
from vartrack.extras.thrift.unread.filled import OF_TYPE, Filled, FilledDict
from vartrack.extras.thrift.unread.only_written import Unread, ordinary_first

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen

__all__ = ["HOOKS", "TABLES", "FilledTable", "missing_of", "put_back", "write_done"]

#: The types of such dicts.
TABLES = frozenset({collections.defaultdict, collections.OrderedDict, collections.Counter})


class FilledTable(FilledDict):
    """Such a dict from outside of which only what was put into it is known, in pairs."""

    adding = frozenset()

    def python_type(self) -> type:
        return type(self.before)

    def as_before(self, tx: Any) -> VariableTracker:
        return Unread.as_before(self, tx)

    def become_ordinary(self) -> None:
        """Read what was there, and write again what was written."""
        tx: Any = InstructionTranslator.current_tx()
        written, real = self.written, self.as_before(tx)
        known = self.__dict__
        known.clear()
        known.update(vars(real))
        self.__class__ = type(real)
        for key, value in written:
            FilledDict.write(tx, self, (key.realize(), value))
        # for who took it for a dict of torch's kind and goes on with that
        known.setdefault("items", getattr(known.get("_base_vt"), "items", None))

    def has_new_items(self) -> bool:
        """Not to torch, which would write it back as a whole."""
        return False


#: Its attributes are not those of a plain dict: each release has some of these.
for _name in ("var_getattr", "tp_getattro_impl", "call_obj_hasattr"):
    if hasattr(VariableTracker, _name):
        setattr(FilledTable, _name, ordinary_first(_name))

OF_TYPE.update(dict.fromkeys(TABLES, FilledTable))


def missing_of(tx: Any, container: Any) -> VariableTracker | None:
    """What such a dict gives for a key that it lacks; None if that is an error.

    Returns:
        The value. A default dict also holds it from then on.
    """
    if is_late(container):
        before, source = container.example, container.original_source()
    else:
        before, source = container.unwrap().before, container.unwrap().source
    if type(before) is collections.Counter:
        return ConstantVariable.create(0)
    factory = getattr(before, "default_factory", None)
    if factory is None:
        return None
    make = VariableTracker.build(tx, factory, AttrSource(source, "default_factory"))
    value: VariableTracker = make.call_function(tx, [], {})
    return value


@called_by_compiled
def put_back(table: Any, written: list[tuple[Any, ...]]) -> None:
    """Do to a dict or set what was done: put a key with its value there, take one alone away."""
    if isinstance(table, set):
        for key, *there in written:
            (table.add if there else table.discard)(key)
        return
    own = collections.OrderedDict if isinstance(table, collections.OrderedDict) else dict
    for key, *value in written:
        if value:
            own.__setitem__(table, key, value[0])
        else:
            own.pop(table, key, None)


def write_done(codegen: PyCodegen, written: list[tuple[Any, Any]]) -> None:
    """Write code that makes what `put_back` takes."""
    for key, value in written:
        parts = [key] if value is None else [key, value]
        codegen.foreach(parts)
        codegen.append_output(create_instruction("BUILD_TUPLE", arg=len(parts)))
    codegen.append_output(create_instruction("BUILD_LIST", arg=len(written)))


def _written_back(own: Callable[..., None]) -> Callable[..., None]:
    """Writes what changes the objects from outside, once all that is written was worked out."""

    @functools.wraps(own)
    def codegen_update_mutated(
        self: SideEffects, cg: PyCodegen, *args: Any, **options: Any
    ) -> None:
        tables: list[Any] = [
            each
            for each in self.id_to_variable.values()
            if issubclass(type(each), Filled) and each.written and not each.has_new_items()
        ]
        for each in tables:
            cg.add_push_null(lambda: cg.load_import_from(__name__, "put_back"))
            cg(each.source)
            write_done(cg, each.written)
        own(self, cg, *args, **options)
        for _ in tables:
            cg.extend_output([*create_call_function(2, False), create_instruction("POP_TOP")])

    return codegen_update_mutated


#: What is put into torch while a registry with this set is in force.
HOOKS = (Wrappers((SideEffects, "codegen_update_mutated", _written_back)),)
