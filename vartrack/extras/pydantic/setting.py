"""Fields of models that are set, and what a model stores once they are."""

from __future__ import annotations

from typing import Any

import pydantic
from torch._dynamo.source import AttrSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable

from vartrack.bases.tracing.classes.lookup import on_class
from vartrack.bases.tracing.filled.kept_apart import note_change
from vartrack.compat.hooks import storing_in_dict, written_past

__all__ = ["Settable", "changed_part"]

_FIELDS_SET = "__pydantic_fields_set__"


def changed_part(tx: Any, part: Any) -> ConstDictVariable | None:
    """The tracker of ``part``, a dict that a model stores, if the traced code has changed it."""
    effects = tx.output.side_effects
    changed = part in effects and effects.is_modified(effects[part])
    return effects[part] if changed else None


class Settable:
    """Setting fields of a model, which pydantic does with handlers that it makes as it goes."""

    def set(self: Any, tx: Any, name: VariableTracker, value: VariableTracker) -> VariableTracker:
        """Set a field or a private attribute."""
        field, config = name.as_python_constant(), self.example.model_config
        cls = type(self.example)
        info = cls.model_fields.get(field)
        if config.get("frozen") or config.get("validate_assignment") or (info and info.frozen):
            self.refuse(
                field,
                "is set, which pydantic validates or refuses, in code that is not Python",
                "Set it outside the compiled function.",
                "Make a changed copy: model_copy(update={...}).",
            )
        note_change(tx, cls)
        if info is None and field not in (self.example.__private_attributes__ or {}):
            return super().call_method(tx, "__setattr__", [name, value], {})  # type: ignore[misc,no-any-return]
        store = tx.output.side_effects.store_attr  # replayed as it is written
        if info is not None and not isinstance(cls.__dict__.get(field), property):
            plain = on_class(cls, "__setattr__") is vars(pydantic.BaseModel)["__setattr__"]
            if plain and self.source is not None:
                store = storing_in_dict(tx)  # where pydantic puts it, and others may look
            place = self.source and AttrSource(self.source, _FIELDS_SET)
            fields_set = VariableTracker.build(tx, getattr(self.example, _FIELDS_SET), place)
            fields_set.realize().call_method(tx, "add", [name], {})
        store(self, field, value)
        return ConstantVariable.create(None)

    def needs_slow_setattr(self) -> bool:
        """No, pydantic's own is replayed, unless this is what pydantic's own does."""
        return written_past(self)
