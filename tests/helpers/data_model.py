"""Programs over Python's data model: a class with some methods, a use of it, and what changes.

A `Program` is written out as source, so that one that fails can be read and run by itself.
"""

from __future__ import annotations

import datetime
import decimal
import functools
import itertools
import operator
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch._dynamo
from places import Counting, standing
from torch._dynamo.exc import Unsupported

import vartrack
from vartrack import ConstantVisitor, OpaqueVisitor, RecordVisitor, Registry, SnapshotVisitor
from vartrack.bases.content import content_key

#: What the class inherits from, and how one is made of a number.
ANCESTORS: dict[str, str] = {
    "object": "",
    "int": "n",
    "float": "n + 0.5",
    "str": "f's{n}'",
    "tuple": "(n, 2)",
    "list": "[n, 2]",
    "dict": "{'a': n}",
    "set": "{n}",
    "datetime.date": "2020, 1, n",
    "decimal.Decimal": "n",
}

#: What a method's answer is made from.
SOURCES: dict[str, str] = {
    "attribute": "self.n",
    "global": "self.n * factor",
    "class": "self.n + type(self).scale",
    "nothing": "7",
}

#: What a class may have; ``{e}`` is one of the sources.
MEMBERS: dict[str, str] = {
    "eq": "def __eq__(self, other): return {e} == getattr(other, 'n', other)",
    "eq left to the other": "def __eq__(self, other): return NotImplemented",
    "hash": "def __hash__(self): return hash({e})",
    "iter": "def __iter__(self): return iter([{e}, 2])",
    "iter, a generator": "def __iter__(self):\n        yield {e}\n        yield 3",
    "len": "def __len__(self): return abs({e})",
    "getitem": "def __getitem__(self, key):\n        if key in (0, 'a'): return {e}\n"
    "        raise (IndexError if isinstance(key, int) else KeyError)(key)",
    "keys": "def keys(self): return ['a']",
    "contains": "def __contains__(self, item): return item == {e}",
    "bool": "def __bool__(self): return {e} > 13",
    "int": "def __int__(self): return {e}",
    "index": "def __index__(self): return {e} % 5",
    "float": "def __float__(self): return {e} / 2",
    "str": "def __str__(self): return f'text {{{e}}}'",
    "repr": "def __repr__(self): return f'Thing({{{e}}})'",
    "format": "def __format__(self, spec): return f'{{spec}}|{{{e}}}'",
    "add": "def __add__(self, other): return {e} + 1",
    "add left to the other": "def __add__(self, other): return NotImplemented",
    "radd": "def __radd__(self, other): return {e} + 2",
    "lt": "def __lt__(self, other): return {e} < getattr(other, 'n', other)",
    "call": "def __call__(self, k=1): return {e} + k",
    "enter": "def __enter__(self): return {e}\n    def __exit__(self, *error): return None",
    "enter, suppressing": "def __enter__(self): return {e}\n"
    "    def __exit__(self, *error): return True",
    "getattr": "def __getattr__(self, name):\n        if name == 'ghost': return {e}\n"
    "        raise AttributeError(name)",
    "getattribute": "def __getattribute__(self, name):\n        if name == 'ghost': return 5\n"
    "        return super().__getattribute__(name)",
    "property": "@property\n    def double(self): return {e} * 2",
    "cached property": "@functools.cached_property\n    def cached(self): return {e} + 100",
    "class method": "@classmethod\n    def made(cls): return cls.scale + 1",
    "static method": "@staticmethod\n    def still(): return factor + 1",
    "method": "def act(self, k=1): return {e} + k",
    "slots": "__slots__ = ('n',)",
}
#: Ancestors whose subclasses may have slots.
SLOTTED = ("object", "float", "str", "list", "dict", "set")

#: Uses, each a body of a function of ``x`` and ``v``, after the methods that they ask for.
USES: dict[tuple[str, ...], str] = {
    ("eq", "eq left to the other", "hash"): """
        v == 12; v == v; 12 == v; v != 12; v == (1, 2); v in [1, v]; [12, 7].index(v)
        {v: 1}[v]; v in {12, 7}; hash(v) == hash(12); v in {v}; {12: 1}.get(v); (v, 1) == (12, 1)
    """,
    ("iter", "iter, a generator", "len", "getitem"): """
        list(v); [*v]; tuple(v); (lambda a, b: (b, a))(*v); sum(v); sorted(v); [i for i in v]
        list(zip(v, [1, 2])); list(enumerate(v)); next(iter(v)); any(v); set(v); dict.fromkeys(v)
    """,
    ("len", "bool"): """
        len(v); 1 if v else 0; not v; bool(v); v and 5; v or 5; [1] if v is None else [2]
    """,
    ("getitem", "contains", "iter"): """
        v[0]; v['a']; v[5]; v[0:1]; 12 in v; 'a' in v; list(reversed(v)); operator.getitem(v, 0)
    """,
    ("int", "index", "float"): """
        int(v); float(v); operator.index(v); len(range(v)); [10, 20, 30, 40, 50][v]; [1, 2] * v
        round(v); x * int(v); x[:v]; abs(v); hex(v); chr(v); 'ab'[v:]; complex(v); divmod(v, 2)
        v ** 2; v & 3; bytes(v); '%d' % v; x.sum(v); torch.full((2,), float(v))
    """,
    ("str", "repr", "format"): """
        str(v); repr(v); f'{v}'; f'{v:>9}'; f'{v!r}'; '%s' % v; '{}'.format(v); format(v, 'x')
        ascii(v); '-'.join([str(v), 'b']); '%r' % v; '%s %s' % (v, 1); f'{[v]}'; str({'a': v})
    """,
    ("add", "add left to the other", "radd"): """
        v + 1; 1 + v; v + v; [1] + v; 'a' + v; v - 1; v * 2; -v; sum([v]); operator.add(v, 1)
    """,
    ("lt", "eq"): """
        v < 13; v > 13; v <= 13; sorted([v, v]); max([v, v]) is v; min(v, 12); 13 > v
    """,
    ("call",): "v(); v(k=3); callable(v); list(map(v, [1, 2]))",
    ("getattr", "getattribute", "property", "cached property"): """
        v.n; v.ghost; getattr(v, 'nothing', 5); hasattr(v, 'ghost'); hasattr(v, 'nothing'); v.double
        v.cached; v.cached + v.cached; operator.attrgetter('n')(v); getattr(v, 'ghost', 4)
    """,
    ("class method", "static method", "method"): """
        type(v).made(); v.made(); v.still(); v.act(); v.act(k=2); v.scale; type(v).act(v); type(v).still()
        (lambda f: f())(v.act); functools.partial(v.act, 3)()
    """,
    ("keys", "getitem", "iter"): """
        dict(v); {**v}; (lambda **k: k)(**v); dict(v, b=2); {'b': 2} | v; list(v.keys()); v.get('a', 4)
        list(v.items()); list(v.values())
    """,
    ("slots",): """
        isinstance(v, (int, list)); type(v).__name__; issubclass(type(v), dict); vars(v); v.__dict__
        v.__class__.__name__; v; [v, v]; {'k': v}; (v, x); v is v; id(v) == id(v)
    """,
}
#: Those that are more than an expression.
STATEMENTS: dict[tuple[str, ...], list[str]] = {
    ("enter", "enter, suppressing"): [
        "with v as w: pass\n    return w",
        "with v: raise ValueError('no')\n    return 1",
        "with v as w: return w",
    ],
    ("getattr", "property"): [
        "v.n = 5\n    return v.n",
        "v.n += 1\n    return v.n",
        "v.more = 5\n    return v.more",
        "del v.n\n    return hasattr(v, 'n')",
        "try: a = v.ghost\n    except AttributeError: a = 3\n    return a",
    ],
    ("add", "radd"): ["v += 1\n    return v"],
    ("getitem", "contains", "len"): [
        "v[0] = 4\n    return v[0]",
        "v['a'] = 4\n    return v['a']",
        "v.append(4)\n    return len(v)",
        "v.update(b=4)\n    return v['b']",
        "v.add(99)\n    return 99 in v",
        "try: a = v['b']\n    except (KeyError, TypeError, IndexError): a = 3\n    return a",
        "try: a = len(v)\n    except TypeError: a = 3\n    return a",
    ],
    ("iter", "iter, a generator"): [
        "for i in v: x = x + i\n    return x",
        "a, b = v\n    return a",
    ],
    ("eq",): [
        "match v:\n        case 12: a = 1\n        case _: a = 2\n    return a",
    ],
}


def all_uses() -> list[tuple[str, tuple[str, ...]]]:
    """Each use, with the methods that it asks for."""
    uses = []
    for asked, text in USES.items():
        lines = text.replace("\n", ";").split(";")
        uses += [(f"return {line.strip()}", asked) for line in lines if line.strip()]
    for asked, statements in STATEMENTS.items():
        uses += [(statement, asked) for statement in statements]
    return uses


#: What happens to the value between two calls.
CHANGES = (
    "nothing",
    "an equal value",
    "another value",
    "in place",
    "the content",
    "global",
    "class",
)

#: The visitors that the class is registered with.
VISITORS: dict[str, tuple[type, dict[str, Any]]] = {
    "constant": (ConstantVisitor, {"key": staticmethod(content_key)}),
    "snapshot": (SnapshotVisitor, {}),
    "snapshot by a key": (SnapshotVisitor, {"key": staticmethod(lambda v: content_key(v))}),
    "record": (RecordVisitor, {"fields": ("n",)}),
    "opaque": (OpaqueVisitor, {}),
}


def method_of(member: str) -> str:
    """The method that a member writes, of which there may be several ways."""
    return member.partition(",")[0].removesuffix(" left to the other")


@dataclass(frozen=True)
class Program:
    """A class, a use of its instances, where one stands, and what changes between the calls."""

    ancestor: str
    members: tuple[tuple[str, str], ...]
    use: str
    visitor: str
    place: str = "argument"
    changes: tuple[str, ...] = ("another value",)

    def source(self) -> str:
        """The class, a function that makes an instance, and one that uses it."""
        lines = ["factor = 2", f"class Thing({self.ancestor}):", "    scale = 5"]
        for member, source in self.members:
            lines.append("    " + MEMBERS[member].format(e=SOURCES[source]))
        lines += [
            "def make(n):",
            f"    v = Thing({ANCESTORS[self.ancestor]})",
            "    v.n = n + 10",
            "    return v",
            "def use(x, v):",
            f"    {self.use}",
        ]
        return "\n".join(lines)

    def __repr__(self) -> str:
        fields = (self.ancestor, self.members, self.use, self.visitor, self.place, self.changes)
        return f"Program({', '.join(map(repr, fields))})"


_NUMBERS = itertools.count()


class Wrong(AssertionError):
    """A compiled program that answers otherwise than Python."""


def check(program: Program) -> str:
    """Run it compiled and not: "right", or "refused" if it does not go in one piece.

    Raises:
        Wrong: the answer, or the exception, is not Python's.
    """
    try:
        _run(program, fullgraph=True)
    except Unsupported:
        try:
            _run(program, fullgraph=False)
        except Unsupported as error:
            raise Wrong(f"is refused even where graphs may break: {error}") from None
        return "refused"
    return "right"


def _run(program: Program, fullgraph: bool) -> None:
    # by a name of its own, as torch keeps modules by their names
    module = types.ModuleType(f"data_model_program_{next(_NUMBERS)}")
    scope = vars(module)
    scope.update({one.__name__: one for one in (datetime, decimal, functools, operator, torch)})
    # a module as any other, so that what its functions read can be guarded
    sys.modules[module.__name__] = module
    exec(compile(program.source(), "<data model>", "exec"), scope)
    torch._dynamo.reset()
    try:
        with vartrack.use(_registry(program.visitor, scope["Thing"])):
            _calls(program, scope, fullgraph)
    finally:
        del sys.modules[module.__name__]


def _registry(name: str, cls: type) -> Registry:
    base, options = VISITORS[name]
    registry = vartrack.stock.derive("data model")
    registry.register(type("Things", (base,), {"types": (cls,), **options}))
    return registry


def _calls(program: Program, scope: dict[str, Any], fullgraph: bool) -> None:
    run = standing(program.place, scope["use"], Counting(), fullgraph)
    make, x = scope["make"], torch.ones(2)
    one, other = make(2), make(2)  # the same, for the compiled program and for Python
    n = 2
    for number, change in enumerate(("nothing", *program.changes)):
        if change == "an equal value":
            one, other = make(n), make(n)
        elif change == "another value":
            n += 1
            one, other = make(n), make(n)
        elif change == "global":
            scope["factor"] += 1
        elif change == "class":
            scope["Thing"].scale += 1
        else:
            _change(change, one)
            _change(change, other)
        got = _outcome(run, x, one)
        expected = _outcome(scope["use"], x, other)
        if got != expected:
            raise Wrong(f"call {number + 1}, after {change}: {got} instead of {expected}")


def _change(change: str, value: Any) -> None:
    if change == "in place":
        object.__setattr__(value, "n", 14)
    elif change == "the content":
        if isinstance(value, list):
            list.append(value, 5)
        elif isinstance(value, dict):
            dict.__setitem__(value, "a", 6)
        elif isinstance(value, set):
            set.add(value, 8)


def _outcome(function: Callable[..., Any], x: torch.Tensor, value: Any) -> Any:
    try:
        result = function(x.clone(), value)
    except Unsupported:
        raise
    except Exception as error:
        return "raised", type(error).__name__, _state(value)
    return _shape(result, value), _state(value)


def _state(value: Any) -> Any:
    """What the value holds, read past its own methods. Caches may be filled or not."""
    attributes = dict(getattr(value, "__dict__", {}))
    attributes.pop("cached", None)
    return [_shape(attributes, value), getattr(type(value), "n", None) and _slot(value)] + [
        [_shape(item, value) for item in (*kind.__iter__(value),)]
        for kind in (list, dict, set, tuple)
        if isinstance(value, kind)
    ]


def _slot(value: Any) -> Any:
    try:
        return object.__getattribute__(value, "n")
    except AttributeError:
        return None


def _shape(result: Any, value: Any) -> Any:
    if result is value:
        return "the value"
    if isinstance(result, torch.Tensor):
        return "tensor", result.tolist()
    if type(result) in (list, tuple):
        return type(result).__name__, [_shape(item, value) for item in result]
    if type(result) is dict:
        return [(_shape(key, value), _shape(item, value)) for key, item in result.items()]
    if type(result).__name__ == "Thing":
        return "another", _state(result)
    return type(result).__name__, repr(result).partition(" at 0x")[0]
