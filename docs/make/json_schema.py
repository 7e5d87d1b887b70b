"""The JSON schema of an explanation, made from the classes that it consists of."""

from __future__ import annotations

import dataclasses
import inspect
import re
import types
import typing
from typing import TYPE_CHECKING, Any

from vartrack.explanation.report.as_json import SCHEMA, written
from vartrack.explanation.report.report import Value

if TYPE_CHECKING:
    from vartrack.explanation.explanation import Explanation

__all__ = ["schema"]


def schema(cls: type[Explanation]) -> dict[str, Any]:
    """The schema of what `as_json.to_dict` gives."""
    described = _described(cls)
    totals = {
        "type": "object",
        "description": "Worked out from the rest.",
        "additionalProperties": {"type": ["boolean", "string", "number"]},
    }
    described["properties"] = {
        "schema": {"const": SCHEMA},
        "totals": totals,
    } | described["properties"]
    described["required"] = list(described["properties"])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | described


_NAMES = {str: "string", bool: "boolean", int: "integer", float: "number"}


def _described(hint: Any) -> dict[str, Any]:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return {"anyOf": [_described(inner[0]), {"type": "null"}]}
    if origin is list:
        return {"type": "array", "items": _described(inner[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": _described(inner[1])}
    if not dataclasses.is_dataclass(hint):
        return {"type": _NAMES[hint]}
    hints, words = typing.get_type_hints(hint), _documented(hint)
    properties = {
        name: _described(hints[name]) | {"description": words[name]}
        for name in written(typing.cast(type, hint))
        if name != "children"
    }
    if hint is Value:
        parent = "The number of the value above it in the list, from 0, or null."
        properties = {"parent": {"type": ["integer", "null"], "description": parent}} | properties
    return {
        "type": "object",
        "description": (hint.__doc__ or "").partition("\n")[0],
        "properties": properties,
        "required": list(properties),
    }


#: An attribute in a docstring: its name, then what it holds, in one line or more.
_ATTRIBUTE = re.compile(r"^ {4}(\w+): (.+(?:\n {8}.+)*)", re.MULTILINE)


def _documented(cls: Any) -> dict[str, str]:
    """What the docstrings of ``cls`` and of its bases say of each attribute."""
    words: dict[str, str] = {}
    for each in reversed(cls.__mro__):
        _, _, listed = inspect.cleandoc(each.__doc__ or "").partition("Attributes:\n")
        for name, text in _ATTRIBUTE.findall(listed):
            words[name] = " ".join(text.replace("``", "").split())
    return words
