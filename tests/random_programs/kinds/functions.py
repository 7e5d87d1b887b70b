"""Functions and other callables."""

from __future__ import annotations

from random_programs.kinds.kind import Kind

__all__ = ["KINDS"]

_CALLS = "$v(2); (lambda f: f(2))($v); list(map($v, [1, 2])); callable($v); $v is $w; [$v][0](3); functools.partial($v, 4)(); $v == $w; sorted([2, 1], key=$v); {$v: 1}.get($v)"
_NAMED = "; $v.__name__; $v.__defaults__; getattr($v, 'ghost', 3); hasattr($v, 'ghost'); $v.__code__.co_argcount; $v.__doc__; inspect.signature($v).parameters['k'].name"

KINDS = (
    Kind(
        "function",
        "plain",
        (),
        _CALLS + _NAMED + "; $v(k=5); $v(1, extra=2); $v.__kwdefaults__; $v.__qualname__",
        "plain.__code__ = (lambda k=1, *, extra=3: 40).__code__\nplain.__defaults__ = (6,)\nplain.__defaults__ = None\nplain.__kwdefaults__ = {'extra': 7}\nplain.__kwdefaults__['extra'] = 8\n$v.ghost = 5\nFACTOR += 1\nplain.__name__ = 'other'\nplain.__doc__ = 'd'\nhelper.__code__ = (lambda k: 39).__code__\nhelper = lambda k: 38\nlen = lambda o: 37",
        "other_function\nlen\nlambda k=1: 9",
        "FACTOR = 2\ndef helper(k): return k + FACTOR\ndef plain(k=1, *, extra=3): return helper(k) * extra + len('ab')\ndef other_function(k=1): return 36",
    ),
    Kind(
        "closure",
        "closed($1)",
        ("$v.__closure__[0].cell_contents",),
        _CALLS + "; $v(1); $v.__closure__[0].cell_contents; $v()",
        "$v.__closure__[0].cell_contents = 5\n$v.__defaults__ = (6,)\n$v.ghost = 3",
        "closed(1)\nclosed(2)",
        "def closed(held):\n    def inner(k=1): return held, k\n    return inner",
    ),
    Kind(
        "shared cell",
        "counted()",
        (),
        "$v[0](); ($v[0](), $v[1]()); $v[1](); ($v[1](), $v[0](), $v[1]())",
        "$v[0]()\n$v[0].__closure__[0].cell_contents = 40\n$v[1].__code__ = $v[0].__code__",
        defines="def counted():\n    n = 0\n    def up():\n        nonlocal n\n        n += 1\n        return n\n    def read(): return n\n    return up, read",
    ),
    Kind(
        "default",
        "defaulted",
        ("$v.__defaults__[0]",),
        "$v(1); $v(); $v.__defaults__; $v.__defaults__[0] is $w; (lambda f: f(2))($v)",
        "defaulted.__defaults__ = ([5, 6],)\ndefaulted.__defaults__[0].append(4)\ndefaulted.__defaults__ = None",
        fixed=True,
        defines="def defaulted(k=[1, 2]): return k",
    ),
    Kind(
        "wrapped",
        "wrapping",
        (),
        _CALLS + "; $v.__wrapped__(2); $v.__name__",
        "wrapped_one.__code__ = (lambda k=1: 35).__code__\nwrapping.__wrapped__ = len\nwrapping.__closure__[0].cell_contents = lambda k=1: 34",
        "wrapped_one",
        "def wrapped_one(k=1): return k + 10\ndef wrap_it(f):\n    @functools.wraps(f)\n    def wrapper(*a, **k): return f(*a, **k), 1\n    return wrapper\nwrapping = wrap_it(wrapped_one)",
    ),
    Kind(
        "partial",
        "functools.partial(parted, $1, k=$2)",
        ("$v.args[0]", "$v.keywords['k']"),
        "$v(); $v(k=4); $v.func(1); $v.args; $v.keywords; $v is $w; callable($v); (lambda f: f())($v); list($v.keywords)",
        "$v.keywords['k'] = 5\n$v.keywords['extra'] = 6\n$v.keywords.clear()\nparted.__code__ = (lambda *a, **k: 33).__code__\n$v.ghost = 3\n$v.__setstate__((parted, (8,), {}, {}))",
        "functools.partial(parted, 1)",
        "def parted(*a, **k): return a, sorted(k.items(), key=str)",
        True,
    ),
    Kind(
        "bound method",
        "Owner($1).act",
        ("$v.__self__.a",),
        "$v(); $v(4); $v.__self__.a; $v.__func__(Owner(1)); $v == $w; callable($v); $v.__name__; (lambda f: f())($v)",
        "$v.__self__.a = 9\nOwner.act = lambda self, k=1: 32\nOwner.act.__code__ = (lambda self, k=1: 31).__code__\nOwner.act.__defaults__ = (5,)",
        "Owner(3).act\nOwner(3).other",
        "class Owner:\n    def __init__(self, a): self.a = a\n    def act(self, k=1): return self.a, k\n    def other(self, k=1): return 30",
    ),
    Kind(
        "cached",
        "cached_one",
        (),
        "$v(2); ($v(2), $v(2)); $v.__wrapped__(3); callable($v)",
        "CALLS.append(1)\ncached_one.cache_clear()",
        defines="CALLS = [1]\n@functools.lru_cache\ndef cached_one(k): return k + 1",
    ),
    Kind(
        "dispatched",
        "dispatched_one",
        (),
        "$v(2); $v('a'); $v.dispatch(int)(3)",
        "dispatched_one.register(int, lambda k: 29)\ndispatched_one.register(str, lambda k: 28)",
        defines="@functools.singledispatch\ndef dispatched_one(k): return 1",
    ),
    Kind(
        "builtin",
        "len",
        (),
        "$v([1, 2]); $v is len; $v == len; callable($v); $v.__name__; list(map($v, ['a', 'bc']))",
        others="max\nsum\nstr",
    ),
    Kind(
        "method of a builtin",
        "[5, 6].append",
        (),
        "callable($v); $v.__name__; $v(3); $v.__self__",
        others="[1].append",
    ),
    Kind(
        "torch function",
        "torch.sin",
        (),
        "$v(x); $v is torch.sin; [$v][0](x); (lambda f: f(x))($v); $v.__name__",
        others="torch.cos\ntorch.Tensor.sin\nlambda t: t + 3",
    ),
    Kind(
        "torch method",
        "torch.Tensor.add",
        (),
        "$v(x, 1); $v is torch.Tensor.add; (lambda f: f(x, 2))($v)",
        others="torch.Tensor.sub",
    ),
    Kind(
        "operator",
        "operator.itemgetter(0)",
        (),
        "$v([7, 8]); $v is $w; callable($v); [$v][0]('ab')",
        others="operator.itemgetter(1)\noperator.attrgetter('real')",
    ),
    Kind(
        "global",
        "read_global",
        (),
        "$v(); (lambda f: f())($v); SETTING; SETTINGS['k']; len(SETTINGS); globals().get('SETTING'); 'NEW' in globals(); min([3, 4])",
        "SETTING = 5\nSETTING = 'x'\nSETTINGS['k'] = 6\nSETTINGS['n'] = 1\nNEW = 4\nmin = lambda a: 27\ndel SETTING\nSETTINGS = {'k': 3}",
        defines="SETTING = 1\nSETTINGS = {'k': 2}\ndef read_global(): return SETTING, SETTINGS['k'], 'n' in SETTINGS",
    ),
    Kind(
        "environment",
        "'VARTRACK_RANDOM'",
        (),
        "os.environ.get($v); os.getenv($v, 'none'); $v in os.environ",
        "os.environ['VARTRACK_RANDOM'] = '1'; undo.append(lambda: os.environ.pop('VARTRACK_RANDOM', None))\nos.environ['VARTRACK_RANDOM'] = '2'; undo.append(lambda: os.environ.pop('VARTRACK_RANDOM', None))",
    ),
    Kind(
        "code",
        "(lambda k=1: 26).__code__",
        (),
        "$v.co_argcount; $v is $w; [$v]",
        others="(lambda: 1).__code__",
    ),
)
