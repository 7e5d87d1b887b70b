"""Programs over the data model that were wrong when they were found, and are mended."""

from __future__ import annotations

from data_model import Program

__all__ = ["MENDED"]

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
    # torch asked == of what it sorts, which is always so of a value and itself
    Program("object", (("eq", "attribute"),), "return sorted([v, v])", "constant"),
    Program(
        "object", (("lt", "global"),), "return sorted([v, v])", "snapshot", changes=("global",)
    ),
    # torch guarded the length of what list() is given, also of a record
    Program("object", (("getitem", "attribute"),), "return list(v)", "record"),
    # torch asked __eq__ of an object whether it is in a list, also where it is itself in it
    Program("object", (("eq", "nothing"),), "return v in [1, v]", "record"),
    # torch took what has an __index__ for a number of a slice, and wrote the tracker down for it
    *(
        Program("object", (("index", "attribute"),), use, name)
        for use in ("return x[:v]", "return [10, 20, 30][:v]")
        for name in ("constant", "snapshot", "snapshot by a key", "record", "opaque")
    ),
    Program("object", (), "return [10, 20, 30][:v]", "record"),
    # torch found what has no hash missing in a dict
    *(
        Program("object", (("eq", "attribute"),), use, name)
        for use in ("return {12: 1}.get(v)", "return {12: 1}.pop(v, 3)")
        for name in ("constant", "snapshot", "record")
    ),
    # methods in C of a record: torch asked the slot and the method in turn, without end
    Program("str", (), "v += 1\n    return v", "record"),
    Program("float", (("float", "attribute"),), "return int(v)", "record"),
    Program("int", (("int", "attribute"),), "return [10, 20, 30, 40, 50][v]", "record"),
    # C code reads a dict past its methods, unless it has an __iter__ of its own
    Program("dict", (("getitem", "attribute"),), "return {**v}", "snapshot"),
    Program("dict", (("getitem", "attribute"),), "return (lambda **k: k)(**v)", "snapshot"),
    # torch took an __index__ for a float as it is, also of a record
    Program("object", (("index", "attribute"),), "return float(v)", "record"),
    # an object without a __format__ of its own refuses what a template asks for
    Program("object", (("repr", "attribute"),), "return f'{v:>9}'", "constant"),
    Program("object", (("repr", "attribute"),), "return '{:>9}'.format(v)", "snapshot"),
    # an attribute that the function has set or deleted was asked of the value as it had been
    *(
        Program("object", members, use, "snapshot", changes=(change,))
        for members in ((), (("getattr", "attribute"),))
        for use in (
            "del v.n\n    return hasattr(v, 'n')",
            "v.more = 5\n    return hasattr(v, 'more'), getattr(v, 'more', 3)",
        )
        for change in ("nothing", "another value")
    ),
    # that an attribute is there which is deleted was not guarded
    *(
        Program(
            "object",
            members,
            "del v.n\n    try: return v.n\n    except AttributeError: return 9",
            name,
            changes=("nothing",),
        )
        for members in ((), (("slots", "nothing"),))
        for name in ("snapshot", "record")
    ),
    # torch asked a record for __int__ where Python asks for __index__
    Program(
        "object", (("index", "attribute"), ("int", "nothing")), "return len(range(v))", "record"
    ),
    # up to torch 2.11 what is gone through by number cannot be unpacked
    *(
        Program("object", (("getitem", "attribute"),), use, "record")
        for use in ("return [*v]", "l = [0]\n    l.extend(v)\n    return l")
    ),
    # and `reversed` went through what has no length
    *(
        Program("object", (("getitem", "attribute"),), "return list(reversed(v))", name)
        for name in ("record", "snapshot", "constant")
    ),
    # and where the hash of a set could not be traced, it was looked for by ==
    *(
        Program("set", (("eq", "attribute"), ("hash", "nothing")), "return v in {12, 7}", name)
        for name in ("constant", "snapshot", "record", "opaque")
    ),
    # Python asks a number for no __index__, and reads the digits of a text; torch knew of neither
    Program("int", (("index", "nothing"),), "return len(range(v))", "record"),
    Program(
        "str",
        (("len", "nothing"),),
        "try: return int(v)\n    except TypeError: return 8\n    except ValueError: return 9",
        "record",
    ),
    # and it died of a method of tuples that is asked of a record
    Program("tuple", (("len", "nothing"),), "return tuple.__repr__(v)", "record"),
]
