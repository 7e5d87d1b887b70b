"""From the text of a target to what is compiled: a callable and its arguments.

The rule, in the order it is asked:

1. What needs arguments cannot be called, so it is a bad target.
2. A module is what is compiled.
3. A function, or any other callable, is called once, plainly. If it returns
   ``(callable, args, kwargs)`` it is a factory, and that call is what is compiled. If it returns
   a callable, or a tuple that begins with one, it was meant as a factory and is a bad target.
   Otherwise it is itself what is compiled, and so runs a second time. Write a factory for code
   that must not run twice.
"""

from __future__ import annotations

import contextlib
import difflib
import importlib
import importlib.util
import inspect
import pkgutil
import sys
import types
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from vartrack.errors import TargetError
from vartrack.explaining.blame import raised

if TYPE_CHECKING:
    from vartrack.registry import Registry

__all__ = ["DEFAULT_NAME", "Target", "from_object", "importable", "load", "load_registry"]

#: What is taken from a file if the target names nothing in it.
DEFAULT_NAME = "target"

_FORMS = "FILE.py, FILE.py:NAME or PACKAGE.MODULE:NAME"
_CALL = "(callable, args, kwargs), args a tuple and kwargs a dict with strings for keys"


@dataclass
class Target:
    """What is compiled.

    Attributes:
        text: the text it was found by.
        call: the function or module.
        args: what to call it with.
        kwargs: the same, by keyword.
    """

    text: str
    call: Callable[..., Any]
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)


@contextlib.contextmanager
def importable(text: str) -> Iterator[None]:
    """Have the modules next to the file of a target, or in this folder, importable in the block.

    The module made from the file is forgotten afterwards.
    """
    file, _ = _split_file(text)
    folder = str(file.resolve().parent) if file is not None else str(Path.cwd())
    path, modules = list(sys.path), set(sys.modules)
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path[:] = path
        for name in set(sys.modules) - modules:
            if getattr(sys.modules[name], "__vartrack_target__", None):
                del sys.modules[name]


def load(text: str) -> Target:
    """The target that ``text`` names; call it, and use what it returns, within `importable`.

    Args:
        text: ``file.py``, ``file.py:name`` or ``package.module:name``; the name may have dots.

    Raises:
        TargetError: there is no such target, or it cannot be called; the text says what was
            expected.
    """
    return from_object(text, _find(text))


def load_registry(text: str) -> Registry:
    """The registry that ``text`` names, in the same form as a target.

    Raises:
        TargetError: there is none.
    """
    from vartrack.registry import Registry

    if _split_file(text) == (None, ""):
        raise _malformed(text)
    found = _find(text)
    if isinstance(found, Registry):
        return found
    raise TargetError(
        "VT410",
        f"{text} is {_a(found)}, not a vartrack registry.",
        "name one, such as `mine = vartrack.stock.derive('mine')`.",
    )


# finding


def _split_file(text: str) -> tuple[Path | None, str]:
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


def _find(text: str) -> Any:
    file, name = _split_file(text)
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
            found = getattr(found, part)
        except AttributeError:
            raise _no_name(found, part, where, name) from None
    return found


def _no_name(holder: Any, part: str, where: str, name: str) -> TargetError:
    public = [each for each in dir(holder) if not each.startswith("_")]
    if isinstance(holder, types.ModuleType):
        of = f"{where} has"
        mine = [each for each in public if _stands_in(getattr(holder, each, None), holder)]
    else:
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
    for known in list(sys.modules.values()):  # the target and the registry may share a file
        if getattr(known, "__vartrack_target__", None) == path:
            return known
    name = file.stem if file.stem.isidentifier() else "target_file"
    while name in sys.modules:
        name += "_"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    vars(module)["__vartrack_target__"] = path
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
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
    except (Exception, SystemExit) as error:
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


# what was found


def from_object(text: str, found: Any) -> Target:
    """The target that ``found``, called ``text``, stands for; the rule is above.

    Raises:
        TargetError: it cannot be called, or only with arguments.
    """
    if isinstance(found, type) or not callable(found):
        what = f"the class {found.__qualname__}" if isinstance(found, type) else _a(found)
        raise TargetError(
            "VT406",
            f"{text} is {what}; a function, a module instance or a factory was expected.",
            f"write a function without parameters that returns {_CALL}.",
        )
    required = _required(found)
    if required:
        name = _split_file(text)[1]
        raise TargetError(
            "VT407",
            f"{text} needs {_and(required)}, and nothing says with what to call it.",
            f"write a factory and name that: `def factory(): return {name}, "
            f"({', '.join(required)},), {{}}`.",
        )
    if isinstance(found, torch.nn.Module):
        return Target(text, found)
    try:
        result = found()
    except Exception as error:
        raise TargetError(
            "VT409",
            f"{text} takes no arguments, so it was called, and raised {raised(error)}.",
            f"have it return without an error; a factory returns {_CALL}.",
        ) from error
    if isinstance(result, tuple) and len(result) == 3 and _is_call(*result):
        return Target(text, *result)
    if callable(result) or (isinstance(result, tuple) and result and callable(result[0])):
        raise TargetError(
            "VT408", f"The factory {text} returned {_shape(result)}.", f"have it return {_CALL}."
        )
    return Target(text, found)


def _is_call(call: Any, args: Any, kwargs: Any) -> bool:
    return (
        callable(call)
        and isinstance(args, tuple)
        and isinstance(kwargs, dict)
        and all(isinstance(key, str) for key in kwargs)
    )


def _required(found: Any) -> list[str]:
    """The parameters without which ``found`` cannot be called."""
    call = found.forward if isinstance(found, torch.nn.Module) else found
    try:
        parameters = inspect.signature(call).parameters.values()
    except (TypeError, ValueError):  # some built-in functions do not tell
        return []
    empty = inspect.Parameter.empty
    loose = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [each.name for each in parameters if each.default is empty and each.kind not in loose]


# words


def _a(value: Any) -> str:
    name = type(value).__qualname__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def _shape(result: Any) -> str:
    if isinstance(result, tuple):
        return (
            f"({', '.join(type(part).__qualname__ for part in result)}{',' * (len(result) == 1)})"
        )
    return _a(result)


def _and(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _either(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last
