"""Compares a reply with a shape of botocore's model: nothing unknown, nothing missing, every enum and pattern kept."""

from __future__ import annotations

import re
from typing import Any

import botocore.session

MODEL = botocore.session.get_session().get_service_model("inspector2")
ECR = botocore.session.get_session().get_service_model("ecr")


def violations(value: Any, shape: Any, place: str = "") -> list[str]:
    """Return what in a JSON value is not as the shape says; times must be numbers."""
    kind = shape.type_name
    if kind == "structure":
        if not isinstance(value, dict):
            return [f"{place}: not an object"]
        found = [f"{place}.{name}: unknown" for name in value if name not in shape.members]
        found += [f"{place}.{name}: missing" for name in shape.required_members if name not in value]
        for name, member in shape.members.items():
            if name in value:
                found += violations(value[name], member, f"{place}.{name}")
        return found
    if kind == "list":
        if not isinstance(value, list):
            return [f"{place}: not a list"]
        found = _bounds(len(value), shape, place)
        for number, one in enumerate(value):
            found += violations(one, shape.member, f"{place}[{number}]")
        return found
    if kind == "string":
        if not isinstance(value, str):
            return [f"{place}: not a string"]
        found = _bounds(len(value), shape, place)
        by_value = shape.name == "GroupKey"  # the model says the property's name here, AWS's own examples its value
        if shape.enum and value not in shape.enum and not by_value:
            found.append(f"{place}: {value!r} is not in the enum")
        pattern = shape.metadata.get("pattern")
        if pattern and not re.search(f"^(?:{pattern})$", value):
            found.append(f"{place}: {value!r} does not match {pattern}")
        return found
    if kind in ("timestamp", "double", "float"):
        return [] if isinstance(value, int | float) and not isinstance(value, bool) else [f"{place}: not a number"]
    if kind in ("integer", "long"):
        return [] if isinstance(value, int) and not isinstance(value, bool) else [f"{place}: not an integer"]
    if kind == "boolean":
        return [] if isinstance(value, bool) else [f"{place}: not a boolean"]
    return [f"{place}: a {kind} was not expected"]


def _bounds(length: int, shape: Any, place: str) -> list[str]:
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max")
    if shape.name == "FindingList":
        high = 100  # the model says 25 here and 100 at maxResults
    return [] if length >= low and (high is None or length <= high) else [f"{place}: length {length}"]


def reply_violations(operation: str, reply: Any, model: Any = MODEL) -> list[str]:
    return violations(reply, model.operation_model(operation).output_shape)


def error_violations(name: str, reply: Any) -> list[str]:
    """The same for the body of an error; members that travel as headers are not looked for in it."""
    shape = MODEL.shape_for(name)
    in_body = {member for member, one in shape.members.items() if one.serialization.get("location") != "header"}
    return violations(reply, shape) + [f".{member}: not in the body" for member in reply if member not in in_body]
