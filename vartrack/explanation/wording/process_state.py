"""The state of the process that a guard of torch's stands on, by torch's names for its parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import torch
from torch.overrides import _get_current_function_mode_stack
from torch.utils._device import DeviceContext

__all__ = ["MODES", "part_of", "state_now"]

#: Under which name the modes are kept that see every function of torch's.
MODES = "torch_function_mode_stack"


def _modes() -> str:
    names = [_name(mode) for mode in _get_current_function_mode_stack()]
    return ", ".join(names) or "none"


def _name(mode: object) -> str:
    return f"device {mode.device}" if isinstance(mode, DeviceContext) else type(mode).__name__


#: How each part is read.
_PARTS: Mapping[str, Callable[[], object]] = {
    "grad_mode": torch.is_grad_enabled,
    "default_dtype": torch.get_default_dtype,
    "num_threads": torch.get_num_threads,
    "deterministic_algorithms_warn_only": torch.is_deterministic_algorithms_warn_only_enabled,
    "deterministic_algorithms": torch.are_deterministic_algorithms_enabled,
    "autocast(cpu)_enabled": partial(torch.is_autocast_enabled, "cpu"),
    "autocast(cpu)_dtype": partial(torch.get_autocast_dtype, "cpu"),
    "autocast(cuda)_enabled": partial(torch.is_autocast_enabled, "cuda"),
    "autocast(cuda)_dtype": partial(torch.get_autocast_dtype, "cuda"),
    MODES: _modes,
}
_SWITCHES = {True: "on", False: "off"}


def state_now() -> dict[str, str]:
    """Each part as it is now, in a word."""
    return {name: _told(read()) for name, read in _PARTS.items()}


def _told(value: object) -> str:
    return _SWITCHES[value] if isinstance(value, bool) else str(value)


def part_of(check: str, before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """The part of the state that ``check`` speaks of; "" if of none that is known.

    Args:
        check: the check that failed, in torch's words.
        before: the state that the check stands on.
        now: the state that it failed in.
    """
    named = next((name for name in _PARTS if name in check), "")
    if named or "autocast" not in check:
        return named
    # torch 2.10 does not say what of it
    changed = (name for name in _PARTS if before[name] != now[name])
    return next((name for name in changed if name.startswith("autocast(")), "")
