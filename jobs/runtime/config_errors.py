"""What is wrong with a configuration, in words."""

from __future__ import annotations

from typing import Any

from features.settings import Settings


def problem(detail: Any, config: type[Settings]) -> str:
    """One of pydantic's errors as a phrase that names the key and, if it is unknown, those that are valid there."""
    path = ".".join(str(part) for part in detail["loc"])
    if path == "data.name":  # nobody writes it
        return "a data set is called as its file in conf/: lower-case letters, digits and _, a letter first; rename it"
    if detail["type"].startswith("date"):
        return f"{path} = {detail['input']!r} is no date: write it as 2026-01-31, without quotes"
    if detail["type"] == "value_error":
        return f"{path}: {detail['ctx']['error']}"
    if detail["type"] != "extra_forbidden":
        return f"{path}: {detail['msg']}"
    return f"{path} is no known key (valid here: {', '.join(_valid_keys(detail['loc'][:-1], config))})"


def _valid_keys(location: tuple[Any, ...], config: type[Settings]) -> list[str]:
    """The keys of the section at `location`; a name within a dict of sections stands for any of them."""
    model: Any = config
    for part in location:
        fields = getattr(model, "model_fields", {})
        annotation = fields[part].annotation if part in fields else model
        inner = [arg for arg in getattr(annotation, "__args__", ()) if hasattr(arg, "model_fields")]
        model = inner[0] if inner else annotation
    return list(getattr(model, "model_fields", {}))
