"""Sources in the user's words: ``self.h[0].attn`` and not ``L['self']._modules['h']...``."""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["check_in_words", "function_in_words", "in_words", "is_of_the_tracer", "is_resumed"]

_Rewrite = str | Callable[[re.Match[str]], str]
_NAME = r"[A-Za-z_]\w*"

#: A name in the dict of an object is an attribute.
_IN_DICT = re.compile(rf"\.__dict__\['({_NAME})'\]")

#: How a source is put, in order. What is in no such form stays as it is.
_REWRITES: tuple[tuple[re.Pattern[str], _Rewrite], ...] = tuple(
    (re.compile(pattern), text)
    for pattern, text in (
        (rf"\bL\['({_NAME})'\]", r"\1"),
        (r"\bG\['__import_(\w+)'\]", lambda found: found[1].replace("_dot_", ".")),
        (r"\bG\['__builtins_dict__\w*'\]\['(\w+)'\]", r"\1"),
        (r"\bG\['__builtins_dict__\w*'\]", "builtins"),
        (rf"\bG\['({_NAME})'\]", r"\1"),
        (r"\._(?:modules|parameters|buffers)\['(\d+)'\]", r"[\1]"),
        (rf"\._(?:modules|parameters|buffers)\['({_NAME})'\]", r".\1"),
        (
            rf"dict\(type\(([^()]+)\)(?:\.__mro__\[\d+\])?\.__dict__\)\['({_NAME})'\]",
            r"type(\1).\2",
        ),
        (rf"type\(([^()]+)\)\.__mro__\[\d+\]\.__dict__\['({_NAME})'\]", r"type(\1).\2"),
        (rf"type\(([^()]+)\)\.__mro__\[\d+\]\.({_NAME})", r"type(\1).\2"),
        (r"\.__closure__\[(\d+)\]\.cell_contents", r".<closure \1>"),
        (r"\.__defaults__\[(\d+)\]", r".<default \1>"),
        (rf"\.__kwdefaults__\['({_NAME})'\]", r".<default \1>"),
    )
)

#: The ends of what the tracer reads on its own account, on the way to a value of the program.
_STEPS = re.compile(
    r"\.(_modules|_parameters|_buffers|_non_persistent_buffers_set|_is_full_backward_hook"
    r"|_(forward|backward|state_dict|load_state)\w*_hooks\w*|call_super_init"
    r"|__dict__|__mro__|__closure__|cell_contents|__code__|__defaults__|__kwdefaults__"
    r"|__class__|__func__|__self__|__wrapped__)(\[\d+\])?$"
    r"|^type\(.*\)$|^G\['__import_\w+'\]$|^G\['__builtins_dict__\w*'\](\['\w+'\])?$"
)


def in_words(text: str) -> str:
    """``text``, a source or some code of them, as the user would write it."""
    text = _IN_DICT.sub(r".\1", text)
    for pattern, words in _REWRITES:
        text = pattern.sub(words, text)
    return text


#: Checks that torch writes as calls of its own functions.
_CHECKS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), text)
    for pattern, text in (
        (r"___check_obj_id\((.*), \d+\), type=<class '(.*)'>", r"\1 is the same \2"),
        (r"___check_type_id\((.*), \d+\), type=<class '(.*)'>", r"type(\1) is \2"),
        (r"___check_(?:obj|type)_id\((.*), \d+\)", r"\1 is the same"),
    )
)


def check_in_words(check: str) -> str:
    """``check``, the code of a guard, as the user would write it."""
    for pattern, words in _CHECKS:
        check = pattern.sub(words, check)
    return in_words(check)


_RESUMED = re.compile(r"torch_dynamo_resume_in_(.+)_at_(\d+)")


def function_in_words(name: str) -> str:
    """The name of some code; the rest of a function after a graph break says where it begins."""
    resumed = _RESUMED.fullmatch(name)
    if resumed:
        return f"{resumed[1]} resumed at line {resumed[2]}"
    return name or "code of another tracer"


def is_resumed(name: str) -> bool:
    """Whether code of that name is the rest of a function after a graph break."""
    return _RESUMED.fullmatch(name) is not None


def is_of_the_tracer(source: str) -> bool:
    """Whether ``source`` is a step of the tracer and no value of the program."""
    return _STEPS.search(_IN_DICT.sub(r".\1", source)) is not None
