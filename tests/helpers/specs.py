"""The specs of dynamic shapes, which torch has from 2.13 on; None before."""

from __future__ import annotations

from typing import Any

import pytest
from torch._dynamo import config

from vartrack.compat.names import find

_home = "fx.experimental.dynamic_spec"

DictSpec: Any = find(f"{_home}:DictSpec")
IntVar: Any = find(f"{_home}:IntVar")
ParamsSpec: Any = find(f"{_home}:ParamsSpec")
ShapesSpec: Any = find(f"{_home}:ShapesSpec")
ShapeVar: Any = find(f"{_home}:ShapeVar")
TensorSpec: Any = find(f"{_home}:TensorSpec")

#: For tests of specs.
needs_specs = pytest.mark.skipif(ShapesSpec is None, reason="this torch has no specs of shapes")


def in_force(**params: Any) -> Any:
    """A context in which a spec is in force, as ``torch.compile`` sets one up."""
    name = "_shapes_spec" if hasattr(config, "_shapes_spec") else "_dynamic_shapes_spec"
    return config.patch(name, ShapesSpec(ParamsSpec(params)))
