"""What the schemas of pydantic say of a class of models, worked out once for each."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any

import pydantic

__all__ = ["has_own_serializers", "kept_as_given"]

#: Schemas that hand on a value of exactly this type as it is.
_HAND_ON: dict[str, tuple[type, ...]] = {"any": (int, float), "float": (float,), "int": (int,)}


def _all_in(schema: Any) -> Iterator[dict[str, Any]]:
    """``schema`` and all that it is made of."""
    todo, met = [schema], set()
    while todo:
        one = todo.pop()
        if id(one) in met:
            continue
        met.add(id(one))
        if isinstance(one, dict):
            yield one
            todo += one.values()
        elif isinstance(one, (list, tuple)):
            todo += one


@functools.lru_cache(maxsize=1000)
def has_own_serializers(cls: Any) -> bool:
    """Whether anything in models of ``cls`` is dumped otherwise than as it is."""
    for schema in _all_in(cls.__pydantic_core_schema__):
        own = schema.get("serialization")
        if own and own.get("when_used") != "json":
            return True
    return issubclass(cls, pydantic.RootModel)


@functools.lru_cache(maxsize=1000)
def kept_as_given(cls: Any) -> Mapping[str, tuple[type, ...]]:
    """The fields that keep what they are given, each with the types of numbers of which it does so.

    None in a class with code of the user's that sees the values, such as a validator.
    """
    model = cls.__pydantic_core_schema__
    fields = model.get("schema", {}).get("fields") if model["type"] == "model" else None
    if not isinstance(fields, dict) or model.get("custom_init") or model.get("post_init"):
        return {}
    if any(
        str(schema.get("type", "")).startswith("function-")
        or schema.get("default_factory_takes_data")
        for schema in _all_in(fields)
    ):
        return {}
    return {
        name: _HAND_ON[schema["type"]]
        for name, field in fields.items()
        if (schema := _without_default(field["schema"])).keys() == {"type"}
        and schema["type"] in _HAND_ON
        and "validation_alias" not in field
    }


def _without_default(schema: dict[str, Any]) -> dict[str, Any]:
    return schema["schema"] if schema["type"] == "default" else schema
