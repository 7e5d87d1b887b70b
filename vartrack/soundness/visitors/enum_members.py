"""Members of enums whose special methods the program wrote: they are traced, and not evaluated."""

from __future__ import annotations

import enum
from types import FunctionType
from typing import TYPE_CHECKING, Any

from torch._dynamo.variables.base import AsPythonConstantNotImplementedError
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.compat.operators import SWAPPED
from vartrack.soundness.reading.lookups import find
from vartrack.soundness.reading.themselves import has_own_methods
from vartrack.visitors.enums import EnumMembers

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen

__all__ = ["ComparedEnumMembers", "TracedEnumMembers", "TracedMemberVariable"]


class ComparedMemberVariable(UserDefinedObjectVariable):
    """A member of an enum: a constant, and yet an object whose methods are traced."""

    def is_python_constant(self) -> bool:
        """Whether it is a constant, which it always is."""
        return True

    def as_python_constant(self) -> Any:
        """The member."""
        return self.value


class ComparedEnumMembers(EnumMembers):
    """Members of enums that compare in Python, which torch traces since 2.12.

    Up to 2.11 it takes a member for a constant, which equals nothing but itself.
    """

    on_torch = "<2.12"
    types = (enum.Enum,)  # type: ignore[assignment]
    tracker_class = ComparedMemberVariable

    @staticmethod
    def when_type(cls: type) -> bool:
        """Whether the class has a comparison of its own."""
        found = (find(cls, f"__{name}__") for name in SWAPPED)
        return any(each is not None and type(each[1]) is FunctionType for each in found)


class TracedMemberVariable(UserDefinedObjectVariable):
    """A member of an enum that is asked as other objects are: no constant, which torch asks itself.

    What its methods read would be guarded by nothing then.
    """

    def is_python_constant(self) -> bool:
        """Whether it is a constant, which it never is."""
        return False

    def as_python_constant(self) -> Any:
        """Raises the error of a tracker that is none."""
        raise AsPythonConstantNotImplementedError(self)

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Write code that loads the member, which is the same one for ever."""
        name = codegen.tx.output.install_global_by_id("_vartrack_member", self.value)
        codegen.append_output(codegen.create_load_global(name, add=True))


class TracedEnumMembers(EnumMembers):
    """Members of enums with special methods of the program's own."""

    on_torch = ">=2.13"
    types = (enum.Enum,)  # type: ignore[assignment]
    tracker_class = TracedMemberVariable

    @staticmethod
    def when_type(cls: type) -> bool:
        """Whether the class has such a method, and its members are not numbers or texts as well."""
        return getattr(cls, "_member_type_", None) is object and has_own_methods(cls)
