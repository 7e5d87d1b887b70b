"""What code sets that is neither a local nor its values': it must happen at every call."""

from __future__ import annotations

import dis
import functools
import types

__all__ = ["written_by"]

_GLOBALS = frozenset({"STORE_GLOBAL", "DELETE_GLOBAL"})
_CELLS = frozenset({"STORE_DEREF", "DELETE_DEREF"})
_ATTRIBUTES = frozenset({"STORE_ATTR", "DELETE_ATTR"})
#: What stands between an object and its attribute in ``Class.count += 1``.
_TWICE = frozenset({"COPY", "DUP_TOP"})


@functools.lru_cache(maxsize=1024)
def written_by(code: types.CodeType) -> tuple[str, ...]:
    """The names that ``code`` sets or deletes: globals, those of a function around, and attributes
    of globals, such as of a class."""
    found = []
    instructions = [*dis.get_instructions(code)]
    for index, each in enumerate(instructions[:-1]):  # the last returns
        if each.opname in _GLOBALS or (each.opname in _CELLS and each.argval in code.co_freevars):
            found.append(each.argval)
        elif each.opname == "LOAD_GLOBAL":
            following, after = instructions[index + 1], instructions[index + 2 :][:1]
            twice = following.opname in _TWICE and after and after[0].opname == "LOAD_ATTR"
            if following.opname in _ATTRIBUTES or twice:
                name = after[0].argval if twice else following.argval
                found.append(f"{each.argval}.{name}")
    return tuple(found)
