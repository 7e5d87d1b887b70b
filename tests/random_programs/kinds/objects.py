"""Objects of classes written in Python, one kind for each way in which a class can be built."""

from __future__ import annotations

from random_programs.kinds.kind import Kind

__all__ = ["KINDS"]

_ANY = """
    $v.a; $v.b; type($v).__name__; $v is $w; $v == $w; isinstance($v, Base); getattr($v, 'ghost', 4); hasattr($v, 'ghost')
    [$v][0].a; $v in [$w]; {$v: 1}; callable($v); bool($v); 1 if $v else 2; [$w, $v].index($v); $v != $w; (lambda q: q.a)($v)
    setattr($v, 'a', 5); (setattr($v, 'a', 5), $w); (setattr($v, 'new', 5), $v.new); vars($v); list(vars($v)); copy.copy($v).a
    isinstance($v, collections.abc.Sized); isinstance($v, (int, Base)); $v.__class__.__name__; $v.__dict__.get('a'); type($v).kind
"""


def _class_changes(cls: str) -> str:
    return f"""
        $v.a = 9
        $v.ghost = 3
        $v.kind = 'instance'
        $v.act = lambda k=1: 96
        del $v.b
        $v.__dict__['a'] = $v.__dict__.pop('a')
        {cls}.act = lambda self, k=1: 99
        {cls}.act.__code__ = (lambda self, k=1: 97).__code__
        {cls}.act.__defaults__ = (7,)
        {cls}.kind = 'other'
        {cls}.ghost = 8
        {cls}.a = property(lambda self: 95)
        {cls}.__eq__ = lambda self, other: True
        {cls}.__hash__ = lambda self: 3
        {cls}.__bool__ = lambda self: False
        {cls}.__len__ = lambda self: 0
        {cls}.__getattr__ = lambda self, name: 94
        {cls}.__getattribute__ = lambda self, name: 93
        {cls}.__setattr__ = lambda self, name, value: None
        {cls}.__call__ = lambda self: 1
        {cls}.__bases__ = (Base2,)
        Base.kind = 'based'
        Base.act = lambda self, k=1: 92
        Base.inherited = lambda self: 91
        $v.__class__ = Other
        FACTOR += 1
    """


_BASES = """
FACTOR = 2
class Base:
    kind = 'base'
    def inherited(self): return FACTOR
class Base2:
    kind = 'base2'
    def inherited(self): return 40
class Other(Base):
    def act(self, k=1): return 41
"""
_METHODS = """
    def __init__(self, a, b): self.a = a; self.b = b
    def act(self, k=1): return FACTOR + k
"""


def _of(
    name: str,
    cls: str,
    members: str,
    uses: str = "",
    changes: str = "",
    base: str = "Base",
    head: str = "",
    make: str = "",
) -> Kind:
    body = _METHODS + "".join("    " + line + "\n" for line in members.strip("\n").splitlines())
    return Kind(
        name,
        make or f"{cls}($1, $2)",
        ("$v.a", "$v.b"),
        _ANY + ";" + uses,
        _class_changes(cls) + changes,
        f"{cls}(1, 2)\nOther()\nNone",
        (_BASES, f"{head}class {cls}({base}):\n{body}"),
    )


_CALLS = "$v.act(); $v.act(k=3); $v.inherited(); $v.kind; (lambda f: f())($v.act); type($v).act($v); list(map(lambda o: o.act(), [$v]))"

KINDS = (
    _of(
        "object",
        "Thing",
        "",
        _CALLS + "; $v.act.__self__ is $v; Thing(1, 2).act(); Thing.kind; dir($v)[-1]",
    ),
    _of(
        "property",
        "Prop",
        "@property\ndef twice(self): return FACTOR * 2\n@twice.setter\ndef twice(self, value): self.b = value",
        "$v.twice; ($v.twice, $v.act()); setattr($v, 'twice', 4); getattr($v, 'twice')",
        "Prop.twice = property(lambda self: 90)\nProp.twice.fget.__code__ = (lambda self: 89).__code__\nProp.twice = 88\ndel Prop.twice",
    ),
    _of(
        "descriptor",
        "Desc",
        "got = Getter()",
        "$v.got; Desc.got; getattr($v, 'got'); setattr($v, 'got', 3)",
        "Getter.__get__ = lambda self, obj, cls=None: 87\nGetter.__set__ = lambda self, obj, value: None\nDesc.got = 86\n$v.__dict__['got'] = 85\nDesc.__dict__['got'].level = 84",
        head="class Getter:\n    level = 6\n    def __get__(self, obj, cls=None): return self.level if obj is not None else 1\n",
    ),
    _of(
        "cached property",
        "Cached",
        "@functools.cached_property\ndef slow(self): return FACTOR + 3",
        "$v.slow; ($v.slow, $v.slow); 'slow' in vars($v); hasattr($v, 'slow')",
        "$v.__dict__.pop('slow', None)\n$v.slow = 83\nCached.slow = 82",
    ),
    _of(
        "with getattr",
        "Answers",
        "def __getattr__(self, name):\n    if name == 'magic': return FACTOR\n    raise AttributeError(name)",
        "$v.magic; getattr($v, 'nothing', 3); hasattr($v, 'magic'); $v.act()",
        "$v.magic = 81\nAnswers.magic = 80\ndel Answers.__getattr__",
    ),
    _of(
        "with getattribute",
        "Looks",
        "def __getattribute__(self, name):\n    if name == 'magic': return 5\n    return object.__getattribute__(self, name)",
        "$v.magic; $v.act(); $v.a",
        "$v.magic = 81\ndel Looks.__getattribute__",
    ),
    _of(
        "sequence",
        "Seq",
        "def __len__(self): return 2\ndef __getitem__(self, i):\n    if i in (0, 1): return (self.a, self.b)[i]\n    raise IndexError(i)\ndef __contains__(self, o): return o == FACTOR",
        "len($v); $v[0]; list($v); [i for i in $v]; 2 in $v; bool($v); (lambda p, q: q)(*$v); x * len($v); list(enumerate($v)); tuple($v); list(reversed($v)); list(zip($v, $v))",
        "Seq.__getitem__ = lambda self, i: [3][i]\nSeq.__contains__ = lambda self, o: False\nSeq.__iter__ = lambda self: iter([8])\nSeq.__reversed__ = lambda self: iter([6])\ndel Seq.__contains__",
    ),
    _of(
        "iterable",
        "Iter",
        "def __iter__(self):\n    yield self.a\n    yield FACTOR",
        "list($v); [i for i in $v]; (lambda p, q: q)(*$v); next(iter($v)); 2 in $v; tuple($v); [*$v]; sum(1 for _ in $v)",
        "Iter.__iter__ = lambda self: iter([5, 6])\nIter.__contains__ = lambda self, o: True",
    ),
    _of(
        "iterator",
        "Steps",
        "n = 0\ndef __iter__(self): return self\ndef __next__(self):\n    self.n += 1\n    if self.n > 3: raise StopIteration\n    return self.n",
        "next($v); list($v); [i for i in $v]; next($v, 9); $v.n; (next($v), next($v))",
        "$v.n = 2\nSteps.n = 1\nSteps.__next__ = lambda self: (_ for _ in ()).throw(StopIteration)",
    ),
    _of(
        "operators",
        "Ops",
        "def __add__(self, o): return FACTOR\ndef __radd__(self, o): return 8\ndef __lt__(self, o): return True\ndef __neg__(self): return 4\ndef __int__(self): return 3\ndef __index__(self): return 1\ndef __iadd__(self, o): self.a = 7; return self\ndef __matmul__(self, o): return 6",
        "$v + 1; 1 + $v; $v < $w; -$v; int($v); [5, 6][$v]; $v @ 2; $v + $w; sorted([$v, $v])[0].a; x * int($v); range($v)[0]; max([$v, $w]).a; sum([$v]); operator.add($v, 2)",
        "Ops.__add__ = lambda self, o: 79\nOps.__radd__ = lambda self, o: 78\nOps.__lt__ = lambda self, o: False\nOps.__int__ = lambda self: 2\nOps.__index__ = lambda self: 0\ndel Ops.__add__\nOps.__neg__ = lambda self: 77\nOps.__gt__ = lambda self, o: False",
    ),
    _of(
        "texts",
        "Words",
        "def __str__(self): return f'text {self.a}'\ndef __repr__(self): return f'Words {FACTOR}'\ndef __format__(self, spec): return spec + '|'",
        "str($v); repr($v); f'{$v}'; f'{$v:>4}'; f'{$v!r}'; '%s' % $v; '{}'.format($v); str([$v]); ''.join(map(str, [$v])); format($v, 'q')",
        "Words.__str__ = lambda self: 'new'\nWords.__repr__ = lambda self: 'fresh'\nWords.__format__ = lambda self, spec: 'formed'\ndel Words.__format__\ndel Words.__str__",
    ),
    _of(
        "equal and hashed",
        "Keyed",
        "def __eq__(self, o): return isinstance(o, Keyed) and self.b == o.b\ndef __hash__(self): return FACTOR",
        "$v == $w; $v == Keyed(1, 2); {$v: 1}[$v]; $v in {$w}; hash($v) == hash($w); $v in [Keyed(1, 2)]; [Keyed(1, 2)].index($v); $v != $w; {Keyed(1, 2): 5}.get($v)",
        "Keyed.__eq__ = lambda self, o: False\nKeyed.__hash__ = lambda self: 12\nKeyed.__ne__ = lambda self, o: True\ndel Keyed.__eq__",
    ),
    _of(
        "callable",
        "Call",
        "def __call__(self, k=1): return FACTOR * k",
        "$v(); $v(k=3); callable($v); list(map($v, [1, 2])); functools.partial($v, 2)(); (lambda f: f(2))($v)",
        "Call.__call__ = lambda self, k=1: 76\n$v.__call__ = lambda k=1: 75\nCall.__call__.__defaults__ = (4,)\ndel Call.__call__",
    ),
    _of(
        "context",
        "Ctx",
        "def __enter__(self): self.a = 1; return FACTOR\ndef __exit__(self, *e): return self.b == 2",
        "(lambda e: e)($v.__enter__()); use_with($v); use_with_error($v); $v.a",
        "Ctx.__enter__ = lambda self: 74\nCtx.__exit__ = lambda self, *e: False\nCtx.__exit__ = lambda self, *e: True",
        head="def use_with(c):\n    with c as got: return got\ndef use_with_error(c):\n    try:\n        with c: raise ValueError('no')\n        return 1\n    except ValueError: return 2\n",
    ),
    _of(
        "static and class methods",
        "Meths",
        "@classmethod\ndef made(cls, k=2): return cls.kind, k\n@staticmethod\ndef still(k=3): return FACTOR + k",
        "$v.made(); Meths.made(); $v.still(); type($v).still(5); (lambda f: f())($v.made); $v.made.__self__.__name__",
        "Meths.made = classmethod(lambda cls: 73)\nMeths.still = staticmethod(lambda k=3: 72)\nMeths.still.__code__ = (lambda k=3: 71).__code__\nMeths.made.__func__.__defaults__ = (8,)\nMeths.made = lambda self: 70",
    ),
    _of(
        "by super",
        "Sub",
        "def act(self, k=1): return (super().act(k), FACTOR)\ndef inherited(self): return (super().inherited(), 1)",
        _CALLS,
        "Parent.act = lambda self, k=1: 69\nParent.inherited = lambda self: 68\nParent.act.__code__ = (lambda self, k=1: 67).__code__\ndel Sub.act\nParent.__bases__ = (Base2,)",
        base="Parent",
        head="class Parent(Base):\n    def act(self, k=1): return 5 + k\n",
    ),
    _of(
        "metaclass",
        "Made",
        "",
        _CALLS
        + "; Made.level; Made.tell(); len(Made); isinstance($v, Made); 3 in Made; Made['k']; Made == Other; type(Made).__name__; Made.ghost if hasattr(Made, 'ghost') else 0",
        "Meta.level = 66\nMeta.tell = lambda cls: 65\nMeta.__len__ = lambda cls: 64\nMeta.__instancecheck__ = lambda cls, o: False\nMeta.__contains__ = lambda cls, o: False\nMeta.__getitem__ = lambda cls, k: 63\nMeta.__eq__ = lambda cls, o: True; Meta.__hash__ = lambda cls: 1\nMeta.ghost = 62\nMade.level = 61",
        base="Base, metaclass=Meta",
        head="class Meta(type):\n    level = 4\n    def tell(cls): return FACTOR\n    def __len__(cls): return 3\n    def __contains__(cls, o): return True\n    def __getitem__(cls, k): return k\n",
    ),
    _of(
        "registered with an ABC",
        "Quack",
        "def quack(self): return 1",
        "isinstance($v, Duck); issubclass(Quack, Duck); isinstance($v, HasQuack); isinstance($v, (int, Duck)); isinstance($v, Hooked); isinstance($v, collections.abc.Callable); isinstance($v, collections.abc.Iterable)",
        "Duck.register(Quack)\nHooked.__subclasshook__ = classmethod(lambda cls, c: True)\ndel Quack.quack\nQuack.__iter__ = lambda self: iter(())\n$v.__dict__['quack'] = None\ncollections.abc.Sized.register(Quack)",
        head="class Duck(abc.ABC): pass\n@typing.runtime_checkable\nclass HasQuack(typing.Protocol):\n    def quack(self): ...\nclass Hooked(abc.ABC):\n    @classmethod\n    def __subclasshook__(cls, c): return NotImplemented\n",
    ),
    _of(
        "generic",
        "Gen",
        "",
        _CALLS
        + "; Gen[int].__name__; Gen[int](1, 2).act(); isinstance($v, Gen); typing.get_args(Gen[int])",
        "Gen.__class_getitem__ = classmethod(lambda cls, k: cls)",
        base="Base, typing.Generic[T]",
        head="T = typing.TypeVar('T')\n",
    ),
    _of(
        "exception",
        "Err",
        "",
        "$v.args; $v.a; isinstance($v, ValueError); raised($v); str($v); $v.act()",
        "$v.args = (5,)\nErr.__str__ = lambda self: 'e'\n$v.__notes__ = ['n']",
        base="ValueError, Base",
        head="def raised(e):\n    try: raise e\n    except ValueError as caught: return caught is e, caught.args\n",
    ),
    Kind(
        "slots",
        "Slot($1, $2)",
        ("$v.a", "$v.b"),
        "$v.a; $v.act(); hasattr($v, 'b'); getattr($v, 'c', 3); $v is $w; setattr($v, 'a', 4); (setattr($v, 'a', 4), $w); type($v).__slots__; $v == $w; hasattr($v, '__dict__')",
        "$v.a = 9\ndel $v.b\n$v.c = 6\nSlot.act = lambda self: 60\nSlot.a = 59\nSlot.d = 4",
        "Slot(1, 2)",
        "class Slot:\n    __slots__ = ('a', 'b', 'c')\n    def __init__(self, a, b): self.a = a; self.b = b\n    def act(self): return self.__slots__",
    ),
    Kind(
        "dataclass",
        "Data($1, $2)",
        ("$v.a", "$v.b"),
        "$v.a; $v.act(); $v == Data(1, 2); dataclasses.replace($v, a=3).a; dataclasses.asdict($v); [f.name for f in dataclasses.fields($v)]; str($v); Data(1).b; $v.c; vars($v); (setattr($v, 'a', 4), $w.a); dataclasses.is_dataclass($v); $v is $w; hasattr($v, 'ghost'); dataclasses.astuple($v)",
        "$v.a = 9\ndel $v.a\n$v.ghost = 3\nData.b = 58\nData.act = lambda self: 57\nData.__init__ = lambda self, a, b=2: setattr(self, 'b', 50)\nData.__eq__ = lambda self, o: True\nData.__dataclass_fields__.pop('b')\nData.__init__.__defaults__ = (5, 6)\nData.__repr__ = lambda self: 'd'",
        "Data(1, 2)\nData(1)",
        "@dataclasses.dataclass\nclass Data:\n    a: object\n    b: object = 7\n    c: list = dataclasses.field(default_factory=list)\n    def act(self): return len(self.c)",
    ),
    Kind(
        "frozen dataclass",
        "Cold($1, $2)",
        ("$v.a", "$v.b"),
        "$v.a; $v.act(); $v == Cold(1, 2); hash(Cold(1, 2)) == hash($v); dataclasses.replace($v, a=3).a; str($v); Cold(1).b; {Cold(1, 2): 4}.get($v); $v in {Cold(1, 2)}; $v is $w",
        "Cold.b = 58\nCold.act = lambda self: 57\nCold.__hash__ = lambda self: 4\nCold.__eq__ = lambda self, o: True\nobject.__setattr__($v, 'a', 9)\nobject.__setattr__($v, 'ghost', 9)",
        "Cold(1, 2)\nCold(1)",
        "@dataclasses.dataclass(frozen=True)\nclass Cold:\n    a: object\n    b: object = 7\n    def act(self): return type(self.b).__name__",
        True,
    ),
    Kind(
        "slotted dataclass",
        "Tight($1, $2)",
        ("$v.a", "$v.b"),
        "$v.a; $v.act(); $v == Tight(1, 2); dataclasses.astuple($v); str($v); $v is $w; (setattr($v, 'a', 4), $w.a)",
        "$v.a = 9\nTight.act = lambda self: 57\ndel $v.b\nTight.__eq__ = lambda self, o: True",
        "Tight(1, 2)",
        "@dataclasses.dataclass(slots=True)\nclass Tight:\n    a: object\n    b: object = 7\n    def act(self): return 5",
    ),
    Kind(
        "namespace",
        "types.SimpleNamespace(a=$1, b=$2)",
        ("$v.a", "$v.b"),
        "$v.a; hasattr($v, 'ghost'); vars($v); list(vars($v)); $v == types.SimpleNamespace(a=1, b=2); str($v); len(vars($v)); 'ghost' in $v.__dict__; (setattr($v, 'a', 4), $w); getattr($v, 'ghost', 3); $v is $w; $v.__dict__['a']; {**vars($v)}",
        "$v.a = 9\n$v.ghost = 3\ndel $v.b\n$v.__dict__['a'] = $v.__dict__.pop('a')\n$v.__dict__.clear()",
        "types.SimpleNamespace(b=1, a=2)",
    ),
    Kind(
        "bare object",
        "object()",
        (),
        "$v is $w; $v == $w; $v in [$w]; {$v: 1}.get($v); hash($v) == hash($w); type($v) is object; bool($v); {id($v): 1}.get(id($w))",
        others="object()\nNone",
    ),
    Kind(
        "thread local",
        "made_local($1)",
        ("$v.a",),
        "$v.a; getattr($v, 'ghost', 3); hasattr($v, 'ghost'); vars($v)",
        "$v.a = 9\n$v.ghost = 4\ndel $v.a",
        defines="def made_local(a):\n    local = threading.local()\n    local.a = a\n    return local",
    ),
    Kind(
        "class",
        "Klass",
        (),
        "$v.kind; $v(3).a; $v is Klass; $v == Klass; isinstance(1, $v); issubclass($v, int); $v.__name__; $v.act(5); {Klass: 1}.get($v); hasattr($v, 'ghost'); [$v].index(Klass); $v.made(); vars($v).get('kind'); dir($v)[0]; str($v)[:3]; $v.__mro__[-1].__name__; $v.__doc__; isinstance($v, type); issubclass(bool, $v); $v.kind.upper(); getattr($v, 'ghost', 3); setattr($v, 'kind', 'set')",
        "Klass.kind = 'other'\nKlass.act = lambda self: 56\nKlass.__init__ = lambda self, a: setattr(self, 'a', 55)\nKlass.__new__ = lambda cls, *a: types.SimpleNamespace(a=54)\nKlass.ghost = 3\nKlass.made = classmethod(lambda cls: 53)\nKlass.__name__ = 'Renamed'\nKlass.__doc__ = 'said'\nKlass.__bases__ = (KlassBase2,)\nKlass.kind = property(lambda self: 'p')\nKlass.__init__.__code__ = (lambda self, a: setattr(self, 'a', 52)).__code__",
        "Klass2\nint",
        "class KlassBase:\n    def based(self): return 1\nclass KlassBase2:\n    def based(self): return 2\nclass Klass(KlassBase):\n    'doc'\n    kind = 'k'\n    def __init__(self, a): self.a = a\n    def act(self): return 4\n    @classmethod\n    def made(cls): return cls(7).a\nclass Klass2(Klass): pass",
    ),
)
