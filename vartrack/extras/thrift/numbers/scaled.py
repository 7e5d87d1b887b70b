"""Floats that scale what is added, or are raised to a power, as optimizers have them.

Before a backend such as inductor gets a graph, torch turns the float symbols in it into tensors,
and makes a constant of each that stands where it looks for none: ``alpha`` of a sum, a factor of
a fused product, the base of a power. So each learning rate and each beta was compiled anew. Here
these operations are written out in others that torch does look at. A sum with ``alpha`` is what
inductor takes apart in the same way, but on CUDA, where it fuses product and sum and here does not.

Up to 2.12 torch counts only what an operation has as its operand among the symbols that it turned,
so it makes a constant of a learning rate of which there is only ``-lr``. There each symbol of an
expression gets an operation of its own, which torch takes out again as nobody uses it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch._functorch._aot_autograd import graph_compile
from torch.fx.passes import _tensorify_python_scalars as turning

from vartrack.compat import behaviour
from vartrack.core.wrapping.wrappers import Wrappers
from vartrack.inputs import value_numbers

if TYPE_CHECKING:
    from torch.fx import Graph, GraphModule, Node

__all__ = ["HOOKS"]

_aten = torch.ops.aten


def _writing_out(own: Callable[..., None]) -> Callable[..., None]:
    """What turns float symbols into tensors, once they stand where it looks for them."""

    def turn(module: GraphModule, shape_env: Any, fake_mode: Any) -> None:
        if value_numbers.holds_symbols_now():
            for node in list(module.graph.nodes):
                write_out = _WAYS.get(str(node.target))
                if write_out is not None:
                    with fake_mode, module.graph.inserting_before(node):
                        write_out(node)
            if not behaviour.TURNS_PARTS_OF_EXPRESSIONS:
                with fake_mode:
                    _let_parts_be_turned(module.graph)
        own(module, shape_env, fake_mode)

    return turn


def _held(argument: Any) -> Any:
    """The example of an argument; the argument itself, if it is a constant."""
    return argument.meta.get("val") if hasattr(argument, "meta") else argument


def _is_symbol(argument: Any) -> bool:
    return isinstance(_held(argument), torch.SymFloat)


def _is_float_tensor(argument: Any) -> bool:
    held = _held(argument)
    return isinstance(held, torch.Tensor) and held.dtype.is_floating_point


def _product(node: Node, tensor: Any, factor: Any) -> Node:
    """A new node for ``tensor * factor``, before ``node``."""
    product = node.graph.call_function(_aten.mul.Tensor, (tensor, factor))
    product.meta.update(node.meta)
    product.meta["val"] = _aten.mul.Tensor(_held(tensor), _held(factor))
    return product


def _scaled_sum(node: Node) -> None:
    alpha = node.kwargs.get("alpha")
    if _is_symbol(alpha) and _is_float_tensor(node.args[1]):
        node.args = (node.args[0], _product(node, node.args[1], alpha))
        node.kwargs = {name: held for name, held in node.kwargs.items() if name != "alpha"}


def _fused_product(node: Node) -> None:
    tensor, factor, added = node.args
    if _is_symbol(factor) and _is_float_tensor(tensor) and _is_float_tensor(added):
        node.args = (tensor, _product(node, _one(node, _held(tensor)), factor), added)


def _one(node: Node, like: torch.Tensor) -> Node:
    """A new node for the number one as a tensor, so that a factor can be made one."""
    options = {"dtype": like.dtype, "device": like.device}
    one = node.graph.call_function(_aten.scalar_tensor.default, (1.0,), options)
    one.meta["val"] = _aten.scalar_tensor.default(1.0, **options)
    return one


def _power(node: Node) -> None:
    base, exponent = node.args
    if _is_symbol(base) and _is_float_tensor(exponent):
        if _aten.pow.Tensor_Tensor not in turning.SUPPORTED_OPS:
            node.args = (_product(node, _one(node, _held(exponent)), base), exponent)
        node.target = _aten.pow.Tensor_Tensor


def _let_parts_be_turned(graph: Graph) -> None:
    """Have each symbol of an expression that an operation takes stand in one by itself as well."""
    parts, homes = set(), {}
    for node in graph.nodes:
        if _is_symbol(node) and (expression := _held(node).node._expr).is_Symbol:
            homes[expression] = node
        if node.target in turning.SUPPORTED_OPS:
            for operand in filter(_is_symbol, node.args):
                parts |= _held(operand).node._expr.free_symbols
    for symbol in parts & homes.keys():
        home = homes[symbol]
        with graph.inserting_after(home):
            like = torch.empty((), dtype=torch.float64)
            one = _one(home, like)
        with graph.inserting_after(one):
            _product(home, one, home)


#: By the name of an operation, as some are only there once inductor is.
_WAYS: dict[str, Callable[[Node], None]] = {
    "aten.add.Tensor": _scaled_sum,
    "aten.sub.Tensor": _scaled_sum,
    "aten.pow.Scalar": _power,
    "prims.fma.default": _fused_product,
}

#: What is put into torch while a registry with this set is in force.
HOOKS = (
    Wrappers(
        (turning, "_tensorify_impl", _writing_out)
        if behaviour.TURNS_FLOATS_INSIDE
        else (graph_compile, "tensorify_python_scalars", _writing_out)
    ),
)
