"""Programs over the data model that were wrong when they were found: mended ones, and others."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from data_model import Program

from vartrack import compat

__all__ = ["MENDED", "NOT_YET", "not_yet"]

MENDED = [
    # a metaclass's __dict__ was taken for one of the value
    Program("object", (("slots", "nothing"),), "return vars(v)", "snapshot", "closure"),
    Program("object", (("slots", "nothing"),), "return vars(v)", "constant", "global"),
    # what a subclass in Python adds to a type in C was no part of the content
    Program(
        "decimal.Decimal",
        (("len", "attribute"),),
        "return len(v)",
        "snapshot",
        changes=("in place",),
    ),
    Program(
        "datetime.date",
        (("add", "attribute"),),
        "return v + 1",
        "snapshot",
        "global",
        ("in place",),
    ),
    Program(
        "decimal.Decimal",
        (("iter", "attribute"),),
        "a, b = v\n    return a",
        "snapshot by a key",
        changes=("in place",),
    ),
    # static and class methods were evaluated, and what they read was not guarded
    Program(
        "object",
        (("static method", "global"),),
        "return v.still()",
        "snapshot",
        "global",
        ("global",),
    ),
    Program(
        "object",
        (("class method", "class"),),
        "return v.made()",
        "snapshot",
        "argument",
        ("class",),
    ),
    # torch takes an __index__ for a float as it is
    Program(
        "list", (("index", "attribute"),), "return float(v)", "snapshot", changes=("in place",)
    ),
    Program("dict", (("index", "attribute"),), "return float(v)", "constant", "global"),
    # methods in Python were evaluated, and what they read besides the value was not guarded
    Program("object", (("repr", "class"),), "return f'{v}'", "snapshot", "global", ("class",)),
    Program("object", (("call", "class"),), "return v()", "constant", "attribute", ("class",)),
    Program("object", (("method", "global"),), "return v.act()", "constant", "global", ("global",)),
    Program(
        "object", (("float", "global"),), "return float(v)", "snapshot", "argument", ("global",)
    ),
    # torch guarded the length of what list() is given, which need not have one
    Program("object", (("iter", "attribute"),), "return list(v)", "snapshot"),
    # range() asked __int__ and not __index__
    Program(
        "object",
        (("index", "attribute"), ("int", "nothing")),
        "return len(range(v))",
        "snapshot",
    ),
    Program("decimal.Decimal", (("index", "class"),), "return len(range(v))", "constant"),
    Program("object", (), "return len(range(v))", "constant", "closure"),
    # torch asked the tracker of a record for a constant, to compare it with a key
    Program("object", (("hash", "attribute"),), "return v in {12, 7}", "record"),
    Program("object", (), "return format(v, 'x')", "opaque"),
    # torch worked out a builtin on constants, and what that raised was an error of Dynamo's
    Program("object", (), "return sum([v])", "snapshot"),
    Program("object", (("len", "attribute"),), "return any(v)", "snapshot by a key"),
    Program("object", (("lt", "attribute"),), "return sum([v])", "constant"),
    # torch took any subclass of set for one of its own sets
    Program("set", (("eq", "nothing"),), "return v in {12, 7}", "snapshot"),
    Program("set", (("eq", "nothing"),), "return v in {12, 7}", "record"),
    # copy takes what going through a list shows, which need not be what it holds
    Program("list", (("iter", "nothing"),), "return list(reversed(v))", "snapshot by a key"),
    Program("list", (("iter", "attribute"),), "return operator.getitem(v, 0)", "snapshot"),
    # a cache was part of a constant's key, and the guard failed when it was filled
    Program("object", (("cached property", "nothing"),), "return v.cached", "constant"),
]

_FOLDED = ("constant", "snapshot", "snapshot by a key")


def _names(program: Program) -> set[str]:
    return {member for member, _ in program.members}


def _has_no_length(program: Program) -> bool:
    return "len" not in _names(program) and program.ancestor in (
        "object",
        "int",
        "float",
        "datetime.date",
        "decimal.Decimal",
    )


class Known(NamedTuple):
    """Why programs are wrong, whether one is left out because of it, some of them, and where."""

    why: str
    takes: Callable[[Program], bool]
    programs: list[Program]
    on_torch: str = ""


#: What is wrong still: why, which programs are left out because of it, and some of them.
_KNOWN: list[Known] = [
    Known(
        "sorted() of a list with one constant twice compares nothing",
        lambda program: "sorted([v, v])" in program.use,
        [Program("object", (("eq", "attribute"),), "return sorted([v, v])", "constant")],
        on_torch="<2.15",
    ),
    Known(
        "torch guards the length of what list() is given, which need not have one",
        lambda program: (
            "list(v)" in program.use
            and _has_no_length(program)
            and not (program.visitor == "snapshot" and "iter" in _names(program))
        ),
        [
            Program("object", (("getitem", "attribute"),), "return list(v)", "record"),
        ],
    ),
    Known(
        "torch asks __eq__ of an object whether it is in a list, also where it is itself in it",
        lambda program: (
            program.visitor == "record"
            and "in [1, v]" in program.use
            and any(name.startswith("eq") for name in _names(program))
        ),
        [Program("object", (("eq", "nothing"),), "return v in [1, v]", "record")],
        on_torch="<2.15",
    ),
    Known(
        "a slice of a tensor with an object that has an __index__",
        lambda program: program.use == "return x[:v]",
        [
            Program("object", (("index", "attribute"),), "return x[:v]", name)
            for name in (*_FOLDED, "record", "opaque")
        ],
    ),
    Known(
        "torch finds what has no hash missing in a dict",
        lambda program: "{12: 1}.get(v)" in program.use,
        [
            Program("object", (("eq", "attribute"),), "return {12: 1}.get(v)", name)
            for name in ("record",)
        ],
    ),
    Known(
        "a record of a subclass of a type in C: operators and conversions of the type in C",
        lambda program: (
            program.visitor == "record"
            and program.ancestor != "object"
            and any(text in program.use for text in ("+= 1", "int(v)", "[v]", "not v", "bool(v)"))
        ),
        [
            Program("str", (), "v += 1\n    return v", "record"),
        ],
    ),
    Known(
        "a record of a subclass of a number in C: conversions",
        lambda program: (
            program.visitor == "record"
            and program.ancestor != "object"
            and any(text in program.use for text in ("int(v)", "[v]", "not v", "bool(v)"))
        ),
        [
            Program("float", (("float", "attribute"),), "return int(v)", "record"),
            Program("int", (("int", "attribute"),), "return [10, 20, 30, 40, 50][v]", "record"),
        ],
        on_torch="<2.15",
    ),
    Known(
        "** of a dict's subclass asks its __getitem__, and Python only does if it has an __iter__",
        lambda program: (
            program.ancestor == "dict" and "**" in program.use and "getitem" in _names(program)
        ),
        [
            Program("dict", (("getitem", "attribute"),), "return {**v}", "snapshot"),
            Program("dict", (("getitem", "attribute"),), "return (lambda **k: k)(**v)", "snapshot"),
        ],
    ),
    Known(
        "float() of a record that has an __index__ alone is an int, as on torch alone",
        lambda program: (
            program.visitor == "record" and "float(v)" in program.use and "index" in _names(program)
        ),
        [Program("object", (("index", "attribute"),), "return float(v)", "record")],
    ),
]
NOT_YET = [known for known in _KNOWN if compat.runs_on(known.on_torch)]


def not_yet(program: Program) -> bool:
    """Whether a program is of a kind that is known to be wrong."""
    return any(known.takes(program) for known in NOT_YET)
