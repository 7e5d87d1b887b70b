"""Whatever Python, NumPy and torch have to offer is built as torch's own builder builds it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from public_objects import MODULES, public_objects
from rows import Example, build, describe
from torch._dynamo.exc import Unsupported
from torch._dynamo.source import LocalSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.lists import TupleVariable

import vartrack


@dataclass
class Many(Example):
    """Many values, built one after the other in one compile."""

    #: What was made of each.
    told: dict[str, Any] = field(default_factory=dict)

    def tracker(self, tx: Any, value: Any, sourceless: bool, *options: bool) -> VariableTracker:
        for place, (name, one) in enumerate(value.items()):
            self.told[name] = self.one(tx, one, None if sourceless else f"v{place}", *options)
        return TupleVariable([])

    def one(self, tx: Any, value: Any, local: str | None, *options: bool) -> tuple[Any, ...]:
        """The tracker of one value, or how it was refused; its guards; whether it is registered."""
        from torch._dynamo.variables import builder

        standing = set(tx.output.guards)
        try:
            if local is None:
                tracker = builder.SourcelessBuilder.create(tx, value)
            else:
                source = LocalSource(local, is_input=True)
                tracker = builder.VariableBuilder(tx, source, *options)(value)
            made = describe(tracker)
        except Unsupported as refusal:
            made = getattr(refusal, "gb_type", "") or str(refusal).splitlines()[0]
        except Exception as error:
            # where torch's own builder dies, vartrack breaks the graph
            made = "vartrack: a visitor raised" if vartrack.active_registry() is None else error
        guards = sorted(
            f"{guard.inner_create_fn().__name__}({guard.name})"
            for guard in set(tx.output.guards) - standing
        )
        return made, guards, id(value) in tx.output.side_effects.id_to_variable


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("sourceless", [False, True], ids=["", "sourceless"])
@pytest.mark.parametrize("module", MODULES)
def test_public_objects_are_built_as_torch_builds_them(module: str, sourceless: bool) -> None:
    """Functions, classes, descriptors, constants and submodules, in both halves."""
    objects = public_objects(module)
    ours, theirs = Many(make=lambda: objects), Many(make=lambda: objects)
    for example, registry in ((theirs, None), (ours, vartrack.stock)):
        assert build(example, registry, sourceless=sourceless, realize=not sourceless).reached
    assert len(theirs.told) == len(ours.told) == len(objects) > 2
    different = {name for name in objects if ours.told[name] != theirs.told[name]}
    assert not different, [(name, ours.told[name], theirs.told[name]) for name in different][:5]
