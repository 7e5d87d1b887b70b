"""An explanation for programs: JSON in a layout that has a number and a schema.

The keys are the attributes of the classes of an explanation, which docs/reference describes: this
module knows no key by name, but for those below.

``schema``
    The number of the layout, raised if a key changes its meaning or goes.
``totals``
    What is worked out from the rest: ``ran``, ``problem``, ``graphs``, ``compiles``, ``attempts``,
    ``graph_breaks``, ``recompiles``, ``recompiles_by_sound``, ``guards`` and ``share_percent``. It
    is not read back.
``compiles[].values``
    The values in one list, parents first, each with its ``parent``: its number in the list, from
    0, or null.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import types
import typing
from typing import TYPE_CHECKING, Any

from vartrack.explanation.redacting import cut, redacted
from vartrack.explanation.report import CompileReport, Value

if TYPE_CHECKING:
    from vartrack.explanation.explanation import Explanation

__all__ = ["SCHEMA", "read", "schema", "to_dict", "to_json"]

#: The number of the layout.
SCHEMA = 2


def to_json(found: Explanation, indent: int | None = 2, *, redact: bool = False) -> str:
    """The explanation as JSON text.

    Args:
        found: the explanation.
        indent: how far to indent; None for one line.
        redact: whether to leave out the values of the program.
    """
    return json.dumps(to_dict(found, redact=redact), indent=indent, ensure_ascii=False)


def to_dict(found: Explanation, *, redact: bool = False) -> dict[str, Any]:
    """The explanation as dicts, lists, strings, numbers and null."""
    found = redacted(found) if redact else cut(found)
    return {"schema": SCHEMA, "totals": _totals(found)} | _plain(found)


def _totals(found: Explanation) -> dict[str, Any]:
    return {
        "ran": found.ran,
        "problem": found.problem,
        "graphs": found.graphs,
        "compiles": len(found.compiles),
        "attempts": sum(compile.attempts for compile in found.compiles),
        "graph_breaks": sum(entry.count for entry in found.breaks),
        "recompiles": sum(1 for _ in found.recompiles),
        "recompiles_by_sound": found.recompiles_by_sound,
        "guards": sum(1 for _ in found.guards),
        "share_percent": round(found.share, 3),
    }


def _fields(cls: type) -> list[str]:
    """The attributes of a class that are written."""
    return [each.name for each in dataclasses.fields(cls) if each.repr]


def _plain(part: Any) -> Any:
    if isinstance(part, CompileReport):
        shallow = dataclasses.replace(part, values=[])
        return _of(shallow) | {"values": _values(part)}
    if dataclasses.is_dataclass(part) and not isinstance(part, type):
        return _of(part)
    if isinstance(part, (list, tuple)):
        return [_plain(item) for item in part]
    if isinstance(part, dict):
        return {key: _plain(item) for key, item in part.items()}
    return part


def _of(part: Any) -> dict[str, Any]:
    return {name: _plain(getattr(part, name)) for name in _fields(type(part))}


def _values(compile: CompileReport) -> list[dict[str, Any]]:
    numbers: dict[int, int] = {}
    rows: list[dict[str, Any]] = []
    for value, parent in compile.walk():
        numbers[id(value)] = len(rows)
        row = _of(dataclasses.replace(value, children=[]))
        del row["children"]
        rows.append({"parent": None if parent is None else numbers[id(parent)]} | row)
    return rows


# and back


def read(text: str, cls: type[Explanation]) -> dict[str, Any]:
    """The attributes of the explanation that `to_json` wrote.

    Raises:
        ValueError: the text is no JSON, or none of an explanation, or of another layout.
    """
    try:
        held = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"this is no JSON: {error}") from error
    if not isinstance(held, dict) or "schema" not in held:
        raise ValueError("this is JSON, but not of an explanation: it has no 'schema'")
    if held["schema"] != SCHEMA:
        raise ValueError(
            f"this explanation has the layout {held['schema']!r}, and this vartrack reads {SCHEMA}"
        )
    try:
        return _attributes(held, cls)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"this explanation is damaged: {type(error).__name__}: {error}") from error


def _attributes(held: dict[str, Any], cls: type) -> dict[str, Any]:
    hints = typing.get_type_hints(cls)
    return {name: _typed(held[name], hints[name]) for name in _fields(cls)}


def _typed(held: Any, hint: Any) -> Any:
    """``held`` as what ``hint`` says."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return None if held is None else _typed(held, inner[0])
    if origin is list:
        return [_typed(item, inner[0]) for item in held]
    if origin is dict:
        return {key: _typed(item, inner[1]) for key, item in held.items()}
    if hint is CompileReport:
        return CompileReport(**_attributes(held | {"values": []}, hint) | {"values": _nested(held)})
    if dataclasses.is_dataclass(hint):
        cls = typing.cast("type[Any]", hint)
        return cls(**_attributes(held, cls))
    if not isinstance(held, (int, float) if hint is float else hint):
        raise TypeError(f"{held!r} is no {hint.__name__}")
    return held


def _nested(held: dict[str, Any]) -> list[Value]:
    values: list[Value] = []
    roots: list[Value] = []
    for row in held["values"]:
        value = Value(**_attributes(row | {"children": []}, Value))
        values.append(value)
        (roots if row["parent"] is None else values[row["parent"]].children).append(value)
    return roots


# the schema


def schema(cls: type[Explanation]) -> dict[str, Any]:
    """The JSON schema of what `to_dict` gives."""
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
        for name in _fields(typing.cast(type, hint))
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
