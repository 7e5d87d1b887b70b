"""Methods that attrs generates: their globals pretend to be those of a module, which has others."""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Callable
from typing import Any

from torch._dynamo.variables.functions import UserFunctionVariable

from vartrack.core.wrapping.wrappers import Wrappers

__all__ = ["GENERATED", "is_generated"]

#: How the file is called that such code is said to be from.
_FILE = "<attrs generated "
#: By the id of such globals those without a name, by which torch would look for the module.
_nameless: dict[int, tuple[dict[str, Any], dict[str, Any]]] = {}


def is_generated(code: types.CodeType) -> bool:
    """Whether attrs has written the code."""
    return code.co_filename.startswith(_FILE)


def _at_home(own: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(own)
    def get_globals(self: UserFunctionVariable) -> dict[str, Any]:
        scope: dict[str, Any] = own(self)
        if not is_generated(self.get_code()):
            return scope
        module = sys.modules.get(scope.get("__name__", ""))
        return scope if module is None or vars(module) is scope else _without_name(scope)

    return get_globals


def _without_name(scope: dict[str, Any]) -> dict[str, Any]:
    """``scope`` without its name: the same dict each time, as guards are on what it holds."""
    if id(scope) not in _nameless:
        rest = {name: value for name, value in scope.items() if name != "__name__"}
        _nameless[id(scope)] = (scope, rest)  # kept, so that no other one gets its id
    return _nameless[id(scope)][1]


#: What is put in place in torch.
GENERATED = Wrappers((UserFunctionVariable, "get_globals", _at_home))
