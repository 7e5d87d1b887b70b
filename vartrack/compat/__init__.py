"""What differs between torch releases: the only place that asks which one runs.

- `release`: which torch it is
- `behaviour`: what it does otherwise since some release
- `names`: what moved or was renamed
- `hooks`: by which names torch asks a tracker
- `containers`: how trackers of user-defined containers are made
- `shared`: which tables and settings torch and vartrack have in common
- `triton`: what the installed Triton offers
"""

from __future__ import annotations

from vartrack.compat.names import content_and_attributes
from vartrack.compat.release import KNOWN, RUNNING, is_known, runs_on
from vartrack.compat.shared import (
    dynamic_values,
    identity_table,
    module_iteration,
    polyfilled_itertools,
    shapes_spec,
    static_sources,
    stock_builder,
)
from vartrack.compat.triton import triton_functions, triton_usable

__all__ = [
    "KNOWN",
    "RUNNING",
    "content_and_attributes",
    "dynamic_values",
    "identity_table",
    "is_known",
    "module_iteration",
    "polyfilled_itertools",
    "runs_on",
    "shapes_spec",
    "static_sources",
    "stock_builder",
    "triton_functions",
    "triton_usable",
]
