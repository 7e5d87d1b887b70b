"""The value categories of torch's builder, each with an example: ``rows.json``, read.

An example is an expression over the prelude of that file. Prefixes say how it is built:
``[flag=value]`` with a flag of Dynamo's or the compiler's config, ``@kind`` from another source
than a local, ``{export}`` while exporting.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import json
import linecache
import re
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch._dynamo import source as sources
from torch._dynamo.comptime import comptime
from torch._dynamo.variables import builder

from vartrack.compat import release

__all__ = ["ROWS", "SOURCES", "Example", "local", "prelude", "rows"]

#: What ``rows.json`` holds: the prelude, and the rows of both halves.
ROWS: dict[str, Any] = json.loads((Path(__file__).parent / "rows.json").read_text(encoding="utf-8"))


def rows(half: str) -> dict[str, str]:
    """From the id of each row of ``half`` that the running torch has to its example.

    Args:
        half: ``"sourced"`` or ``"sourceless"``.
    """
    running = release.minor(release.RUNNING)
    return {
        row["id"]: row["example"]
        for row in ROWS[half]
        if row["example"] and running not in row["absent_in"]
    }


@functools.cache
def prelude() -> dict[str, Any]:
    """The names that examples may use.

    A statement that fails on the running torch leaves its names out, and the examples that need
    them.
    """
    text = "\n".join(ROWS["prelude"])
    linecache.cache["prelude"] = (len(text), None, text.splitlines(True), "prelude")
    module = sys.modules["prelude"] = types.ModuleType("prelude")
    for statement in ast.parse(text).body:
        with contextlib.suppress(ImportError, AttributeError, NameError):
            exec(compile(ast.Module([statement], []), "prelude", "exec"), vars(module))
    return vars(module)


def local(name: str = "v") -> sources.Source:
    """The source of a local that is an argument."""
    return sources.LocalSource(name, is_input=True)


#: Where a value can come from, by the word after ``@``.
SOURCES: dict[str, Callable[[], sources.Source]] = {
    "": local,
    "global": lambda: sources.GlobalSource("v"),
    "const": lambda: sources.ConstantSource("v"),
    "closure": lambda: sources.GetItemSource(sources.ClosureSource(local("f")), 0),
    "module_attr": lambda: sources.AttrSource(sources.UnspecializedNNModuleSource(local("m")), "v"),
    "spec_module_attr": lambda: sources.AttrSource(sources.NNModuleSource(local("m")), "v"),
    "opt_grad": lambda: sources.GradSource(
        sources.AttrSource(sources.OptimizerSource(local("o")), "p")
    ),
    "mro": lambda: sources.TypeMROSource(local("v")),
}

_PREFIX = re.compile(
    r"^(?:\[(?P<flag>\w+)=(?P<value>.*?)\] |@(?P<kind>\w+) |\{(?P<export>export)\} )"
)
_COMPILER_FLAGS = {"dynamic_sources", "dynamic_values", "unbacked_sources", "static_sources"}


@dataclass
class Example:
    """An example, read: what to evaluate and how to build it.

    Where it takes more than an expression, a step is overridden: `program`, `inside`, `value_in`
    or `tracker`.

    Attributes:
        expression: what to evaluate.
        kind: where it comes from, one of `SOURCES`.
        flags: settings, each with its value as text.
        export: whether to build it as while exporting.
        make: makes the value, instead of the expression.
    """

    expression: str = ""
    kind: str = ""
    flags: list[tuple[str, str]] = field(default_factory=list)
    export: bool = False
    make: Callable[[], Any] | None = None

    @classmethod
    def read(cls, text: str) -> Example:
        """The example that ``text`` describes."""
        example = cls(text)
        while found := _PREFIX.match(example.expression):
            example.expression = example.expression[found.end() :]
            if found["flag"]:
                example.flags.append((found["flag"], found["value"]))
            elif found["kind"]:
                example.kind = found["kind"]
            else:
                example.export = True
        return example

    def value(self) -> Any:
        """The value, made before the compile begins."""
        return eval(self.expression, prelude()) if self.make is None else self.make()

    def value_in(self, tx: Any, value: Any) -> Any:
        """The value to build: ``value``, or one that takes a compile to be made."""
        return value

    def program(
        self, build_here: Callable[[Any], None]
    ) -> tuple[Callable[..., None], tuple[Any, ...]]:
        """What is compiled, and its arguments; the value is built where comptime is called."""

        def program() -> None:
            comptime(build_here)

        return program, ()

    def source(self) -> sources.Source:
        """Where the value comes from."""
        return SOURCES[self.kind]()

    def inside(self, tx: Any) -> contextlib.AbstractContextManager[Any]:
        """What to enter inside the compile, around the build."""
        return contextlib.nullcontext()

    def tracker(self, tx: Any, value: Any, sourceless: bool, *options: bool) -> Any:
        """Has the builder that is in force build ``value``."""
        if sourceless:
            return builder.SourcelessBuilder.create(tx, value)
        return builder.VariableBuilder(tx, self.source(), *options)(value)

    @contextlib.contextmanager
    def configured(self) -> Iterator[None]:
        """With its settings in force."""
        with contextlib.ExitStack() as stack:
            for flag, text in self.flags:
                if flag in _COMPILER_FLAGS:
                    stack.enter_context(torch.compiler.config.patch(flag, text))
                else:
                    stack.enter_context(torch._dynamo.config.patch(flag, eval(text, prelude())))
            yield
