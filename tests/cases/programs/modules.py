"""Modules: hooks, hidden attributes, flags, steps."""

import functools

import torch
from torch import nn

from cases.programs.common import PR, PT, ones, times9_static
from cases.registering import case


def wrapper():
    class Outer(nn.Module):
        def __init__(self):
            super().__init__()
            self.sub = nn.Linear(2, 2, bias=False)
            self.register_buffer("scale", torch.tensor(2.0))
            with torch.no_grad():
                self.sub.weight.copy_(torch.eye(2))

        def forward(self, x):
            return self.sub(x) * self.scale

    return Outer()


def linear(n):
    made = nn.Linear(2, 2, bias=False)
    with torch.no_grad():
        made.weight.copy_(torch.eye(2) * n)
    return made


@case("module", PT + "197859", 2, "an entry of __dict__ hides a buffer", sibling=True)
def dict_hides_buffer(wrap):
    m = wrapper()
    f = wrap(m)
    yield lambda: f(ones())
    m.__dict__["scale"] = torch.tensor(9.0)
    yield lambda: f(ones())


@case("module", PT + "197859", 2, "an entry of __dict__ hides a parameter", sibling=True)
def dict_hides_parameter(wrap):
    class Scale(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(torch.tensor(2.0))

        def forward(self, x):
            return x * self.w

    m = Scale()
    f = wrap(m)
    yield lambda: f(ones())
    m.__dict__["w"] = torch.tensor(9.0)
    yield lambda: f(ones())


@case("module", PT + "197859", 2, "an attribute of the class hides a submodule", sibling=True)
def class_hides_submodule(wrap):
    m = wrapper()
    f = wrap(m)
    yield lambda: f(ones())
    type(m).sub = linear(9)
    yield lambda: f(ones())


@case("module", PT + "117265", 2, "forward is set on the instance")
def forward_set(wrap):
    m = wrapper()
    f = wrap(lambda x: m(x))
    yield lambda: f(ones())
    m.forward = times9_static
    yield lambda: f(ones())


@case("module", PT + "117758", 2, "a forward hook of a submodule is added", sibling=True)
def hook_of_submodule_added(wrap):
    m = wrapper()
    f = wrap(m)
    yield lambda: f(ones())
    m.sub.register_forward_hook(lambda mod, args, out: out + 100)
    yield lambda: f(ones())


@case("module", PT + "117758", 2, "a forward hook of a submodule is removed", sibling=True)
def hook_of_submodule_removed(wrap):
    m = wrapper()
    handle = m.sub.register_forward_hook(lambda mod, args, out: out + 100)
    f = wrap(m)
    yield lambda: f(ones())
    handle.remove()
    yield lambda: f(ones())


@case("module", PT + "117758", 2, "a pre-hook of a submodule is added", sibling=True)
def prehook_of_submodule_added(wrap):
    m = wrapper()
    f = wrap(m)
    yield lambda: f(ones())
    m.sub.register_forward_pre_hook(lambda mod, args: (args[0] + 100,))
    yield lambda: f(ones())


@case("module", PT + "117758", 2, "a hook for all modules is added", sibling=True)
def global_hook_added(wrap):
    m = wrapper()
    f = wrap(m)
    yield lambda: f(ones())
    handle = nn.modules.module.register_module_forward_hook(lambda mod, args, out: out + 100)
    try:
        yield lambda: f(ones())
    finally:
        handle.remove()


@case("module", PR + "185739", 1, "forward is a partial, as accelerate does it; many layers")
def partial_forward(wrap):
    def new_forward(mod, x):
        return mod.old(x) + 1

    class Layer(nn.Module):
        def forward(self, x):
            return x * 2

    layers = []
    for _ in range(3):
        layer = Layer()
        layer.old = layer.forward
        layer.forward = functools.partial(new_forward, layer)
        layers.append(layer)
    f = wrap(lambda layer, x: layer(x))
    for layer in layers:
        yield lambda: f(layer, ones())


@case("module", PT + "163329", 1, "a plain object that is called, one for each layer (diffusers)")
def processor(wrap):
    class Processor:
        def __call__(self, attn, x):
            return attn.lin(x) + 1

    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.lin = linear(2)
            self.processor = Processor()

        def forward(self, x):
            return self.processor(self, x)

    layers = [Attention() for _ in range(3)]
    f = wrap(lambda layer, x: layer(x))
    for layer in layers:
        yield lambda: f(layer, ones())


@case("module", PT + "115711", 2, "a step of the module that is used in the graph")
def module_step(wrap):
    class Stepping(nn.Module):
        def __init__(self):
            super().__init__()
            self.step = 0

        def forward(self, x):
            self.step += 1
            return x * self.step

    m = Stepping()
    f = wrap(m)
    for _ in range(6):
        yield lambda: (f(ones()), m.step)


@case("module", PT + "124717", 2, "a flag of the module")
def module_flag(wrap):
    m = nn.Module()

    class Adapter(nn.Module):
        def __init__(self):
            super().__init__()
            self.off = False

        def forward(self, x):
            return x if self.off else x + 1

    m = Adapter()
    f = wrap(m)
    yield lambda: f(ones())
    m.off = True
    yield lambda: f(ones())
    m.off = False
    yield lambda: f(ones())


@case("module", PT + "124717", 2, "a buffer that was None is a tensor", sibling=True)
def buffer_none(wrap):
    class Outer(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("b", None)

        def forward(self, x):
            return x if self.b is None else x * self.b

    m = Outer()
    f = wrap(m)
    yield lambda: f(ones())
    m.b = torch.tensor(9.0)
    yield lambda: f(ones())


@case("module", PT + "124717", 2, "the order of a ModuleList changes", sibling=True)
def modulelist_order(wrap):
    class Add(nn.Module):
        def forward(self, x):
            return x + 1

    class Mul(nn.Module):
        def forward(self, x):
            return x * 3

    class Outer(nn.Module):
        def __init__(self):
            super().__init__()
            self.mods = nn.ModuleList([Add(), Mul()])

        def forward(self, x):
            for mod in self.mods:
                x = mod(x)
            return x

    m = Outer()
    f = wrap(m)
    yield lambda: f(ones())
    m.mods[0], m.mods[1] = m.mods[1], m.mods[0]
    yield lambda: f(ones())


@case("module", PT + "115774", 1, "a tensor that is no buffer is replaced")
def tensor_attribute(wrap):
    class Outer(nn.Module):
        def __init__(self):
            super().__init__()
            self.cache = torch.zeros(2)

        def forward(self, x):
            self.cache[0] = x[0]
            return self.cache + 0

    m = Outer()
    f = wrap(m)
    yield lambda: f(ones())
    m.cache = torch.zeros(2) + 5
    yield lambda: f(ones())


@case("module", PT + "174050", 2, "the __class__ of a submodule is set", sibling=True)
def class_of_submodule(wrap):
    class Half(nn.Linear):
        def forward(self, x):
            return super().forward(x) * 0.5

    m = wrapper()
    f = wrap(m)
    yield lambda: f(ones())
    m.sub.__class__ = Half
    yield lambda: f(ones())


@case("module", PT + "129993", 1, "a module's __getattr__ that asks another module")
def module_getattr(wrap):
    class Around(nn.Module):
        def __init__(self, mod):
            super().__init__()
            self.mod = mod

        def __getattr__(self, name):
            try:
                return super().__getattr__(name)
            except AttributeError:
                return getattr(self.mod, name)

        def forward(self, x):
            return self.mod(x)

    m = Around(linear(2))
    f = wrap(lambda x: x + 1 if hasattr(m, "nothing") else m(x) * m.in_features)
    yield lambda: f(ones())
    yield lambda: f(ones())


@case(
    "guard cost",
    PT + "185886",
    1,
    "floats of many layers (only whether it is right; the cost is measured apart)",
)
def layer_floats(wrap):
    class Layer(nn.Module):
        def __init__(self):
            super().__init__()
            self.eps = 1e-5
            self.scale = 1.0

        def forward(self, x):
            return x * self.scale + self.eps

    m = nn.Sequential(*[Layer() for _ in range(8)])
    f = wrap(m)
    yield lambda: f(ones())
    yield lambda: f(ones())
