"""Two places that hold the same object, or no longer do."""

from torch import nn

from cases.programs.common import PR, PT, ones
from cases.registering import case


@case("identity", PT + "196173", 2, "objects of a user's class", sibling=True)
def attribute_is_user(wrap):
    class Side:
        pass

    class Switch:
        def __init__(self):
            self.left = Side()
            self.right = Side()
            self.now = self.left

    s = Switch()
    f = wrap(lambda x: x + 1 if s.now is s.left else x - 1)
    yield lambda: f(ones())
    s.now = s.right
    yield lambda: f(ones())


@case("identity", PT + "111713", 2, "two dicts", sibling=True)
def dicts_is(wrap):
    f = wrap(lambda x, p, q: x + 1 if p is q else x - 1)
    d, e = {1: 2}, {1: 2}
    yield lambda: f(ones(), d, e)
    yield lambda: f(ones(), d, d)


@case("identity", PT + "111713", 2, "two tensors", sibling=True)
def tensors_is(wrap):
    f = wrap(lambda p, q: p + 1 if p is q else p - 1)
    a, b = ones(), ones()
    yield lambda: f(a, b)
    yield lambda: f(a, a)
    yield lambda: f(a, b)


@case("identity", PR + "184830", 2, "a tensor argument and a global tensor")
def tensor_is_global(wrap):
    kept = ones()
    f = wrap(lambda p: p + 1 if p is kept else p - 1)
    yield lambda: f(kept)
    yield lambda: f(ones())


@case("identity", PR + "184830", 2, "the other way round", sibling=True)
def tensor_is_not_global(wrap):
    kept = ones()
    f = wrap(lambda p: p + 1 if p is kept else p - 1)
    yield lambda: f(ones())
    yield lambda: f(kept)


@case("identity", PT + "93722", 2, "two lists are appended to, then they are one")
def lists_appended(wrap):
    def fn(x, left, right):
        left.append(1)
        right.append(2)
        return x + len(left)

    f = wrap(fn)
    a, b, c = [], [], []
    yield lambda: (f(ones(), a, b), a, b)
    yield lambda: (f(ones(), c, c), c)


@case("identity", PT + "93722", 2, "one list twice, then two", sibling=True)
def lists_appended_other_way(wrap):
    def fn(x, left, right):
        left.append(1)
        right.append(2)
        return x + len(left)

    f = wrap(fn)
    a, b, c = [], [], []
    yield lambda: (f(ones(), c, c), c)
    yield lambda: (f(ones(), a, b), a, b)


@case("identity", PT + "93722", 2, "two dicts are set, then they are one", sibling=True)
def dicts_changed(wrap):
    def fn(x, left, right):
        left["n"] = 1
        right["n"] = 2
        return x + left["n"]

    f = wrap(fn)
    a, b, c = {}, {}, {}
    yield lambda: (f(ones(), a, b), a, b)
    yield lambda: (f(ones(), c, c), c)


@case("identity", PT + "93722", 2, "two attributes, then they are one", sibling=True)
def attributes_changed(wrap):
    class Box:
        pass

    box = Box()
    box.left, box.right = [], []

    def fn(x):
        box.left.append(1)
        box.right.append(2)
        return x + len(box.left)

    f = wrap(fn)
    yield lambda: (f(ones()), box.left, box.right)
    box.left = box.right = []
    yield lambda: (f(ones()), box.left, box.right)


@case("identity", PT + "93722", 2, "a list argument that is the global one", sibling=True)
def argument_is_closure_list(wrap):
    kept = []

    def fn(x, given):
        kept.append(1)
        given.append(2)
        return x + len(kept)

    f = wrap(fn)
    other = []
    yield lambda: (f(ones(), other), list(kept))
    kept.clear()
    yield lambda: (f(ones(), kept), list(kept))


@case(
    "identity", PT + "93722", 2, "two tensors are changed in place, then they are one", sibling=True
)
def tensors_changed(wrap):
    def fn(p, q):
        p.add_(1)
        q.mul_(3)
        return p + q

    f = wrap(fn)
    a, b, c = ones(), ones(), ones()
    yield lambda: f(a, b)
    yield lambda: f(c, c)


@case("identity", PT + "196173", 1, "a module in its own list of modules", sibling=True)
def same_module_twice(wrap):
    lin = nn.Identity()
    mods = [lin, lin]
    f = wrap(lambda x: x + 1 if mods[0] is mods[1] else x - 1)
    yield lambda: f(ones())
