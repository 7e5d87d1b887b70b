"""What vartrack's own code says of torch: read from its source, without importing it."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from vartrack.doctor.findings import Place

__all__ = ["Call", "Module", "Use", "modules", "sufferers"]

PACKAGE = Path(__file__).parents[1]
_WORD = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")


@dataclass(frozen=True)
class Use:
    """Something of torch that is named: ``module`` is imported, ``path`` read from it."""

    module: str
    path: tuple[str, ...]
    place: Place

    def __str__(self) -> str:
        return ":".join((self.module, ".".join(self.path))) if self.path else self.module


@dataclass(frozen=True)
class Call:
    """A call of something of torch: how many arguments, and the names of the others."""

    use: Use
    positional: int
    keywords: tuple[str, ...]
    #: Whether there are arguments that cannot be counted: ``*args`` or ``**kwargs``.
    open: bool


@dataclass
class Module:
    """One file of vartrack, read."""

    file: Path
    tree: ast.Module
    uses: list[Use] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    #: What a name in the file stands for: a module of torch, and what is read from it.
    names: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    #: The attributes that are read of objects, and the first line of each that does.
    attributes: dict[str, Place] = field(default_factory=dict)
    #: Words of its texts that may be names of torch's, and the first line of each.
    words: dict[str, Place] = field(default_factory=dict)
    #: The names of what the file defines, or sets on objects.
    defines: set[str] = field(default_factory=set)

    @property
    def where(self) -> str:
        """The file, from the folder that holds the package."""
        return self.file.relative_to(PACKAGE.parent).as_posix()

    def classes(self) -> Iterator[ast.ClassDef]:
        """The classes at the top of the file."""
        return (node for node in self.tree.body if isinstance(node, ast.ClassDef))


@functools.cache
def modules() -> tuple[Module, ...]:
    """The files of the package, in order."""
    files = sorted(PACKAGE.rglob("*.py"))
    return tuple(_read(file) for file in files if "doctor" not in file.parts)


def _read(file: Path) -> Module:
    module = Module(file, ast.parse(file.read_text(encoding="utf-8")))
    _Reader(module).visit(module.tree)
    return module


class _Reader(ast.NodeVisitor):
    """Collects what a file names of torch."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.owners: list[str] = []

    def place(self, node: ast.expr | ast.stmt) -> Place:
        return Place(self.module.where, node.lineno, self.owners[0] if self.owners else "")

    def visit_If(self, node: ast.If) -> None:
        if "TYPE_CHECKING" in ast.unparse(node.test):
            return  # says nothing of what runs
        self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            if not _of_torch(alias.name):
                continue
            self.module.uses.append(Use(alias.name, (), self.place(node)))
            if alias.asname:
                self.module.names[alias.asname] = (alias.name, ())
            else:
                self.module.names["torch"] = ("torch", ())

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if not _of_torch(node.module or ""):
            return
        for alias in node.names:
            self.module.uses.append(Use(str(node.module), (alias.name,), self.place(node)))
            self.module.names[alias.asname or alias.name] = (str(node.module), (alias.name,))

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            for word in _WORD.findall(node.value):
                self.module.words.setdefault(word, self.place(node))

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self.module.defines.add(node.id)

    def _inside(self, node: ast.ClassDef | ast.FunctionDef) -> None:
        self.module.defines.add(node.name)
        self.owners.append(node.name)
        for decorator in node.decorator_list:
            self.visit(decorator)
        for child in node.bases if isinstance(node, ast.ClassDef) else ():
            self.visit(child)
        if isinstance(node, ast.FunctionDef):
            for default in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
                self.visit(default)
        for statement in node.body:
            self.visit(statement)
        self.owners.pop()

    visit_ClassDef = _inside
    visit_FunctionDef = _inside

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.visit(node.target)
        if node.value is not None:
            self.visit(node.value)  # and not the annotation, which is never evaluated

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if (use := self.use_of(node)) is not None:
            self.module.uses.append(use)
            return
        if isinstance(node.ctx, ast.Load):
            self.module.attributes.setdefault(node.attr, self.place(node))
        else:
            self.module.defines.add(node.attr)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        use = self.use_of(node.func)
        if use is not None and use.path:
            keywords = tuple(one.arg for one in node.keywords if one.arg is not None)
            starred = any(isinstance(one, ast.Starred) for one in node.args)
            is_open = starred or len(keywords) < len(node.keywords)
            self.module.calls.append(Call(use, len(node.args), keywords, is_open))
            if use.path[-1] == "patch":  # of settings, which go by the names of the arguments
                for name in keywords:
                    path = (*use.path[:-1], name)
                    self.module.uses.append(Use(use.module, path, use.place))
        self.generic_visit(node)

    def use_of(self, node: ast.expr) -> Use | None:
        """What ``node`` names, if that is something of torch."""
        path: list[str] = []
        start = node
        while isinstance(start, ast.Attribute):
            path.append(start.attr)
            start = start.value
        if not isinstance(start, ast.Name) or start.id not in self.module.names:
            return None
        module, first = self.module.names[start.id]
        return Use(module, (*first, *reversed(path)), self.place(node))


def _of_torch(module: str) -> bool:
    return module.partition(".")[0] == "torch"


@functools.cache
def _visitors() -> dict[str, frozenset[str]]:
    """From an identifier to the visitors whose class, or file's imports, name it."""
    found: dict[str, set[str]] = {}
    for module in modules():
        if "visitors" not in module.file.parts:
            continue
        for cls in module.classes():
            for node in ast.walk(cls):
                name = getattr(node, "id", None) or getattr(node, "attr", None)
                if isinstance(name, str):
                    found.setdefault(name, set()).add(cls.name)
                text = node.value if isinstance(node, ast.Constant) else None
                if isinstance(text, str) and text.isupper():
                    found.setdefault(text, set()).add(cls.name)
    return {name: frozenset(visitors) for name, visitors in found.items()}


def sufferers(*identifiers: str) -> tuple[str, ...]:
    """The visitors that name one of ``identifiers``; the one that fits best comes first."""
    index = _visitors()
    scores: dict[str, float] = {}
    for name in set(identifiers):
        named = index.get(name, frozenset())
        for visitor in named:
            scores[visitor] = scores.get(visitor, 0) + 1 / len(named) ** 2
    return tuple(sorted(scores, key=lambda visitor: (-scores[visitor], visitor)))
