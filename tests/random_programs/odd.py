"""Each odd value with each use of it, as small a program as can be."""

from __future__ import annotations

from random_programs.kinds import FAMILIES
from random_programs.program import Program

__all__ = ["odd_programs"]


def odd_programs() -> dict[str, Program]:
    """By the name of the value and the use, a program of just these."""
    return {
        f"{kind.name}: {use}": Program(
            "\n".join(
                (
                    *kind.blocks,
                    f"v = {kind.make}",
                    f"def use(x, v):\n    return x + 1, {use.replace('$v', 'v').replace('$w', 'v')}",
                    "run = wrap(use)",
                )
            ),
            "run(x, v)",
            (),
        )
        for kind in FAMILIES["odd"]
        for use in kind.all_uses
    }
