"""Errors that vartrack raises, each with a code that docs/reference/errors.md explains."""

from __future__ import annotations

from typing import Any

__all__ = [
    "ComparisonError",
    "FrozenError",
    "InstallError",
    "PluginError",
    "PluginWarning",
    "RegistrationError",
    "ResetNeededWarning",
    "SoundnessWarning",
    "TargetError",
    "VartrackError",
    "VartrackWarning",
    "VisitorError",
    "VisitorWarning",
]


class _Coded(BaseException):
    """What has a code, and says what is wrong and what to do."""

    def __init__(self, code: str, what: str, fix: str) -> None:
        super().__init__(f"[{code}] {what}\n  To fix it: {fix}")
        self.code = code
        self.what = what
        self.fix = fix

    def __reduce__(self) -> Any:
        # by what it was made of: an exception is made anew from its text otherwise; and its notes
        return type(self), (self.code, self.what, self.fix), dict(vars(self))


class VartrackError(_Coded, Exception):
    """Base of every error vartrack raises on its own account.

    Args:
        code: the entry of ``docs/reference/errors.md`` that explains it, such as ``"VT101"``.
        what: what is wrong, naming the value, type or visitor.
        fix: what to do next.

    .. versionadded:: 0.1
    """


class VisitorError(VartrackError, TypeError):
    """A visitor class that cannot work, found when the class is made."""


class RegistrationError(VartrackError, ValueError):
    """A visitor that a registry cannot take, or does not have."""


class InstallError(VartrackError, RuntimeError):
    """vartrack cannot be plugged into, or taken out of, this torch."""


class TargetError(VartrackError, ValueError):
    """The target given to a command of ``python -m vartrack`` cannot be used."""


class ComparisonError(VartrackError, TypeError):
    """What is to be compared is no program, or its calls are none."""


class PluginError(VartrackError, RuntimeError):
    """An entry point that is no plugin, or a choice of plugins that cannot be understood."""


class FrozenError(VartrackError, RuntimeError):
    """An object that was declared to be frozen was changed, while changes were looked for.

    .. versionadded:: 0.2
    """


class VartrackWarning(_Coded, UserWarning):
    """Base of every warning that vartrack gives.

    Args:
        code: the entry of ``docs/reference/errors.md`` that explains it, such as ``"VT208"``.
        what: what happened, naming the value, type or visitor.
        fix: what to do next.

    .. versionadded:: 0.1
    """


class ResetNeededWarning(VartrackWarning):
    """A registry was changed, and what is compiled with it already does not know."""


class PluginWarning(VartrackWarning):
    """An installed plugin does not work, and was left out."""


class SoundnessWarning(VartrackWarning):
    """`vartrack.sound` does not hold all kinds of fact on this torch.

    .. versionadded:: 0.2
    """


class VisitorWarning(VartrackWarning):
    """A visitor that is right or refuses, and does not serve as well as it could.

    .. versionadded:: 0.2
    """
