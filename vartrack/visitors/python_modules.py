"""Modules of Python, and the config modules of torch."""

from __future__ import annotations

import types

from torch._dynamo import replay_record
from torch._dynamo.variables.misc import (
    PythonModuleVariable,
)
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable
from torch.utils._config_module import ConfigModule

from vartrack.core.halves import Sourced, Sourceless
from vartrack.core.visitor import Visitor
from vartrack.visitors.one_half import REFUSED_WHEN_NEW


class PythonModules(Sourced, Visitor):
    """Modules, and torch's objects that behave like one."""

    one_half = "made while tracing, only plain modules have a form"
    types = (types.ModuleType, replay_record.DummyModule)
    guarded_by = "MODULE_MATCH"
    tracked = "existing"
    tracker_class = PythonModuleVariable


class PlainPythonModules(Sourceless, Visitor):
    """Modules of exactly Python's own type, made while tracing."""

    one_half = "with a source, subclasses have a form too"
    types = (types.ModuleType,)
    exact = True
    tracker_class = PythonModuleVariable

    @staticmethod
    def when_type(cls: type) -> bool:
        # a test, as the other half has the type to itself
        return cls is types.ModuleType


class ConfigModules(Sourced, Visitor):
    """torch's config modules; before 2.14 they were modules like any other."""

    one_half = REFUSED_WHEN_NEW
    on_torch = ">=2.14"
    types = (ConfigModule,)
    guarded_by = "MODULE_MATCH"
    tracker_class = UserDefinedObjectVariable
