"""Values that nobody should make, and somebody does."""

from __future__ import annotations

from random_programs.kinds.kind import Kind

__all__ = ["KINDS"]

#: What is done to each of them; kept small, so that whatever is wrong is told apart.
_USES = """
    $v; [$v]; type($v).__name__; isinstance($v, (int, str, list)); isinstance($v, torch.Tensor); $v is None; $v is $w
    $v == $v; $v == 1; $v != $v; bool($v); 1 if $v else 2; not $v; len($v); list(itertools.islice($v, 3)); str($v)[:1]
    hash($v) == hash($v); {$v: 1}; $v in [$v]; [$v, 1].index(1); {1: 2}.get($v); $v.attr; getattr($v, 'attr', 3)
    hasattr($v, 'attr'); callable($v); $v(); $v + 1; $v[0]; $v['a']; x * $v; copy.copy($v) is $v; issubclass(type($v), int)
    setattr($v, 'attr', 5); next($v); int($v); sorted([$v, $v]) is None; (lambda *a: len(a))(*$v); 1 in $v; $v.__class__.__name__
    isinstance($v, collections.abc.Sized); [i for i, _ in zip($v, [1, 2])]; $v < $v; iter($v) is $v; repr($v)[:1]; dict(a=$v)
    vars($v) is None; $v or 4; range(3)[$v]; {**$v}; $v.append(1); list($v.keys())[:2]; torch.full((2,), $v); max([$v]) is $v
"""


def _odd(name: str, make: str, defines: str = "") -> Kind:
    return Kind(f"odd {name}", make, (), _USES, "", "None", defines)


def _class(name: str, cls: str, body: str, make: str = "", base: str = "", head: str = "") -> Kind:
    """A class whose methods are written on lines of their own."""
    lines = "".join(f"    {line}\n" for line in body.strip("\n").splitlines())
    return _odd(name, make or f"{cls}()", f"{head}class {cls}({base}):\n{lines}")


_RAISES = "raise ValueError('no')"

#: Objects that are not what they say.
_LIARS = (
    *(
        _class(
            f"class that says it is {what}",
            f"Says{number}",
            f"@property\ndef __class__(self): return {what}",
        )
        for number, what in enumerate(
            ("int", "list", "dict", "torch.Tensor", "nn.Module", "type", "tuple")
        )
    ),
    _class("class that raises", "SaysNothing", f"@property\ndef __class__(self): {_RAISES}"),
    _class(
        "dict that is a property", "NoDict", "@property\ndef __dict__(self): return {'attr': 9}"
    ),
    _class("dict that raises", "BadDict", f"@property\ndef __dict__(self): {_RAISES}"),
    _class("always an answer", "Answers1", "def __getattr__(self, name): return 1"),
    _class("always itself", "Answers2", "def __getattr__(self, name): return self"),
    _class(
        "always a function", "Answers3", "def __getattr__(self, name): return lambda *a, **k: 2"
    ),
    _class("never an answer", "Answers4", "def __getattr__(self, name): raise KeyError(name)"),
    _class("every attribute the same", "Answers5", "def __getattribute__(self, name): return 3"),
    _class("no attribute at all", "Answers6", f"def __getattribute__(self, name): {_RAISES}"),
    _class(
        "attributes that cannot be set", "Fixed1", f"def __setattr__(self, name, value): {_RAISES}"
    ),
    _class("fields that are not there", "Fields1", "_fields = ('a', 'b')", base="tuple"),
    _class(
        "data fields that are gone",
        "Fields2",
        "a: int = 1",
        head="@dataclasses.dataclass\n",
        make="(lambda d: (d.__dict__.clear(), d)[1])(Fields2())",
    ),
    _class("parts of a tensor", "Flat", "def __tensor_flatten__(self): return ['a'], None"),
    _class(
        "torch function that raises",
        "Func",
        f"@classmethod\ndef __torch_function__(cls, *a, **k): {_RAISES}",
    ),
    _class(
        "torch function that answers",
        "Func2",
        "@classmethod\ndef __torch_function__(cls, *a, **k): return 8",
    ),
    _odd("mock", "mock.MagicMock()", "from unittest import mock"),
    _odd("plain mock", "mock.Mock(attr=3)", "from unittest import mock"),
)

_SPECIAL = (
    *("__eq__", "__ne__", "__hash__", "__bool__", "__len__", "__iter__", "__next__", "__getitem__"),
    *("__contains__", "__call__", "__repr__", "__str__", "__format__", "__int__", "__index__"),
    *("__float__", "__add__", "__radd__", "__lt__", "__enter__", "__copy__", "__reduce_ex__"),
    *("__dir__", "__setattr__", "__mul__", "__rmul__", "__length_hint__"),
)

#: Objects whose special methods raise, or return what they must not.
_METHODS = (
    *(
        _class(f"{method} that raises", f"Raises{number}", f"def {method}(self, *a): {_RAISES}")
        for number, method in enumerate(_SPECIAL)
    ),
    *(
        _class(
            f"{method} that gives {what}",
            f"Gives{number}",
            f"def {method}(self, *a): return {what}",
        )
        for number, (method, what) in enumerate(
            (
                *(
                    ("__eq__", "torch.ones(2)"),
                    ("__eq__", "None"),
                    ("__eq__", "NotImplemented"),
                    ("__eq__", "[]"),
                ),
                *(
                    ("__hash__", "'a'"),
                    ("__hash__", "2**80"),
                    ("__hash__", "-1"),
                    ("__bool__", "2"),
                    ("__bool__", "None"),
                ),
                *(
                    ("__len__", "-1"),
                    ("__len__", "2**70"),
                    ("__len__", "'a'"),
                    ("__len__", "True"),
                    ("__iter__", "self"),
                ),
                *(
                    ("__iter__", "5"),
                    ("__iter__", "iter('ab')"),
                    ("__str__", "5"),
                    ("__repr__", "None"),
                    ("__int__", "'a'"),
                ),
                *(
                    ("__index__", "1.5"),
                    ("__index__", "True"),
                    ("__call__", "self"),
                    ("__contains__", "7"),
                    ("__getitem__", "self"),
                ),
                *(
                    ("__float__", "1"),
                    ("__add__", "NotImplemented"),
                    ("__lt__", "[]"),
                    ("__radd__", "self"),
                    ("__next__", "1"),
                ),
            )
        )
        if (method, what) != ("__getitem__", "self")
    ),
    _class(
        "hash that changes",
        "Hash1",
        "n = 0\ndef __hash__(self):\n    self.n += 1\n    return self.n",
    ),
    _class("hash that is none", "Hash2", "__hash__ = None"),
    _class("iteration that is none", "Iter1", "__iter__ = None"),
    _class(
        "equal to all",
        "Equal1",
        "def __eq__(self, o): return True\ndef __hash__(self): return hash(1)",
    ),
    _class("property that raises", "Prop1", f"@property\ndef attr(self): {_RAISES}"),
    _class("property that recurses", "Prop2", "@property\ndef attr(self): return self.attr"),
    _class(
        "descriptor that raises",
        "Prop3",
        f"class D:\n    def __get__(self, o, c): {_RAISES}\nattr = D()",
    ),
    _class("a call that recurses", "Call1", "def __call__(self): return self()"),
)

#: Classes whose metaclass misbehaves, and their instances.
_METACLASSES = tuple(
    kind
    for number, (name, body) in enumerate(
        (
            ("says every instance", "def __instancecheck__(cls, o): return True"),
            ("raises for instances", f"def __instancecheck__(cls, o): {_RAISES}"),
            ("raises for subclasses", f"def __subclasscheck__(cls, o): {_RAISES}"),
            ("equal to all", "def __eq__(cls, o): return True\ndef __hash__(cls): return 1"),
            ("comparison raises", f"def __eq__(cls, o): {_RAISES}\ndef __hash__(cls): return 1"),
            ("hash raises", f"def __hash__(cls): {_RAISES}"),
            ("makes numbers", "def __call__(cls, *a): return 5"),
            ("answers always", "def __getattr__(cls, name): return 6"),
            ("length raises", f"def __len__(cls): {_RAISES}"),
            ("false", "def __bool__(cls): return False"),
            ("name that lies", "@property\ndef __name__(cls): return 7"),
            ("order of its own", "def mro(cls): return (cls, Mixed, object)"),
            ("iterates", "def __iter__(cls): return iter([1, 2])"),
        )
    )
    for kind in (
        _class(
            f"metaclass: {name}",
            f"Odd{number}",
            "attr = 1",
            f"Odd{number}",
            f"metaclass=Meta{number}",
            "class Mixed: attr = 4\n"
            + f"class Meta{number}(type):\n"
            + "".join(f"    {line}\n" for line in body.splitlines()),
        ),
        _class(
            f"instance of metaclass: {name}",
            f"Odd{number}",
            "attr = 1",
            f"object.__new__(Odd{number})",
            f"metaclass=Meta{number}",
            "class Mixed: attr = 4\n"
            + f"class Meta{number}(type):\n"
            + "".join(f"    {line}\n" for line in body.splitlines()),
        ),
    )
)

#: Values that contain themselves, numbers and texts that are too large, keys that are not equal to
#: themselves.
_PLAIN = (
    _odd("list in itself", "(lambda o: (o.append(o), o)[1])([1])"),
    _odd("dict in itself", "(lambda o: (o.update(a=o), o)[1])({})"),
    _odd("object in itself", "(lambda o: (setattr(o, 'attr', o), o)[1])(types.SimpleNamespace())"),
    _odd("tuple in itself", "(lambda l: (l.append((l, 1)), l[0])[1])([])"),
    _odd("deque in itself", "(lambda o: (o.append(o), o)[1])(collections.deque())"),
    _odd("two lists in each other", "(lambda a, b: (a.append(b), b.append(a), a)[2])([], [])"),
    _odd("module in itself", "(lambda m: (m.__dict__.update(me=m), m)[1])(nn.Identity())"),
    _odd("deep list", "functools.reduce(lambda a, _: [a], range(200), 1)"),
    _odd("deep tuple", "functools.reduce(lambda a, _: (a,), range(200), 1)"),
    _odd("NaN key", "{float('nan'): 1, 1: 2}"),
    _odd("NaN in a tuple key", "{(float('nan'), 1): 1}"),
    _odd("NaN in a set", "{float('nan'), 1}"),
    _odd("NaN in a list", "[float('nan'), 1]"),
    _odd("zeros as keys", "{0: 1, '0': 2, None: 3, (): 4, False: 5}"),
    _odd("minus zero", "-0.0"),
    _odd("huge int", "10 ** 5000"),
    _odd("huge negative int", "-(10 ** 400)"),
    _odd("int at the edge", "2 ** 63"),
    _odd("int below the edge", "-2 ** 63 - 1"),
    _odd("huge text", "'a' * 1_000_000"),
    _odd("half a character", "'\\ud800'"),
    _odd("text with a zero", "'a\\0b'"),
    _odd("text of quotes", "'\\'\"\\n{}%s'"),
    _odd("huge bytes", "b'a' * 1_000_000"),
    _odd("huge range", "range(10 ** 30)"),
    _odd("tiny float", "5e-324"),
    _odd("complex NaN", "complex(float('nan'), 1)"),
    _odd("slice of objects", "slice(object(), 'a', [])"),
    _odd("dead reference", "weakref.ref(type('Gone', (), {})())"),
    _odd("closed generator", "(lambda g: (g.close(), g)[1])((i for i in [1]))"),
    _odd("coroutine", "coroutine", "async def coroutine(): pass"),
    _odd("memory view", "memoryview(b'ab')"),
    _odd("text file", "open(os.devnull)"),
    _odd("frame", "sys._getframe()"),
    _odd("array of objects", "np.array([1, 'a', None], dtype=object)"),
    _odd("date of numpy", "np.datetime64('2020-01-01')"),
    _odd("empty array", "np.zeros((0, 3))"),
    _odd("empty tensor", "torch.zeros(0)"),
    _odd("tensor without dimensions", "torch.tensor(3)"),
    _odd("tensor of NaN", "torch.tensor([float('nan')])"),
    _odd(
        "dict with an order of its own",
        "Backwards(a=1, b=2)",
        "class Backwards(dict):\n    def __iter__(self): return reversed(list(dict.__iter__(self)))\n    def keys(self): return list(self)",
    ),
    _odd(
        "dict without keys",
        "Keyless(a=1)",
        f"class Keyless(dict):\n    def keys(self): {_RAISES}\n    def __iter__(self): {_RAISES}",
    ),
    _odd(
        "list that lies",
        "Lying([1, 2])",
        "class Lying(list):\n    def __len__(self): return 7\n    def __iter__(self): return iter('xyz')\n    def __getitem__(self, i): return 'q'",
    ),
    _odd(
        "int that is not itself",
        "Unequal(3)",
        f"class Unequal(int):\n    def __eq__(self, o): {_RAISES}\n    __hash__ = int.__hash__",
    ),
    _odd("text without a hash", "Hashless('a')", "class Hashless(str):\n    __hash__ = None"),
    _odd(
        "text of another length",
        "Longer('ab')",
        "class Longer(str):\n    def __len__(self): return 50\n    def __str__(self): return 'other'",
    ),
    _odd(
        "enum that takes all",
        "Lenient(99)",
        "class Lenient(enum.Enum):\n    A = 1\n    @classmethod\n    def _missing_(cls, value): return cls.A",
    ),
    _odd(
        "module that answers",
        "ANSWERING",
        "ANSWERING = types.ModuleType('random_programs_odd')\nsys.modules['random_programs_odd'] = ANSWERING\nANSWERING.__getattr__ = lambda name: 5",
    ),
    _odd(
        "partial of itself", "(lambda p: (p.keywords.update(k=p), p)[1])(functools.partial(print))"
    ),
    _odd("class without a module", "type('Homeless', (), {'__module__': None})()"),
    _odd("class of many bases", "type('Many', (int, abc.ABC), {'attr': 2})(3)"),
)

KINDS = (*_LIARS, *_METHODS, *_METACLASSES, *_PLAIN)
