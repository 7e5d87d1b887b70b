"""The public objects of Python, NumPy and torch."""

from __future__ import annotations

import contextlib
import importlib
from typing import Any

__all__ = ["MODULES", "public_objects"]

#: Modules whose public objects are built; with True the attributes of their classes as well.
MODULES: dict[str, bool] = {
    "builtins": True,
    "collections": True,
    "collections.abc": False,
    "contextlib": True,
    "dataclasses": False,
    "datetime": True,
    "enum": False,
    "functools": True,
    "inspect": False,
    "itertools": True,
    "math": False,
    "operator": False,
    "random": True,
    "re": False,
    "types": True,
    "typing": False,
    "weakref": False,
    "numpy": False,
    "torch": False,
    "torch._dynamo": False,
    "torch.autograd": False,
    "torch.compiler": False,
    "torch.cuda": False,
    "torch.distributed": False,
    "torch.func": False,
    "torch.nn": False,
    "torch.nn.functional": False,
    "torch.optim": False,
    "torch.utils._pytree": False,
}


def public_objects(module: str) -> dict[str, Any]:
    """The public objects of ``module`` by name, and the attributes of its classes if wanted."""
    found = {}
    home = importlib.import_module(module)
    for name in dir(home):
        if not name.startswith("_"):
            with contextlib.suppress(Exception):
                found[name] = getattr(home, name)
    if MODULES[module]:
        for name, cls in list(found.items()):
            if isinstance(cls, type):
                for attribute, raw in vars(cls).items():
                    found[f"{name}.__dict__[{attribute!r}]"] = raw
                    with contextlib.suppress(Exception):
                        found[f"{name}.{attribute}"] = getattr(cls, attribute)
    return found
