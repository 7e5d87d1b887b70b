"""Subclasses of containers, with attributes and methods of their own."""

from __future__ import annotations

from random_programs.kinds.containers import DICT, LIST
from random_programs.kinds.kind import Kind

__all__ = ["KINDS"]

_OWN = "; $v.note; $v.act(); getattr($v, 'ghost', 4); hasattr($v, 'ghost'); $v.kind; vars($v); isinstance($v, Rows); $v.twice"


def _changes(cls: str, more: str = "") -> str:
    return f"""
        $v.note = 9
        $v.ghost = 3
        {cls}.act = lambda self: 99
        {cls}.kind = 'other'
        {cls}.ghost = 8
        {cls}.twice = property(lambda self: 98)
        {cls}.__len__ = lambda self: 55
        {cls}.__iter__ = lambda self: iter([7, 8])
        {cls}.__getitem__ = lambda self, key: 66
        {cls}.__contains__ = lambda self, item: True
        {cls}.__eq__ = lambda self, other: True
        {cls}.__bool__ = lambda self: False
        {cls}.act.__code__ = (lambda self: 97).__code__
        {cls}.__str__ = lambda self: 'text'
        $v.__class__ = {cls}2
        {more}
    """


def _class(cls: str, base: str, extra: str = "") -> str:
    return f"""
class {cls}({base}):
    kind = 'own'
    note = 1
    def act(self): return len(self) + 1
    @property
    def twice(self): return 2 * len(self)
{extra}
class {cls}2({cls}):
    kind = 'second'
    def act(self): return 44
"""


def _of(
    name: str,
    cls: str,
    base: str,
    make: str,
    parts: tuple[str, ...],
    uses: str,
    more: str,
    fixed: bool = False,
    others: str = "",
    extra: str = "",
) -> Kind:
    return Kind(
        name,
        make,
        parts,
        uses + _OWN.replace("Rows", cls),
        _changes(cls, more),
        others,
        _class(cls, base, extra),
        fixed,
    )


KINDS = (
    _of(
        "list subclass",
        "Rows",
        "list",
        "Rows([$1, $2])",
        ("$v[0]", "$v[1]"),
        LIST,
        "$v.append(9)\n$v.reverse()\nRows.append = lambda self, item: None",
        others="[1, 2]\nRows([1])",
    ),
    _of(
        "dict subclass",
        "Table",
        "dict",
        "Table(a=$1, b=$2)",
        ("$v['a']", "$v['b']"),
        DICT,
        "$v['zz'] = 9\n$v['a'] = $v.pop('a')\nTable.get = lambda self, *a: 11\nTable.keys = lambda self: ['q']\nTable.__missing__ = lambda self, key: 12",
        others="{'a': 1}\nTable(b=1, a=2)",
    ),
    _of(
        "ordered dict subclass",
        "Ordered",
        "collections.OrderedDict",
        "Ordered(a=$1, b=$2)",
        ("$v['a']", "$v['b']"),
        DICT,
        "$v['zz'] = 9\n$v.move_to_end('a')",
        others="collections.OrderedDict(a=1)\nOrdered(b=1, a=2)",
    ),
    _of(
        "default dict subclass",
        "Filling",
        "collections.defaultdict",
        "Filling(list, a=$1, b=$2)",
        ("$v['a']", "$v['b']"),
        DICT + "; $v['new']",
        "$v['zz'] = 9\n$v['a'] = $v.pop('a')\n$v.default_factory = dict",
        others="Filling(int, a=1, b=2)",
    ),
    _of(
        "tuple subclass",
        "Fixed",
        "tuple",
        "Fixed(($1, $2))",
        ("$v[0]", "$v[1]"),
        "len($v); $v[0]; $v == $v; [i for i in $v]; (lambda a, b: b)(*$v); str($v); $v + (1,); $w in $v; $v is $w",
        "",
        True,
        "(1, 2)\nFixed((1, 2, 3))",
    ),
    _of(
        "set subclass",
        "Bag",
        "set",
        "Bag({1, 2})",
        (),
        "len($v); 1 in $v; sorted($v); $v | {4}; [i for i in $v if i < 9]; bool($v); $v is $w; ($v.add(5), len($v))",
        "$v.add(9)\n$v.discard(1); $v.add(True)\nBag.add = lambda self, item: None",
        others="{1, 2}\nBag({1})",
    ),
    _of(
        "frozenset subclass",
        "Frozen",
        "frozenset",
        "Frozen({1, 2})",
        (),
        "len($v); 1 in $v; sorted($v); $v | {4}; {$v: 1}; bool($v); $v is $w",
        "",
        others="frozenset({1, 2})\nFrozen({1})",
    ),
    _of(
        "deque subclass",
        "Queue",
        "collections.deque",
        "Queue([$1, $2], 4)",
        ("$v[0]", "$v[1]"),
        "len($v); $v[0]; list($v); ($v.append(1), len($v)); $v.maxlen; bool($v)",
        "$v.append(9)\n$v.rotate(1)",
        others="Queue([1, 2])\ncollections.deque([1, 2], 4)",
    ),
    Kind(
        "named tuple",
        "Point($1, $2)",
        ("$v.a", "$v.b"),
        "$v.a; $v[1]; len($v); $v == (1, 2); $v._replace(a=9); $v._asdict(); (lambda a, b: b)(*$v); str($v); $v._fields; isinstance($v, Point); $v.act(); [i for i in $v]; $v is $w; $v.kind",
        "Point.act = lambda self: 99\nPoint.kind = 'other'\nPoint.a = property(lambda self: 98)\nPoint.__len__ = lambda self: 55\nPoint.__eq__ = lambda self, other: True\nPoint.__iter__ = lambda self: iter([3, 4])\nPoint.__str__ = lambda self: 'text'\nPoint._fields = ('b', 'a')",
        "Point(1, 2)\nOther2(1, 2)\n(1, 2)",
        "class Point(typing.NamedTuple):\n    a: object\n    b: object\n    kind = 'own'\n    def act(self): return 5\nOther2 = collections.namedtuple('Other2', 'a b')",
        True,
    ),
    Kind(
        "plain named tuple",
        "Duo($1, $2)",
        ("$v.a", "$v.b"),
        "$v.a; $v[1]; len($v); $v._replace(a=9); (lambda a, b: b)(*$v); isinstance($v, tuple); $v + (3,)",
        "Duo.act = lambda self: 99\nDuo.b = property(lambda self: 98)\nDuo.__getitem__ = lambda self, key: 66",
        "Duo(1, 2)\n(1, 2)",
        "Duo = collections.namedtuple('Duo', 'a b')",
        True,
    ),
    Kind(
        "named tuple subclass",
        "Spot($1, $2)",
        ("$v.a", "$v.b"),
        "$v.a; $v[1]; len($v); $v.note; $v.act(); (lambda a, b: b)(*$v); getattr($v, 'ghost', 3); $v == (1, 2)",
        "$v.note = 7\n$v.ghost = 4\nSpot.act = lambda self: 99\nSpot.note = 6\nSpot.a = 5",
        "Spot(1, 2)\n(1, 2)",
        "class Spot(collections.namedtuple('Spot', 'a b')):\n    note = 3\n    def act(self): return self.note + 1",
        True,
    ),
    Kind(
        "max result",
        "torch.ones(2, 2).max(0)",
        (),
        "$v.values; $v[1]; len($v); (lambda a, b: a)(*$v); [i.shape for i in $v]",
        others="torch.ones(3, 3).max(0)\ntorch.ones(2, 2).min(0)",
        fixed=True,
    ),
)
