"""An explanation for programs: JSON in a layout that has a number and a schema.

The keys are the attributes of the classes of an explanation, which docs/reference describes: this
module knows no key by name, but for those below.

``schema``
    The number of the layout, raised if a key changes its meaning or goes.
``totals``
    What is worked out from the rest, as `TOTALS` says. It is not read back.
``compiles[].values``
    The values in one list, parents first, each with its ``parent``: its number in the list, from
    0, or null.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from vartrack.explanation.report.redacting import cut, redacted
from vartrack.explanation.report.report import CompileReport, Value

if TYPE_CHECKING:
    from vartrack.explanation.explanation import Explanation

__all__ = ["SCHEMA", "TOTALS", "read", "to_dict", "to_json", "written"]

#: The number of the layout.
SCHEMA = 2

#: What is worked out from the rest, and how.
TOTALS: dict[str, Callable[[Explanation], Any]] = {
    "ran": lambda found: found.ran,
    "problem": lambda found: found.problem,
    "graphs": lambda found: found.graphs,
    "compiles": lambda found: len(found.compiles),
    "attempts": lambda found: sum(compile.attempts for compile in found.compiles),
    "graph_breaks": lambda found: sum(entry.count for entry in found.breaks),
    "recompiles": lambda found: sum(1 for _ in found.recompiles),
    "recompiles_by_sound": lambda found: found.recompiles_by_sound,
    "guards": lambda found: sum(1 for _ in found.guards),
    "share_percent": lambda found: round(found.share, 3),
}


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
    totals = {name: work_out(found) for name, work_out in TOTALS.items()}
    return {"schema": SCHEMA, "totals": totals} | _plain(found)


def written(cls: type) -> list[str]:
    """The attributes of a class of an explanation that are written."""
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
    return {name: _plain(getattr(part, name)) for name in written(type(part))}


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
    return {name: _typed(held[name], hints[name]) for name in written(cls)}


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
