"""A captured graph as lines of text: one per node, with all that has to be equal."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any

import torch
from torch.fx import GraphModule, Node

from vartrack.comparison.spelling import spell, type_name

__all__ = ["describe_example", "describe_graph"]


def describe_graph(module: GraphModule) -> list[str]:
    """The graph of ``module``, a line per node.

    Takes the graph as the backend gets it: later Dynamo erases what it knows of the inputs.

    Returns:
        For each node its name, operation, target and arguments, the source of a placeholder,
        dtype, shape, strides and device of its example value, and the modules it was traced in.
        The lines of a subgraph follow the node that names it, indented.
    """
    return [spell(line) for line in _lines(module)]


def _lines(module: GraphModule) -> Iterator[str]:
    for node in module.graph.nodes:
        yield f"{node.name} = {node.op} {_target(node)}({_arguments(node)}){_notes(node)}"
        if node.op in ("get_attr", "call_module"):
            found = _attribute(module, str(node.target))
            if isinstance(found, GraphModule):
                yield from ("    " + line for line in _lines(found))
            else:
                yield f"    {describe_example(found)}"


def _attribute(module: torch.nn.Module, path: str) -> Any:
    found: Any = module
    for name in path.split("."):
        found = getattr(found, name, None)
    return found


def _target(node: Node) -> str:
    target = node.target
    if isinstance(target, str):
        return target
    if isinstance(target, (types.FunctionType, types.BuiltinFunctionType, type)):
        return f"{target.__module__}.{target.__qualname__}"
    return str(target)


def _arguments(node: Node) -> str:
    parts = [_argument(value) for value in node.args]
    parts += [f"{name}={_argument(value)}" for name, value in node.kwargs.items()]
    return ", ".join(parts)


def _argument(value: Any) -> str:
    """An argument of a node; types that print alike (1, True and 1.0 do not) stay apart."""
    if isinstance(value, Node):
        return f"%{value.name}"
    if isinstance(value, (tuple, list)):
        inside = ", ".join(map(_argument, value))
        return f"{type(value).__name__}({inside})"
    if isinstance(value, dict):
        inside = ", ".join(f"{key!r}: {_argument(item)}" for key, item in value.items())
        return f"{type(value).__name__}({inside})"
    if isinstance(value, slice):
        return "slice({}, {}, {})".format(
            *map(_argument, (value.start, value.stop, value.step)),
        )
    if isinstance(value, torch.Tensor):
        return describe_example(value)
    return repr(value)


def _notes(node: Node) -> str:
    notes = []
    if node.op == "placeholder":
        notes.append(f"from {_source(node)}")
        marks = node.meta.get("tensor_dict")
        if marks:
            plain = {key: item for key, item in marks.items() if isinstance(item, (str, int))}
            notes.append(f"marks {sorted(plain.items())}, all {sorted(marks)}")
    if "example_value" in node.meta:
        notes.append(describe_example(node.meta["example_value"]))
    stack = node.meta.get("nn_module_stack")
    if stack:
        # the keys hold ids
        modules = [f"{path}: {cls.__qualname__}" for path, cls in stack.values()]
        notes.append("in " + " > ".join(modules))
    return "".join(f" | {note}" for note in notes)


def _source(node: Node) -> str:
    argument = node.meta.get("grapharg")
    source = getattr(argument, "source", None)
    if source is None:
        return "nowhere"
    as_tensor = ", a number passed as a tensor" if argument.pass_arg_as_tensor else ""
    return f"{source.name} ({type(source).__name__}{as_tensor})"


def describe_example(value: Any) -> str:
    """The kind of a value in a graph: for a tensor its dtype, shape, strides and the like."""
    if isinstance(value, torch.Tensor):
        return _tensor(value)
    if isinstance(value, (tuple, list)):
        return f"{type(value).__name__}({', '.join(map(describe_example, value))})"
    if isinstance(value, (torch.SymInt, torch.SymFloat, torch.SymBool)):
        return f"{type(value).__name__} {value.node.expr}"
    if value is None or isinstance(value, (bool, int, float, str)):
        return repr(value)
    return type_name(value)


def _tensor(value: torch.Tensor) -> str:
    shape = ", ".join(map(str, value.shape))
    parts = [f"{type(value).__name__} {value.dtype} [{shape}]"]
    if value.layout is torch.strided and not value.is_nested:
        strides = ", ".join(map(str, value.stride()))
        parts.append(f"strides [{strides}] offset {value.storage_offset()}")
    else:
        parts.append(str(value.layout))
    parts.append(str(value.device))
    if value.requires_grad:
        parts.append("leaf with grad" if value.is_leaf else "with grad")
    return " ".join(parts)
