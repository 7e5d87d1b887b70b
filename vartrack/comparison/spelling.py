"""Texts made the same for the same thing: no addresses, no counters, no wording of advice."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["break_reason", "spell", "type_name"]

_HEX = "[0-9a-f]"

#: What differs from run to run, and what stands in its place. Only forms that Dynamo or Python
#: make up are listed: a large number of the program's own stays as it is.
_MADE_UP: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), text)
    for pattern, text in (
        # counters that run through the whole process; a uuid must go before parts of it can be
        # taken for something else
        (
            rf"__compiled_fn_\d+(?:_{_HEX}{{8}}(?:_{_HEX}{{4}}){{3}}_{_HEX}{{12}})?",
            "__compiled_fn_#",
        ),
        (r"(__builtins_dict__|__gen_rand_values|__warnings_warn_wrapper)_\d+", r"\1_#"),
        (r"(__resume_at_\d+|___context_manager_\d+|__comprehension_\w+?_at_\d+)_\d+", r"\1_#"),
        # addresses: in default reprs, and as `id()` in guards and names
        (r"\b0x[0-9a-fA-F]{6,}\b", "0x#"),
        (r"(check_(?:obj_id|type_id|fake_script_type)\(.*?, )\d{5,}(?=\))", r"\1#"),
        (r"(check_metadata_|dtensor_spec_|opaque_guard_fn_|torch_obj_|optimizer_)\d{5,}", r"\1#"),
        (r"_\d{5,}_c\d+", "_#_c#"),
        # an `id()`, or a hash that is made of one
        (r"\bFakeIdVariable\(-?\d{5,}\)", "FakeIdVariable(#)"),
        (r"(\bFakeIdVariable\s+Developer debug context: )-?\d{5,}", r"\1#"),
    )
)


def spell(text: str) -> str:
    """``text`` with every address, ``id()`` and process-wide counter replaced by ``#``.

    >>> spell("___check_obj_id(L['f'], 139938838704960), type=<class 'function'>")
    "___check_obj_id(L['f'], #), type=<class 'function'>"
    """
    for pattern, replacement in _MADE_UP:
        text = pattern.sub(replacement, text)
    return text


def type_name(value: Any) -> str:
    """The full name of the type of ``value``."""
    cls = type(value)
    return f"{cls.__module__}.{cls.__qualname__}"


def break_reason(text: str) -> str:
    """What a graph break is and what it is about, without the explanation and the hints.

    The name of the break and its debug context are facts. The prose in between is advice, which
    vartrack words for itself.
    """
    kept = []
    advising = False
    for line in text.splitlines():
        mark = line.strip()
        if mark.startswith(("Explanation:", "Hint:")):
            advising = True
        elif advising and mark and not line.startswith("    "):
            advising = False
        if not advising and mark and not mark.startswith("For more details about"):
            kept.append(line.rstrip())
    return spell("\n".join(kept))
