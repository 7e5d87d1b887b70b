"""`protobuf`: enum wrappers as constants, messages as snapshots.

``Name``, ``Value``, ``keys`` and the rest of an enum are evaluated while tracing. The key of a
message is its serialized form, so its fields, the messages in it and its methods are known while
tracing; changing one breaks the graph.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from google.protobuf import descriptor_pb2, struct_pb2
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from google.protobuf.message import Message
from torch._dynamo.variables.base import VariableTracker

from vartrack.bases.constant import ConstantVisitor
from vartrack.bases.content import content_key
from vartrack.bases.held import Step
from vartrack.bases.snapshot import SnapshotVariable, SnapshotVisitor

if TYPE_CHECKING:
    from vartrack.registry import Registry

__all__ = ["Enums", "Messages", "register"]

_samples = (
    descriptor_pb2.FieldMask if hasattr(descriptor_pb2, "FieldMask") else None,
)
#: The types of what a message gives for repeated fields and maps; they differ by implementation.
_REPEATED = (
    type(struct_pb2.ListValue().values),
    type(descriptor_pb2.DescriptorProto().reserved_name),
)
_MAPS = (type(struct_pb2.Struct().fields),)


class Enums(ConstantVisitor):
    """The wrapper of an enum, such as ``google.protobuf.struct_pb2.NullValue``."""

    types = (EnumTypeWrapper,)

    @staticmethod
    def key(value: Any) -> Any:
        """The name of the enum and its members."""
        return (value.DESCRIPTOR.full_name, tuple(value.items()))


class MessageVariable(SnapshotVariable):
    """A message, or a repeated field or map of one."""

    def var_getattr(self, tx: Any, name: str) -> VariableTracker:
        descriptor = getattr(self.value, "DESCRIPTOR", None)
        field = descriptor and descriptor.fields_by_name.get(name)
        if field is None:
            return super().var_getattr(tx, name)
        # a field that is a message or a container is itself a part, found where it is
        part = getattr(self.value, name)
        return self.part(tx, part, Step("attr", name), self.source, self._loading([]))


def _message_key(message: Any) -> Any:
    return (message.DESCRIPTOR.full_name, message.SerializeToString(deterministic=True))


class Messages(SnapshotVisitor):
    """Every message."""

    types = (Message,)
    folded_class = MessageVariable
    key = staticmethod(_message_key)


def register(registry: Registry) -> None:
    """Add the visitors for enums and messages to ``registry``.

    .. versionadded:: 0.1
    """
    registry.register(Enums)
    registry.register(Messages)
