"""Attributes of classes, and descriptors."""

import torch
from torch import nn

from cases.programs.common import PR, PT, ones, size9
from cases.registering import case


@case("class attribute", PT + "176851", 2, "the same, read through an instance", sibling=True)
def class_literal_by_instance(wrap):
    class Knobs:
        gain = 1.5

    k = Knobs()
    f = wrap(lambda x: x * k.gain)
    yield lambda: f(ones())
    Knobs.gain = 4.0
    yield lambda: f(ones())


@case(
    "class attribute",
    PT + "176851",
    2,
    "an instance attribute comes to hide the class's",
    sibling=True,
)
def instance_hides_class(wrap):
    class Knobs:
        gain = 1.5

    k = Knobs()
    f = wrap(lambda x: x * k.gain)
    yield lambda: f(ones())
    k.gain = 4.0
    yield lambda: f(ones())


@case("class attribute", PT + "176851", 2, "a tuple of the class is set anew", sibling=True)
def class_tuple(wrap):
    class Knobs:
        gains = (1.5, 2.0)

    f = wrap(lambda x: x * Knobs.gains[0])
    yield lambda: f(ones())
    Knobs.gains = (4.0, 2.0)
    yield lambda: f(ones())


@case(
    "class attribute",
    PT + "176851",
    2,
    "property of the metaclass reads what changes",
    sibling=True,
)
def metaclass_property(wrap):
    class Meta(type):
        @property
        def gain(cls):
            return cls._gain

    class Knobs(metaclass=Meta):
        _gain = 1.5

    f = wrap(lambda x: x * Knobs.gain)
    yield lambda: f(ones())
    Knobs._gain = 4.0
    yield lambda: f(ones())


@case(
    "class attribute",
    PT + "176851",
    2,
    "class attribute read through getattr with a default",
    sibling=True,
)
def class_getattr_default(wrap):
    class Knobs:
        pass

    f = wrap(lambda x: x * getattr(Knobs, "gain", 1.5))
    yield lambda: f(ones())
    Knobs.gain = 4.0
    yield lambda: f(ones())


@case("class attribute", PT + "175263", 2, "hasattr of what is missing, then added to the class")
def hasattr_added(wrap):
    class Knobs:
        pass

    k = Knobs()
    f = wrap(lambda x: x + 1 if hasattr(k, "gain") else x - 1)
    yield lambda: f(ones())
    Knobs.gain = 1
    yield lambda: f(ones())


@case(
    "class attribute",
    PT + "175263",
    2,
    "hasattr of what is missing, then added to the object",
    sibling=True,
)
def hasattr_added_to_instance(wrap):
    class Knobs:
        pass

    k = Knobs()
    f = wrap(lambda x: x + 1 if hasattr(k, "gain") else x - 1)
    yield lambda: f(ones())
    k.gain = 1
    yield lambda: f(ones())


@case("class attribute", PT + "198197", 1, "getattr of what a builtin type lacks, in try")
def missing_attribute_of_builtin(wrap):
    def fn(x):
        try:
            getattr(str, "no_such_thing")
        except AttributeError:
            return x + 1
        return x - 1

    f = wrap(fn)
    yield lambda: f(ones())


@case(
    "class attribute", PT + "169253", 3, "a counter of the class goes up in the graph", sibling=True
)
def class_counter(wrap):
    class Recorder:
        calls = 0

    def fn(x):
        Recorder.calls += 1
        return x + Recorder.calls

    f = wrap(fn)
    yield lambda: f(ones())
    yield lambda: f(ones())
    yield lambda: (f(ones()), Recorder.calls)


@case("descriptor", PT + "197860", 2, "a descriptor's own state changes", sibling=True)
def descriptor_state(wrap):
    class Field:
        def __init__(self, n):
            self.n = n

        def __get__(self, obj, owner):
            return self.n

    class Thing:
        size = Field(2)

    t = Thing()
    f = wrap(lambda x: x * t.size)
    yield lambda: f(ones())
    Thing.__dict__["size"].n = 9
    yield lambda: f(ones())


@case(
    "descriptor", PT + "197860", 2, "the __get__ of a descriptor's class is replaced", sibling=True
)
def descriptor_get_set(wrap):
    class Field:
        def __get__(self, obj, owner):
            return 2

    class Thing:
        size = Field()

    t = Thing()
    f = wrap(lambda x: x * t.size)
    yield lambda: f(ones())
    Field.__get__ = lambda self, obj, owner: 9
    yield lambda: f(ones())


@case(
    "descriptor",
    PT + "197860",
    2,
    "a non-data descriptor comes to be a data descriptor",
    sibling=True,
)
def descriptor_becomes_data(wrap):
    class Field:
        def __get__(self, obj, owner):
            return 9

    class Thing:
        size = Field()

    t = Thing()
    t.__dict__["size"] = 2
    f = wrap(lambda x: x * t.size)
    yield lambda: f(ones())
    Field.__set__ = lambda self, obj, value: None
    yield lambda: f(ones())


@case("descriptor", PT + "197860", 2, "a slot's descriptor is replaced by a property", sibling=True)
def slot_replaced(wrap):
    class Thing:
        __slots__ = ("n",)

    t = Thing()
    t.n = 2
    f = wrap(lambda x: x * t.n)
    yield lambda: f(ones())
    Thing.n = property(size9)
    yield lambda: f(ones())


@case(
    "descriptor",
    PR + "194642",
    2,
    "the getter of a class's property, through the class",
    sibling=True,
)
def property_fget_of_class(wrap):
    class Thing:
        size = property(lambda self: 2)

    f = wrap(lambda x: x * Thing.size.fget(None))
    yield lambda: f(ones())
    Thing.size = property(size9)
    yield lambda: f(ones())


@case("descriptor", PT + "125702", 2, "a module's property reads a closure that changes")
def property_closure(wrap):
    n = 2

    class Scale(nn.Module):
        @property
        def size(self):
            return n

        def forward(self, x):
            return x * self.size

    f = wrap(Scale())
    yield lambda: f(ones())
    n = 9
    yield lambda: f(ones())


@case("class attribute", PT + "176851", 2, "the __name__ of a class is set anew", sibling=True)
def class_name_set(wrap):
    class Thing:
        pass

    t = Thing()
    f = wrap(lambda x: x * len(type(t).__name__))
    yield lambda: f(ones())
    Thing.__name__ = "AnotherNameForIt"
    yield lambda: f(ones())


@case(
    "class attribute",
    PT + "176851",
    2,
    "a class attribute that is a tensor is replaced",
    sibling=True,
)
def class_tensor(wrap):
    class Thing:
        w = torch.tensor(2.0)

    t = Thing()
    f = wrap(lambda x: x * t.w)
    yield lambda: f(ones())
    Thing.w = torch.tensor(9.0)
    yield lambda: f(ones())
