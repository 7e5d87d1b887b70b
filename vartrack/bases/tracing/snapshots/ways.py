"""Ways from a value to what it holds, step by step: attributes and items."""

from __future__ import annotations

import collections
from collections import deque
from collections.abc import Container, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from torch._dynamo.source import AttrSource, DictGetItemSource, GetItemSource
from torch._dynamo.variables.constant import ConstantVariable

from vartrack.core.user_code.stored import attributes

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen
    from torch._guards import Source

__all__ = ["CONTAINERS", "Access", "way_to"]

_SEQUENCES = (list, tuple, deque)
_MAPPINGS = (dict, collections.OrderedDict)
#: Containers of exactly a standard type, which a way may lead through.
CONTAINERS = (*_SEQUENCES, *_MAPPINGS)


class Access(NamedTuple):
    """One step from a value to a part of it: the attribute ``key``, or the item at ``key``."""

    kind: str
    key: Any

    def source(self, base: Source | None) -> Source | None:
        """The source of the part of what is at ``base``."""
        if base is None:
            return None
        kinds: dict[str, Any] = {
            "attr": AttrSource,
            "index": GetItemSource,
            "item": DictGetItemSource,
        }
        return kinds[self.kind](base, self.key)

    def emit(self, codegen: PyCodegen) -> None:
        """Write the instructions that replace the value on the stack by the part."""
        if self.kind == "attr":
            codegen.append_output(codegen.create_load_attr(self.key))
        else:
            codegen.append_output(codegen.create_load_const(self.key))
            codegen.append_output(codegen.create_binary_subscr())


def way_to(value: Any, part: Any, within: Container[int]) -> list[Access] | None:
    """The shortest way from ``value`` to ``part`` by attributes and items; None if there is none.

    Args:
        value: where the way begins.
        part: where it is to end.
        within: the ids of the objects that it may lead through, besides containers.
    """
    queue: deque[tuple[Any, list[Access]]] = deque([(value, [])])
    met = {id(value)}
    while queue:
        whole, way = queue.popleft()
        for step, item in _accesses(whole):
            if item is part:
                return [*way, step]
            passable = id(item) in within or type(item) in CONTAINERS
            if passable and id(item) not in met:
                met.add(id(item))
                queue.append((item, [*way, step]))
    return None


def _accesses(whole: Any) -> Iterator[tuple[Access, Any]]:
    if type(whole) in _SEQUENCES:
        for index, item in enumerate(whole):
            yield Access("index", index), item
    elif type(whole) in _MAPPINGS:
        for key, item in whole.items():
            if ConstantVariable.is_base_literal(key):
                yield Access("item", key), item
    else:
        for name, item in attributes(whole).items():
            yield Access("attr", name), item
        if hasattr(whole, "__dict__"):
            yield Access("attr", "__dict__"), vars(whole)
