"""The guards of a compile, by source, kind and code."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vartrack.comparison.spelling import spell

if TYPE_CHECKING:
    from torch._guards import Guard

__all__ = ["GuardLine", "guard_lines", "tree_lines"]

#: Where a check in the printed tree ends and the line of the program that asked for it begins.
_COMMENT = re.compile(r"\s{2,}# .*$", re.DOTALL)


@dataclass(frozen=True, order=True)
class GuardLine:
    """One guard.

    Attributes:
        source: what it stands on, as Python text; "" for the state of the process.
        kind: its kind, with the plain arguments of it.
        code: the expressions it was turned into, if torch notes them for this kind.
    """

    source: str
    kind: str
    code: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.source or '(process)'} {self.kind} {'; '.join(self.code)}".rstrip()


def guard_lines(builder: Any) -> list[GuardLine]:
    """The guards that ``builder``, torch's ``GuardBuilder``, has just turned into checks.

    Guards on symbolic sizes come with the source ``"SHAPE_ENV"``.
    """
    lines = [_line(guard) for guard in builder.check_fn_manager.output_graph.guards]
    for entry in builder.shape_env_code:
        lines.append(GuardLine("SHAPE_ENV", "code", tuple(map(spell, entry.code_list))))
    return sorted(lines)


def _line(guard: Guard) -> GuardLine:
    kind = guard.create_fn_name()
    create = guard.create_fn
    if isinstance(create, functools.partial):
        plain = [repr(item) for item in create.args if _is_plain(item)]
        plain += [
            f"{name}={item!r}"
            for name, item in sorted(create.keywords.items())
            # a hint is advice to the reader, worded freely
            if _is_plain(item) and "hint" not in name
        ]
        kind = f"{kind}({', '.join(plain)})"
    # a guard that torch keeps for the whole process collects its code again at every compile
    code = tuple(dict.fromkeys(spell(part) for part in guard.code_list or ()))
    return GuardLine(spell(guard.name), spell(kind), code)


def _is_plain(item: Any) -> bool:
    return item is None or isinstance(item, (bool, int, float, str))


def tree_lines(manager: Any) -> list[str]:
    """The checks of a guard manager, as torch prints them, without their place in the tree.

    Their order says nothing: torch sorts by the length of names, made-up ones included.
    """
    lines = (_COMMENT.sub("", line).lstrip(" |+-").strip() for line in str(manager).splitlines())
    return sorted(spell(line) for line in lines if line)
