"""The visitor as text, ready to paste."""

from __future__ import annotations

import builtins
import re
import sys
from collections.abc import Sequence
from typing import Any

import vartrack.bases
from vartrack.suggestion.keys import Key
from vartrack.suggestion.traits import Traits

__all__ = ["class_from", "written"]


def written(
    base: str,
    cls: type,
    traits: Traits,
    key: Key | None = None,
    impure: Sequence[str] = (),
) -> str:
    """The text of a module that registers a visitor for ``cls``.

    Args:
        base: the name of one of vartrack's bases.
        cls: the type.
        traits: what is known of its values.
        key: what to give as ``key``, if anything.
        impure: the names to give as ``impure``.
    """
    lines = [*_imports(cls), "", "", "@vartrack.register"]
    lines.append(f"class {_visitor_name(cls)}(vartrack.{base}):")
    lines.append(f"    types = ({_reference(cls)},)")
    if base == "RecordVisitor":
        lines.append(f"    fields = {_tuple(traits.fields)}")
    if impure:
        lines.append(f"    impure = {_tuple(impure)}")
    if key is not None and not key.method:
        lines.append(f"    key = {key.text}")
    elif key is not None:
        comment = [f"        # {key.comment}"] if key.comment else []
        head = ["", "    @staticmethod", "    def key(value):", *comment]
        lines += [*head, f"        return {key.text}"]
    return "\n".join(lines) + "\n"


def _tuple(names: Sequence[str]) -> str:
    quoted = ", ".join(f'"{name}"' for name in names)
    return f"({quoted}{',' if len(names) == 1 else ''})"


def _is_importable(cls: type) -> bool:
    return cls.__module__ != "__main__" and _has_path(cls)


def _has_path(cls: type) -> bool:
    """Whether its name can be written: not that of a local class, nor ``Page[int]``."""
    return all(part.isidentifier() for part in cls.__qualname__.split("."))


def _reference(cls: type) -> str:
    return cls.__qualname__ if _has_path(cls) else _name(cls)


def _name(cls: type) -> str:
    """Its own name as one word, which that of ``Page[int]`` is not: ``Page_int``."""
    return re.sub(r"\W+", "_", cls.__name__).rstrip("_") or "Value"


def _imports(cls: type) -> list[str]:
    """The import statements, in the order that linters want."""
    generic = _generic_of(cls)
    if generic is not None:
        made = f"{_name(cls)} = {cls.__qualname__}"
        return [*_imports(generic), "", made]
    if cls.__module__ == "builtins" or not _is_importable(cls):
        reference = _reference(cls)
        where = f"# where {reference} is defined"
        if not cls.__name__.isidentifier():
            where = f"# {reference} is {cls.__name__}"
        return ["import vartrack", *(() if cls.__module__ == "builtins" else ("", where))]
    module = _public_module(cls)
    statement = f"from {module} import {cls.__qualname__.partition('.')[0]}"
    if module.partition(".")[0] in sys.stdlib_module_names:
        return [statement, "", "import vartrack"]
    return ["import vartrack", statement]


def _generic_of(cls: type) -> type | None:
    """The class that ``cls`` was made of, if its name can be written as it is: ``Page[int]``."""
    name, bracket, arguments = cls.__qualname__.partition("[")
    generic = getattr(sys.modules.get(cls.__module__), name, None)
    known = all(hasattr(builtins, each) for each in re.findall(r"\w+", arguments))
    if not bracket or not known or not isinstance(generic, type) or not _is_importable(generic):
        return None
    try:
        made = eval(cls.__qualname__, {name: generic})
    except Exception:
        return None
    return generic if made is cls else None


def _public_module(cls: type) -> str:
    """The module to import a class from: a package that has it rather than a private part of it."""
    module = cls.__module__
    for at in range(1, module.count(".") + 1):
        package = ".".join(module.split(".")[:at])
        if getattr(sys.modules.get(package), cls.__qualname__, None) is cls:
            return package
    public = module.lstrip("_")
    if public != module and getattr(sys.modules.get(public), cls.__qualname__, None) is cls:
        return public
    return module


def _visitor_name(cls: type) -> str:
    name = _name(cls).lstrip("_")
    return f"{name[:1].upper()}{name[1:]}Visitor"


def class_from(text: str, cls: type) -> Any:
    """The visitor class that ``text`` defines, not registered anywhere."""
    body = re.search(r"^class .*", text, re.MULTILINE | re.DOTALL)
    assert body is not None
    names: dict[str, Any] = {"vartrack": vartrack.bases, "__name__": "suggested"}
    outer = _reference(cls).split(".")
    held: Any = cls
    for name in reversed(outer[1:]):
        held = type(outer[0], (), {name: held})
    names[outer[0]] = held
    exec(compile(body[0], "<suggested visitor>", "exec"), names)
    return names[_visitor_name(cls)]
