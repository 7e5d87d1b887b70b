"""The kinds of fact that `vartrack.sound` holds."""

from __future__ import annotations

__all__ = ["KINDS", "OF_TORCH"]

#: From the name of a kind to what it covers.
KINDS: dict[str, str] = {
    "classes": "what is looked up on a class: attributes, methods, special methods, bases",
    "bodies": "the code, defaults, closure and attributes of functions",
    "identity": "whether two places hold the same object",
    "containers": "the keys of dicts and sets, their types and their order",
    "texts": "the text of an object or a class, as `str` and `repr` give it",
    "values": "what values in C and tensors said of themselves; that what is passed on is there",
    "modules": "hooks of modules, and entries that hide their parameters and submodules",
    "isinstance": "what `isinstance` and `issubclass` said: registered classes, protocols, checks",
    "tracing": "what torch's tracer gets wrong the first time already: put right, or refused",
    "state": "names that hide builtins or come to be, settings, imports, tables, random objects",
}

#: Those that are no facts which change, but what torch's tracer does: there is nothing to note.
OF_TORCH: frozenset[str] = frozenset({"tracing"})
