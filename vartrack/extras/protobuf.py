"""`protobuf`: enum wrappers as constants, messages as snapshots.

``Name``, ``Value``, ``keys`` and the rest of an enum are evaluated while tracing. The key of a
message is its serialized form, so its fields, the messages in it and its methods are known while
tracing; changing one breaks the graph.
"""

from __future__ import annotations

import operator
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, struct_pb2  # type: ignore[import-untyped]
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper  # type: ignore[import-untyped]
from google.protobuf.message import Message  # type: ignore[import-untyped]
from torch._dynamo.source import AttrSource
from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.lists import ListIteratorVariable, ListVariable
from torch._dynamo.variables.misc import GetAttrVariable

from vartrack.bases.constant import ConstantVisitor
from vartrack.bases.snapshot import SnapshotVariable, SnapshotVisitor
from vartrack.bases.tracing.again.asked_anew import asked_anew
from vartrack.bases.tracing.contents.zeros import with_sign
from vartrack.bases.tracing.evaluating.folding import guarded_literal
from vartrack.bases.tracing.known.operands import constants_of
from vartrack.bases.tracing.snapshots.ways import Access
from vartrack.core.guarding.exporting import is_exporting
from vartrack.core.texts.articles import with_article

if TYPE_CHECKING:
    from torch._guards import Source

    from vartrack.dispatch.registry import Registry

__all__ = ["Containers", "Enums", "Messages", "register"]


def _scalar_maps() -> tuple[type, ...]:
    """The type of maps to numbers and strings: no message that comes along has one."""
    name = "vartrack/scalar_map.proto"
    file = descriptor_pb2.FileDescriptorProto(name=name, package="vartrack", syntax="proto3")
    message = file.message_type.add(name="ScalarMap")
    entry = message.nested_type.add(name="ItemsEntry")
    entry.options.map_entry = True
    field = descriptor_pb2.FieldDescriptorProto
    entry.field.add(name="key", number=1, type=field.TYPE_STRING, label=field.LABEL_OPTIONAL)
    entry.field.add(name="value", number=2, type=field.TYPE_INT32, label=field.LABEL_OPTIONAL)
    message.field.add(
        name="items",
        number=1,
        type=field.TYPE_MESSAGE,
        label=field.LABEL_REPEATED,
        type_name=".vartrack.ScalarMap.ItemsEntry",
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    cls = message_factory.GetMessageClass(pool.FindMessageTypeByName("vartrack.ScalarMap"))
    return (type(cls().items),)


_everything = descriptor_pb2.FileDescriptorProto()
#: The types of repeated fields and of maps, which differ by implementation.
_REPEATED = (type(_everything.dependency), type(_everything.message_type))
_MAPS = (type(struct_pb2.Struct().fields), *_scalar_maps())
_PARTS = (Message, *_REPEATED, *_MAPS)


class Enums(ConstantVisitor):
    """The wrapper of an enum, such as ``google.protobuf.struct_pb2.NullValue``."""

    types = (EnumTypeWrapper,)

    @staticmethod
    def key(value: Any) -> Any:
        """The name of the enum and its members."""
        return (value.DESCRIPTOR.full_name, tuple(value.items()))


class MessageVariable(SnapshotVariable):
    """A message."""

    #: Where it is, as a field of a message that came from outside.
    at: Source | None = None

    def tp_getattro_impl(self, tx: Any, name: str) -> VariableTracker:
        if name not in self.example.DESCRIPTOR.fields_by_name:
            return super().tp_getattro_impl(tx, name)
        part = getattr(self.example, name)
        at = self.at if self.content is None else self.source
        content: Any = getattr(self.parts.whole, "content", None)
        if ConstantVariable.is_base_literal(part):
            if at is None or content is None:
                self.depend()
                return ConstantVariable.create(part)
            # read by C code, and guarded alone; a number that changes becomes a symbol
            place = AttrSource(at, name)
            if is_exporting(tx):
                return guarded_literal(part, place)
            with_sign(content.compile, place, part)
            return VariableTracker.build(tx, part, place)
        if is_exporting(tx):
            self.depend()
        # a field that is a message or a container is itself a part, found where it is
        # torch cannot put its guards on these containers: what is read of one depends on the key
        # of the message
        found: Any = self.part(tx, part, Access("attr", name))
        if isinstance(found, ContainerVariable) and self.content is not None:
            found.field = self, name
        if isinstance(found, MessageVariable) and at is not None:
            found.at = AttrSource(at, name)
        return found  # type: ignore[no-any-return]

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        ask = None if kwargs else _ASKED.get(name)
        if ask is not None and (known := constants_of(args, {})) is not None:
            answer = asked_anew(self, tx, ask, *known[0])
            if answer is not None:
                return answer
        return super().call_method(tx, name, args, kwargs)

    def tracked(
        self, tx: Any, what: str, result: Any, function: Callable[[Any], Any], place: Any = None
    ) -> VariableTracker:
        if isinstance(result, _PARTS) and result is not self.value:
            self.refuse(what, f"gives {with_article(type(result))}, which may be a part of it")
        return super().tracked(tx, what, result, function, place)


def length_of(message: Any, name: str) -> int:
    """How much a repeated field or a map holds."""
    return len(getattr(message, name))


def _has_field(message: Any, name: Any) -> Any:
    return message.HasField(name)


def _which(message: Any, name: Any) -> Any:
    return message.WhichOneof(name)


#: What methods ask that say which fields are set: other fields may change.
_ASKED: dict[str, Callable[..., Any]] = {"HasField": _has_field, "WhichOneof": _which}


class ContainerVariable(SnapshotVariable):
    """A repeated field or a map: read as the list or dict of what it holds."""

    #: The message of which it is a field, and the name of that, if the message came from outside.
    field: tuple[MessageVariable, str] | None = None

    def contents(self, tx: Any) -> VariableTracker:
        """The same items in a list or dict."""
        self.depend()

        def item(key: Any) -> VariableTracker:
            return self.part(tx, self.value[key], Access("index", key))

        if isinstance(self.value, _REPEATED):
            return ListVariable([item(index) for index in range(len(self.value))])
        return ConstDictVariable({VariableTracker.build(tx, key): item(key) for key in self.value})

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if name not in _READING:
            self.refuse_change(name)
        return self.contents(tx).call_method(tx, name, args, kwargs)

    def tp_getattro_impl(self, tx: Any, name: str) -> VariableTracker:
        if hasattr(self.value, name) and name != "__class__":
            return GetAttrVariable(self, name, py_type=types.BuiltinMethodType)
        return super().tp_getattro_impl(tx, name)

    def tp_richcompare_impl(self, tx: Any, other: VariableTracker, op: str) -> VariableTracker:
        if getattr(self.value, op)(self.value) is NotImplemented:
            return ConstantVariable.create(NotImplemented)  # they have no order, which lists have
        other = other.realize()
        other = other.contents(tx) if isinstance(other, ContainerVariable) else other
        compare = VariableTracker.build(tx, getattr(operator, op))
        result: VariableTracker = compare.call_function(tx, [self.contents(tx), other], {})
        return result

    def sq_length_impl(self, tx: Any) -> VariableTracker:
        if self.field is not None:
            message, name = self.field
            answer = asked_anew(message, tx, length_of, name)
            if answer is not None:
                return answer
        self.depend()
        return VariableTracker.build(tx, len(self.value))

    mp_length_impl = sq_length_impl

    def mp_subscript_impl(self, tx: Any, key: VariableTracker) -> VariableTracker:
        return self.call_method(tx, "__getitem__", [key], {})

    sq_item_impl = mp_subscript_impl

    def sq_contains_impl(self, tx: Any, item: VariableTracker) -> VariableTracker:
        return self.call_method(tx, "__contains__", [item], {})

    def tp_iter_impl(self, tx: Any) -> VariableTracker:
        items = self.items_of(tx)
        return ListIteratorVariable(items, mutation_type=ValueMutationNew())

    def items_of(self, tx: Any) -> list[VariableTracker]:
        content = self.contents(tx)
        if isinstance(content, ListVariable):
            return list(content.items)
        return [key.vt for key in content.items]

    def unpack_var_sequence(self, tx: Any) -> list[VariableTracker]:
        return self.items_of(tx)


_READING = (
    "__contains__",
    "__eq__",
    "__getitem__",
    "__iter__",
    "__len__",
    "__ne__",
    "count",
    "get",
    "index",
    "items",
    "keys",
    "values",
)


def _message_key(message: Any) -> Any:
    return (message.DESCRIPTOR.full_name, message.SerializeToString(deterministic=True))


def _container_key(container: Any) -> Any:
    keys: Any = container if isinstance(container, _MAPS) else range(len(container))
    items = [(key, container[key]) for key in sorted(keys)]
    return tuple(
        (key, _message_key(item) if isinstance(item, Message) else item) for key, item in items
    )


class Messages(SnapshotVisitor):
    """Every message."""

    types = (Message,)
    folded_class = MessageVariable
    key = staticmethod(_message_key)


class Containers(SnapshotVisitor):
    """Repeated fields and maps of messages."""

    types = (*_REPEATED, *_MAPS)
    folded_class = ContainerVariable
    key = staticmethod(_container_key)


def register(registry: Registry) -> None:
    """Add the visitors for enums and messages to ``registry``.

    .. versionadded:: 0.1
    """
    registry.register(Enums)
    registry.register(Messages)
    registry.register(Containers)
