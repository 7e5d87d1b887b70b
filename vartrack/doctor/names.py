"""Names and signatures: what vartrack imports, reads and calls, looked up in the torch there is."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from typing import Any

from vartrack.compat.release import folder
from vartrack.doctor.attributes import defined_in
from vartrack.doctor.findings import Finding, Place
from vartrack.doctor.own_code import Call, Module, Use, modules, sufferers

__all__ = ["check_calls", "check_found", "check_names", "defaults_left", "look_up"]

_MISSING = object()


def look_up(module: str, path: tuple[str, ...]) -> Any:
    """What ``path`` reaches in a module of torch.

    Raises:
        LookupError: there is no such module or name; the argument says which part is missing.
    """
    try:
        found: Any = importlib.import_module(module)
    except Exception as error:
        raise LookupError(f"the module {module} cannot be imported: {error}") from None
    reached = module
    for name in path:
        if (inner := _read(found, name)) is _MISSING:
            try:
                inner = importlib.import_module(f"{reached}.{name}")
            except Exception:
                raise LookupError(f"{reached} has no {name}") from None
        found, reached = inner, f"{reached}.{name}"
    return found


def _read(found: Any, name: str) -> Any:
    """An attribute; torch imports some of its modules when they are read, which may fail."""
    try:
        return getattr(found, name, _MISSING)
    except Exception:
        return _MISSING


def check_names() -> Iterator[Finding]:
    """What vartrack names of torch and torch does not have."""
    needed: dict[str, list[Use]] = {}
    for module in modules():
        for use in module.uses:
            needed.setdefault(str(use), []).append(use)
    for what, uses in sorted(needed.items()):
        try:
            look_up(uses[0].module, uses[0].path)
        except LookupError as error:
            path = uses[0].path
            moved = _where_else(path[0]) if len(path) == 1 else ""  # a method's name is anybody's
            why = f"{error}{moved}"
            yield Finding("name", what, why, *_needed_by(uses))


def _where_else(name: str) -> str:
    """Where torch defines something of that name, as it may have moved."""
    torch = folder()
    where = None if torch is None else defined_in(torch).get(name)
    return "" if where is None else f"; torch/{where} defines one"


def _needed_by(uses: list[Use]) -> tuple[tuple[Place, ...], tuple[str, ...]]:
    places = tuple(sorted({use.place for use in uses}))
    names = [part for use in uses for part in use.path[-1:]]
    direct = {place.owner for place in places if place.owner and "/visitors/" in place.file}
    others = (visitor for visitor in sufferers(*names) if visitor not in direct)
    return places, (*sorted(direct), *others)


def check_calls() -> Iterator[Finding]:
    """Calls of torch's functions whose arguments do not fit the signature."""
    seen: set[str] = set()
    for module in modules():
        for call in module.calls:
            problem = _problem_of(call)
            use = call.use
            what = f"{use} called in {use.place.file} ({use.place.owner})"
            if problem and what not in seen:
                seen.add(what)
                yield Finding("signature", what, problem, *_needed_by([use]))


def _problem_of(call: Call) -> str:
    try:
        function = look_up(call.use.module, call.use.path)
        signature = inspect.signature(function)
    except (LookupError, TypeError, ValueError):
        return ""  # it is missing, which is said elsewhere, or does not tell
    keywords = dict.fromkeys(call.keywords)
    try:
        if call.open:
            signature.bind_partial(**keywords)
        else:
            signature.bind(*[None] * call.positional, **keywords)
    except TypeError as error:
        return f"{error}; it takes {signature}"
    return ""


def defaults_left() -> dict[str, tuple[str, Place]]:
    """For each function of torch the defaults that calls leave to it, as text, and such a call."""
    left: dict[str, dict[str, str]] = {}
    places: dict[str, Place] = {}
    for module in modules():
        for call in module.calls:
            try:
                signature = inspect.signature(look_up(call.use.module, call.use.path))
                given = signature.bind_partial(
                    *[None] * call.positional, **dict.fromkeys(call.keywords)
                ).arguments
            except (LookupError, TypeError, ValueError):
                continue  # which is said elsewhere
            for name, parameter in signature.parameters.items():
                if name not in given and parameter.default is not parameter.empty:
                    what = str(call.use)
                    left.setdefault(what, {})[name] = _shown(parameter.default)
                    places.setdefault(what, call.use.place)
    return {
        what: (", ".join(f"{name}={left[what][name]}" for name in sorted(left[what])), places[what])
        for what in sorted(left)
    }


def _shown(default: Any) -> str:
    """A default as it is written in every process; of an object its type alone."""
    if default is None or isinstance(default, (bool, int, float, str)):
        return repr(default)
    if isinstance(default, tuple):
        return f"({''.join(f'{_shown(one)}, ' for one in default)})"
    return f"<{type(default).__name__}>"


def check_found() -> Iterator[tuple[str, str, Place]]:
    """Each name that `compat` looks for in several places, where it is now, and the line.

    Where it is says "" if it is nowhere.
    """
    for module in modules():
        if module.file.parent.name != "compat":
            continue
        for node in module.tree.body:
            value = getattr(node, "value", None)
            target = getattr(node, "target", None) or next(iter(getattr(node, "targets", ())), None)
            if isinstance(target, ast.Name) and value is not None:
                yield from _searches(module, target.id, value, node.lineno)


def _searches(
    module: Module, name: str, value: ast.expr, line: int
) -> Iterator[tuple[str, str, Place]]:
    texts = {
        target.id: node.value.value
        for node in module.tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name) and isinstance(node.value.value, str)
    }
    for node in ast.walk(value):
        if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "find"):
            continue
        found = ""
        for argument in node.args:
            place = _text(argument, texts)
            home, _, inside = place.partition(":")
            try:
                look_up(f"torch.{home}", (inside,))
            except LookupError:
                continue
            found = place
            break
        yield name, found, Place(module.where, line, name)


def _text(node: ast.expr, texts: dict[str, str]) -> str:
    """The text that ``node`` stands for: plain, or with names of ``texts`` put in."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part, texts) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return _text(node.value, texts)
    if isinstance(node, ast.Name) and node.id in texts:
        return texts[node.id]
    if isinstance(node, ast.Name):
        raise ValueError(
            f"in line {node.lineno} of a module of vartrack/compat `find` gets {node.id!r}, which "
            "cannot be read without running it. Write the place out."
        )
    return str(node.value) if isinstance(node, ast.Constant) else ""
