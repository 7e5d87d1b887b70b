"""What torch does otherwise since some release, each thing by name."""

from __future__ import annotations

from vartrack.compat.release import runs_on

_SINCE_211 = runs_on(">=2.11")
_SINCE_212 = runs_on(">=2.12")
_SINCE_213 = runs_on(">=2.13")
_SINCE_214 = runs_on(">=2.14")
_SINCE_215 = runs_on(">=2.15")

# graph inputs

#: A dual tensor is refused as an input; before, its tangent was dropped.
REFUSES_TANGENTS: bool = _SINCE_214
#: The graph takes the item of a symbolic float in the root, where nested graphs can reach it.
TAKES_ITEM_IN_ROOT: bool = _SINCE_215
#: A number that travels as a tensor keeps all its digits.
KEEPS_FULL_PRECISION: bool = _SINCE_215
#: Nothing lets a module be traced as a part of the graph; up to 2.11 a setting does.
ALWAYS_INLINES_MODULES: bool = _SINCE_212
#: A tensor is registered before its guards are made.
REGISTERS_TENSORS_EARLY: bool = _SINCE_212
#: What a wrapper subclass holds besides tensors must be opaque to the graph.
CHECKS_PARTS: bool = _SINCE_212
#: A DTensor flattens to its mesh as well, with the parts of its spec as the context.
FLATTENS_MESHES: bool = _SINCE_212
#: A size or number that was static before is excluded from what its symbol stands for.
EXCLUDES_STATIC: bool = _SINCE_212
#: The number of a float that travels as a tensor is known by the float's own source.
KNOWS_ITEMS_OF_FLOATS: bool = _SINCE_212
#: ``sym_min`` and ``sym_max`` give a plain int, ``_is_autocast_available`` a plain bool.
GIVES_MORE_NUMBERS: bool = _SINCE_212
#: An entry in a list of sources can name one dimension, as ``L['x']:0``.
LISTS_NAME_DIMENSIONS: bool = _SINCE_213
#: A size that was dynamic before a graph break is marked so for the code after it.
PROPAGATES_MARKS: bool = _SINCE_213
#: Sizes that are symbols already stay so, even in a tensor whose shape must be static.
KEEPS_SYMBOLS: bool = _SINCE_213
#: Those of them that nothing is known of stay unbacked.
KEEPS_UNBACKED_SYMBOLS: bool = _SINCE_213
#: There is a list of static sources, the first list that names a dimension settles it, and a weak
#: mark can come with a range.
FIRST_LIST_WINS: bool = _SINCE_215
#: A graph break at a sparse tensor says its layout and shape; before, it had all of its text.
DESCRIBES_SPARSE_TENSORS: bool = _SINCE_213
#: While tracing for non-strict export, an unbacked symbol can be an input.
TAKES_UNBACKED_SYMBOLS: bool = _SINCE_214

#: Under which guards an opaque object is, which an outer trace may have in a fake's place.
OPAQUE_GUARDS: tuple[str, ...] = (
    "FAKE_SCRIPT_TYPE_MATCH" if _SINCE_213 else "TYPE_MATCH",
    *(("OPAQUE_OBJ_GUARD_FN_MATCH",) if _SINCE_211 else ()),
)
#: The tracker of an opaque value holds the value; in 2.11 it held a fake of it.
KEEPS_OPAQUE_VALUES: bool = runs_on("!=2.11.*")
#: An opaque object that is no argument can be an attribute of the graph.
ATTACHES_OPAQUE: bool = _SINCE_212

# compiled code

#: What compiled code calls is compiled as well, and a generator is refused.
COMPILES_WHAT_IS_CALLED: bool = not _SINCE_211

# lists

#: A graph break of ``in`` that skips the function is not taken for a lack of ``__contains__``.
LETS_SKIPS_THROUGH: bool = _SINCE_211
#: Where ``in`` raises a `TypeError`, the container is gone through instead.
LOOKS_THROUGH_KEYS: bool = not _SINCE_213
#: What is done to an `OrderedSet` is replayed, and it keeps its order.
CHANGES_ORDERED_SETS: bool = _SINCE_215
#: A set that takes another one takes what is stored in it, whatever that iterates.
TAKES_STORED_ITEMS: bool = _SINCE_215
#: Methods that combine sets find items by their hash, and go through what they are given once.
COMBINES_SETS_BY_HASH: bool = _SINCE_214
#: ``list`` of an object guards the object's length, whatever it iterates.
GUARDS_LENGTH_OF_LISTED: bool = _SINCE_213
#: Compiled code makes a frozen set of its items; before, an empty one.
FILLS_FROZEN_SETS: bool = _SINCE_211
#: Sorting asks the trackers which is less, where they are no constants.
SORTS_BY_TRACKERS: bool = _SINCE_215

# operators

#: One function asks the operands in Python's order, and raises if none has the operator; before,
#: each tracker has methods for it.
KNOWS_OPERATORS: bool = _SINCE_213

# texts

#: `str` and f-strings show a copy of a container, as `repr` does on all releases.
SHOWS_COPIES: bool = _SINCE_214

#: What ``_replace`` of a named tuple gives holds nothing where it is given back.
LOSES_REPLACED: bool = runs_on("==2.11.*")

# objects that are met again

#: Objects behind attribute proxies are guarded to stay where they are when they are met again.
PINS_PROXIES: bool = _SINCE_215
#: A module behind an attribute proxy keeps the tracker that it has.
ALIASES_PROXIED_MODULES: bool = _SINCE_215

#: Once an attribute of an object is deleted, there is what the class has under that name.
UNCOVERS_DELETED: bool = _SINCE_213

# results of operations

#: Whether a tensor has the row of a number that varies is looked while tracing.
LOOKS_FOR_ROWS: bool = _SINCE_213
#: ``hex`` and its like of a number are traced.
WRITES_IN_DIGITS: bool = _SINCE_213
#: ``__index__`` of a symbol gives a plain int.
INDEX_GIVES_INT: bool = _SINCE_215
#: What a random object from outside is asked for is asked again by compiled code.
REPLAYS_RANDOM_OBJECTS: bool = _SINCE_215
#: Attributes that are set on an item of a result are replayed.
REPLAYS_ITEMS: bool = _SINCE_215

# what is noted while building

#: A graph knows which sources its values came from.
NOTES_SOURCES: bool = _SINCE_212
#: A guard knows where the program asked for it.
GUARDS_KNOW_STACKS: bool = _SINCE_211
#: What turns float symbols into tensors is a function within another.
TURNS_FLOATS_INSIDE: bool = _SINCE_212
#: It turns a float symbol that stands only within larger expressions; before, it makes a constant
#: of that one, though what it is part of was turned.
TURNS_PARTS_OF_EXPRESSIONS: bool = _SINCE_213
#: Inductor writes ``min`` and ``max`` of numbers with a fraction without rounding those.
WRITES_SMALLEST_OF_FRACTIONS: bool = _SINCE_213
#: A metaclass with a ``__getattribute__`` is asked what its classes have, or they are refused.
ASKS_METACLASSES: bool = _SINCE_212
#: A literal that is read as an attribute of a class is guarded.
GUARDS_ATTRIBUTES_OF_CLASSES: bool = _SINCE_212
#: What a class in C has under a name, as ``Decimal.sqrt``, can be called while tracing.
CALLS_METHODS_OF_CLASSES: bool = _SINCE_213
#: That a branch on data breaks the graph is counted among what is not supported.
COUNTS_BRANCHES: bool = _SINCE_211
#: How long building took is noted.
NOTES_TIMES: bool = _SINCE_211
#: A tracker is known by its source alone; in 2.10 by the object as well.
KNOWN_BY_SOURCE: bool = _SINCE_211

# exceptions

#: The text of an exception is that of Python; before, its arguments are put together.
TELLS_EXCEPTIONS: bool = _SINCE_212

# iterators

#: ``yield from`` gives what the iterator returned; before, None.
DELEGATES_WITH_VALUES: bool = _SINCE_214
#: A `StopIteration` that leaves a generator becomes a `RuntimeError` there, and not where it is
#: raised.
TELLS_FAILED_GENERATORS: bool = _SINCE_214

# registration for side effects

#: Attributes that are set on an opaque object are replayed.
REGISTERS_OPAQUE: bool = _SINCE_211
#: Attributes that are set on an optimizer, or on what wraps a function, are replayed.
REPLAYS_WRAPPERS: bool = _SINCE_212

#: Attributes that are set on a class are replayed.
REPLAYS_CLASSES: bool = _SINCE_213

#: A slot that is set after a write into the ``__dict__`` beside it is set; in 2.12 that has it.
SETS_SLOTS_BESIDE_DICTS: bool = runs_on("!=2.12.*")

#: Attributes that are set on a class in ``torch`` itself are not replayed.
LEAVES_CLASSES_OF_TORCH: bool = _SINCE_214
#: An enum member that is met while tracing is registered.
REGISTERS_ENUM_MEMBERS: bool = _SINCE_214

# trackers and guards

#: A tensor in a dict is not looked at again as long as the dict is the same.
PASSES_TENSORS_BY: bool = not _SINCE_212
#: Whether a dict that is merged with a subclass of OrderedDict forgets that class.
FORGETS_BOTH_CLASSES: bool = runs_on("<2.12")
#: What kind of callable an attribute is is told where it is read.
TELLS_KIND_OF_ATTRIBUTE: bool = _SINCE_212
#: What `id` gives for an object that torch must not have is guarded, and shows the address of the
#: tracker in a text.
SHOWS_FAKE_IDS: bool = runs_on("==2.12.*")
#: A copy asks an object by a function that is bound to it; before, torch traces no copies, since
#: then it asks the tracker.
REDUCES_BY_FUNCTION: bool = runs_on("==2.12.*")
#: A member of an enum is an object like any other; before, it is a constant.
ENUM_MEMBERS_ARE_OBJECTS: bool = _SINCE_212
#: The fields of a frozen dataclass are built at once.
BUILDS_FROZEN_FIELDS: bool = not _SINCE_212
#: An object that says it is a number or text is asked for the base that makes it one.
LOOKS_FOR_CONSTANT_BASES: bool = _SINCE_212
#: A module that was not initialized, or what says it is a module, breaks the graph.
REFUSES_UNINITIALIZED_MODULES: bool = _SINCE_215
#: A scripted function that does not say which Python function it is of is refused.
REFUSES_OPAQUE_SCRIPTS: bool = _SINCE_212
#: A method bound to an object that has a tracker can be built while tracing.
BUILDS_METHODS_OF_OBJECTS: bool = _SINCE_212
#: The text of a symbol that is not known yet is formatted later.
DELAYS_FORMATS: bool = _SINCE_212
#: A frozen set of operators is guarded by its content, and may hold overloads.
COMPARES_FROZENSETS: bool = _SINCE_211
#: What a ``match`` statement asks is a function that is traced.
TRACES_MATCHING: bool = _SINCE_211
#: A list that holds itself is refused.
REFUSES_SELF_CONTAINING: bool = not _SINCE_211

#: ``reversed`` asks a value's own ``__reversed__``, as Python does; before, what it iterates over.
REVERSES_BY_METHOD: bool = _SINCE_213
#: ``rest`` in ``first, *rest = value`` is a list, as in Python; before, it is a tuple.
UNPACKS_INTO_LISTS: bool = _SINCE_213
#: A bound slot's tracker holds the tracker of what it is bound to.
SLOTS_HOLD_RECEIVERS: bool = _SINCE_213
#: A match of a regular expression is a constant, as a pattern is.
MATCHES_ARE_CONSTANT: bool = _SINCE_213
#: What an import found (``ModuleSpec``) can be made while tracing.
BUILDS_MODULE_SPECS: bool = _SINCE_213
#: ``Union[int, str]``, made while tracing, has a tracker where it is no ``types.UnionType``.
BUILDS_UNIONS: bool = _SINCE_213
#: What stands for a key in a dict takes the hash once, as it is made.
KEYS_KEEP_HASHES: bool = _SINCE_213

#: A bound method's tracker is made of the function's tracker.
METHODS_HOLD_TRACKERS: bool = _SINCE_215
#: Methods of clones of context managers can be built while tracing.
BUILDS_CLONES_OF_MANAGERS: bool = _SINCE_215
#: ``SDPAParams`` is called in the graph.
CALLS_SDPA_PARAMS_IN_GRAPH: bool = _SINCE_214
#: The tracker of a formatted string takes the tracer.
FORMAT_TAKES_TRACER: bool = _SINCE_215
#: A recurrent module is refused where it is called, so that it can be passed on.
REFUSES_RNN_WHEN_CALLED: bool = _SINCE_215
#: Flags of FSDP are read past ``__getattr__``.
READS_FLAGS_STATICALLY: bool = _SINCE_214
#: An autocast object is guarded by its content instead of its identity.
GUARDS_AUTOCAST_BY_CONTENT: bool = _SINCE_215
#: An unmanaged autocast has the tracker of a context manager.
UNMANAGED_AUTOCAST_IS_MANAGER: bool = _SINCE_214
#: A class's ``__mro__`` is a constant if the config lets it.
MRO_IS_CONSTANT: bool = _SINCE_215
#: Numbers and texts of users' classes are gone through and copied by what their classes say.
TRACES_LITERALS: bool = _SINCE_213
#: Of tuples and frozen sets of users' classes the class is asked for most of its special methods.
ASKS_OWN_CONTAINERS: bool = _SINCE_213
