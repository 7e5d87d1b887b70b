"""Finding what a text such as ``file.py:name`` or ``package.module:name`` names."""

from __future__ import annotations

import contextlib
import difflib
import importlib
import importlib.util
import pkgutil
import sys
import types
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import torch

from vartrack.core.user_code.interrupts import INTERRUPTS
from vartrack.errors import TargetError
from vartrack.explanation.target.blame import raised

__all__ = ["DEFAULT_NAME", "find", "importable", "split"]

#: What is taken from a file if nothing in it is named.
DEFAULT_NAME = "target"

_FORMS = "FILE.py, FILE.py:NAME or PACKAGE.MODULE:NAME"
#: The modules made from files, by path: the target and the registry may share a file. Other
#: modules are not asked whether they are one: a lazy module answers by importing what it has.
_from_files: dict[str, types.ModuleType] = {}


@contextlib.contextmanager
def importable(text: str) -> Iterator[None]:
    """Have the modules next to the file of a target, or in this folder, importable in the block.

    The module made from the file is forgotten afterwards.
    """
    file, _ = split(text)
    folder = str(file.resolve().parent) if file is not None else str(Path.cwd())
    path, known = list(sys.path), set(_from_files)
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path[:] = path
        for made in set(_from_files) - known:
            sys.modules.pop(_from_files.pop(made).__name__, None)


def split(text: str) -> tuple[Path | None, str]:
    """The file and the name in ``text``; no file for a module."""
    if text.endswith(".py"):
        return Path(text), DEFAULT_NAME
    where, colon, name = text.rpartition(":")
    if colon and where.endswith(".py"):
        return Path(where), name
    return None, name if colon else ""


def _malformed(text: str) -> TargetError:
    return TargetError(
        "VT401", f"{text!r} does not say what to take from where.", f"give {_FORMS}."
    )


def find(text: str) -> Any:
    """What ``text`` names.

    Raises:
        TargetError: it is malformed, or there is no such thing.
    """
    file, name = split(text)
    if file is not None:
        module, where = _import_file(text, file), str(file)
    else:
        where = text.rpartition(":")[0]
        if not where or not all(part.isidentifier() for part in where.split(".")):
            raise _malformed(text)
        module = _import_module(text, where)
    if not name or not all(part.isidentifier() for part in name.split(".")):
        raise _malformed(text)
    found: Any = module
    for part in name.split("."):
        try:
            found = _held(found, part)
        except AttributeError:
            raise _no_name(found, part, where, name) from None
        except Exception as error:  # a lazy module that cannot import what it promises
            raise _import_failed(text, error) from error
    return found


def _held(holder: Any, name: str) -> Any:
    """What stands under ``name``; a module is asked only for what it does not hold yet."""
    held = vars(holder) if isinstance(holder, types.ModuleType) else {}
    return held[name] if name in held else getattr(holder, name)


def _no_name(holder: Any, part: str, where: str, name: str) -> TargetError:
    if isinstance(holder, types.ModuleType):
        of = f"{where} has"
        held = {each: value for each, value in vars(holder).items() if not each.startswith("_")}
        public = list(held)
        mine = [each for each, value in held.items() if _stands_in(value, holder)]
    else:
        public = [each for each in dir(holder) if not each.startswith("_")]
        of, mine = f"{name.rpartition('.')[0]} in {where} has", public
    near = difflib.get_close_matches(part, public, 3)
    fix = f"take {_either(near or mine)}." if near or mine else "define it."
    if part == DEFAULT_NAME:
        fix += f" A file without a name stands for its `{DEFAULT_NAME}`."
    return TargetError("VT405", f"{of} no {part!r}.", fix)


def _stands_in(value: Any, module: types.ModuleType) -> bool:
    """Whether ``value`` is a target that ``module`` itself defines."""
    if isinstance(value, torch.nn.Module):
        return True
    return isinstance(value, types.FunctionType) and value.__module__ == module.__name__


def _import_file(text: str, file: Path) -> types.ModuleType:
    if not file.is_file():
        folder = file.parent
        if not folder.is_dir():
            fix = f"there is no folder {folder} either; give the path of a file."
        else:
            names = sorted(each.name for each in folder.glob("*.py"))
            near = difflib.get_close_matches(file.name, names, 3) or names[:5]
            fix = (
                f"take {_either([str(folder / each) for each in near])}."
                if near
                else (f"there is no Python file in {folder.resolve()}; give the path of one.")
            )
        raise TargetError("VT402", f"There is no file {file}.", fix)
    path = str(file.resolve())
    if path in _from_files:
        return _from_files[path]
    name = file.stem if file.stem.isidentifier() else "target_file"
    while name in sys.modules:
        name += "_"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = _from_files[path] = module
    try:
        spec.loader.exec_module(module)
    except INTERRUPTS:
        raise
    except BaseException as error:
        del sys.modules[name], _from_files[path]
        raise _import_failed(text, error) from error
    return module


def _import_module(text: str, name: str) -> types.ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if name != missing and not name.startswith(f"{missing}."):
            raise _import_failed(text, error) from error
        fix = "install it, or go to the folder it is in."
        near = difflib.get_close_matches(missing, _modules_near(missing), 3)
        if near:
            fix = f"take {_either(near)}, or {fix}"
        raise TargetError("VT403", f"There is no module {missing!r} to import.", fix) from None
    except INTERRUPTS:
        raise
    except BaseException as error:
        raise _import_failed(text, error) from error


def _modules_near(missing: str) -> list[str]:
    """The modules that a misspelt name may have meant: imported, in this folder, or siblings."""
    here = Path.cwd()
    names = [*sys.modules]
    names += [each.stem for each in here.glob("*.py")]
    names += [each.parent.name for each in here.glob("*/__init__.py")]
    package = missing.rpartition(".")[0]
    if package in sys.modules:
        for entry in pkgutil.iter_modules(getattr(sys.modules[package], "__path__", [])):
            names.append(f"{package}.{entry.name}")
    return list(dict.fromkeys(names))


def _import_failed(text: str, error: BaseException) -> TargetError:
    return TargetError(
        "VT404",
        f"Importing {text.rpartition(':')[0] or text} raised {raised(error)}.",
        "have `python` import it without an error first.",
    )


def _either(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last
