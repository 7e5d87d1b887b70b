"""The order of the steps inside one visit: each value shows which of two steps comes first.

The visitors are the same on both sides of such a rule, so the value is only built on both sides.
"""

from __future__ import annotations

from order_rules.rule import rule

for _what, _text in {
    # a tensor: specialized module, free tensor, guarded address, constant source, subclass
    "a parameter of a specialized module that is free as well": (
        "[install_free_tensors=True] @spec_module_attr nn.Parameter(torch.ones(2))"
    ),
    "a free parameter": "[install_free_tensors=True] @global nn.Parameter(torch.ones(2))",
    "a free tensor with a fixed address": (
        "[install_free_tensors=True] @global fixed_address(torch.ones(2))"
    ),
    "a tensor of a specialized module, with a fixed address": (
        "@spec_module_attr fixed_address(torch.ones(2))"
    ),
    "a constant tensor with a fixed address": "@const fixed_address(torch.ones(2))",
    "a parameter with a fixed address": "fixed_address(nn.Parameter(torch.ones(2)))",
    "a constant tensor of a subclass": "@const torch.ones(2).as_subclass(TFSub)",
    "a tensor of a subclass in a module": "@module_attr torch.ones(2).as_subclass(TFSub)",
    "a sparse parameter": "nn.Parameter(torch.ones(2).to_sparse())",
    "a nested tensor of a subclass": (
        "torch.nested.nested_tensor([torch.ones(1), torch.ones(2)]).as_subclass(TFSub)"
    ),
    # a list or tuple: size, length, setting of a module, parts
    "a size that is specialized": "[specialize_int=True] torch.Size([2])",
    "a specialized size in a module": "[specialize_int=True] @module_attr torch.Size([2])",
    "a size in a module": "@module_attr torch.Size([2])",
    "a literal tuple in a module": "@module_attr (1, 2)",
    "a tuple of others in a module": "@module_attr (1, len)",
    "a literal list in a module": "@module_attr [1, 2]",
    # a partial or slice: the parts before its own guards
    "a partial whose function cannot be built": "functools.partial({torch.ones(1)}.add)",
    "a partial whose argument cannot be built": "functools.partial(pyf, {torch.ones(1)})",
    "a partial whose keyword cannot be built": "functools.partial(pyf, x={torch.ones(1)})",
    "a slice whose end cannot be built": "slice(0, {torch.ones(1)})",
    # a module: specialized while exporting, and what goes before that
    "a module of an export": "{export} MyMod()",
    "a distributed module of an export": "{export} make_ddp()",
    "a module under FSDP of an export": "{export} fsdp_module()",
    "an LSTM of an export": "{export} nn.LSTM(2, 2)",
    # an opaque object: what kind it is, before it is an attribute of the graph
    "a free placement": "[install_free_tensors=True] @global torch.distributed.tensor.Shard(0)",
    "a free device mesh": "[install_free_tensors=True] @global make_mesh()",
    "a free generator": "[install_free_tensors=True] @global torch.Generator()",
    # a class: what goes before its guard, and before it is registered
    "a parameter class in a closure": "@closure nn.Parameter",
    "an enum class in a closure": "@closure MyEnum",
    "an opaque class in a closure": "@closure torch.distributed.tensor.Shard",
    "a class of torch in a closure": "@closure nn.Linear",
    # any other object: its type, what it derives from, how it reads attributes
    "a string of a subclass": "type('S', (str,), {})('a')",
    "a namespace of a subclass": "type('N', (types.SimpleNamespace,), {})(a=1)",
    "a namespace that reads attributes its own way": (
        "type('N', (types.SimpleNamespace,), {'__getattribute__': GetAttribute.__getattribute__})()"
    ),
    "a context manager that reads attributes its own way": (
        "type('C', (UCM,), {'__getattribute__': GetAttribute.__getattribute__})()"
    ),
}.items():
    rule(_what, "", _text)
