"""What torch's settings are unless they are set: those that vartrack reads, sets or speaks of.

Read from the source of the module that has them: in a process they may have been set, and of some
the environment has a say.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

from vartrack.doctor.findings import Place
from vartrack.doctor.names import look_up
from vartrack.doctor.own_code import modules

__all__ = ["defaults"]


def defaults() -> dict[str, tuple[str, Place]]:
    """From each setting to its default, as text, and the first line that names it."""
    named: dict[str, dict[str, Place]] = {}
    for module in modules():
        for use in module.uses:
            if use.path and (home := _home(use.module, use.path[:-1])):
                named.setdefault(home, {}).setdefault(use.path[-1], use.place)
    found = {}
    for home, places in named.items():
        for module in modules():
            places = {**module.words, **places}
        written = _written(home)
        for name in sorted(written.keys() & places.keys()):
            found[f"{home}.{name}"] = written[name], places[name]
    return found


@functools.cache
def _home(module: str, path: tuple[str, ...]) -> str:
    """The name of the module of settings that ``path`` reaches; "" if it is nothing of the kind."""
    try:
        found: Any = look_up(module, path)
    except LookupError:
        return ""
    is_config = isinstance(found, ModuleType) and "_config" in vars(found)
    return found.__name__ if is_config else ""


@functools.cache
def _written(module: str) -> dict[str, str]:
    """The settings at the top of a module, each with its default; none if it has no source."""
    spec = importlib.util.find_spec(module)
    file = Path(spec.origin or "") if spec is not None else Path()
    if file.suffix != ".py" or not file.is_file():
        return {}
    found: dict[str, str] = {}
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if not isinstance(node, (ast.AnnAssign, ast.Assign)) or node.value is None:
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        found |= {one.id: _default(node.value) for one in targets if isinstance(one, ast.Name)}
    return found


def _default(value: ast.expr) -> str:
    """A default as it is written, if it is a literal; of anything else a fingerprint."""
    if isinstance(value, ast.Call):
        given = {one.arg: one.value for one in value.keywords}
        value = given.get("default", given.get("alias", value))
    try:
        return repr(ast.literal_eval(value))
    except ValueError:
        fingerprint = hashlib.sha256(ast.unparse(value).encode()).hexdigest()
        return f"worked out ({fingerprint[:12]})"
