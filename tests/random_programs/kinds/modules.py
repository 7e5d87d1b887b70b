"""Modules of `torch.nn`, and what people do to them."""

from __future__ import annotations

from random_programs.kinds.kind import Kind

__all__ = ["KINDS"]

_ANY = "$v(x); type($v).__name__; $v.training; $v is $w; len(list($v.parameters())); [n for n, _ in $v.named_parameters()]; getattr($v, 'ghost', 3); hasattr($v, 'ghost'); ($v.eval(), $v.training); isinstance($v, nn.Linear); [n for n, _ in $v.named_modules()]; len(list($v.children())); callable($v); list($v.state_dict()); $v._forward_hooks; bool($v); str($v)[:5]; len(list($v.buffers()))"
_CHANGES = """
    $v.eval()
    $v.ghost = 5
    $v.register_forward_hook(lambda m, a, o: o + 100)
    $v.register_forward_pre_hook(lambda m, a: (a[0] + 7,))
    $v.forward = lambda x: x + 50
    undo.append(torch.nn.modules.module.register_module_forward_hook(lambda m, a, o: o + 3).remove)
    undo.append(torch.nn.modules.module.register_module_forward_pre_hook(lambda m, a: (a[0] + 2,)).remove)
    $v.register_buffer('late', torch.ones(1))
    $v.register_parameter('later', nn.Parameter(torch.ones(1)))
    $v.add_module('child', nn.Identity())
    $v.double()
    $v.requires_grad_(False)
"""

KINDS = (
    Kind(
        "linear",
        "made_linear()",
        (),
        _ANY + "; $v.weight; $v.bias is None; $v.in_features",
        _CHANGES
        + "\n$v.bias = None\n$v.weight = nn.Parameter(torch.zeros(2, 2))\n$v.weight.data.fill_(3.)\n$v.in_features = 9\n$v.__dict__['weight'] = torch.ones(2, 2) * 5\n$v.weight.requires_grad_(False)",
        "nn.Identity()",
        "def made_linear():\n    made = nn.Linear(2, 2)\n    nn.init.ones_(made.weight)\n    nn.init.ones_(made.bias)\n    return made",
    ),
    Kind(
        "own module",
        "Net($1)",
        ("$v.held",),
        _ANY
        + "; $v.held; $v.buf + x; $v.sub(x); $v.level; $v.act(); $v.plain; 'sub' in $v._modules; $v.step(); ($v.step(), $w); list($v._buffers)",
        _CHANGES
        + "\n$v.level = 4\n$v.buf = torch.zeros(2)\n$v.sub = nn.ReLU()\ndel $v.sub\nNet.act = lambda self: 25\nNet.forward = lambda self, x: x - 60\nNet.level = 3\n$v.__dict__['sub'] = torch.neg\n$v.__dict__['buf'] = torch.ones(2) * 9\nNet.__call__ = lambda self, x: x - 70\n$v.sub.register_forward_hook(lambda m, a, o: o + 200)\n$v.sub.forward = lambda x: x * 0\nnn.Identity.forward = lambda self, x: x + 5; undo.append(lambda own=IDENTITY: setattr(nn.Identity, 'forward', own))\n$v.plain.append(3)\n$v.__class__ = Net2\nNet.forward.__code__ = (lambda self, x: x - 61).__code__\nNet.sub = 5\nNet.held = property(lambda self: 24)",
        "Net(1)\nnn.Identity()",
        "IDENTITY = nn.Identity.forward\nclass Net(nn.Module):\n    level = 2\n    def __init__(self, held):\n        super().__init__()\n        self.held = held\n        self.register_buffer('buf', torch.ones(2))\n        self.sub = nn.Identity()\n        self.plain = [1]\n        self.count = 0\n    def act(self): return self.level + 1\n    def step(self):\n        self.count += 1\n        return self.count\n    def forward(self, x): return self.sub(x) * self.level + self.buf\nclass Net2(Net):\n    def forward(self, x): return x * 9",
    ),
    Kind(
        "sequential",
        "nn.Sequential(nn.Identity(), nn.ReLU())",
        ("$v[0]", "$v[1]"),
        _ANY + "; len($v); $v[0](x); [type(m).__name__ for m in $v]; $v[-1](x); $v[:1](x)",
        _CHANGES
        + "\n$v.append(nn.Tanh())\n$v[0] = nn.Tanh()\n$v[0].register_forward_hook(lambda m, a, o: o + 300)\ndel $v[1]\n$v[1].forward = lambda x: x + 9\n$v._modules['0'] = $v._modules.pop('0')\n$v[0].ghost = 3",
        fixed=True,
    ),
    Kind(
        "module list",
        "nn.ModuleList([nn.Identity(), nn.ReLU()])",
        ("$v[0]", "$v[1]"),
        "len($v); [m(x) for m in $v]; $v[1](x); list(enumerate($v))[0][0]; [n for n, _ in $v.named_children()]; $v[0] in $v; $v.training",
        "$v.append(nn.Tanh())\n$v[0] = nn.Tanh()\n$v[0].register_forward_hook(lambda m, a, o: o + 300)\n$v._modules['0'] = $v._modules.pop('0')\n$v.eval()\n$v[0].eval()",
        fixed=True,
    ),
    Kind(
        "module dict",
        "nn.ModuleDict({'a': nn.Identity(), 'b': nn.ReLU()})",
        ("$v['a']",),
        "len($v); [m(x) for m in $v.values()]; list($v); 'zz' in $v; $v['a'](x); list($v.keys()); $v.b(x); [k for k, _ in $v.items()]",
        "$v['zz'] = nn.Tanh()\n$v['a'] = nn.Tanh()\n$v._modules['a'] = $v._modules.pop('a')\ndel $v['b']\n$v['a'].register_forward_hook(lambda m, a, o: o + 300)",
        fixed=True,
    ),
    Kind(
        "parameter list",
        "nn.ParameterList([nn.Parameter(torch.ones(2)), nn.Parameter(torch.zeros(2))])",
        (),
        "len($v); $v[0] + x; [p + x for p in $v]; sum(p.sum() for p in $v)",
        "$v.append(nn.Parameter(torch.ones(2)))\n$v[0] = nn.Parameter(torch.zeros(2))",
    ),
    Kind(
        "parameter dict",
        "nn.ParameterDict({'a': torch.ones(2), 'b': torch.zeros(2)})",
        (),
        "len($v); $v['a'] + x; list($v.keys()); $v.b + x; 'zz' in $v",
        "$v['zz'] = torch.ones(2)\n$v['a'] = torch.zeros(2)",
    ),
    Kind("dropout", "nn.Dropout(0.0)", (), _ANY + "; $v.p", _CHANGES + "\n$v.p = 1.0"),
    Kind(
        "python module",
        "FAKE",
        (),
        "$v.a; $v.act(); hasattr($v, 'ghost'); getattr($v, 'ghost', 3); $v.__name__; $v.act is $w; 'a' in vars($v)",
        "$v.a = 9\n$v.act = lambda: 23\n$v.ghost = 4\ndel $v.a\n$v.act.__code__ = (lambda: 22).__code__",
        "FAKE2",
        "FAKE2 = types.ModuleType('random_programs_fake2')\nsys.modules['random_programs_fake2'] = FAKE2\nFAKE = types.ModuleType('random_programs_fake')\nsys.modules['random_programs_fake'] = FAKE\nFAKE.a = 1\nFAKE.act = lambda: 2",
    ),
)
