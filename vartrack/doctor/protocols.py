"""What torch must offer besides names: guard kinds, hooks of trackers, the tracer, the face."""

from __future__ import annotations

import ast
import functools
import inspect
from collections.abc import Iterator
from typing import Any

from vartrack.compat.subclasses import with_subclasses
from vartrack.doctor.findings import Finding, Place
from vartrack.doctor.names import look_up
from vartrack.doctor.own_code import Module, modules, sufferers

__all__ = ["check_face", "check_guards", "check_hooks", "check_overridden", "check_tracer"]

#: The kinds of guard that are vartrack's own.
_OWN_GUARDS = ("KEY_MATCH", "STATE_MATCH")
#: What torch has for each protocol of `core.protocol`.
_OF_TORCH = {
    "BuildOutput": ("torch._dynamo.output_graph", "OutputGraph"),
    "Output": ("torch._dynamo.output_graph", "OutputGraph"),
    "SideEffects": ("torch._dynamo.side_effects", "SideEffects"),
    "SubgraphTracer": ("torch._dynamo.output_graph", "SubgraphTracer"),
    "Tracer": ("torch._dynamo.symbolic_convert", "InstructionTranslatorBase"),
}


def _module(name: str) -> Module:
    return next(module for module in modules() if module.where == f"vartrack/{name}.py")


def check_guards() -> Iterator[Finding]:
    """Guard kinds that a visitor names and torch does not have, or that need more than before."""
    try:
        kinds: Any = look_up("torch._dynamo.guards", ("GuardBuilder",))
    except LookupError as error:
        yield Finding("guard", "GuardBuilder", str(error))
        return
    for kind, place in _guards_named():
        found = getattr(kinds, kind, None)
        if found is None:
            yield Finding("guard", kind, "torch has no such guard", (place,), sufferers(kind))
            continue
        parameters = list(inspect.signature(found).parameters.values())[2:]
        needed = [one.name for one in parameters if one.default is one.empty and one.kind != 4]
        if needed:
            what = f"{kind} with {', '.join(needed)}"
            yield Finding("guard", what, "it cannot be made alone", (place,), sufferers(kind))


def _guards_named() -> Iterator[tuple[str, Place]]:
    seen: set[str] = set()
    for module in modules():
        if "/visitors/" not in module.where:
            continue
        for cls in module.classes():
            for node in ast.walk(cls):
                if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
                    continue
                if _is_guard(node.value) and node.value not in seen:
                    seen.add(node.value)
                    yield node.value, Place(module.where, node.lineno, cls.name)


def _is_guard(text: str) -> bool:
    guard = text.isupper() and text.endswith(("_MATCH", "_LEN"))
    return guard and text not in _OWN_GUARDS


def check_hooks() -> Iterator[Finding]:
    """Methods by which vartrack's own trackers expect to be asked, and torch asks no tracker."""
    try:
        tracker: Any = look_up("torch._dynamo.variables.base", ("VariableTracker",))
    except LookupError as error:
        yield Finding("hook", "VariableTracker", str(error))
        return
    known, renamed = dir(tracker), _renamed()
    for name, places in sorted(_hooks_of_own().items()):
        if name not in known and renamed.get(name) not in known:
            yield Finding("hook", name, "torch never asks it", tuple(sorted(places)))


def _hooks_of_own() -> dict[str, list[Place]]:
    """From each hook to the classes of vartrack's that have it."""
    found: dict[str, list[Place]] = {}
    for module in modules():
        if "/bases/tracing/" not in module.where and "/extras/" not in module.where:
            continue
        for cls in module.classes():
            for node in cls.body:
                if isinstance(node, ast.FunctionDef) and node.name.endswith("_impl"):
                    place = Place(module.where, node.lineno, cls.name)
                    found.setdefault(node.name, []).append(place)
    return found


def check_overridden() -> Iterator[tuple[str, str, Place]]:
    """Each method of vartrack's own trackers, and the tracker of torch's that has it as well.

    It says "" if none has: it is vartrack's own, or torch has renamed the one that it overrides.
    """
    try:
        tracker: Any = look_up("torch._dynamo.variables.base", ("VariableTracker",))
    except LookupError:
        return  # which is said elsewhere
    owners: dict[str, str] = {}
    for cls in with_subclasses(tracker, lambda cls: cls.__module__.startswith("torch.")):
        owner = f"{cls.__module__.removeprefix('torch.')}:{cls.__qualname__}"
        for name in vars(cls):
            owners[name] = min(f"{owner}.{name}", owners.get(name, "~"))
    seen: set[str] = set()
    for module in modules():
        for own in filter(_is_tracker, module.classes()):
            for node in own.body:
                if not isinstance(node, ast.FunctionDef) or node.name in seen:
                    continue
                seen.add(node.name)
                if not node.name.endswith("_impl") and not node.name.startswith("__"):
                    place = Place(module.where, node.lineno, own.name)
                    yield f"{node.name} of trackers", owners.get(node.name, ""), place


def _is_tracker(cls: ast.ClassDef) -> bool:
    names = [cls.name, *(ast.unparse(base) for base in cls.bases)]
    return any(name.endswith(("Variable", "VariableTracker")) for name in names)


def _renamed() -> dict[str, str]:
    """The older names of hooks, as `compat.hooks` has them."""
    for node in _module("compat/hooks").tree.body:
        if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "RENAMED":
            return dict(ast.literal_eval(node.value))  # type: ignore[arg-type]
    return {}


def check_tracer() -> Iterator[Finding]:
    """What a tracer must offer and torch's own does not."""
    module = _module("core/protocol")
    for cls in module.classes():
        if cls.name not in _OF_TORCH:
            continue
        home, name = _OF_TORCH[cls.name]
        try:
            found: Any = look_up(home, (name,))
        except LookupError as error:
            yield Finding(
                "protocol", f"{cls.name}", str(error), (Place(module.where, cls.lineno, cls.name),)
            )
            continue
        has = _members(found)
        for node in cls.body:
            wanted = _wanted(node)
            if wanted and not wanted.startswith("__") and wanted not in has:
                place = Place(module.where, node.lineno, cls.name)
                yield Finding("protocol", f"{name}.{wanted}", "torch's has none", (place,))


def _wanted(node: ast.stmt) -> str:
    if isinstance(node, ast.FunctionDef):
        return node.name
    target = node.target if isinstance(node, ast.AnnAssign) else None
    return target.id if isinstance(target, ast.Name) else ""


def _members(cls: type) -> set[str]:
    """What instances of ``cls`` have: by its classes, and what their methods store on ``self``."""
    found = set(dir(cls))
    for base in cls.__mro__[:-1]:
        found.update(getattr(base, "__annotations__", {}))
        found.update(_stored(base))
    return found


@functools.cache
def _stored(cls: type) -> frozenset[str]:
    """What the methods of ``cls`` store on ``self``, as far as their source can be read."""
    try:
        tree = ast.parse(inspect.getsource(cls))
    except (OSError, TypeError, SyntaxError):
        return frozenset()
    return frozenset(
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and getattr(node.value, "id", "") == "self"
    )


def check_face() -> Iterator[Finding]:
    """The names of torch's builder that `install` replaces, and torch does not have."""
    module = _module("installation/builders")
    for node in module.tree.body:
        if not isinstance(node, ast.AnnAssign) or getattr(node.target, "id", "") != "STAND_INS":
            continue
        for key in node.value.keys if isinstance(node.value, ast.Dict) else ():
            if not isinstance(key, ast.Constant):
                continue
            try:
                look_up("torch._dynamo.variables.builder", (str(key.value),))
            except LookupError as error:
                place = Place(module.where, key.lineno, "STAND_INS")
                yield Finding("face", str(key.value), str(error), (place,))
