"""State, events and commands as JSON values and back.

Written from the dataclasses themselves, so that a new field cannot be forgotten; a field that holds its default is left
out, so a snapshot stays small. Every top value carries `"v"`. When a shape changes, `VERSION` goes up and a function
from the old version to the next goes into `UPGRADES`; `tests/core/casework/samples/` holds a frozen value of each version.
"""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from xiaoshi.core.casework import commands, events, model
from xiaoshi.core.casework.command_ids import CommandIds
from xiaoshi.core.casework.commands import Command
from xiaoshi.core.casework.events import Event
from xiaoshi.core.casework.model import Refused, State
from xiaoshi.core.problems import Problem, Words

VERSION = 1
UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""Version -> what makes the next version of it."""

T = TypeVar("T")
_NAMES = {name: value for module in (model, events, commands) for name, value in vars(module).items()} | {
    "Words": Words
}


class WrongShapeError(ValueError):
    """A JSON value that is not what it should be; `path` points into it."""

    def __init__(self, path: str, expected: str) -> None:
        super().__init__(f"{path or 'value'}: expected {expected}")
        self.path = path
        self.expected = expected


def state_to_json(state: State) -> dict[str, Any]:
    """The snapshot of a case."""
    return {"v": VERSION, **_encode(state)}


def state_from_json(data: Mapping[str, Any]) -> State:
    """The case of a snapshot. Raises WrongShapeError (a ValueError) when it is none."""
    return _decode(State, _upgraded(data), "")


def event_to_json(event: Event) -> dict[str, Any]:
    """`{"v": 1, "event": "StepDone", ...}`."""
    return {"v": VERSION, "event": type(event).__name__, **_encode(event)}


def event_from_json(data: Mapping[str, Any]) -> Event:
    """The event. Raises WrongShapeError when it is none."""
    body = _upgraded(data)
    return _decode(_class_of(body.pop("event", ""), Event, "event"), body, "")


def command_to_json(command: Command) -> dict[str, Any]:
    """`{"v": 1, "command": "DoStep", ...}`."""
    return {"v": VERSION, "command": type(command).__name__, **_encode(command)}


def command_from_json(data: Mapping[str, Any]) -> Command | Refused:
    """The command. It may come from outside, so a wrong shape is a refusal that names the place."""
    try:
        body = _upgraded(data)
        return _decode(_class_of(body.pop("command", ""), Command, "command"), body, "")
    except WrongShapeError as error:
        words = Words(
            f"请求内容有误：“{error.path}”应为 {error.expected}",
            f"The request is not in form: “{error.path}” has to be {error.expected}",
        )
        return Refused(Problem("command_shape", words, error.path))


def _upgraded(data: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        raise WrongShapeError("", "an object")
    body = dict(data)
    version = body.pop("v", None)
    if not isinstance(version, int) or isinstance(version, bool) or not 1 <= version <= VERSION:
        raise WrongShapeError("v", f"a version from 1 to {VERSION}")
    for old in range(version, VERSION):
        body = UPGRADES[old](body)
    return body


def _class_of(name: object, base: type[T], path: str) -> type[T]:
    found = _NAMES.get(name) if isinstance(name, str) else None
    if isinstance(found, type) and issubclass(found, base) and found is not base:
        return found
    raise WrongShapeError(path, f"the name of {'an event' if path == 'event' else 'a command'}")


# ---- one encoder and one decoder per type, made once -----------------------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True)
class _Field:
    name: str
    has_default: bool
    default: Any
    decode: Callable[[Any, str], Any]


@functools.cache
def _fields(cls: Any) -> tuple[_Field, ...]:
    hints = typing.get_type_hints(cls, {**_NAMES, **vars(typing), "datetime": datetime})
    made = []
    for field in dataclasses.fields(cls):
        factory = field.default_factory
        has_default = field.default is not dataclasses.MISSING or factory is not dataclasses.MISSING
        default = factory() if factory is not dataclasses.MISSING else field.default
        made.append(_Field(field.name, has_default, default, _decoder(hints[field.name])))
    return tuple(made)


_PLAIN = frozenset((type(None), bool, int, float, str))
_ENCODERS: dict[type[Any], Callable[[Any], Any]] = {
    datetime: datetime.isoformat,
    CommandIds: CommandIds.as_text,
    frozenset: sorted,
    tuple: lambda value: [_encode(item) for item in value],
    list: lambda value: [_encode(item) for item in value],
    dict: lambda value: {key: _encode(item) for key, item in value.items()},
}


def _encode(value: Any) -> Any:
    kind = value.__class__
    if kind in _PLAIN:
        return value
    encoder = _ENCODERS.get(kind)
    if encoder is not None:
        return encoder(value)
    if dataclasses.is_dataclass(value):
        return _encode_fields(value)
    if isinstance(value, Mapping):
        return _encode(dict(value))
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"cannot write {kind.__name__} as JSON")


def _encode_fields(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in _fields(value.__class__):
        own = getattr(value, field.name)
        if own is not field.default and not (field.has_default and own == field.default):
            found[field.name] = own if own.__class__ in _PLAIN else _encode(own)
    return found


def _decode(cls: type[T], data: Any, path: str) -> T:
    if not isinstance(data, Mapping):
        raise WrongShapeError(path, "an object")
    fields = _fields(typing.cast(typing.Hashable, cls))
    unknown = data.keys() - {field.name for field in fields}
    if unknown:
        raise WrongShapeError(_below(path, min(unknown)), "absent (there is no such field)")
    values: dict[str, Any] = {}
    for field in fields:
        if field.name in data:
            values[field.name] = field.decode(data[field.name], _below(path, field.name))
        elif not field.has_default:
            raise WrongShapeError(_below(path, field.name), "present")
    return cls(**values)


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _plain(kind: type[Any], expected: str) -> Callable[[Any, str], Any]:
    def decode(value: Any, path: str) -> Any:
        if isinstance(value, kind) and (kind is bool or not isinstance(value, bool)):
            return value
        raise WrongShapeError(path, expected)

    return decode


def _time(value: Any, path: str) -> datetime:
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise WrongShapeError(path, "a time in ISO 8601") from None
    if found.tzinfo is None:
        raise WrongShapeError(path, "a time with its offset")
    return found


def _command_ids(value: Any, path: str) -> CommandIds:
    try:
        return CommandIds.from_text(value)
    except (TypeError, ValueError):
        raise WrongShapeError(path, "digests of command ids") from None


def _json(value: Any, path: str) -> Any:
    if isinstance(value, Mapping):
        return {_key(key, path): _json(item, _below(path, str(key))) for key, item in value.items()}
    if isinstance(value, list):
        return [_json(item, f"{path}[{i}]") for i, item in enumerate(value)]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise WrongShapeError(path, "a JSON value")


def _key(value: Any, path: str) -> str:
    if isinstance(value, str):
        return value
    raise WrongShapeError(path, "an object with text keys")


def _fact(value: Any, path: str) -> Any:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    if isinstance(value, bool | int | str):
        return value
    raise WrongShapeError(path, "true or false, a whole number, a text or a list of texts")


_LEAVES: dict[Any, Callable[[Any, str], Any]] = {
    str: _plain(str, "a text"),
    int: _plain(int, "a whole number"),
    bool: _plain(bool, "true or false"),
    datetime: _time,
    CommandIds: _command_ids,
}


def _decoder(hint: Any) -> Callable[[Any, str], Any]:
    """The decoder of a type hint of `model`, `events` or `commands`."""
    if hint in _LEAVES:
        return _LEAVES[hint]
    if _is_fact(hint):
        return _fact
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return _one_of(args)
    if origin in (typing.Union, types.UnionType):
        inner = [arg for arg in args if arg is not type(None)]
        if float in inner:
            return _json
        decode = _fact if {bool, int, str} <= set(inner) else _decoder(inner[0])
        return lambda value, path: None if value is None else decode(value, path)
    if origin in (tuple, frozenset):
        return _many(tuple if origin is tuple else frozenset, _decoder(args[0]))
    if origin is not None and issubclass(origin, Mapping):
        return _mapping(_decoder(args[1]))
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return lambda value, path: _decode(hint, value, path)
    raise TypeError(f"no JSON form for {hint}")


def _is_fact(hint: Any) -> bool:
    args = set(typing.get_args(hint))
    return bool in args and int in args and str in args and float not in args and type(None) not in args


def _one_of(choices: tuple[Any, ...]) -> Callable[[Any, str], Any]:
    def decode(value: Any, path: str) -> Any:
        if isinstance(value, str) and value in choices:
            return value
        raise WrongShapeError(path, f"one of {', '.join(choices)}")

    return decode


def _many(build: type[Any], decode: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    def many(value: Any, path: str) -> Any:
        if not isinstance(value, list):
            raise WrongShapeError(path, "a list")
        return build(decode(item, f"{path}[{i}]") for i, item in enumerate(value))

    return many


def _mapping(decode: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    def mapping(value: Any, path: str) -> Any:
        if not isinstance(value, Mapping):
            raise WrongShapeError(path, "an object")
        return {_key(key, path): decode(item, _below(path, str(key))) for key, item in value.items()}

    return mapping
