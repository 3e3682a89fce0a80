"""Call a submission's function as its own signature says: the course has had several.

The grader passes what a function demands, and leaves out what it takes for granted.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

# What a function is called in other editions of its homework.
ALSO_CALLED = {"happy_model": ("happyModel", "HappyModel", "happyHouseModel")}
# Arguments without a default that the blocks of 2017 demand; any stage and block will do.
DEMANDED: dict[str, Any] = {"stage": 1, "block": "a"}
# What a function without the argument does anyway.
GRANTED: dict[str, tuple] = {
    "input_shape": ((64, 64, 3),),
    "classes": (6,),
    "training": (False, None),
    "stage": (None,),
    "block": (None,),
}
_BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def find(module: ModuleType, name: str) -> Any:
    """The function `name` of a module, by that name or another edition's; None if there is none.

    A name that a notebook has given to a function's result, such as a model, is no function.
    """
    values = [getattr(module, n, None) for n in (name, *ALSO_CALLED.get(name, ()))]
    values = [value for value in values if value is not None]
    return next(filter(is_function, values), values[0] if values else None)


def is_function(value: Any) -> bool:
    """Whether a value can be called and is no model or layer."""
    return callable(value) and not hasattr(value, "trainable_weights")


def fitted(function: Callable, args: list, kwargs: dict) -> tuple[list, dict]:
    """The arguments of a call, as the function's signature takes them; unchanged if they fit."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return args, kwargs
    if _fits(signature, args, kwargs):
        return args, kwargs
    kwargs = dict(kwargs)
    parameters = signature.parameters
    for name, value in DEMANDED.items():
        if name in parameters and parameters[name].default is inspect.Parameter.empty:
            kwargs.setdefault(name, value)
    for name in [name for name in GRANTED if name in kwargs and name not in parameters]:
        if kwargs[name] in GRANTED[name] and not _fits(signature, args, kwargs):
            value = kwargs.pop(name)
            args = _with_first_free(parameters, args, value, kwargs)
    return args, kwargs


def _with_first_free(parameters, args: list, value, kwargs: dict) -> list:
    """Pass a value by position where a function demands one more, under a name of its own."""
    free = [p for p in list(parameters.values())[len(args) :] if p.kind in _BY_POSITION]
    demanded = free and free[0].default is inspect.Parameter.empty and free[0].name not in kwargs
    return [*args, value] if demanded else args


def placed(own: Any, right: Callable, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
    """Arguments by position as `own` has them, for `right`, which may have another order."""
    if not callable(own):
        return args, kwargs
    mine = list(inspect.signature(own).parameters)[: len(args)]
    theirs = list(inspect.signature(right).parameters)
    moved = {
        name: args[i] for i, name in enumerate(mine) if name in theirs and theirs.index(name) != i
    }
    if not moved:
        return args, kwargs
    first = min(mine.index(name) for name in moved)
    return args[:first], {**dict(zip(mine[first:], args[first:], strict=False)), **kwargs}


def _fits(signature: inspect.Signature, args: list, kwargs: dict) -> bool:
    try:
        signature.bind(*args, **kwargs)
    except TypeError:
        return False
    return True
