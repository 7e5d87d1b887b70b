"""In which order torch's own builder asks what a value is: a table for each half.

A line is a visitor, or several that torch has no order for. Visitors of exact types, which torch
finds in a table before it asks anything, need no line, and neither do visitors of users: nearness
decides (docs/design/dispatch.md). Over the releases 2.10 to 2.15 no check ever moved relative to
another, so one table serves all; if one does, say so below: ``order = order.move(...)``.
"""

from __future__ import annotations

from vartrack.dispatch.order import Chain, Order
from vartrack.visitors import (
    arrays,
    autograd,
    callables,
    classes,
    contexts,
    descriptors,
    distributed,
    enums,
    functions,
    iterators,
    kernels,
    known_functions,
    known_objects,
    literals,
    loggers,
    mappings,
    methods,
    modules,
    objects,
    opaque,
    operators,
    python_modules,
    random_generators,
    results,
    sets,
    streams,
    symbols,
    tensors,
    trackers,
    typing_objects,
    user_mappings,
    user_sequences,
    wrapped_functions,
)

__all__ = ["ORDER"]

_SOURCED = Chain(
    first=(
        # torch keeps these by the id of the object
        (known_functions.DataclassFields, known_functions.Comptime, known_functions.TorchVersion),
        callables.Polyfilled,
    ),
    checks=(
        known_objects.RegularExpressions,
        tensors.TensorSubclasses,  # a traceable wrapper or torch-function subclass, not a module
        contexts.RecordFunctions,
        user_sequences.NamedTuples,
        # modules, from the special to the general
        modules.EmptyModules,
        modules.CompiledModules,
        modules.ScriptModules,
        modules.RecurrentModules,
        modules.FsdpModules,
        modules.Modules,
        # sets whose elements are all literals
        (sets.LiteralSets, sets.LiteralFrozensets),
        contexts.TorchFunctionModes,
        sets.OperatorFrozensets,
        (enums.EnumMembers, enums.PybindEnumMembers),
        # logging
        loggers.ReorderableLogging,
        loggers.IgnoredLogging,
        loggers.Loggers,
        # operators that take functions, by the operator
        (operators.Checkpoint, operators.InvokeSubgraph, operators.LocalMaps),
        functions.Partials,
        typing_objects.TypingObjects,
        # NumPy
        arrays.NumpyScalars,
        (arrays.UntracedArrays, arrays.NumpyFunctions),
        (arrays.NumpyDTypes, arrays.FloatLimits, arrays.IntegerLimits),
        operators.Collectives,
        # autograd
        autograd.AutogradFunctions,
        autograd.AutogradContexts,
        autograd.AutogradApply,
        (random_generators.RandomMethods, random_generators.RandomFunctions),
        (autograd.AutogradEngines, autograd.FinalCallbacks),
        (contexts.ConfigPatches, contexts.ErrorOnGraphBreaks, contexts.CudagraphOverrides),
        callables.CallableMap,  # trace_rules.lookup: what is allowed in the graph, or skipped
        operators.HigherOrderOperators,
        # what belongs to devices
        streams.StreamContexts,
        streams.Streams,
        streams.MemPools,
        autograd.AttentionParameters,
        autograd.FunctorchInterpreters,
        streams.Events,
        contexts.NullContexts,
        # single classes
        known_objects.KeyedJaggedTensors,
        known_objects.Optimizers,
        enums.DispatchKeySets,
        known_objects.WorldGroups,
        (
            distributed.ProcessGroups,
            distributed.DeviceMeshes,
            distributed.PlacementClasses,
            distributed.Placements,
        ),
        classes.OrderedSetClass,
        iterators.ItertoolsClasses,
        # numbers of the shape environment
        symbols.DynamicScalars,
        symbols.SymbolicNumbers,
        # Triton
        kernels.TritonKernels,
        (
            kernels.TmaDescriptors1d,
            kernels.TmaDescriptors2d,
            kernels.StableTmaDescriptors,
            kernels.TritonAllocators,
        ),
        (contexts.Autocasts, contexts.UnmanagedAutocasts),
        contexts.ManagerClasses,  # before functions and classes: they are made by @contextmanager
        # functions, by what made them
        wrapped_functions.ScriptIfTracing,
        wrapped_functions.CachedFunctions,
        known_functions.FrameClearer,
        known_functions.ExceptionGetters,
        wrapped_functions.CompiledFunctions,
        wrapped_functions.WrapsFunction,
        known_functions.NamedTupleFactory,
        (methods.BoundBuiltinMethods, methods.SupportedBuiltinMethods),
        known_functions.FloatHex,
        functions.Functions,
        # random generators, modules of Python, context variables
        random_generators.RandomClass,
        random_generators.RandomGenerators,
        (python_modules.PythonModules, python_modules.ConfigModules),
        iterators.NewGenerators,
        known_objects.ContextVariables,
        methods.ModuleMethods,
        (descriptors.GetSetDescriptors, descriptors.MemberDescriptors, descriptors.MethodWrappers),
        # classes, from the special to the general
        classes.ExceptionClasses,
        classes.ModuleClassesInGraph,
        classes.PreserveVersionClass,
        classes.TensorSubclassClasses,
        classes.EnumClasses,
        classes.OpaqueClasses,
        classes.Classes,
        known_objects.Generators,
        # what custom operators hold
        opaque.FakeScriptObjects,
        opaque.OpaqueValues,
        opaque.OpaqueReferences,
        opaque.UnflattenedScriptObjects,
        opaque.ScriptObjects,
        mappings.DictKeys,
    ),
    last=(
        # subclasses of containers
        (
            user_sequences.UserTuples,
            user_sequences.UserLists,
            user_sequences.UserDeques,
            user_mappings.UserDicts,
            sets.UserSets,
        ),
        user_mappings.MutableMappings,
        objects.FrozenDataclasses,
        objects.BareObjects,  # `object()` itself
        literals.ConstantSubclasses,
        contexts.GenericContextManagers,
        objects.SimpleNamespaces,
        # and then objects.Objects, which has `object` to itself
    ),
)

_SOURCELESS = Chain(
    checks=(
        # exact types that share a type with a visitor of the other half
        (
            descriptors.GetSetDescriptors,
            descriptors.MemberDescriptors,
            enums.NewDispatchKeySets,
            autograd.BareFunctorchInterpreters,
            python_modules.PlainPythonModules,
        ),
        trackers.Trackers,
        opaque.OpaqueValues,
        opaque.OpaqueReferences,
        sets.LiteralFrozensets,
        callables.CallableMap,  # what is allowed in the graph, or skipped
        known_functions.SupportedNew,
        functions.Functions,
        (enums.EnumMembers, enums.PybindEnumMembers),
        (classes.ExceptionClasses, classes.NewEnumClasses),
        classes.Classes,
        descriptors.MethodWrappers,
        methods.BoundMethods,
        modules.GraphModules,
        objects.Descriptions,
        (distributed.Placements, distributed.DeviceMeshes),
        wrapped_functions.WrapsFunction,
        known_objects.RegularExpressions,
        symbols.DelayedFormats,
        operators.FlexAttentionBackward,
        typing_objects.NewTypingObjects,
        user_sequences.NamedTuples,
        symbols.BoundSymbols,
        modules.NewDataParallelModules,
    ),
    last=(
        objects.BareObjects,
        contexts.GenericContextManagers,
    ),
)

_TRACED = Chain(
    first=(
        results.TensorResults,
        # known by the operation, whatever it gave
        (results.StateSetters, results.StateQueries),
    ),
    checks=(
        (
            results.SequenceResults,
            results.NoResults,
            results.ManualSeeds,
            results.SymbolicResults,
            results.NumberResults,
            results.AttentionParameterResults,
            results.FakeScriptObjectResults,
        ),
        (results.StreamResults, results.EventResults, results.QueryResults),
        results.TextResults,
        results.OpaqueResults,
    ),
    last=(results.OtherResults,),
)

#: The order of the stock registry.
ORDER = Order(sourced=_SOURCED, sourceless=_SOURCELESS, traced=_TRACED)
