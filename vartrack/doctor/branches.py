"""What torch's builder distinguishes: each branch of it, as a fingerprint."""

from __future__ import annotations

import ast
import functools
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vartrack.doctor.own_code import sufferers

__all__ = ["Branch", "branches_of", "read"]

#: Functions whose lists or tables of pairs are branches as well: by type, or by identity.
_TABLES = ("_type_dispatch_impl", "_id_dispatch", "make_type_handlers")
#: What stands for the parts of a function that are no branches.
_TAKES, _OTHER_STEPS = ast.Constant("what it takes"), ast.Constant("all other steps")


@dataclass(frozen=True)
class Branch:
    """One branch of torch's builder, told without its text.

    Attributes:
        function: the function it is in.
        test: a fingerprint of what it asks.
        body: a fingerprint of what it does.
        names: what it names, such as tracker classes; tells which visitor it belongs to.
        line: where it stands; 0 if it was read from evidence.
        text: what it asks, as it stands; "" if it was read from evidence.
    """

    function: str
    test: str
    body: str
    names: tuple[str, ...]
    line: int = 0
    text: str = ""

    @property
    def key(self) -> str:
        """What stays the same if only what it does changes."""
        return f"{self.function} {self.test}"

    @property
    def asks_and_does(self) -> tuple[str, str]:
        """What stays the same if it goes to another function."""
        return self.test, self.body

    @property
    def is_of_whole(self) -> bool:
        """Whether it is no branch, but tells of a function as a whole."""
        return self.test in _OF_WHOLE

    @property
    def has_place(self) -> bool:
        """Whether it matters what is asked before it, as it does not in a table."""
        return not self.is_of_whole and self.function.rpartition(".")[2] not in _TABLES

    def visitors(self) -> tuple[str, ...]:
        """The visitors it may belong to, the likeliest first."""
        return sufferers(*self.names)[:3]

    def told(self) -> str:
        """The branch in words."""
        what = self.text or f"what makes {', '.join(self.names[:3]) or 'something'}"
        return f"{self.function}: {what}"


def read(file: Path) -> list[Branch]:
    """The branches of a builder, in order.

    Raises:
        OSError: the file cannot be read.
        SyntaxError: it is no Python.
        ValueError: it is no text.
    """
    return list(_branches_in(file.read_text(encoding="utf-8")))


@functools.lru_cache(maxsize=1)  # a process asks again and again, and always for the one builder
def _branches_in(text: str) -> tuple[Branch, ...]:
    return tuple(branches_of(ast.parse(text)))


def branches_of(tree: ast.Module) -> Iterator[Branch]:
    """The branches of a parsed builder."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef) and not _is_overload(inner):
                    yield from _of_function(inner, f"{node.name}.{inner.name}")
        elif isinstance(node, ast.FunctionDef):
            yield from _of_function(node, node.name)


def _is_overload(function: ast.FunctionDef) -> bool:
    """Whether it only says types."""
    return any(name.endswith("overload") for name in map(ast.unparse, function.decorator_list))


def _of_function(function: ast.FunctionDef, name: str) -> Iterator[Branch]:
    plain = _Plain().visit(function)
    yield _branch(name, _TAKES, [plain.args], plain.lineno)
    for node in _as_written(plain):
        if isinstance(node, ast.If):
            yield _branch(name, node.test, node.body)
        elif function.name in _TABLES and isinstance(node, (ast.Assign, ast.AnnAssign)):
            yield from _entries(name, node)
    if function.name not in _TABLES:
        yield _branch(name, _OTHER_STEPS, plain.body, plain.lineno)


def _as_written(node: ast.AST) -> Iterator[ast.AST]:
    """All that is in ``node``, in the order of the lines, however deep it stands."""
    for child in ast.iter_child_nodes(node):
        yield child
        yield from _as_written(child)


def _entries(name: str, node: ast.Assign | ast.AnnAssign) -> Iterator[Branch]:
    target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
    if isinstance(target, ast.Subscript) and node.value is not None:
        yield _branch(name, target.slice, [node.value], node.lineno)
    for pair in ast.walk(node):
        if isinstance(pair, ast.Tuple) and len(pair.elts) == 2:
            yield _branch(name, pair.elts[0], [pair.elts[1]], pair.lineno)


def _branch(
    function: str,
    test: ast.AST,
    body: Sequence[ast.AST],
    line: int = 0,
) -> Branch:
    own = [part for part in body if not isinstance(part, ast.If)]
    named = {*_identifiers(test), *(name for part in own for name in _identifiers(part))}
    text = ast.unparse(test)
    return Branch(
        function,
        _fingerprint(_dump(test)),
        _fingerprint("\n".join(map(_dump, own))),
        tuple(sorted(name for name in named if _tells(name))),
        line or getattr(test, "lineno", 0),
        text if len(text) <= 120 else f"{text[:117]}...",
    )


def _dump(node: Any) -> str:
    """A tree as text that is the same on every Python, as that of `ast.dump` is not."""
    if isinstance(node, list):
        return f"[{','.join(map(_dump, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = (
        f"{name}={_dump(value)}"
        for name, value in _own_fields(node)
        if value not in (None, []) and name not in ("ctx", "kind", "type_comment", "type_params")
    )
    return f"{type(node).__name__}({','.join(fields)})"


def _own_fields(node: ast.AST) -> Iterator[tuple[str, Any]]:
    """The fields of ``node``, without the branches inside, which are told for themselves."""
    for name, value in ast.iter_fields(node):
        if isinstance(value, list):
            value = [one for one in value if not isinstance(one, ast.If)]
        yield name, value


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _identifiers(node: ast.AST) -> Iterator[str]:
    name = getattr(node, "id", None) or getattr(node, "attr", None)
    if isinstance(name, str):
        yield name
    for _, value in _own_fields(node):
        for one in value if isinstance(value, list) else (value,):
            if isinstance(one, ast.AST):
                yield from _identifiers(one)


def _tells(name: str) -> bool:
    """Whether a name is likely to belong to few branches."""
    return (name.startswith("is_") or name[0].isupper()) and not name.endswith("Error")


class _Plain(ast.NodeTransformer):
    """Leaves out what does nothing: docstrings, annotations, assertions, casts."""

    def visit_Assert(self, node: ast.Assert) -> None:
        return None

    def visit_If(self, node: ast.If) -> ast.AST | None:
        raised = node.body[0].exc if isinstance(node.body[0], ast.Raise) else None
        if getattr(getattr(raised, "func", None), "id", "") == "AssertionError" and not node.orelse:
            return None
        return self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return None if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        plain = ast.Assign([node.target], node.value, lineno=node.lineno)
        return self.generic_visit(plain)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        for arg in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            arg.annotation = None
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        name = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
        if name == "cast" and len(node.args) == 2:
            return self.visit(node.args[1])  # type: ignore[no-any-return]
        return self.generic_visit(node)


#: The tests of what is said of a function as a whole.
_OF_WHOLE = {_fingerprint(_dump(one)) for one in (_TAKES, _OTHER_STEPS)}
