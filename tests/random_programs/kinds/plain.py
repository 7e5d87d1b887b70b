"""Numbers, texts and other values without parts."""

from __future__ import annotations

from random_programs.kinds.kind import Kind

__all__ = ["KINDS"]

_NUMBER = """
    $v + 1; x * $v; $v > 5; $v == 7; str($v); f"{$v:>6}"; hash($v) == hash(7); -$v; abs($v); round($v)
    $v in (7, 2); {7: 'a'}.get($v); [$v, 2].index($v); max($v, 3); sum([$v, 1]); not $v; $v and 5
    divmod($v, 2); isinstance($v, int); isinstance($v, bool); torch.full((2,), $v); '%s' % $v; repr($v)
"""
_TEXT = """
    $v.upper(); $v + $v; $v[0]; len($v); $v in $v; $v * 2; [i for i in $v]; $v == 'abc'; $v.find('b')
    hash($v) == hash('abc'); {$v: 1}; sorted($v); $v.isdigit(); list(enumerate($v)); x * len($v); f"{$v!r}"
    '-'.join([$v, 'z']); $v[::-1]; $v < 'b'; {'abc': 1}.get($v); $v.encode(); $v.startswith('a')
"""

KINDS = (
    Kind(
        "int",
        "7",
        uses=_NUMBER + "; range($v)[2]; [10, 20, 30][$v % 3]; $v & 3; list(range($v))",
        others="8\n7.0\nTrue\n0\n-7\n2**70\n'7'",
    ),
    Kind("float", "1.5", uses=_NUMBER, others="2.5\n1\n-0.0\nfloat('nan')\nfloat('inf')\nTrue"),
    Kind(
        "nan",
        "float('nan')",
        uses=_NUMBER + "; $v == $v; $v != $v; [$v] == [$v]; $v in [$v]",
        others="1.0\nfloat('nan')",
    ),
    Kind(
        "bool",
        "True",
        uses=_NUMBER + "; $v is True; not $v; 3 if $v else 4; x * 2 if $v else x",
        others="False\n1\n1.0",
    ),
    Kind(
        "big int",
        "2**70",
        uses="$v + 1; $v > 5; $v % 1000; str($v); hash($v) == hash(2**70); $v == 2**70; $v >> 65",
        others="2**71\n7\n-2**70",
    ),
    Kind(
        "complex",
        "2j",
        uses="$v + 1; $v.imag; $v == 2j; abs($v); x * $v; repr($v)",
        others="3j\n2.0",
    ),
    Kind(
        "str",
        "'abc'",
        uses=_TEXT,
        others="'abd'\n''\n'7'\nb'abc'\nText('abc')",
        defines="class Text(str): pass",
    ),
    Kind(
        "bytes",
        "b'ab'",
        uses="$v[0]; len($v); $v + b'c'; $v == b'ab'; $v.hex(); list($v); $v.decode()",
        others="b'ac'\n'ab'\nbytearray(b'ab')",
    ),
    Kind(
        "bytearray",
        "bytearray(b'ab')",
        uses="$v[0]; len($v); $v == b'ab'; list($v); bytes($v)",
        changes="$v.append(9)\n$v[0] = 5",
    ),
    Kind(
        "None",
        "None",
        uses="$v is None; $v == None; 1 if $v is None else 2; $v or 5; {None: 1}.get($v)",
        others="0\nFalse\n''\n[]",
    ),
    Kind("ellipsis", "...", uses="$v is ...; x[$v]; $v == ...; {...: 1}.get($v)", others="None\n0"),
    Kind("not implemented", "NotImplemented", uses="$v is NotImplemented; [$v]", others="None"),
    Kind(
        "slice",
        "slice(0, 2)",
        uses="x[$v]; [1, 2, 3][$v]; $v.stop; $v == slice(0, 2)",
        others="slice(1, 2)\nslice(0, 2, 1)",
    ),
    Kind(
        "range",
        "range(1, 5, 2)",
        uses="list($v); len($v); $v[0]; 3 in $v; $v.stop; $v == range(1, 5, 2); sum($v)",
        others="range(1, 5)\nrange(0)\n[1, 3]",
    ),
    Kind(
        "dtype",
        "torch.float32",
        uses="x.to($v); $v is torch.float32; $v.is_floating_point; str($v); {torch.float32: 1}.get($v)",
        others="torch.float64\ntorch.int64",
    ),
    Kind(
        "device",
        "torch.device('cpu')",
        uses="x.to($v); $v.type; $v == x.device; str($v)",
        others="torch.device('meta')\ntorch.device('cpu', 0)",
    ),
    Kind(
        "size",
        "torch.Size([2, 3])",
        uses="$v[0]; $v.numel(); list($v); $v == (2, 3); torch.ones($v); len($v); $v + (1,)",
        others="torch.Size([2, 4])\ntorch.Size([6])\n(2, 3)",
    ),
    Kind("layout", "torch.strided", uses="$v == torch.strided; [$v]", others="torch.sparse_coo"),
    Kind(
        "enum",
        "Colour.RED",
        uses="""$v.name; $v.value; $v is Colour.RED; $v == Colour.RED; $v in (Colour.RED,)
             {Colour.RED: 1}.get($v); str($v); repr($v); f'{$v}'; hash($v) == hash(Colour.RED); isinstance($v, Colour)
             $v.twice(); $v.mood; list(Colour); len(Colour); Colour['RED'] is $v; type($v).__members__['BLUE'].value
             getattr($v, 'note', 4); [$v].index(Colour.RED); Colour(1) is $v""",
        changes="""Colour.twice = lambda self: 99
             Colour.mood = 'bad'
             $v.note = 5
             Colour.RED._value_ = 9
             Colour.__str__ = lambda self: 'changed'
             Colour.__eq__ = lambda self, other: False; Colour.__hash__ = lambda self: 1""",
        others="Colour.BLUE\nShade.RED\n1",
        defines="""
class Colour(enum.Enum):
    RED = 1
    BLUE = 2
    def twice(self): return self.value * 2
    @property
    def mood(self): return self.name + '!'
class Shade(enum.Enum):
    RED = 1
""",
    ),
    Kind(
        "int enum",
        "Level.LOW",
        uses=_NUMBER
        + "; $v.name; $v is Level.LOW; Level(1) is $v; $v < Level.HIGH; $v + Level.HIGH",
        changes="Level.__add__ = lambda self, other: 50\nLevel.extra = 5\nLevel.__str__ = lambda self: 'x'",
        others="Level.HIGH\n1\nTrue",
        defines="class Level(enum.IntEnum):\n    LOW = 1\n    HIGH = 2",
    ),
    Kind(
        "flag",
        "Bits.A | Bits.B",
        uses="$v & Bits.A; Bits.A in $v; $v.value; $v == Bits.A; bool($v); ~$v; str($v)",
        others="Bits.A\nBits(0)\n3",
        defines="class Bits(enum.Flag):\n    A = 1\n    B = 2",
    ),
    Kind(
        "int subclass",
        "Count(3)",
        uses=_NUMBER
        + "; $v.more(); $v.note; $v + $v; type($v).__name__; range($v)[0]; [1, 2, 3, 4][$v]",
        changes="""$v.note = 6
             Count.more = lambda self: 90
             Count.__add__ = lambda self, other: 91
             Count.__eq__ = lambda self, other: True; Count.__hash__ = lambda self: 7
             Count.__str__ = lambda self: 'x'
             Count.note = 8
             Count.__index__ = lambda self: 2
             Count.__bool__ = lambda self: False""",
        others="Count(4)\n3\nCounted(3)",
        defines="class Count(int):\n    note = 5\n    def more(self): return self + 100\nclass Counted(Count): pass",
    ),
    Kind(
        "float subclass",
        "Money(1.5)",
        uses=_NUMBER + "; $v.cents(); $v.unit; $v * 2; float($v)",
        changes="$v.unit = 'EUR'\nMoney.cents = lambda self: 3\nMoney.__mul__ = lambda self, other: 8.0\nMoney.unit = 'CHF'",
        others="Money(2.5)\n1.5",
        defines="class Money(float):\n    unit = 'USD'\n    def cents(self): return self * 100",
    ),
    Kind(
        "str subclass",
        "Name('abc')",
        uses=_TEXT + "; $v.loud(); $v.lang; str($v); type($v).__name__",
        changes="$v.lang = 'de'\nName.loud = lambda self: '?'\nName.__len__ = lambda self: 77\nName.__str__ = lambda self: 'x'\nName.lang = 'fr'\nName.upper = lambda self: 'U'",
        others="Name('abd')\n'abc'",
        defines="class Name(str):\n    lang = 'en'\n    def loud(self): return self.upper() + '!'",
    ),
)
