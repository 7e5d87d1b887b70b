"""An explanation for programs.

`to_dict` gives these keys; they stay, and new ones may be added:

``schema``
    1, raised if a key ever changes its meaning.
``target``, ``registry``, ``vartrack``, ``torch``, ``python``
    What was compiled, on which registry, and the versions of the three.
``ran``, ``error``
    Whether the compile ran, and what was raised or why nothing was compiled, or null.
``totals``
    ``values`` and what became of them: ``built_by_visitors`` and ``not_built`` (a graph break, a
    restart of the compile, another error); ``went_to_torch``, the values that torch's own builder
    was asked for; ``share_percent`` of the first; ``met_again``, ``graphs``, ``compiles``,
    ``attempts``, ``graph_breaks``, ``wall_seconds`` and ``cpu_seconds`` (compiling),
    ``run_seconds`` (the whole call).
``compiles``
    For each: ``id``, ``function``, ``file``, ``line``, ``attempts``, ``skipped`` (why it runs
    uncompiled, or null), ``recompile_reason`` (or null), ``ops``, ``inputs``, ``guards``,
    ``seconds`` and ``values``.
``compiles[].values``
    Values with a source, parents first: ``source``, ``parent`` (a source, or null), ``type``,
    ``shows`` (or null), ``visitor`` (or null), ``tracker`` (or null), ``guards`` (each a
    ``source``, a ``kind`` and a ``cost``: nanoseconds of one check, of guards that call Python
    code, or null), ``graph_input``, ``dimensions``, ``why`` (of a number: the reason
    it is a constant or a symbol; or null), ``outcome``, ``built``, ``met_again``, ``aliases``
    (each a ``source`` and ``guards``), ``nanoseconds``, ``own_nanoseconds``, ``reason`` (or
    null).
``compiles[].values[].dimensions``
    Of a tensor input, for each dimension: ``size`` (as in the graph: a number, a symbol or an
    expression of some), ``kind`` (``static``, ``dynamic``, ``unbacked``, ``duck``: a symbol that
    dimensions of the same size share, or ``ragged``), ``constraint`` (what must stay true of the
    size, or null), ``why`` (what decided, and after ``; also`` what else would have decided the
    same) and ``stride`` (``dynamic`` if its stride has a symbol of its own, or null).
``sourceless``
    Values made while tracing: ``type``, ``visitor`` (or null), ``count``, ``own_nanoseconds``.
``visitors``
    ``visitor`` (or null), ``count``, ``sourced``, ``sourceless``, ``own_nanoseconds``.
``graph_breaks``
    ``kind`` (``break``, ``skip`` or ``value``), ``title``, ``reason``, ``file``, ``line``,
    ``source``, ``visitor`` (null where not known), ``count``.

A word that is not known is null, never "".
"""

from __future__ import annotations

import json
import platform
from dataclasses import asdict
from typing import Any

from vartrack import compat
from vartrack._version import __version__
from vartrack.explanation.report import Break, CompileReport, Explanation, Value

__all__ = ["SCHEMA", "to_dict", "to_json"]

#: The number of the layout.
SCHEMA = 1


def to_json(found: Explanation, indent: int | None = 2) -> str:
    """The explanation as JSON text.

    Args:
        found: the explanation.
        indent: how far to indent; None for one line.
    """
    return json.dumps(to_dict(found), indent=indent, ensure_ascii=False)


def to_dict(found: Explanation) -> dict[str, Any]:
    """The explanation as dicts, lists, strings and numbers; the keys are listed above."""
    return {
        "schema": SCHEMA,
        "target": found.target,
        "registry": found.registry,
        "vartrack": __version__,
        "torch": str(compat.RUNNING),
        "python": platform.python_version(),
        "ran": found.ran,
        "error": found.problem or None,
        "totals": {
            "values": found.values,
            "built_by_visitors": found.by_visitors,
            "not_built": found.not_built,
            "went_to_torch": found.went_to_torch,
            "share_percent": round(found.share, 3),
            "met_again": found.met_again,
            "graphs": found.graphs,
            "compiles": len(found.compiles),
            "attempts": sum(compile.attempts for compile in found.compiles),
            "graph_breaks": sum(entry.count for entry in found.breaks),
            "wall_seconds": found.wall_seconds,
            "cpu_seconds": found.cpu_seconds,
            "run_seconds": found.run_seconds,
        },
        "compiles": [_compile(compile) for compile in found.compiles],
        "sourceless": [asdict(row) | {"visitor": row.visitor or None} for row in found.sourceless],
        "visitors": [
            asdict(row) | {"visitor": row.visitor or None, "count": row.count}
            for row in found.visitors
        ],
        "graph_breaks": [_break(entry) for entry in found.breaks],
    }


def _compile(compile: CompileReport) -> dict[str, Any]:
    return {
        "id": compile.id,
        "function": compile.function or None,
        "file": compile.file or None,
        "line": compile.line or None,
        "attempts": compile.attempts,
        "skipped": compile.skipped or None,
        "recompile_reason": compile.recompile_reason or None,
        "ops": compile.ops,
        "inputs": compile.inputs,
        "guards": compile.guards,
        "seconds": compile.seconds,
        "values": [_value(value, parent) for value, parent in compile.walk()],
    }


def _value(value: Value, parent: Value | None) -> dict[str, Any]:
    return {
        "source": value.source,
        "parent": None if parent is None else parent.source,
        "type": value.type,
        "shows": value.shows or None,
        "visitor": value.visitor or None,
        "tracker": value.tracker or None,
        "guards": [asdict(guard) for guard in value.guards],
        "graph_input": value.graph_input,
        "dimensions": [
            asdict(each) | {"constraint": each.constraint or None, "stride": each.stride or None}
            for each in value.dimensions
        ],
        "why": value.why or None,
        "outcome": value.outcome,
        "built": value.built,
        "met_again": value.met_again,
        "aliases": [
            {"source": alias.source, "guards": [asdict(guard) for guard in alias.guards]}
            for alias in value.aliases
        ],
        "nanoseconds": value.nanoseconds,
        "own_nanoseconds": value.own_nanoseconds,
        "reason": value.reason or None,
    }


def _break(entry: Break) -> dict[str, Any]:
    return {
        "kind": entry.kind,
        "title": entry.title,
        "reason": entry.reason,
        "file": entry.file or None,
        "line": entry.line or None,
        "source": entry.source,
        "visitor": entry.visitor or None,
        "count": entry.count,
    }
