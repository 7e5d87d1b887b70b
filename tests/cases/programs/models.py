"""Models of pydantic, msgspec, attrs and omegaconf."""

import dataclasses
import os

from cases.programs.common import PT, ones, size9, times9
from cases.registering import case


def models():
    import attrs
    import msgspec
    import pydantic

    def pydantic_model(method):
        class Model(pydantic.BaseModel):
            scale: int = 2
            name: str = "n"
            act = method
            size = property(lambda self: 2)

        return Model

    def attrs_model(method):
        @attrs.define(slots=False)
        class Model:
            scale: int = 2
            name: str = "n"
            act = method
            size = property(lambda self: 2)

        return Model

    def msgspec_model(method):
        class Model(msgspec.Struct):
            scale: int = 2
            name: str = "n"
            act = method
            size = property(lambda self: 2)

        return Model

    def plain_model(method):
        @dataclasses.dataclass
        class Model:
            scale: int = 2
            name: str = "n"
            act = method
            size = property(lambda self: 2)

        return Model

    def family(tag, build):
        def add(name, what, needs, steps):
            def plan(wrap):
                def act(self, x):
                    return x * 2

                yield from steps(wrap, build(act))

            plan.__name__ = f"{tag}_{name}"
            case("extras: models", PT + "138224", needs, f"{tag}: {what}", sibling=True)(plan)

        def method_replaced(wrap, M):
            m = M()
            f = wrap(lambda x: m.act(x))
            yield lambda: f(ones())
            M.act = times9
            yield lambda: f(ones())

        def property_replaced(wrap, M):
            m = M()
            f = wrap(lambda x: x * m.size)
            yield lambda: f(ones())
            M.size = property(size9)
            yield lambda: f(ones())

        def code(wrap, M):
            m = M()
            f = wrap(lambda x: m.act(x))
            yield lambda: f(ones())
            M.act.__code__ = times9.__code__
            yield lambda: f(ones())

        def unused(wrap, M):
            f = wrap(lambda x, m: x * m.scale)
            for i in range(4):
                yield lambda: f(ones(), M(name=str(i)))

        def grows(wrap, M):
            f = wrap(lambda x, m: x * m.scale)
            for i in range(3, 8):
                yield lambda: f(ones(), M(scale=i))

        def changed_inside(wrap, M):
            def fn(x, m):
                m.scale = m.scale + 1
                return x * m.scale

            f = wrap(fn)
            m = M()
            for i in range(4):
                yield lambda: (f(ones(), m), m.scale)

        def made_inside(wrap, M):
            f = wrap(lambda x, n: (x * M(scale=n).scale, M(scale=n).name))
            for n in (3, 4, 5):
                yield lambda: f(ones(), n)

        def equal(wrap, M):
            f = wrap(lambda x, a, b: x + 1 if a == b else x - 1)
            yield lambda: f(ones(), M(), M())
            yield lambda: f(ones(), M(), M(scale=3))

        def identical(wrap, M):
            f = wrap(lambda x, a, b: x + 1 if a is b else x - 1)
            a, b = M(), M()
            yield lambda: f(ones(), a, b)
            yield lambda: f(ones(), a, a)

        def aliased(wrap, M):
            def fn(x, a, b):
                a.scale = 1
                b.scale = 5
                return x * a.scale

            f = wrap(fn)
            a, b, c = M(), M(), M()
            yield lambda: f(ones(), a, b)
            yield lambda: f(ones(), c, c)

        def text(wrap, M):
            f = wrap(lambda x, m: (x + 1, str(m)))
            yield lambda: f(ones(), M())
            yield lambda: f(ones(), M(scale=3))

        def hidden(wrap, M):
            m = M()
            f = wrap(lambda x: x * m.scale)
            yield lambda: f(ones())
            m.__class__ = (
                type("Other", (M,), {"scale": property(size9)})
                if tag in ("plain", "attrs")
                else m.__class__
            )
            yield lambda: f(ones())

        add("method_replaced", "a method is replaced", 2, method_replaced)
        add("property_replaced", "a property is replaced", 2, property_replaced)
        add("method_code", "the code of a method", 2, code)
        add("unused", "a field that is not used differs", 1, unused)
        add("grows", "an int field grows", 2, grows)
        add("changed_inside", "a field is changed in the graph", 3, changed_inside)
        add("made_inside", "one is made in the graph", 2, made_inside)
        add("equal", "==", 2, equal)
        add("identical", "is", 2, identical)
        add("aliased", "two become one", 2, aliased)
        add("text", "str()", 2, text)
        add("hidden", "the class becomes a subclass", 2, hidden)

    for tag, build in dict(
        plain=plain_model, pydantic=pydantic_model, attrs=attrs_model, msgspec=msgspec_model
    ).items():
        family(tag, build)


models()


@case("extras: models", PT + "138224", 2, "omegaconf: an int that grows", sibling=True)
def omegaconf_grows(wrap):
    from omegaconf import OmegaConf

    f = wrap(lambda x, c: x * c.scale)
    for i in range(3, 8):
        yield lambda: f(ones(), OmegaConf.create({"scale": i}))


@case(
    "extras: models",
    PT + "138224",
    2,
    "omegaconf: an interpolation into the environment",
    sibling=True,
)
def omegaconf_env(wrap):
    from omegaconf import OmegaConf

    os.environ["CASES_SCALE"] = "2"
    c = OmegaConf.create({"scale": "${oc.decode:${oc.env:CASES_SCALE}}"})
    f = wrap(lambda x: x * c.scale)
    yield lambda: f(ones())
    os.environ["CASES_SCALE"] = "9"
    yield lambda: f(ones())


@case("extras: models", PT + "138224", 2, "omegaconf: a custom resolver with a state", sibling=True)
def omegaconf_resolver(wrap):
    from omegaconf import OmegaConf

    n = [2]
    OmegaConf.register_new_resolver("cases_n", lambda: n[0], replace=True, use_cache=False)
    c = OmegaConf.create({"scale": "${cases_n:}"})
    f = wrap(lambda x: x * c.scale)
    yield lambda: f(ones())
    n[0] = 9
    yield lambda: f(ones())


@case(
    "extras: models",
    PT + "138224",
    2,
    "protobuf: a field changes, and one that is not used",
    sibling=True,
)
def protobuf_message(wrap):
    from google.protobuf import duration_pb2

    m = duration_pb2.Duration(seconds=2, nanos=0)
    f = wrap(lambda x: x * m.seconds)
    yield lambda: f(ones())
    m.nanos = 5
    yield lambda: f(ones())
    m.seconds = 9
    yield lambda: f(ones())


a_rate = 2


@case(
    "extras: models",
    PT + "138224",
    2,
    "pydantic: a computed field reads a global that changes",
    sibling=True,
)
def pydantic_computed_global(wrap):
    import pydantic

    global a_rate

    class Model(pydantic.BaseModel):
        n: int = 1

        @pydantic.computed_field
        @property
        def rate(self) -> int:
            return self.n * a_rate

    a_rate = 2
    m = Model()
    f = wrap(lambda x: x * m.rate)
    yield lambda: f(ones())
    a_rate = 9
    yield lambda: f(ones())
    a_rate = 2


@case(
    "extras: models",
    PT + "138224",
    1,
    "pydantic: a field is set in the graph, again and again",
    sibling=True,
)
def pydantic_flag_set(wrap):
    import pydantic

    class State(pydantic.BaseModel):
        ready: bool = False
        n: int = 1

    def fn(x, s):
        s.ready = True
        return x * s.n

    f = wrap(fn)
    for _ in range(3):
        yield lambda: (lambda s: (f(ones(), s), s.ready))(State())


@case("extras: models", PT + "138224", 1, "omegaconf: a value is set in the graph", sibling=True)
def omegaconf_set_inside(wrap):
    from omegaconf import OmegaConf

    def fn(x, c):
        c.ready = True
        return x * c.scale

    f = wrap(fn)
    yield lambda: (lambda c: (f(ones(), c), c.ready))(
        OmegaConf.create({"scale": 2, "ready": False})
    )


def siblings_of_models():
    """The same object at two places of one model, and a model at two places."""
    import attrs
    import msgspec
    import pydantic

    class P(pydantic.BaseModel):
        a: list[int] = []
        b: list[int] = []

    class S(msgspec.Struct):
        a: list = msgspec.field(default_factory=list)
        b: list = msgspec.field(default_factory=list)

    @attrs.define
    class A:
        a: list = attrs.field(factory=list)
        b: list = attrs.field(factory=list)

    for tag, cls in dict(pydantic=P, msgspec=S, attrs=A).items():

        def plan(wrap, cls=cls):
            def fn(x, m):
                m.a.append(1)
                m.b.append(2)
                return x + len(m.a)

            f = wrap(fn)
            one, two = cls(), cls()
            two.a = two.b
            yield lambda: (f(ones(), one), list(one.a), list(one.b))
            yield lambda: (f(ones(), two), list(two.a))

        plan.__name__ = f"{tag}_same_list_twice"
        case(
            "extras: models",
            PT + "93722",
            2,
            f"{tag}: two lists of a model, then they are one",
            sibling=True,
        )(plan)


siblings_of_models()
