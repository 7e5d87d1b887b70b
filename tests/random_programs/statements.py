"""Writes random statements and expressions of Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import hypothesis.strategies as st

from random_programs.uses import ERRORS
from random_programs.values import Node

__all__ = ["Writer"]

_INDENT = "    "
#: Expressions by what they give; ``$i``, ``$t``, ``$l``, ``$d`` are others of a number, a tensor, a
#: list or a dict, ``$e`` is any, ``$u`` a use of the value, ``$n`` a new name.
_EXPRESSIONS: dict[str, tuple[str, ...]] = {
    "i": (
        *(
            "n",
            "1",
            "3",
            "len($l)",
            "len($d)",
            "x.shape[0]",
            "$i + $i",
            "$i * 2",
            "-$i",
            "$i % 5",
            "abs($i)",
        ),
        *(
            "($i if $i > 1 else $i)",
            "(lambda q: q + 1)($i)",
            "sum([$i, $i])",
            "max($i, $i)",
            "$t.ndim",
        ),
        *(
            "int($i > $i)",
            "$l.count($i)",
            "(lambda q, k=$i: q * k)($i)",
            "$d.get('a', $i)",
            "hash('a') * 0",
        ),
        *("next(iter([$i]))", "functools.reduce(operator.add, [$i, $i])", "min([$i], default=3)"),
    ),
    "t": (
        *(
            "x",
            "x + $i",
            "$t * $t",
            "$t.sin()",
            "torch.relu($t)",
            "torch.cat([$t, $t])[:2]",
            "$t.sum() + x",
        ),
        *("$t.view(-1)", "torch.where($t > 0, $t, x)", "$t[:1] + x", "torch.full((2,), float($i))"),
        *(
            "$t.clone().add_(1)",
            "x.new_ones(2)",
            "torch.stack([$t, $t]).sum(0)",
            "$t.detach()",
            "$t.to(torch.float64).float()",
        ),
    ),
    "l": (
        *(
            "[$i, $i]",
            "[$n + $i for $n in range(3)]",
            "[$e]",
            "list($d)",
            "[*$l, $i]",
            "$l + [$i]",
            "sorted([$i, 2, 1])",
        ),
        *(
            "[$n for $n in $l if $n is not None]",
            "list(map(str, [$i]))",
            "list(zip($l, $l))",
            "list(enumerate($l))",
        ),
        *(
            "list($n * 2 for $n in [$i, 4])",
            "list(reversed($l))",
            "$l[:1]",
            "list($d.items())",
            "[x, $i][1:]",
            "list({$i, 7})[:0]",
        ),
        *(
            "[a for b in [[$i], [2]] for a in b]",
            "list(itertools.chain($l, [$i]))",
            "list(filter(None, [$i, 0]))",
        ),
    ),
    "d": (
        *(
            "{'a': $i, 'b': $e}",
            "{$n: $i for $n in ['p', 'q']}",
            "dict(a=$i)",
            "{**$d, 'z': $i}",
            "dict(zip('ab', [$i, $i]))",
        ),
        *(
            "$d | {'q': $e}",
            "collections.OrderedDict(a=$i)",
            "dict.fromkeys(['a', 'k'], $i)",
            "{str($n): $n for $n in [$i]}",
        ),
    ),
    "e": (
        *(
            "$i",
            "$t",
            "$l",
            "$d",
            "$u",
            "$u",
            "$u",
            "($i, $e)",
            "(lambda a, b: f'{a}:{b:>3}')($i, $i)",
            "str($i)",
            "$i > $i",
            "None",
            "not $e",
        ),
        *(
            "($e, $e)[0]",
            "isinstance($e, (int, list))",
            "type($e).__name__",
            "$e is None",
            "'a' in $d",
            "$i in $l",
            "slice($i, 4)",
        ),
        *(
            "{1, 2} | {$i}",
            "range($i)",
            "($n := $i)",
            "$i == $i or $e",
            "$i and $e",
            "'%s-%d' % ('a', $i)",
            "callable($e)",
        ),
    ),
}
#: Statements; ``$b`` stands for a block, ``$r`` for a name that is kept.
_STATEMENTS = (
    *(
        "i$r = $i",
        "t$r = $t",
        "l$r = $l",
        "d$r = $d",
        "e$r = $e",
        "e$r = $u",
        "e$r = $u",
        "t$r = $t",
    ),
    *(
        "$l.append($e)",
        "$d['k'] = $e",
        "x = x + $i",
        "i$r, e$r = $i, $e",
        "e$r = [$e, *$l]",
        "assert $i is not None",
    ),
    *(
        "i$r = $i\ni$r += $i",
        "l$r = $l\nl$r += [$i]",
        "torch._dynamo.graph_break()",
        "del_me = $e\ndel del_me",
    ),
    "if $i > $i:\n$b",
    "if $i > 1:\n$b\nelse:\n$b",
    "if $i == 2:\n$b\nelif $e:\n$b\nelse:\n$b",
    "for i$r in range(2):\n$b",
    "for e$r in $l:\n$b\n    if $i > 9: break",
    "for k, e$r in $d.items():\n$b",
    "for j, e$r in enumerate($l):\n    if j > 2: continue\n$b\nelse:\n$b",
    "i$r = 0\nwhile i$r < 2:\n    i$r += 1\n$b",
    "try:\n$b\n    raise ValueError($i)\nexcept ValueError as error:\n    e$r = error.args\n$b",
    "try:\n    e$r = $d['none']\nexcept (KeyError, TypeError):\n$b\nelse:\n$b\nfinally:\n$b",
    f"try:\n    e$r = $u\nexcept {ERRORS} as error:\n    e$r = type(error).__name__",
    "try:\n    e$r = 1 // ($i * 0)\nexcept ZeroDivisionError:\n    e$r = 5\nfinally:\n$b",
    "with torch.no_grad():\n$b",
    "with contextlib.nullcontext($i) as i$r:\n$b",
    "with contextlib.suppress(ValueError):\n$b\n    raise ValueError",
    "@contextlib.contextmanager\ndef managed(k):\n    yield k + 1\nwith managed($i) as i$r:\n$b",
    "def f$r(k=$i):\n    return k + $i\ni$r = f$r($i) + f$r()",
    "def f$r(*a, **k):\n    return a, sorted(k)\ne$r = f$r($i, *$l, q=$e)",
    "c$r = 0\ndef up$r():\n    nonlocal_free = $i\n    return c$r + nonlocal_free\nc$r = $i\ni$r = up$r()",
    "def outer$r():\n    held = $i\n    def inner():\n        nonlocal held\n        held += 1\n        return held\n    inner()\n    return inner() + held\ni$r = outer$r()",
    "def g$r():\n    yield $i\n    yield from $l\ne$r = list(g$r())",
    "def g$r(k):\n    got = yield k\n    yield got\nh$r = g$r($i)\ne$r = (next(h$r), h$r.send($i))",
    "class C$r:\n    level = 3\n    def __init__(self, a): self.a = a\n    def act(self, k): return self.a, k, self.level\n    @property\n    def twice(self): return [self.a] * 2\no$r = C$r($e)\ne$r = (o$r.act($i), o$r.twice)",
    "class C$r(list):\n    def total(self): return len(self) + 1\no$r = C$r($l)\ni$r = o$r.total()",
    "class C$r:\n    def __enter__(self): return 4\n    def __exit__(self, *e): return True\nwith C$r() as i$r:\n$b\n    raise KeyError($i)",
    "P$r = collections.namedtuple('P', 'a b')\ne$r = P$r($i, $e)._asdict()",
    "match $i:\n    case 2:\n        e$r = $e\n    case _:\n        e$r = 0",
    "e$r = functools.partial(lambda a, b: (a, b), $e)($i)",
    "a$r, *b$r = [$i, *$l]\ne$r = (a$r, b$r)",
    "if $i > 100:\n    return x",
    "if isinstance($u, int):\n$b",
    "def f$r(k):\n    return k if k < 1 else f$r(k - 1)\ni$r = f$r(2)",
)
_DEEPEST = 3


class Writer:
    """Writes one function.

    Args:
        draw: what hypothesis draws by.
        nodes: the value that the function uses, and its parts.
    """

    def __init__(self, draw: st.DrawFn, nodes: Sequence[Node]) -> None:
        self.draw = draw
        self.nodes = nodes
        self.numbers = 0
        self.names: dict[str, list[str]] = {"i": ["n"], "t": ["x"], "l": [], "d": [], "e": []}
        self.left = 12

    def function(self) -> list[str]:
        """The lines of a function of ``x``, ``n`` and the value."""
        lines = self._block(0, self.draw(st.integers(2, 4)))
        names = [name for kind in "itlde" for name in self.names[kind] if name != "n"]
        return [*lines, f"return {', '.join(names)},"]

    def _block(self, depth: int, count: int) -> list[str]:
        lines: list[str] = []
        for _ in range(count):
            self.left -= 1
            plain = depth >= _DEEPEST or self.left < 0
            choice = [text for text in _STATEMENTS if not plain or "$b" not in text]
            lines += self._statement(self.draw(st.sampled_from(choice)), depth)
        return lines

    def _statement(self, text: str, depth: int) -> list[str]:
        number = self.numbers = self.numbers + 1
        lines: list[str] = []
        inside = "$b" in text
        with self._kept() if inside else _nothing():
            for line in text.replace("$r", str(number)).splitlines():
                if line == "$b":
                    block = self._block(depth + 1, self.draw(st.integers(1, 2)))
                    lines += [_INDENT + one for one in block]
                else:
                    lines.append(self._filled(line, 0))
        if not inside:
            for kind, names in self.names.items():
                if any(line.startswith(f"{kind}{number} =") for line in lines):
                    names.append(f"{kind}{number}")
        return lines

    @contextmanager
    def _kept(self) -> Iterator[None]:
        """What comes to be in a block may not be there behind it."""
        before = {kind: list(names) for kind, names in self.names.items()}
        yield
        self.names = before

    def _filled(self, text: str, depth: int) -> str:
        fill: dict[str, Callable[[], str]] = {"$u": self._use, "$n": self._name}
        fill |= {f"${kind}": lambda kind=kind: self._expression(kind, depth) for kind in "itlde"}
        name = ""
        out, rest = "", text
        while "$" in rest:
            before, _, rest = rest.partition("$")
            what, rest = "$" + rest[:1], rest[1:]
            if what == "$n":  # one name for the whole expression
                name = name or self._name()
                out += before + name
            elif what in fill:
                out += before + fill[what]()
            else:
                out += before + what
        return out + rest

    def _expression(self, kind: str, depth: int) -> str:
        names = self.names[kind]
        if names and (depth > 1 or self.draw(st.booleans())):
            return self.draw(st.sampled_from(names))
        simple = {"i": "1", "t": "x", "l": "[1, n]", "d": "{'a': n}", "e": "None"}
        if depth > 1:
            return simple[kind]
        return f"({self._filled(self.draw(st.sampled_from(_EXPRESSIONS[kind])), depth + 1)})"

    def _name(self) -> str:
        self.numbers += 1
        return f"m{self.numbers}"

    def _use(self) -> str:
        node, other = self.draw(st.sampled_from(self.nodes)), self.draw(st.sampled_from(self.nodes))
        uses = [use for use in node.kind.all_uses if "f'" not in use and 'f"' not in use]
        use = self.draw(st.sampled_from(uses or ["$v"]))
        return f"({use.replace('$v', node.path).replace('$w', other.path)})"


@contextmanager
def _nothing() -> Iterator[None]:
    yield
