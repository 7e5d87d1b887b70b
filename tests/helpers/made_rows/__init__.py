"""The value categories that take more than an expression: the state is made for real.

`MADE` has an entry for each row of ``rows.json`` without an example whose state can be made here,
`REASONS` says of the others why not.
"""

from made_rows import functions, modules, new, numbers, objects, programs, tensors  # noqa: F401
from made_rows.base import MADE, REASONS, RUNNING, Case

#: Every way to make a row, by name.
CASES = {f"{row}-{place}": case for row, cases in MADE.items() for place, case in enumerate(cases)}
#: Programs that reach such a state: how to make one, and what to run it in.
PROGRAMS = programs.PROGRAMS

__all__ = ["CASES", "MADE", "PROGRAMS", "REASONS", "RUNNING", "Case"]
