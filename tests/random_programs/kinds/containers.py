"""Containers of Python and of its standard library, with parts of any kind."""

from __future__ import annotations

from random_programs.kinds.kind import Kind

__all__ = ["DICT", "KINDS", "LIST"]

LIST = """
    len($v); $v[0]; $v[-1]; list($v); [i for i in $v]; $v[:1]; bool($v); $v == $v; $v == [1, 2]; tuple($v)
    $w in $v; $v is $w; $v + [5]; $v * 2; $v.index($v[1]); $v.count($v[0]); list(reversed($v)); str($v)
    list(enumerate($v)); list(zip($v, [1, 2])); (lambda a, *b: (a, b))(*$v); copy.copy($v); type($v).__name__
    [type(i).__name__ for i in $v]; x * len($v); $v[0] is $v[1]; any($v); $v.append(5); ($v.append(5), len($w))
    ($v.append(6), $v is $w); $v.pop(); ($v.reverse(), $v); ($v.extend([1]), len($w)); [$v, $v][1] is $v
    ($v.insert(0, 3), $w); isinstance($v, collections.abc.MutableSequence); hasattr($v, 'a'); $v.sort(key=str)
    next(iter($v)); {**{'a': $v}}; sum(1 for _ in $v); [*$v, *$v]; max($v, key=str); $v.__len__(); dict(enumerate($v))
"""
DICT = """
    len($v); list($v); $v['a']; $v.get('a'); $v.get('zz', 3); 'a' in $v; 'zz' in $v; list($v.items()); list($v.values())
    list($v.keys()); [*$v]; {**$v}; dict($v); (lambda **k: list(k))(**$v); str($v); bool($v); $v == {'a': 1}; $v | {'z': 1}
    next(iter($v)); [k for k in $v]; {k: 1 for k in $v}; $v.copy(); copy.copy($v); list(reversed($v)); $v is $w; $v == $w
    ($v.update(q=1), list($w)); ($v.update(q=1), len($v)); $v.setdefault('zz', 4); $v.pop('a'); $v.popitem(); tuple($v.items())
    ($v.clear(), len($w)); type($v).__name__; sorted($v); max($v); x * len($v); sum(1 for _ in $v.values()); 'a' in $v.keys()
    sorted($v.keys() | {'q'}); list(zip($v, [1, 2])); (lambda a, b: a)(*$v); f'{$v}'; isinstance($v, collections.abc.Mapping)
    [type(i).__name__ for i in $v.values()]; $v.keys() == {'a', 'b'}; list(map(str, $v)); $v.__contains__('a'); list($v)[0]
    [k + '!' for k, _ in $v.items()]; list(dict.fromkeys($v, 0)); ($v.pop('a', None), list($v)); '%(a)s' % $v; {'z': 0, **$v}
"""
_DICT_CHANGES = """
    $v['zz'] = 9
    $v['a'] = $v.pop('a')
    $v.pop('b', None)
    $v['a'] = 3.5
    $v.clear()
    $v[Text('c')] = 4
    $v.update({'b': $v.get('a')})
"""
_TEXT = "class Text(str): pass"
_LIST_CHANGES = """
    $v.append(9)
    $v.reverse()
    $v.pop()
    $v[0] = $v[-1]
    $v[1] = 2.5
    $v.clear()
    $v[:] = [3, 'q']
    $v.insert(0, None)
    $v[0] = True
"""
_SET = """
    len($v); 2 in $v; 9 in $v; sorted($v, key=str); list($v)[0] in $v; bool($v); $v == {1, 2, 'a'}; $v | {5}; $v & {1}; $v - {1}
    len($v ^ {1}); $v <= {1, 2, 'a', 4}; [i for i in $v if i == 1 and i == 1.0]; len([*$v]); $v.issubset({1}); 1.0 in $v; True in $v; $v is $w; x * len($v)
    {type(i).__name__ for i in $v}; sum(1 for _ in $v); $v.union([8]); $v.isdisjoint([9]); copy.copy($v); {**dict.fromkeys($v)}.get(1)
"""
_SET_CHANGES = """
    $v.add(9)
    $v.discard(1)
    $v.discard(1); $v.add(True)
    $v.discard(1); $v.add(1.0)
    $v.clear()
"""

KINDS = (
    Kind("list", "[$1, $2]", ("$v[0]", "$v[1]"), LIST, _LIST_CHANGES),
    Kind(
        "tuple",
        "($1, $2)",
        ("$v[0]", "$v[1]"),
        "len($v); $v[0]; $v[1:]; $v == $v; $v + (1,); $v is $w; [i for i in $v]; (lambda a, b: (b, a))(*$v); $v in [$v]; $w in $v; str($v); $v.index($v[1])",
        others="(1, 2, 3)\n()\n[1, 2]",
        fixed=True,
    ),
    Kind(
        "long list",
        "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]",
        (),
        "len($v); $v[3]; sum($v); x * $v[2]; 5 in $v; $v[2:4]; max($v); sorted($v); [i * 2 for i in $v]",
        "$v[3] = 33\n$v[9] = 1\n$v.append(2)\n$v[0] = True\n$v[2] = 2.0\n$v.reverse()",
    ),
    Kind("dict", "{'a': $1, 'b': $2}", ("$v['a']", "$v['b']"), DICT, _DICT_CHANGES, defines=_TEXT),
    Kind(
        "dict of numbers",
        "{1: $1, 2: $2}",
        ("$v[1]", "$v[2]"),
        "$v[1]; list($v); 1.0 in $v; True in $v; [type(k).__name__ for k in $v]; len($v); $v.get(3); sum($v); max($v); x * len($v); str($v); {**$v}; list($v.items()); $v[True]",
        "$v[3] = 4\n$v[1] = $v.pop(1)\n$v[True] = $v.pop(1)\n$v[1.0] = $v.pop(1)\n$v.clear()\n$v.pop(2, None)",
    ),
    Kind(
        "dict of objects",
        "{KEY: $1, 'b': $2}",
        ("$v[KEY]", "$v['b']"),
        "$v[KEY]; KEY in $v; len($v); OTHER_KEY in $v; $v.get(OTHER_KEY, 3); [k is KEY for k in $v]; list($v.values()); $v['b']; [type(k).__name__ for k in $v]",
        "$v[OTHER_KEY] = 3\n$v[KEY] = $v.pop(KEY)\n$v.pop('b')\n$v.clear(); $v[OTHER_KEY] = 1\nKey.note = 5",
        defines="class Key:\n    note = 4\nKEY, OTHER_KEY = Key(), Key()",
    ),
    Kind(
        "ordered dict",
        "collections.OrderedDict(a=$1, b=$2)",
        ("$v['a']", "$v['b']"),
        DICT
        + "; $v.move_to_end('a'); ($v.move_to_end('a'), list($v)); $v == collections.OrderedDict(b=1, a=2)",
        _DICT_CHANGES + "\n$v.move_to_end('a')\n$v.move_to_end('b', last=False)",
        defines=_TEXT,
    ),
    Kind(
        "default dict",
        "collections.defaultdict(list, a=$1, b=$2)",
        ("$v['a']", "$v['b']"),
        DICT
        + "; $v['new']; $v.default_factory; ($v['new'], list($v)); $v['new'].append(1); len($v['new'])",
        _DICT_CHANGES + "\n$v.default_factory = dict\n$v.default_factory = None\n$v['new'] = 3",
        defines=_TEXT,
    ),
    Kind(
        "counter",
        "collections.Counter(a=2, b=1)",
        (),
        DICT + "; $v['none']; $v.most_common(1); $v.total(); sum($v.values()); list($v.elements())",
        "$v['a'] += 5\n$v['c'] = 3\n$v['a'] = $v.pop('a')\n$v.update('bbbb')",
    ),
    Kind(
        "chain map",
        "collections.ChainMap({'a': $1}, {'b': $2})",
        ("$v.maps[0]['a']", "$v.maps[1]['b']"),
        "$v['a']; $v['b']; list($v); len($v); $v.get('zz', 3); 'b' in $v; len($v.maps); dict($v); $v.maps[0]",
        "$v.maps.append({'zz': 4})\n$v.maps[0]['b'] = 7\n$v.maps.reverse()\n$v['zz'] = 2\n$v.maps[1]['c'] = 2",
    ),
    Kind(
        "deque",
        "collections.deque([$1, $2], 3)",
        ("$v[0]", "$v[1]"),
        "len($v); $v[0]; list($v); ($v.append(1), len($v)); $v.maxlen; ($v.extend([7, 8]), list($v)); $v.popleft(); 5 in $v; ($v.rotate(1), list($v)); $v is $w; bool($v); $v == $w; copy.copy($v)",
        "$v.append(9)\n$v.rotate(1)\n$v.pop()\n$v.appendleft(None)\n$v.clear()",
        "collections.deque([1, 2])\ncollections.deque([1, 2], 2)\n[1, 2]",
    ),
    Kind(
        "set",
        "{1, 2, 'a'}",
        (),
        _SET
        + "; $v.add(5); ($v.add(5), len($w)); $v.pop() in (1, 2, 'a'); ($v.discard(1), len($v))",
        _SET_CHANGES,
    ),
    Kind(
        "frozenset",
        "frozenset({1, 2, 'a'})",
        (),
        _SET + "; {$v: 1}; hash($v) == hash($v)",
        others="frozenset({1, 2})\nfrozenset({True, 2, 'a'})\n{1, 2, 'a'}\nfrozenset({1.0, 2, 'a'})",
    ),
    Kind(
        "set of objects",
        "{len, KEY}",
        (),
        "len($v); KEY in $v; OTHER_KEY in $v; len in $v; sorted(type(i).__name__ for i in $v); $v is $w; bool($v)",
        "$v.add(OTHER_KEY)\n$v.discard(KEY)\n$v.discard(KEY); $v.add(OTHER_KEY)\n$v.add(3)",
        defines="class Key:\n    note = 4\nKEY, OTHER_KEY = Key(), Key()",
    ),
    Kind(
        "mapping proxy",
        "types.MappingProxyType({'a': $1, 'b': $2})",
        ("$v['a']", "$v['b']"),
        "len($v); $v['a']; list($v); list($v.items()); 'zz' in $v; $v.get('zz'); {**$v}; dict($v); str($v)",
        fixed=True,
        others="types.MappingProxyType({'b': 1, 'a': 1})\ntypes.MappingProxyType({'a': 1})\n{'a': 1, 'b': 2}",
    ),
    Kind(
        "mapping proxy of",
        "types.MappingProxyType(SHOWN)",
        (),
        "len($v); $v['a']; list($v); list($v.items()); 'zz' in $v; $v.get('zz'); {**$v}; dict($v); SHOWN['a']",
        "SHOWN['zz'] = 2\nSHOWN['a'] = SHOWN.pop('a')\nSHOWN['a'] = 5\nSHOWN.pop('b')",
        defines="SHOWN = {'a': 1, 'b': 2}",
    ),
    Kind(
        "dict keys",
        "SHOWN.keys()",
        (),
        "list($v); len($v); 'a' in $v; sorted($v | {'q'}); [k for k in $v]",
        "SHOWN['zz'] = 2\nSHOWN['a'] = SHOWN.pop('a')\nSHOWN.pop('b')",
        defines="SHOWN = {'a': 1, 'b': 2}",
    ),
    Kind(
        "dict items",
        "SHOWN.items()",
        (),
        "list($v); len($v); ('a', 1) in $v; dict($v); [k for k, _ in $v]",
        "SHOWN['zz'] = 2\nSHOWN['a'] = SHOWN.pop('a')\nSHOWN['a'] = 5",
        defines="SHOWN = {'a': 1, 'b': 2}",
    ),
    Kind(
        "dict values",
        "collections.OrderedDict(a=1, b=2).values()",
        (),
        "list($v); len($v); [i + 1 for i in $v]; sum($v)",
        others="collections.OrderedDict(b=2, a=1).values()\n{'a': 1, 'b': 2}.values()",
    ),
    Kind(
        "user dict",
        "collections.UserDict(a=$1, b=$2)",
        ("$v['a']", "$v['b']"),
        "$v['a']; len($v); list($v); 'zz' in $v; $v.get('zz', 2); dict($v); $v.data; list($v.items())",
        "$v['zz'] = 9\n$v['a'] = $v.data.pop('a')\n$v.data['c'] = 5\n$v.data = {'a': 5}\n$v.extra = 4",
    ),
    Kind(
        "user list",
        "collections.UserList([$1, $2])",
        ("$v[0]", "$v[1]"),
        "$v[0]; len($v); list($v); $v.data; ($v.append(3), len($v)); $w in $v; $v + [1]",
        "$v.append(4)\n$v.data.reverse()\n$v.data = [1]\n$v.extra = 4",
    ),
)
