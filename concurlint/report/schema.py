"""The JSON schema of our table, in the form that SchemaStore keeps, which editors and validators of TOML read."""

import json
import tomllib
from typing import get_args

from concurlint.catalog.effects import Cost, EffectKind, Gil
from concurlint.catalog.entries import UserWhere
from concurlint.config.settings import PLATFORMS, THREADS
from concurlint.keys import KEYS, Key, Kind

Schema = dict[str, object]
_ID = "https://json.schemastore.org/concurlint.json"
_HOME = "https://github.com/concurlint/concurlint#configuration"
_DOTTED = r"^[^\W\d]\w*(\.[^\W\d]\w*)*$"
_CALL = r"^[^\W\d]\w*(\.[^\W\d]\w*)*(\.\*)?$"
_ROLE = r"^[^\W\d]\w*(\.[^\W\d]\w*)+$"
_NAME: Schema = {"type": "string", "pattern": r"^[^\W\d]\w*$"}
_TEXT: Schema = {"type": "string"}
_FLAG: Schema = {"type": "boolean"}


def render() -> str:
    """The schema and a line end after it."""
    return json.dumps(schema(), indent=2) + "\n"


def schema() -> Schema:
    """What may stand in `[tool.concurlint]`, and as a whole in concurlint.toml."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": _ID,
        "title": "concurlint",
        "description": f"Settings of concurlint, a linter for concurrency in Python\n{_HOME}",
        "type": "object",
        "additionalProperties": False,
        "definitions": {
            "rule": {
                "description": "A code, the beginning of one, or the name of a rule",
                "type": "string",
                "pattern": r"^\s*([cC][cC][lL][0-9]{0,3}|[a-z][a-z0-9]*(-[a-z0-9]+)+)\s*$",
            },
            "rules": {"type": "array", "items": {"$ref": "#/definitions/rule"}},
            "call": _call(),
            "role": _role(),
        },
        "properties": {key.name: _property(key) for key in KEYS},
    }


def _property(key: Key) -> Schema:
    default = tomllib.loads(f"it = {key.default}")["it"]
    # What is only an example of what holds elsewhere is none for an editor to fill in.
    filled = {} if key.kind is Kind.PYTHON else {"default": default}
    return {"description": key.says, **_SHAPES[key.kind], **filled}


def _call() -> Schema:
    """https://github.com/concurlint/concurlint/tree/main/concurlint/catalog tells what the fields mean."""
    return {
        "type": "object",
        "required": ["effect"],
        "additionalProperties": False,
        "properties": {
            "effect": {"description": "What the call does", "enum": [kind.value for kind in EffectKind]},
            "gil": {"description": "What becomes of the GIL meanwhile", "enum": list(get_args(Gil))},
            "cost": {"description": "How long it computes", "enum": [cost for cost in get_args(Cost) if cost]},
            "threshold": {"description": "Bytes up to which the GIL is held", "type": "integer"},
            "threshold_elements": {"description": "Elements up to which the GIL is held", "type": "integer"},
            "when": _TEXT,
            "blocks_loop": {"description": "A coroutine that makes the call stops its event loop", **_FLAG},
            "waits": {"description": "The caller waits for something outside", **_FLAG},
            "nonblocking": {
                "description": "[keyword, value] or [keyword, position, value] with which the call does not wait",
                "type": "array",
                "items": {"type": "array", "minItems": 2, "maxItems": 3},
            },
            "slow": {"description": "It is made to take its time", **_FLAG},
            "known": {"description": "How that is known", **_TEXT},
        },
    }


def _role() -> Schema:
    return {
        "type": "object",
        "required": ["on"],
        "additionalProperties": False,
        "properties": {
            "on": {"description": "Where the code runs", "enum": list(get_args(UserWhere))},
            "many": {"description": "Several run side by side", **_FLAG},
            "methods": {
                "description": "The methods of a base class that the framework calls",
                "type": "array",
                "minItems": 1,
                "items": {"anyOf": [_NAME, {"const": "*"}]},
            },
            "shared": {"description": "It calls them on one object", **_FLAG},
            "callback": {"description": "The keyword by which a call is handed the function", **_NAME},
            "position": {"description": "And its position, counted from 0", "type": "integer", "minimum": 0},
        },
        "not": {"required": ["methods", "callback"]},
        "dependencies": {"position": ["callback"], "shared": ["methods"]},
    }


def _named(pattern: str, shape: str) -> Schema:
    entry = {"$ref": f"#/definitions/{shape}"}
    return {"type": "object", "patternProperties": {pattern: entry}, "additionalProperties": False}


_PATTERNS: Schema = {"type": "array", "items": _TEXT}
_SHAPES: dict[Kind, Schema] = {
    Kind.CODES: {"$ref": "#/definitions/rules"},
    Kind.GLOBS: _PATTERNS,
    Kind.FLAG: _FLAG,
    Kind.PYTHON: {"type": "string", "pattern": r"^3\.([0-9]|1[0-6])$", "examples": ["3.11"]},
    Kind.PLATFORM: {"enum": list(PLATFORMS)},
    Kind.IGNORES: {"type": "object", "additionalProperties": {"$ref": "#/definitions/rules"}},
    Kind.CALLS: _named(_CALL, "call"),
    Kind.ROLES: _named(_ROLE, "role"),
    Kind.FILE: _TEXT,
    Kind.THREADS: {"enum": list(THREADS)},
    Kind.NAMES: {"type": "array", "items": {"type": "string", "pattern": _DOTTED}},
}
