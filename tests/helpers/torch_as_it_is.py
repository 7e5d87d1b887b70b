"""What of torch vartrack could touch, to see that it is as it was."""

from __future__ import annotations

import sys
import types
from typing import Any

from torch._dynamo.variables import builder as torch_builder

import vartrack
from vartrack.installation.builders import STAND_INS

__all__ = ["BUILDERS", "NAMES", "OWN", "difference", "held_by_torch", "modules", "picture"]

NAMES = tuple(STAND_INS)
#: torch's own. In a dict, as names of this module would be replaced with all others.
OWN = {name: getattr(torch_builder, name) for name in NAMES}
BUILDERS = ("VariableBuilder", "SourcelessBuilder", "SourcelessUserDefinedObjectBuilder")


def modules(prefix: str = "torch") -> dict[str, types.ModuleType]:
    return {
        name: module
        for name, module in list(sys.modules.items())
        if isinstance(module, types.ModuleType) and f"{name}.".startswith(f"{prefix}.")
    }


def held_by_torch() -> dict[tuple[str, str], Any]:
    """Every name in a torch module that holds a part of vartrack instead of torch's own."""
    ours = {id(value) for value in STAND_INS.values()}
    builders = tuple(getattr(vartrack, name) for name in BUILDERS)
    return {
        (module, name): value
        for module, loaded in modules().items()
        for name, value in list(vars(loaded).items())
        if id(value) in ours or (type(value) is type and issubclass(value, builders))
    }


def picture() -> dict[Any, Any]:
    """Every object that installing could touch, by its id; tables and caches by their content."""
    found: dict[Any, Any] = {}
    for module, loaded in modules().items():
        whole = f"{module}.".startswith("torch._dynamo.")
        for name, value in list(vars(loaded).items()):
            if whole or name in NAMES or id(value) in map(id, OWN.values()):
                found[module, name] = id(value)
            if whole and isinstance(value, type) and value.__module__ == module:
                found |= {
                    (module, name, attribute): id(held)
                    for attribute, held in vars(value).items()
                    if not isinstance(
                        held, (types.GetSetDescriptorType, int)
                    )  # a counter is not compared
                }
    for name, cls in OWN.items():
        found |= {(name, attribute): id(value) for attribute, value in vars(cls).items()}
    own = OWN["VariableBuilder"]
    handlers = {"ids": own._id_dispatch(), "types": OWN["SourcelessBuilder"]._type_handlers}
    for table, content in handlers.items():
        found |= {(table, key): id(handler) for key, handler in content.items()}
        found[table] = (id(content), list(content))
    polyfilled = torch_builder.ITERTOOLS_POLYFILLED_TYPE_IDS
    found["polyfilled"] = (id(polyfilled), sorted(polyfilled))
    found["type dispatch"] = own._type_dispatch_impl.__func__.cache_info()
    found["id dispatch"] = own._id_dispatch.__func__.cache_info()._replace(hits=0)  # asked here
    return found


def difference(before: dict[Any, Any], after: dict[Any, Any]) -> set[Any]:
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
