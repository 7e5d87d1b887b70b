"""The specs of dynamic shapes, which torch has from 2.13 on; None before."""

from __future__ import annotations

from typing import Any

from vartrack.compat.names import find

_home = "fx.experimental.dynamic_spec"

IntVar: Any = find(f"{_home}:IntVar")
ParamsSpec: Any = find(f"{_home}:ParamsSpec")
ShapesSpec: Any = find(f"{_home}:ShapesSpec")
ShapeVar: Any = find(f"{_home}:ShapeVar")
TensorSpec: Any = find(f"{_home}:TensorSpec")
