"""Registered classes, protocols and checks written in Python."""

from __future__ import annotations

import abc
import collections
import typing
from typing import Any

import pytest
import torch
from facts import Plan, Plans, both_runs
from torch import nn

ONE = torch.ones(2)
PLANS = Plans()
plan = PLANS.add


# isinstance
class Base:
    pass


@plan
def abc_register(wrap):
    class I(abc.ABC):
        pass

    class A:
        pass

    a = A()
    f = wrap(lambda x: x * 2 if isinstance(a, I) else x * 3)
    yield lambda: f(ONE)
    I.register(A)
    yield lambda: f(ONE)


@plan
def abc_register_subclass(wrap):
    class I(abc.ABC):
        pass

    class A:
        pass

    f = wrap(lambda x: x * 2 if issubclass(A, I) else x * 3)
    yield lambda: f(ONE)
    I.register(A)
    yield lambda: f(ONE)


@plan
def abc_register_base(wrap):
    class I(abc.ABC):
        pass

    class A:
        pass

    class B(A):
        pass

    f = wrap(lambda x, b: x * 2 if isinstance(b, I) else x * 3)
    yield lambda: f(ONE, B())
    I.register(A)
    yield lambda: f(ONE, B())


@plan
def abc_register_tuple(wrap):
    class I(abc.ABC):
        pass

    class A:
        pass

    f = wrap(lambda x, b: x * 2 if isinstance(b, (int, I)) else x * 3)
    yield lambda: f(ONE, A())
    I.register(A)
    yield lambda: f(ONE, A())


@plan
def abc_register_union(wrap):
    class I(abc.ABC):
        pass

    class A:
        pass

    f = wrap(lambda x, b: x * 2 if isinstance(b, int | I) else x * 3)
    yield lambda: f(ONE, A())
    I.register(A)
    yield lambda: f(ONE, A())


@plan
def abc_register_list(wrap):
    class I(abc.ABC):
        pass

    f = wrap(lambda x, b: x * 2 if isinstance(b, I) else x * 3)
    yield lambda: f(ONE, [1])
    I.register(list)
    yield lambda: f(ONE, [1])


@plan
def abc_register_int(wrap):
    class I(abc.ABC):
        pass

    f = wrap(lambda x, b: x * 2 if isinstance(b, I) else x * 3)
    yield lambda: f(ONE, 1)
    I.register(int)
    yield lambda: f(ONE, 1)


@plan
def abc_register_tensor(wrap):
    class I(abc.ABC):
        pass

    f = wrap(lambda x: x * 2 if isinstance(x, I) else x * 3)
    yield lambda: f(ONE)
    I.register(torch.Tensor)
    yield lambda: f(ONE)


@plan
def abc_register_module(wrap):
    class I(abc.ABC):
        pass

    m = nn.ReLU()
    f = wrap(lambda x: x * 2 if isinstance(m, I) else x * 3)
    yield lambda: f(ONE)
    I.register(nn.ReLU)
    yield lambda: f(ONE)


@plan
def sequence_register(wrap):
    class A:
        pass

    a = A()
    f = wrap(lambda x: x * 2 if isinstance(a, collections.abc.Sequence) else x * 3)
    yield lambda: f(ONE)
    collections.abc.Sequence.register(A)
    yield lambda: f(ONE)


@plan
def typing_sequence(wrap):
    class A:
        pass

    a = A()
    f = wrap(lambda x: x * 2 if isinstance(a, typing.Sequence) else x * 3)
    yield lambda: f(ONE)
    collections.abc.Sequence.register(A)
    yield lambda: f(ONE)


@plan
def protocol(wrap):
    @typing.runtime_checkable
    class Pr(typing.Protocol):
        def act(self): ...

    class A:
        pass

    a = A()
    f = wrap(lambda x: x * 2 if isinstance(a, Pr) else x * 3)
    yield lambda: f(ONE)
    A.act = lambda s: 1
    yield lambda: f(ONE)


@plan
def protocol_instance(wrap):
    @typing.runtime_checkable
    class Pr(typing.Protocol):
        n: int

    class A:
        pass

    a = A()
    f = wrap(lambda x: x * 2 if isinstance(a, Pr) else x * 3)
    yield lambda: f(ONE)
    a.n = 1
    yield lambda: f(ONE)


@plan
def instancecheck_code(wrap):
    flag = [True]

    class M(type):
        def __instancecheck__(cls, o):
            return flag[0]

    class I(metaclass=M):
        pass

    class A:
        pass

    a = A()
    f = wrap(lambda x: x * 2 if isinstance(a, I) else x * 3)
    yield lambda: f(ONE)
    flag[0] = False
    yield lambda: f(ONE)


@plan
def instancecheck_replaced(wrap):
    class M(type):
        def __instancecheck__(cls, o):
            return True

    class I(metaclass=M):
        pass

    class A:
        pass

    a = A()
    f = wrap(lambda x: x * 2 if isinstance(a, I) else x * 3)
    yield lambda: f(ONE)
    M.__instancecheck__ = lambda cls, o: False
    yield lambda: f(ONE)


@plan
def instancecheck_attr(wrap):
    class M(type):
        def __instancecheck__(cls, o):
            return getattr(o, "ok", False)

    class I(metaclass=M):
        pass

    class A:
        pass

    a = A()
    f = wrap(lambda x: x * 2 if isinstance(a, I) else x * 3)
    yield lambda: f(ONE)
    a.ok = True
    yield lambda: f(ONE)


@plan
def instancecheck_of_tensors(wrap):
    class M(type):
        def __instancecheck__(cls, o):
            return getattr(o, "marked", False)

    class I(metaclass=M):
        pass

    marked, plain = torch.ones(2), torch.ones(2)
    marked.marked = True
    buffer = torch.nn.Buffer(torch.ones(2))
    f = wrap(lambda x: x * 2 if isinstance(x, (int, torch.nn.Buffer)) else x * 3)
    g = wrap(lambda x: x * 2 if isinstance(x * 1, torch.nn.Buffer) else x * 3)
    h = wrap(lambda x: x * 2 if isinstance(x, I) else x * 3)
    for tensor in (buffer, plain, marked):
        yield lambda tensor=tensor: (f(tensor), g(tensor))
        yield lambda tensor=tensor: h(tensor)


@plan
def instancecheck_of_what_is_made(wrap):
    class Meta(type):
        says = True

        def __instancecheck__(cls, value):
            return Meta.says

    class Asked(metaclass=Meta):
        pass

    def fn(x, n):
        made = [n + 1, (n,), Base(), f"{n}", n + 2]
        return x * sum(2**at for at, one in enumerate(made) if isinstance(one, Asked))

    f = wrap(fn)
    yield lambda: f(ONE, 3)
    Meta.says = False
    yield lambda: f(ONE, 3)


@plan
def subclasscheck(wrap):
    flag = [True]

    class M(type):
        def __subclasscheck__(cls, o):
            return flag[0]

    class I(metaclass=M):
        pass

    class A:
        pass

    f = wrap(lambda x: x * 2 if issubclass(A, I) else x * 3)
    yield lambda: f(ONE)
    flag[0] = False
    yield lambda: f(ONE)


@plan
def subclasshook(wrap):
    class I(abc.ABC):
        @classmethod
        def __subclasshook__(cls, C):
            return hasattr(C, "zap") or NotImplemented

    class A:
        pass

    class J(abc.ABC):
        pass

    a = A()
    f = wrap(lambda x: x * 2 if isinstance(a, I) else x * 3)
    yield lambda: f(ONE)
    A.zap = 1
    J.register(int)
    yield lambda: f(ONE)


@plan
def iterable_hook(wrap):
    class A:
        pass

    class J(abc.ABC):
        pass

    a = A()
    f = wrap(lambda x: x * 2 if isinstance(a, collections.abc.Hashable) else x * 3)
    yield lambda: f(ONE)
    A.__hash__ = None
    J.register(int)
    yield lambda: f(ONE)


@plan
def bases_change_isinstance(wrap):
    class I:
        pass

    class K:
        pass

    class M0(K):
        pass

    class A(M0):
        pass

    a = A()
    f = wrap(lambda x: x * 2 if isinstance(a, I) else x * 3)
    yield lambda: f(ONE)
    M0.__bases__ = (I,)
    yield lambda: f(ONE)


@plan
def callable_module(wrap):
    class A:
        pass

    a = A()
    f = wrap(lambda x: x * 2 if callable(a) else x * 3)
    yield lambda: f(ONE)
    A.__call__ = lambda s: 1
    yield lambda: f(ONE)


@plan
def match_statement(wrap):
    class I(abc.ABC):
        pass

    class A:
        pass

    def fn(x, a):
        match a:
            case I():
                return x * 2
            case _:
                return x * 3

    f = wrap(fn)
    yield lambda: f(ONE, A())
    I.register(A)
    yield lambda: f(ONE, A())


@plan
def except_abc(wrap):
    class E(Exception):
        pass

    class B(Exception):
        pass

    ex = [B]

    def fn(x):
        try:
            raise E()
        except tuple(ex):
            return x * 2
        except Exception:
            return x * 3

    f = wrap(fn)
    yield lambda: f(ONE)
    ex[0] = E
    yield lambda: f(ONE)


@plan
def instancecheck_of_built_in_values(wrap):
    """torch goes by their types."""

    class Meta(type):
        def __instancecheck__(cls, value):
            return True

    class Flat(metaclass=Meta):
        pass

    for value in (object(), [1], (1,), {"a": 1}, len, 3):
        f = wrap(lambda x, v: x * 2 if isinstance(v, Flat) else x * 3)
        yield lambda: f(ONE, value)  # noqa: B023  # it is called before the next
        Meta.__instancecheck__ = lambda cls, value: False
        yield lambda: f(ONE, value)  # noqa: B023
        Meta.__instancecheck__ = lambda cls, value: True


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.usefixtures("as_before")
def test_each_change_is_noticed(name: str) -> None:
    """What the call gives after the change is what Python gives, or the graph breaks."""
    both_runs(PLANS[name], refuses=True)


def instancecheck_of_tensors_that_the_graph_makes(wrap):
    class Meta(type):
        dims = 1

        def __instancecheck__(cls, value):
            return value.dim() == cls.dims

    class Flat(metaclass=Meta):
        pass

    f = wrap(lambda x: x * 2 if isinstance(x * 1, (int, Flat)) else x * 3)
    yield lambda: f(ONE)
    yield lambda: f(torch.ones(2, 2))
    Meta.dims = 2
    yield lambda: f(ONE)
    Meta.__instancecheck__ = lambda cls, value: True
    yield lambda: f(ONE)


def test_a_tensor_that_the_graph_makes_is_asked() -> None:
    both_runs(instancecheck_of_tensors_that_the_graph_makes)
