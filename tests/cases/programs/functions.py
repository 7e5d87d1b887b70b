"""What a function brings along: defaults, closures, globals, attributes."""

import functools
import math
import sys
import types

from cases.programs.common import PT, ones, times9_static
from cases.registering import case


@case("function state", PT + "178365", 2, "a function argument: the same code with other defaults")
def defaults_of_argument(wrap):
    def make(n):
        def shift(x, by=n):
            return x + by

        return shift

    f = wrap(lambda x, g: g(x))
    yield lambda: f(ones(), make(2))
    yield lambda: f(ones(), make(9))


@case(
    "function state", PT + "178365", 2, "the __defaults__ of a function are set anew", sibling=True
)
def defaults_set(wrap):
    def shift(x, by=2):
        return x + by

    f = wrap(lambda x: shift(x))
    yield lambda: f(ones())
    shift.__defaults__ = (9,)
    yield lambda: f(ones())


@case("function state", PT + "178365", 2, "the __kwdefaults__", sibling=True)
def kwdefaults_set(wrap):
    def shift(x, *, by=2):
        return x + by

    f = wrap(lambda x: shift(x))
    yield lambda: f(ones())
    shift.__kwdefaults__ = {"by": 9}
    yield lambda: f(ones())


@case("function state", PT + "178365", 2, "the __kwdefaults__ of a method", sibling=True)
def method_kwdefaults_set(wrap):
    class Thing:
        def act(self, x, *, by=2):
            return x + by

    t = Thing()
    f = wrap(lambda x: t.act(x))
    yield lambda: f(ones())
    Thing.act.__kwdefaults__ = {"by": 9}
    yield lambda: f(ones())


@case(
    "function state",
    PT + "178365",
    2,
    "the number of defaults becomes less: an error",
    sibling=True,
)
def defaults_removed(wrap):
    def shift(x, by=2):
        return x + by

    def fn(x):
        try:
            return shift(x)
        except TypeError:
            return x - 1

    f = wrap(fn)
    yield lambda: f(ones())
    shift.__defaults__ = None
    yield lambda: f(ones())


@case("function state", PT + "178365", 2, "a list as a default is changed", sibling=True)
def mutable_default(wrap):
    def shift(x, by=[2]):
        return x + by[0]

    f = wrap(lambda x: shift(x))
    yield lambda: f(ones())
    shift.__defaults__[0][0] = 9
    yield lambda: f(ones())


@case(
    "function state",
    PT + "178365",
    2,
    "the cell of a decorator around a method changes",
    sibling=True,
)
def decorated_method(wrap):
    def scaled(factor):
        def around(fn):
            @functools.wraps(fn)
            def inner(self, x):
                return fn(self, x) * factor[0]

            return inner

        return around

    factor = [2]

    class Thing:
        @scaled(factor)
        def act(self, x):
            return x

    t = Thing()
    f = wrap(lambda x: t.act(x))
    yield lambda: f(ones())
    factor[0] = 9
    yield lambda: f(ones())


@case("function state", PT + "178365", 2, "an attribute of a function changes", sibling=True)
def function_attribute(wrap):
    def shift(x):
        return x * shift.by

    shift.by = 2
    f = wrap(lambda x: shift(x))
    yield lambda: f(ones())
    shift.by = 9
    yield lambda: f(ones())


@case("function state", PT + "178365", 2, "__wrapped__ of a function is set anew", sibling=True)
def wrapped_set(wrap):
    @functools.wraps(times9_static)
    def outer(x):
        return outer.__wrapped__(x)

    outer.__wrapped__ = lambda x: x * 2
    f = wrap(lambda x: outer(x))
    yield lambda: f(ones())
    outer.__wrapped__ = times9_static
    yield lambda: f(ones())


@case("function state", PT + "108898", 2, "a function of another module is replaced")
def function_of_module(wrap):
    mod = types.ModuleType("a_module_of_the_cases")
    mod.helper = lambda x: x * 2
    sys.modules[mod.__name__] = mod
    f = wrap(lambda x: mod.helper(x))
    yield lambda: f(ones())
    mod.helper = times9_static
    yield lambda: f(ones())


a_function = None


@case("function state", PT + "108898", 2, "a global function is replaced", sibling=True)
def function_global(wrap):
    global a_function
    a_function = lambda x: x * 2
    f = wrap(lambda x: a_function(x))
    yield lambda: f(ones())
    a_function = times9_static
    yield lambda: f(ones())


@case("function state", PT + "118156", 2, "a function of math is replaced", sibling=True)
def math_replaced(wrap):
    old = math.floor
    f = wrap(lambda x: x * math.floor(2.5))
    yield lambda: f(ones())
    math.floor = lambda n: 9
    try:
        yield lambda: f(ones())
    finally:
        math.floor = old


@case("function state", PT + "110790", 2, "a partial argument with another number", sibling=True)
def partial_argument(wrap):
    def shift(x, by):
        return x + by

    f = wrap(lambda x, p: p(x))
    yield lambda: f(ones(), functools.partial(shift, by=2.0))
    yield lambda: f(ones(), functools.partial(shift, by=9.0))


@case("function state", PT + "110790", 2, "a partialmethod of the class is replaced", sibling=True)
def partialmethod_set(wrap):
    class Thing:
        def base(self, x, by):
            return x * by

        act = functools.partialmethod(base, by=2)

    t = Thing()
    f = wrap(lambda x: t.act(x))
    yield lambda: f(ones())
    Thing.act = functools.partialmethod(Thing.base, by=9)
    yield lambda: f(ones())


@case(
    "function state",
    PT + "152994",
    2,
    "another function is registered with singledispatch",
    sibling=True,
)
def singledispatch_registered(wrap):
    @functools.singledispatch
    def act(n, x):
        return x * 2

    f = wrap(lambda x: act(3, x))
    yield lambda: f(ones())
    act.register(int)(lambda n, x: x * 9)
    yield lambda: f(ones())


@case(
    "function state",
    PT + "107866",
    1,
    "a bound method of another object of a class without state",
    sibling=True,
)
def bound_method_anew(wrap):
    class Thing:
        def act(self, x):
            return x + 1

    f = wrap(lambda x, g: g(x))
    for _ in range(3):
        yield lambda: f(ones(), Thing().act)


@case("function state", PT + "197896", 3, "the same with a nonlocal number", sibling=True)
def closure_number_changed(wrap):
    n = 0

    class Helper:
        def touch(self):
            nonlocal n
            n += 1

    def fn(x):
        Helper().touch()
        return x + n

    f = wrap(fn)
    yield lambda: f(ones())
    yield lambda: f(ones())
    yield lambda: (f(ones()), n)


@case(
    "function state",
    PT + "108898",
    2,
    "a function that is imported in the graph is replaced",
    sibling=True,
)
def import_inside(wrap):
    mod = types.ModuleType("b_module_of_the_cases")
    mod.helper = lambda x: x * 2
    sys.modules[mod.__name__] = mod

    def fn(x):
        from b_module_of_the_cases import helper

        return helper(x)

    f = wrap(fn)
    yield lambda: f(ones())
    mod.helper = times9_static
    yield lambda: f(ones())


@case("function state", PT + "108898", 2, "a global of a function of another module", sibling=True)
def global_of_other_module(wrap):
    mod = types.ModuleType("e_module_of_the_cases")
    exec("factor = 2\ndef helper(x):\n    return x * factor", mod.__dict__)
    sys.modules[mod.__name__] = mod
    f = wrap(lambda x: mod.helper(x))
    yield lambda: f(ones())
    mod.factor = 9
    yield lambda: f(ones())


@case("function state", PT + "178365", 2, "__globals__ differ for the same code", sibling=True)
def globals_differ(wrap):
    code = compile("def helper(x):\n    return x * factor", "<cases>", "exec")
    made = []
    for n in (2, 9):
        names = {"factor": n}
        exec(code, names)
        made.append(names["helper"])
    f = wrap(lambda x, g: g(x))
    yield lambda: f(ones(), made[0])
    yield lambda: f(ones(), types.FunctionType(made[0].__code__, {"factor": 9}))
