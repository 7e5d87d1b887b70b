"""What `vartrack` offers where it cannot be imported on the installed torch: names, and a refusal.

A module that defines visitors is imported on any torch. What it does with them then, from
`register` on, tells it once, at `install` or `use`, why nothing will come of it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any, NoReturn

from vartrack.compat import release
from vartrack.compat.release import KNOWN, NO_TORCH, is_known, pip_line
from vartrack.errors import InstallError

__all__ = ["is_fault_of_torch", "refusal", "stand_ins"]

#: What answers without a torch, as nothing is installed there.
_ANSWERS: dict[str, Any] = {"is_installed": False, "active_registry": None}


def is_fault_of_torch(error: Exception) -> bool:
    """Whether ``error``, which came up while vartrack was imported, is because of the torch.

    On a torch that is not known everything is; on one that is, what torch itself failed with, such
    as a package that torch needs and does not find.
    """
    if "torch._dynamo" not in sys.modules:
        return True
    if not isinstance(error, ImportError):
        return not is_known()
    home = (error.name or "torch").partition(".")[0]
    return home in ("torch", "vartrack") and (home == "torch" or not is_known())


def refusal(cause: Exception | None = None) -> InstallError:
    """The error that says that vartrack does not run on this torch, and what to install."""
    if release.RUNNING == NO_TORCH:
        what = "vartrack found no torch."
    elif is_known():
        what = f"This torch {release.RUNNING} is not whole."
    else:
        known = ", ".join(KNOWN)
        what = f"vartrack does not run on torch {release.RUNNING}; it was compared with {known}."
    if cause is not None:
        what += f" Importing it failed with {type(cause).__name__}: {cause}"
    return InstallError(
        "VT303", what, f"{pip_line()}; `python -m vartrack doctor` says what else differs."
    )


class _Meta(type):
    """Of stand-ins for classes: they can be subclassed, and not be called."""

    _cause: Exception

    def __call__(cls, *args: Any, **kwargs: Any) -> NoReturn:
        raise refusal(cls._cause) from cls._cause

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Object(f"{cls.__name__}.{name}", cls._cause)


class _Object:
    """Stands in for a function or an object: it can decorate a class, and does nothing else."""

    def __init__(self, name: str, cause: Exception) -> None:
        self._name = name
        self._cause = cause

    def __repr__(self) -> str:
        return f"<vartrack.{self._name}, which does not run on torch {release.RUNNING}>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._name in _ANSWERS:
            return _ANSWERS[self._name]
        if self._name.rpartition(".")[2] != "register":
            raise refusal(self._cause) from self._cause
        return args[0] if args else lambda cls: cls

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Object(f"{self._name}.{name}", self._cause)


def _class(name: str, cause: Exception) -> type:
    def __init_subclass__(cls: Any, /, **kwargs: Any) -> None:
        """Take whatever a class statement may say."""

    members = {"_cause": cause, "__init_subclass__": classmethod(__init_subclass__)}
    return _Meta(name, (), {**members, "__module__": "vartrack"})


def _is_camel(name: str) -> bool:
    return name[0].isupper() and not name.isupper()


def stand_ins(names: Iterable[str], cause: Exception) -> dict[str, Any]:
    """By name what stands in for the parts of `vartrack` that could not be imported.

    Args:
        names: the names that `vartrack` exports.
        cause: what importing them failed with.
    """
    return {name: (_class if _is_camel(name) else _Object)(name, cause) for name in names}
