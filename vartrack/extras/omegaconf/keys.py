"""What makes two configurations the same, asked without leaving anything in them.

OmegaConf keeps the flags it has looked up in the nodes, where a program that reads ``__dict__``
finds them. So what is stored is read where it is, and what OmegaConf works out is put back.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import omegaconf
from omegaconf import OmegaConf

from vartrack.bases.content import content_key

__all__ = ["flag_of", "key_of"]

_CACHE = "_flags_cache"
_FLAGS = ("readonly", "struct", "allow_objects")
#: What OmegaConf is to be asked for: what an interpolation leads to, say.
_WORKED_OUT = object()


def key_of(config: Any) -> Any:
    """The content with interpolations resolved, missing values left missing, and the flags."""
    flags = tuple(flag_of(config, flag) for flag in _FLAGS)
    return content_key((_resolved(config), flags, config._metadata.object_type))


def flag_of(config: Any, flag: str) -> Any:
    """A flag of a configuration, or of what holds it if it has none itself."""
    while config is not None:
        metadata = config.__dict__["_metadata"]
        set_here = (metadata.flags or {}).get(flag)
        if set_here is not None or getattr(metadata, "flags_root", False):
            return set_here
        config = config.__dict__["_parent"]
    return None


def _resolved(config: Any) -> Any:
    stored = _stored(config)
    if stored is not _WORKED_OUT:
        return stored
    whole = config._get_root()
    with _caches_kept(whole):
        try:
            return _container(config, resolve=True)
        except omegaconf.errors.OmegaConfBaseException:
            # an interpolation leads nowhere now; what it would lead to is in the whole
            return _container(config, resolve=False), _container(whole, resolve=False)


def _stored(node: Any) -> Any:
    """What a node stores, as a plain container or value, if it is no more than stored."""
    if isinstance(node, omegaconf.nodes.ValueNode):
        value = node.__dict__["_val"]
        if isinstance(value, str) and (type(value) is not str or "${" in value):
            return _WORKED_OUT
        return value
    content = node.__dict__["_content"]
    if type(content) is dict:
        held = {key: _stored(item) for key, item in content.items()}
        return _WORKED_OUT if _is_worked_out(held.values()) else held
    if type(content) is list:
        items = [_stored(item) for item in content]
        whole = items if isinstance(node, omegaconf.ListConfig) else tuple(items)
        return _WORKED_OUT if _is_worked_out(items) else whole
    if content is None or content == omegaconf.MISSING:
        return content
    # a node of a union holds another
    return _stored(content) if isinstance(content, omegaconf.Node) else _WORKED_OUT


def _is_worked_out(items: Any) -> bool:
    return any(item is _WORKED_OUT for item in items)


def _container(config: Any, resolve: bool) -> Any:
    if config._is_none() or config._is_missing():
        return config._value()
    return OmegaConf.to_container(config, resolve=resolve, throw_on_missing=False)


@contextlib.contextmanager
def _caches_kept(whole: Any) -> Iterator[None]:
    """Give every node the flags back that were looked up before."""
    before = [(node, node.__dict__.get(_CACHE)) for node in _nodes(whole)]
    before = [(node, None if kept is None else dict(kept)) for node, kept in before]
    try:
        yield
    finally:
        for node, kept in before:
            if node.__dict__.get(_CACHE) != kept:
                node.__dict__[_CACHE] = kept


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    content = node.__dict__.get("_content")
    if isinstance(content, omegaconf.Node):
        yield from _nodes(content)
    elif type(content) in (dict, list):
        for item in content.values() if type(content) is dict else content:
            yield from _nodes(item)
