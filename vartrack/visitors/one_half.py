"""Why categories have one half only, where several share a reason."""

from __future__ import annotations

REFUSED_WHEN_NEW = "torch refuses it when it is made while tracing"
AS_ANY_FUNCTION_WHEN_NEW = "made while tracing, it is a function like any other"
AS_ANY_CLASS_WHEN_NEW = "made while tracing, it is a class like any other"
AS_ANY_OBJECT_WITH_SOURCE = "with a source it is an object like any other"
