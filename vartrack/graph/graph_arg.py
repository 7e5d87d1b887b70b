"""`GraphArg`: what compiled code needs to know to load one graph input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch._subclasses.fake_tensor import is_fake
from torch.fx.experimental._backward_state import BackwardState
from torch.utils.weak import TensorWeakRef

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen
    from torch._guards import Source

__all__ = ["BackwardStateGraphArg", "GraphArg"]


class GraphArg:
    """One graph input. Dynamo's code generator and its graph cleaning read these fields.

    Args:
        source: where compiled code loads it from; None if it makes one.
        _example: the value; a tensor is held weakly, so that tracing keeps none alive.
        pass_arg_as_tensor: whether compiled code turns it into a tensor first.
        fake_tensor: the fake tensor; required if the example is a tensor.
        is_tensor: whether it is a tensor in the program. A float that travels as a tensor is not.
        example_strong_ref: keeps alive an example that nothing else holds.

    Raises:
        AssertionError: a tensor example without a fake tensor.
    """

    def __init__(
        self,
        source: Source | None,
        _example: Any,
        pass_arg_as_tensor: bool,
        fake_tensor: Any,
        is_tensor: bool = True,
        example_strong_ref: Any = None,
    ) -> None:
        if isinstance(_example, torch.Tensor):
            if not is_fake(fake_tensor):
                raise AssertionError(f"the tensor input {source} comes without a fake tensor")
            _example = TensorWeakRef(_example)
        self.source = source
        self._example = _example
        self.pass_arg_as_tensor = pass_arg_as_tensor
        self.fake_tensor = fake_tensor
        self.is_tensor = is_tensor
        self.example_strong_ref = example_strong_ref

    def __setattr__(self, name: str, value: Any) -> None:
        # Dynamo may be tracing this very code; a plain attribute store would only be recorded
        object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        return f"GraphArg({self.source and self.source.name}, is_tensor={self.is_tensor})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, GraphArg):
            return False
        if self.source is None or other.source is None:
            return self.source is other.source
        return self.source.name == other.source.name

    __hash__ = None  # type: ignore[assignment]

    @property
    def example(self) -> Any:
        """The value.

        Raises:
            AssertionError: it was a tensor that is gone by now.
        """
        if not isinstance(self._example, TensorWeakRef):
            return self._example
        tensor = self._example()
        if tensor is None:
            raise AssertionError(f"the tensor of {self!r} is gone")
        return tensor

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Have ``codegen`` load the input."""
        codegen(self.source)

    def reconstruct_pycode(self, codegen: Any) -> str:
        """The input as Python text."""
        if self.source is None:
            raise AssertionError("an input without a source has no Python text")
        return self.source.reconstruct_pycode(codegen)

    def erase(self) -> None:
        """Let the value go."""
        self._example = None
        self.example_strong_ref = None


class BackwardStateGraphArg(GraphArg):
    """The state that compiled autograd hooks share; compiled code makes a fresh one."""

    def __init__(self) -> None:
        super().__init__(None, BackwardState(), False, None, is_tensor=False)

    def reconstruct(self, codegen: PyCodegen) -> None:
        variable = codegen.tx.output.backward_state_var
        if not variable:
            raise AssertionError("no variable was set aside for the backward state")
        module, name = BackwardState.__module__, BackwardState.__name__
        codegen.add_push_null(lambda: codegen.load_import_from(module, name))
        codegen.call_function(0, False)
        codegen.dup_top()
        codegen.store(variable)
