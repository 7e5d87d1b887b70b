"""Whether vartrack fits the installed torch: what drifted since the nearest known release.

Everything is read from sources and signatures; nothing is compiled, and no visitor is imported, so
this works on a torch on which vartrack does not. `vartrack.proof` builds the examples.

- `examination`: the whole of it, and how the evidence of a release is written
- `findings`: one thing that drifted
- `own_code`: what vartrack's own code says of torch
- `names`, `attributes`, `protocols`, `classes`, `settings`, `branches`: the checks
- `changes`: what became of the branches
- `evidence`: what the known releases were like
- `proved`: which torch passed the proof
"""

from __future__ import annotations

from vartrack.doctor.command import short_list
from vartrack.doctor.evidence import is_as_known
from vartrack.doctor.examination import Examination, examine, record
from vartrack.doctor.findings import Finding, Place
from vartrack.doctor.proved import is_proved, remember

__all__ = [
    "Examination",
    "Finding",
    "Place",
    "examine",
    "is_as_known",
    "is_proved",
    "record",
    "remember",
    "short_list",
]
