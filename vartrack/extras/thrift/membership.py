"""Whether a value that changes is in a container that is read from elsewhere: `mode in self.modes`.

torch fixes the value. But the graph depends only on whether it is found. So that is looked up
again at each call, in the container as it is then, and the answer is guarded.
"""

from __future__ import annotations

import collections
import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch._dynamo.bytecode_transformation import create_instruction
from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.source import is_constant_source
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.dicts import DictKeysVariable

from vartrack import session
from vartrack.core.at_source import value_at
from vartrack.core.own_sources import OwnSource
from vartrack.extras.thrift import held
from vartrack.extras.thrift.late import is_late
from vartrack.extras.thrift.operands import in_c, plainly_compared

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen
    from torch._dynamo.guards import GuardBuilder
    from torch._guards import Source

    from vartrack.extras.thrift.late import LateVariable

__all__ = ["MemberSource", "is_member", "without_view"]

_CONTAINERS = frozenset({dict, set, list, frozenset, tuple})
#: Those whose trackers do not say whether they were changed.
_UNTOLD = frozenset({collections.OrderedDict, collections.defaultdict, collections.deque})


@dataclass(frozen=True)
class MemberSource(OwnSource):
    """Whether a value is in a container, both of which are read from elsewhere at each call.

    Attributes:
        container: where the container is.
    """

    container: Source

    @property
    def _name_template(self) -> str:
        container = self.container.name.replace("{", "{{").replace("}", "}}")
        return f"({{0}} in {container})"

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Write code that looks it up."""
        codegen(self.base)
        codegen(self.container)
        codegen.append_output(create_instruction("CONTAINS_OP", arg=0))

    def manager(self, builder: GuardBuilder, **options: Any) -> Any:
        """A part of the guards that looks it up in the variables of the frame."""
        return self.found_by_name(builder, **options)


def without_view(container: Any) -> Any:
    """The dict of which ``container`` is ``d.keys()``; else itself."""
    keys: Any = None if is_late(container) else container.realize()
    return keys.dv_dict if type(keys) is DictKeysVariable else container


def is_member(container: Any, item: LateVariable) -> bool | None:
    """Whether a late value is in a container from elsewhere; None if torch is to look it up."""
    tx: Any = InstructionTranslator.current_tx()
    if is_constant_source(container.source) or session.compile_of(tx) is None:
        return None
    values = _as_it_was(tx, container)
    kinds = {type(item.example), *map(type, values or ())}
    if values is None or not all(map(_is_found_in_c, kinds)):
        return None
    try:
        answer = item.example in values
    except Exception:
        return None  # torch raises it in the program
    item.rely_on_type()
    if is_late(container):
        container.rely_on_type()
        held.note_read(tx, container)
    place = MemberSource(item.original_source(), container.source)
    install_guard(place.make_guard(GuardBuilder.CONSTANT_MATCH))
    return answer


def _as_it_was(tx: Any, container: Any) -> Any:
    """The container at hand; None if the traced code may have changed it, or it is none."""
    if is_late(container):
        values, known = container.example, _CONTAINERS | _UNTOLD
        if held.is_built(container):
            return None
    else:
        tracker, known = container.realize(), _CONTAINERS
        if tx.output.side_effects.is_modified(tracker):
            return None
        values = value_at(tx, tracker.source)
    return values if type(values) in known else None


def _is_found_in_c(cls: type) -> bool:
    # the hash of a member is that of its name
    return plainly_compared(cls) and (in_c(cls, "__hash__") or issubclass(cls, enum.Enum))
