"""Users' types, each with a visitor of one of the bases."""

from __future__ import annotations

from random_programs.kinds.kind import Kind

__all__ = ["KINDS"]

_CLASS = """
LEVEL = 2
class {cls}:
    kind = 'own'
    def __init__(self, a, b): self.a = a; self.b = b
    def act(self, k=1): return self.kind, LEVEL + k
    @property
    def twice(self): return [self.a, self.a]
    def __len__(self): return LEVEL
    def __eq__(self, other): return isinstance(other, {cls}) and LEVEL > 2
    def __hash__(self): return LEVEL
    def __str__(self): return f'{cls} {{LEVEL}}'
VISITORS = [*globals().get('VISITORS', ()), type('{cls}s', (vartrack.{base},), dict(types=({cls},), **{options}))]
"""
_USES = "$v.a; $v.act(); $v.act(k=3); $v.twice; len($v); str($v); f'{$v}'; $v == $w; $v is $w; {$v: 1}.get($v); $v.kind; hasattr($v, 'ghost'); getattr($v, 'ghost', 3); type($v).__name__; isinstance($v, {cls}); bool($v); $v.b; $v in [$w]; [$v, $w].index($w); callable($v); type($v).kind; x * len($v); $v is None; [$v, $v]; {'k': $v}; copy.copy($v).a; vars($v); $v.missing; hash($v) == hash($w); repr([$v])[:1]"
_CHANGED = """
    {cls}.act = lambda self, k=1: 20
    {cls}.act.__code__ = (lambda self, k=1: 19).__code__
    {cls}.act.__defaults__ = (9,)
    {cls}.kind = 'other'
    {cls}.twice = property(lambda self: 18)
    {cls}.__len__ = lambda self: 17
    {cls}.__eq__ = lambda self, other: True
    {cls}.__str__ = lambda self: 'text'
    {cls}.__hash__ = lambda self: 16
    {cls}.ghost = 15
    {cls}.__bool__ = lambda self: False
    {cls}.__getattr__ = lambda self, name: 14
    LEVEL += 1
"""
_IN_PLACE = "\n$v.a = 9\n$v.ghost = 3\n$v.kind = 'instance'\ndel $v.b\n$v.act = lambda k=1: 13"


def _of(name: str, cls: str, base: str, options: str = "{}", in_place: bool = True) -> Kind:
    changes = _CHANGED.replace("{cls}", cls) + (_IN_PLACE if in_place else "")
    defines = _CLASS.format(cls=cls, base=base, options=options)
    return Kind(
        name,
        f"{cls}($1, $2)",
        ("$v.a", "$v.b"),
        _USES.replace("{cls}", cls),
        changes,
        f"{cls}(1, 2)\nNone",
        defines,
        fixed=not in_place,
    )


KINDS = (
    _of(
        "constant",
        "Const",
        "ConstantVisitor",
        "{'key': staticmethod(vartrack.bases.content.content_key)}",
        in_place=False,
    ),
    _of("snapshot", "Snap", "SnapshotVisitor"),
    _of("record", "Rec", "RecordVisitor", "{'fields': ('a', 'b')}"),
    _of("opaque", "Opaq", "OpaqueVisitor"),
    Kind(
        "registered mapping",
        "Store({'a': $1, 'b': $2})",
        ("$v.data['a']", "$v.data['b']"),
        "$v['a']; $v.get('zz', 3); len($v); list($v); 'zz' in $v; {**$v}; list($v.items()); dict($v); $v == $w; $v is $w; $v.act(); x * len($v); $v.keys(); bool($v); [k for k in $v]",
        "$v.data['zz'] = 4\n$v.data['a'] = 5\n$v.data['a'] = $v.data.pop('a')\n$v.data = {'a': 1}\nStore.act = lambda self: 12\nStore.__getitem__ = lambda self, k: 11\nStore.__len__ = lambda self: 10\n$v.ghost = 3",
        "Store({'b': 1, 'a': 2})",
        "class Store(collections.abc.Mapping):\n    def __init__(self, data): self.data = data\n    def __getitem__(self, k): return self.data[k]\n    def __iter__(self): return iter(self.data)\n    def __len__(self): return len(self.data)\n    def act(self): return len(self.data)\nVISITORS = [*globals().get('VISITORS', ()), type('Stores', (vartrack.MappingVisitor,), dict(types=(Store,), stored=('data',)))]",
    ),
)
