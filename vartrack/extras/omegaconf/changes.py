"""Taking items out of a configuration, which torch traces: from then on it traces all of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch._dynamo import exc
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack import session
from vartrack.bases.snapshot import SnapshotVariable
from vartrack.bases.tracing.again.asked_anew import asked_anew
from vartrack.bases.tracing.filled.kept_apart import keep_apart
from vartrack.bases.tracing.known.operands import constants_of
from vartrack.compat.hooks import hook_of
from vartrack.extras.omegaconf.keys import flag_of
from vartrack.extras.omegaconf.nodes import CONFIGS

__all__ = ["TAKING", "Taken"]

#: Methods that take something out. What sets something torch does not trace.
TAKING = frozenset({"__delattr__", "__delitem__", "pop", "remove"})
_read_object = hook_of(UserDefinedObjectVariable, "tp_getattro_impl")
_CHANGED = "configurations are changed"


def can_take(config: Any, name: str, has_default: bool, *operands: Any) -> bool:
    """Whether the method ``name`` of TAKING takes something out, or gives a default.

    Args:
        config: the configuration.
        name: the method.
        has_default: whether it is given a default by name.
        operands: what else it is given.
    """
    content = config.__dict__["_content"]
    if flag_of(config, "readonly") or flag_of(config, "struct"):
        return False
    if name == "remove":
        return type(content) is list and any(node == operands[0] for node in content)
    if type(content) is list:
        index = operands[0] if operands else -1
        return type(index) is int and -len(content) <= index < len(content)
    if type(content) is not dict or not operands or config._is_typed():
        return False
    if operands[0] in content:
        return not content[operands[0]]._is_missing()
    return name == "pop" and (has_default or len(operands) > 1)


class Taken(SnapshotVariable):
    """A configuration from which the traced code may have taken something."""

    def take(
        self, tx: Any, name: str, args: Sequence[VariableTracker], kwargs: Any
    ) -> VariableTracker:
        """What the method ``name`` gives, which takes something out, as torch traces it.

        What it raises, torch does not trace: then it is evaluated, and changes nothing.
        """
        compile = session.compile_of(tx)
        known = constants_of(args, {})
        takes = known and asked_anew(self, tx, can_take, name, "default" in kwargs, *known[0])
        if compile is None or not takes or not takes.as_python_constant():
            return SnapshotVariable.call_method(self, tx, name, args, kwargs)
        compile.notes[_CHANGED] = True
        for cls in CONFIGS:
            keep_apart(tx, cls)
        return self.traced(tx, name, args, kwargs)

    def mp_ass_subscript_impl(self, tx: Any, *args: Any) -> VariableTracker:
        if self.source is not None and (len(args) < 2 or args[1] is None):
            return self.take(tx, "__delitem__", args[:1], {})
        return super().mp_ass_subscript_impl(tx, *args)

    sq_ass_item_impl = mp_ass_subscript_impl

    def tp_richcompare_impl(self, tx: Any, other: VariableTracker, op: str) -> VariableTracker:
        if not self.is_taken_from(tx):
            return super().tp_richcompare_impl(tx, other, op)
        self.refused = True
        compare = hook_of(UserDefinedObjectVariable, "tp_richcompare_impl")
        return compare(self, tx, other, op)  # type: ignore[no-any-return]

    def is_taken_from(self, tx: Any) -> bool:
        """Whether something was taken from any configuration, which may be a part of this one."""
        compile = session.compile_of(tx)
        return compile is not None and _CHANGED in compile.notes and self.source is not None

    def traced(
        self, tx: Any, name: str, args: Sequence[VariableTracker], kwargs: Any
    ) -> VariableTracker:
        """What the method ``name`` gives, as torch traces it."""
        self.refused = True  # it is not what it was, so nothing is to be evaluated on it
        return UserDefinedObjectVariable.call_method(self, tx, name, [*args], kwargs)

    def traced_attribute(self, tx: Any, name: str) -> VariableTracker:
        """What the attribute is, as torch traces it."""
        self.refused = True
        return _read_object(self, tx, name)

    def traced_presence(self, tx: Any, name: str) -> VariableTracker:
        """Whether it has the attribute, as torch traces it."""
        try:
            self.traced_attribute(tx, name)
        except exc.ObservedAttributeError:
            exc.handle_observed_exception(tx)
            return ConstantVariable.create(False)
        return ConstantVariable.create(True)

    def evaluated(self, tx: Any, what: str, function: Callable[[Any], Any]) -> Any:
        if self.is_taken_from(tx):
            self.refuse(
                what,
                "needs a configuration that this function has changed before",
                "Change it outside the compiled function.",
            )
        return super().evaluated(tx, what, function)
