"""Methods that are replaced on a class, and methods whose code is."""

from torch import nn

from cases.programs.common import PT, ones, size9, times9, times9_static
from cases.registering import case


def method_case(name, what, change, report=PT + "197860", sibling=True, call=None):
    def plan(wrap):
        class Thing:
            def __init__(self, n=2):
                self.n = n

            def act(self, x):
                return x * 2

            @staticmethod
            def still(x):
                return x * 2

            @classmethod
            def made(cls, x):
                return x * 2

            @property
            def size(self):
                return 2

            def __call__(self, x):
                return x * 2

            def __len__(self):
                return 2

            def __bool__(self):
                return True

            def __getitem__(self, i):
                return 2

            def __contains__(self, i):
                return True

            def __eq__(self, other):
                return True

            __hash__ = None

            def __add__(self, other):
                return 2

            def __iter__(self):
                yield 2

            def __enter__(self):
                return 2

            def __exit__(self, *args):
                return None

        thing = Thing()
        f = wrap(lambda x: call(thing, Thing, x))
        yield lambda: f(ones())
        change(Thing)
        yield lambda: f(ones())

    plan.__name__ = name
    case(
        "method replaced" if "code" not in name else "code of a method",
        report,
        2,
        what,
        sibling=sibling,
    )(plan)


def with_enter(t, T, x):
    with t as n:
        return x * n


def set_code(getter, body):
    def change(T):
        getter(T).__code__ = body.__code__

    return change


# fmt: off
method_case("code_of_method", "the __code__ of a method is set anew", set_code(lambda T: T.act, times9), call=lambda t, T, x: t.act(x), sibling=False)
method_case("code_of_classmethod", "of a class method", set_code(lambda T: T.made.__func__, times9), call=lambda t, T, x: t.made(x))
method_case("code_of_staticmethod", "of a static method", set_code(lambda T: T.still, times9_static), call=lambda t, T, x: t.still(x))
method_case("code_of_property", "of a property's getter", set_code(lambda T: T.__dict__["size"].fget, size9), call=lambda t, T, x: x * t.size)
method_case("code_of_call", "of __call__", set_code(lambda T: T.__call__, times9), call=lambda t, T, x: t(x))
method_case("code_of_function_by_class", "of a method called through the class", set_code(lambda T: T.act, times9), call=lambda t, T, x: T.act(t, x))
method_case("code_of_len", "of __len__", set_code(lambda T: T.__len__, size9), call=lambda t, T, x: x * len(t))
method_case("method_set", "a method is replaced on the class", lambda T: setattr(T, "act", times9), call=lambda t, T, x: t.act(x))
method_case("staticmethod_set", "a static method is replaced", lambda T: setattr(T, "still", staticmethod(times9_static)), call=lambda t, T, x: t.still(x))
method_case("classmethod_set", "a class method is replaced", lambda T: setattr(T, "made", classmethod(times9)), call=lambda t, T, x: t.made(x))
method_case("classmethod_set_by_class", "a class method is replaced, called through the class", lambda T: setattr(T, "made", classmethod(times9)), call=lambda t, T, x: T.made(x))
method_case("property_set", "a property is replaced", lambda T: setattr(T, "size", property(size9)), call=lambda t, T, x: x * t.size)
method_case("property_to_value", "a property is replaced by a number", lambda T: setattr(T, "size", 9), call=lambda t, T, x: x * t.size)
method_case("call_set", "__call__ is replaced", lambda T: setattr(T, "__call__", times9), call=lambda t, T, x: t(x))
method_case("len_set", "__len__ is replaced", lambda T: setattr(T, "__len__", size9), call=lambda t, T, x: x * len(t))
method_case("bool_set", "__bool__ is replaced", lambda T: setattr(T, "__bool__", lambda self: False), call=lambda t, T, x: x * 2 if t else x * 9)
method_case("getitem_set", "__getitem__ is replaced", lambda T: setattr(T, "__getitem__", lambda self, i: 9), call=lambda t, T, x: x * t[0])
method_case("contains_set", "__contains__ is replaced", lambda T: setattr(T, "__contains__", lambda self, i: False), call=lambda t, T, x: x * 2 if 1 in t else x * 9)
method_case("eq_set", "__eq__ is replaced", lambda T: setattr(T, "__eq__", lambda self, o: False), call=lambda t, T, x: x * 2 if t == 1 else x * 9)
method_case("add_set", "__add__ is replaced", lambda T: setattr(T, "__add__", lambda self, o: 9), call=lambda t, T, x: x * (t + 1))
method_case("iter_set", "__iter__ is replaced", lambda T: setattr(T, "__iter__", lambda self: iter([9])), call=lambda t, T, x: x * [i for i in t][0])
method_case("enter_set", "__enter__ is replaced", lambda T: setattr(T, "__enter__", lambda self: 9), call=with_enter)
method_case("init_set", "__init__ is replaced, the object is made in the graph", lambda T: setattr(T, "__init__", lambda self: setattr(self, "n", 9)), call=lambda t, T, x: x * T().n)
method_case("getattr_added", "__getattr__ comes to be", lambda T: setattr(T, "__getattr__", lambda self, n: 9), call=lambda t, T, x: x * getattr(t, "nothing", 2))
method_case("getattribute_added", "__getattribute__ comes to be", lambda T: setattr(T, "__getattribute__", lambda self, n: 9), call=lambda t, T, x: x * t.n)
# fmt: on


@case("method replaced", PT + "197860", 2, "a class gets a method that was inherited", sibling=True)
def method_overridden(wrap):
    class A:
        def act(self, x):
            return x * 2

    class Thing(A):
        pass

    t = Thing()
    f = wrap(lambda x: t.act(x))
    yield lambda: f(ones())
    Thing.act = times9
    yield lambda: f(ones())


@case("method replaced", PT + "197860", 2, "what super() finds is replaced", sibling=True)
def super_method_set(wrap):
    class A:
        def act(self, x):
            return x * 2

    class Thing(A):
        def act(self, x):
            return super().act(x)

    t = Thing()
    f = wrap(lambda x: t.act(x))
    yield lambda: f(ones())
    A.act = times9
    yield lambda: f(ones())


@case(
    "method replaced",
    PT + "174050",
    2,
    "the __class__ of an object is set between calls",
    sibling=True,
)
def class_of_object_set(wrap):
    class A:
        def act(self, x):
            return x * 2

    class B:
        def act(self, x):
            return x * 9

    t = A()
    f = wrap(lambda x: t.act(x))
    yield lambda: f(ones())
    t.__class__ = B
    yield lambda: f(ones())


@case("method replaced", PT + "174050", 1, "__class__ is a property that lies", sibling=True)
def class_property(wrap):
    class A:
        pass

    class Proxy:
        @property
        def __class__(self):
            return A

    p = Proxy()
    f = wrap(lambda x: x + 1 if isinstance(p, A) else x - 1)
    yield lambda: f(ones())


@case("method replaced", PT + "197860", 2, "a dict's subclass gets a __getitem__", sibling=True)
def dict_subclass_getitem(wrap):
    class Table(dict):
        pass

    t = Table(a=2)
    f = wrap(lambda x: x * t["a"])
    yield lambda: f(ones())
    Table.__getitem__ = lambda self, key: 9
    yield lambda: f(ones())


@case("method replaced", PT + "197860", 2, "a list's subclass gets a __len__", sibling=True)
def list_subclass_len(wrap):
    class Items(list):
        pass

    t = Items([1, 2])
    f = wrap(lambda x: x * len(t))
    yield lambda: f(ones())
    Items.__len__ = size9
    yield lambda: f(ones())


@case(
    "method replaced",
    PT + "197860",
    2,
    "a helper method of a module's class is patched",
    sibling=True,
)
def module_helper_set(wrap):
    class Net(nn.Module):
        def scale(self, x):
            return x * 2

        def forward(self, x):
            return self.scale(x)

    f = wrap(Net())
    yield lambda: f(ones())
    Net.scale = times9
    yield lambda: f(ones())
