"""Messages as bytes and back, in the codec ``json-1`` (docs/json-format.md).

What Python has a type for becomes that type; the rest has a class of its own here, so that every
value that comes can be sent on as it was:

======================  ==========================================================
JSON                    Python
======================  ==========================================================
null, true, false       None, True, False
number                  int, or float where it has a fraction or is beyond 2**53
text                    str (half a surrogate pair included)
array, object           list (tuples are written so, too), dict with str for keys
$undefined              UNDEFINED
$number                 float: nan, inf, -inf, -0.0
$bigint                 BigInt, an int (an int beyond 2**53 is written so, too)
$date                   Date (a datetime with a time zone is written so, too)
$regexp                 RegExp
$map                    Map (a dict with other keys than str is written so, too)
$set                    Set (a set or frozenset is written so, too)
$bytes                  Uint8Array, which is bytes; else View
$buffer                 ArrayBuffer
$error                  Error
$address                Address
$closed, $claim         MailboxClosed, MultipleClaim
$bare                   Bare, a dict
$array                  NamedArray, a list
$instance               Instance
======================  ==========================================================
"""
from __future__ import annotations

import base64
import binascii
import json
import math
import re
import sys
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Dict, List, Optional, Tuple

CODEC = "json-1"
MAX_DEPTH = 1000
_SAFE = 2**53 - 1

# A message may be 1,000 levels deep, and each level takes a few calls here and in the json module.
sys.setrecursionlimit(max(sys.getrecursionlimit(), 8 * MAX_DEPTH))


class DecodeError(Exception):
    """The bytes are no message in this codec."""


class NotSerializable(TypeError):
    """There is no form in which a value could travel."""


class _Undefined:
    def __repr__(self) -> str:
        return "UNDEFINED"


UNDEFINED = _Undefined()


class BigInt(int):
    """An integer that JavaScript has as a bigint, however small."""


class Uint8Array(bytes):
    """Bytes that came. Any bytes are sent as this type."""


class ArrayBuffer(bytes):
    """Bytes that JavaScript has as a buffer without a view."""


@dataclass(frozen=True)
class View:
    """Elements of a JavaScript type, such as Float64Array, the small end first."""

    type: str
    data: bytes


@dataclass(frozen=True)
class Date:
    """Milliseconds since 1970; None for a date that is none."""

    ms: Optional[float]

    def datetime(self) -> datetime:
        return datetime.fromtimestamp((self.ms or 0) / 1000, timezone.utc)


@dataclass(frozen=True)
class RegExp:
    source: str
    flags: str


@dataclass(frozen=True)
class Address:
    """A mailbox anywhere in the cluster. The same mailbox has an equal address everywhere."""

    node_id: str
    epoch: str
    number: int

    @property
    def id(self) -> str:
        return f"{self.node_id}:{self.epoch}:{self.number}"

    def __str__(self) -> str:
        return f"<{self.id}>"

    @staticmethod
    def parse(text: str) -> "Address":
        found = _ADDRESS.fullmatch(text)
        if found is None or int(found[3]) > _SAFE:
            raise DecodeError(f"Expected an address like <1:0123456789abcdef:7>, got {text[:100]!r}.")
        return Address(found[1], found[2], int(found[3]))


_ADDRESS = re.compile(r"<([A-Za-z0-9._-]{1,63}):([0-9a-f]{16}):([1-9][0-9]{0,15})>", re.ASCII)


@dataclass(frozen=True)
class MailboxClosed:
    """A mailbox that was watched is gone: closed, noproc or noconnection."""

    id: str
    reason: str


@dataclass(frozen=True)
class MultipleClaim:
    """Several nodes claim a name."""

    name: str
    claimants: Tuple[Address, ...]


@dataclass(eq=False)
class Error(Exception):
    """An error of another node, which may be raised here."""

    kind: str = "Error"
    name: Optional[str] = None
    message: Optional[str] = None
    hidden: Dict[str, Any] = field(default_factory=dict)
    properties: Dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.name or self.kind}: {self.message or ''}"


@dataclass(eq=False)
class Map:
    """A JavaScript Map: its keys may be anything, lists and dicts too."""

    entries: List[Tuple[Any, Any]] = field(default_factory=list)


@dataclass(eq=False)
class Set:
    items: List[Any] = field(default_factory=list)


@dataclass(eq=False)
class Instance:
    """An instance of a class that the nodes have registered under a name."""

    name: str
    value: Any = None


class Bare(dict):
    """An object without a prototype."""


class NamedArray(list):
    """An array with properties beside its elements, as matching a RegExp gives in JavaScript."""

    def __init__(self, items: Any = (), names: Optional[Dict[str, Any]] = None) -> None:
        super().__init__(items)
        self.names: Dict[str, Any] = {} if names is None else names


# --- writing -------------------------------------------------------------------------------------


def encode(message: Any) -> bytes:
    """Writes a message. Raises NotSerializable for what cannot travel."""
    try:
        tree = _Writer(message).tree
        text = json.dumps(tree, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except RecursionError as error:
        raise NotSerializable("The message is nested too deeply.") from error
    # UTF-8 has no form for half a surrogate pair, which JSON can escape.
    text = _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return text.encode()


_SURROGATE = re.compile("[\ud800-\udfff]")
# What has an identity that a receiver can tell. Python's own tuples and bytes have none.
_SHARED = (
    *(list, dict, set, Map, Set, Error, Instance),
    *(Uint8Array, ArrayBuffer, View, Date, RegExp, MailboxClosed, MultipleClaim),
)


class _Writer:
    """Turns a message into what the json module writes; shared objects get numbers."""

    def __init__(self, message: Any) -> None:
        self._met: Dict[int, int] = {}
        self._count(message)
        self._numbers: Dict[int, int] = {}
        self.tree = self._value(message)

    def _count(self, value: Any) -> None:
        if isinstance(value, _SHARED):
            self._met[id(value)] = self._met.get(id(value), 0) + 1
            if self._met[id(value)] > 1:
                return
        for part in _parts(value):
            self._count(part)

    def _value(self, value: Any) -> Any:
        if value is None or isinstance(value, (bool, str)):
            return value
        if isinstance(value, (int, float)):
            return _number(value)
        if value is UNDEFINED:
            return {"$undefined": True}
        if isinstance(value, Address):
            return {"$address": str(value)}
        if self._met.get(id(value), 0) < 2:
            return self._object(value)
        if id(value) in self._numbers:
            return {"$ref": self._numbers[id(value)]}
        number = self._numbers[id(value)] = len(self._numbers)
        return {"$def": [number, self._object(value)]}

    def _object(self, value: Any) -> Any:
        if isinstance(value, NamedArray):
            return {"$array": [self._list(value), self._dict(value.names)]}
        if isinstance(value, (list, tuple)):
            return self._list(value)
        if isinstance(value, Bare):
            return {"$bare": self._dict(value)}
        if isinstance(value, dict):
            if all(isinstance(key, str) for key in value):
                return self._dict(value)
            return self._map(value.items())
        if isinstance(value, Map):
            return self._map(value.entries)
        if isinstance(value, Set):
            return {"$set": self._list(value.items)}
        if isinstance(value, (set, frozenset)):
            return {"$set": self._list(value)}
        return self._special(value)

    def _special(self, value: Any) -> Any:
        if isinstance(value, ArrayBuffer):
            return {"$buffer": base64.b64encode(value).decode()}
        if isinstance(value, (bytes, bytearray, memoryview)):
            return {"$bytes": ["Uint8Array", base64.b64encode(value).decode()]}
        if isinstance(value, View):
            return {"$bytes": [value.type, base64.b64encode(value.data).decode()]}
        if isinstance(value, datetime) and value.tzinfo is not None:
            return {"$date": round(value.timestamp() * 1000)}
        if isinstance(value, Date):
            return {"$date": value.ms}
        if isinstance(value, RegExp):
            return {"$regexp": [value.source, value.flags]}
        if isinstance(value, MailboxClosed):
            return {"$closed": [value.id, value.reason]}
        if isinstance(value, MultipleClaim):
            return {"$claim": [value.name, self._list(value.claimants)]}
        if isinstance(value, Instance):
            return {"$instance": [value.name, self._value(value.value)]}
        if isinstance(value, Error):
            return {"$error": self._error(value)}
        raise NotSerializable(f"There is no form for {type(value).__name__} in a message.")

    def _error(self, error: Error) -> List[Any]:
        fields = [error.kind, error.name, error.message]
        if error.hidden or error.properties:
            fields.append(self._dict(error.hidden))
        if error.properties:
            fields.append(self._dict(error.properties))
        return fields

    def _list(self, items: Any) -> List[Any]:
        return [self._value(item) for item in items]

    def _map(self, entries: Any) -> Any:
        return {"$map": [[self._value(key), self._value(value)] for key, value in entries]}

    def _dict(self, value: Dict[str, Any]) -> Dict[str, Any]:
        return {("$" + key if key[:1] == "$" else key): self._value(of) for key, of in value.items()}


def _parts(value: Any) -> List[Any]:
    """What is in a value, of what may be met more than once."""
    if isinstance(value, NamedArray):
        return [*value, *value.names.values()]
    if isinstance(value, (list, tuple, set, frozenset)):
        return list(value)
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    if isinstance(value, Map):
        return [part for entry in value.entries for part in entry]
    if isinstance(value, Set):
        return value.items
    if isinstance(value, Error):
        return [*value.hidden.values(), *value.properties.values()]
    return [value.value] if isinstance(value, Instance) else []


def _number(value: Any) -> Any:
    if isinstance(value, int):
        if not isinstance(value, BigInt) and -_SAFE <= value <= _SAFE:
            return int(value)
        digits = str(int(value)) if abs(value) < 16**83 else hex(value)
        return {"$bigint": digits}
    if math.isnan(value):
        return {"$number": "NaN"}
    if math.isinf(value):
        return {"$number": "Infinity" if value > 0 else "-Infinity"}
    if value == 0 and math.copysign(1, value) < 0:
        return {"$number": "-0"}
    return value


# --- reading -------------------------------------------------------------------------------------


def decode(data: bytes) -> Any:
    """Reads a message. Raises DecodeError and nothing else."""
    try:
        tree = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_object_of,
            parse_constant=_no_constant,
            parse_float=_float,
            parse_int=_int,
        )
        return _Reader().value(tree, 0)
    except DecodeError:
        raise
    except (ValueError, TypeError, KeyError, IndexError, RecursionError, binascii.Error) as error:
        raise DecodeError(f"The message cannot be made of its bytes: {error}") from error


def _object_of(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise DecodeError("A key of an object is there twice.")
    return made


def _no_constant(name: str) -> Any:
    raise DecodeError(f"{name} is no JSON.")


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise DecodeError("A number is beyond all doubles.")
    return value


def _int(text: str) -> Any:
    """Every number is a double, also one without a fraction that has more digits than that."""
    return int(text) if len(text) < 16 or abs(float(text)) <= _SAFE else _float(text)


_NUMBERS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf, "-0": -0.0}
_DIGITS = re.compile(r"-?0x[1-9a-f][0-9a-f]*|0|-?[1-9][0-9]{0,99}", re.ASCII)


class _Reader:
    """Turns what the json module has read into the message."""

    def __init__(self) -> None:
        self._defined: List[Any] = []
        # The number of the next object that is made, if it has one.
        self._open: Optional[int] = None

    def value(self, tree: Any, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise DecodeError(f"The message is nested deeper than {MAX_DEPTH} levels.")
        if isinstance(tree, list):
            made = self._made([])
            made.extend(self.value(item, depth + 1) for item in tree)
            return made
        if not isinstance(tree, dict):
            return tree
        mark = next(iter(tree), "")
        if mark[:1] == "$" and mark[:2] != "$$":
            if len(tree) != 1 or mark[1:] not in _FORMS:
                raise DecodeError(f"There is no kind of value called {mark[:40]!r}.")
            return getattr(self, "_read_" + mark[1:])(tree[mark], depth)
        return self._fill(self._made({}), tree, depth)

    def _made(self, value: Any) -> Any:
        """Every object is told of as soon as it is there: it may be in itself."""
        if self._open is not None:
            self._defined[self._open] = value
            self._open = None
        return value

    def _fill(self, made: Dict[str, Any], tree: Any, depth: int) -> Dict[str, Any]:
        for key, item in _typed(tree, dict).items():
            if key[:1] == "$":
                if key[:2] != "$$":
                    raise DecodeError("A key that begins with $ stands among others.")
                key = key[1:]
            made[key] = self.value(item, depth + 1)
        return made

    def _read_undefined(self, tree: Any, _: int) -> Any:
        if tree is not True:
            raise DecodeError("Expected true behind $undefined.")
        return UNDEFINED

    def _read_number(self, tree: Any, _: int) -> float:
        return _NUMBERS[tree]

    def _read_bigint(self, tree: Any, _: int) -> BigInt:
        if not _DIGITS.fullmatch(_typed(tree, str)):
            raise DecodeError("Expected the digits of a bigint.")
        return BigInt(int(tree, 16 if "x" in tree else 10))

    def _read_date(self, tree: Any, _: int) -> Date:
        if tree is not None and abs(_typed(tree, (int, float))) > 8.64e15:
            raise DecodeError("A date is beyond all dates.")
        return self._made(Date(tree))

    def _read_regexp(self, tree: Any, _: int) -> RegExp:
        return self._made(RegExp(*_texts(tree)))

    def _read_map(self, tree: Any, depth: int) -> Map:
        made = self._made(Map())
        for entry in _typed(tree, list):
            key, value = _typed(entry, list)
            made.entries.append((self.value(key, depth + 1), self.value(value, depth + 1)))
        return made

    def _read_set(self, tree: Any, depth: int) -> Set:
        made = self._made(Set())
        made.items.extend(self.value(item, depth + 1) for item in _typed(tree, list))
        return made

    def _read_bare(self, tree: Any, depth: int) -> Bare:
        made = self._made(Bare())
        self._fill(made, tree, depth)
        return made

    def _read_array(self, tree: Any, depth: int) -> NamedArray:
        items, names = _typed(tree, list)
        made = self._made(NamedArray())
        made.extend(self.value(item, depth + 1) for item in _typed(items, list))
        self._fill(made.names, names, depth)
        return made

    def _read_buffer(self, tree: Any, _: int) -> ArrayBuffer:
        return self._made(ArrayBuffer(_bytes(tree)))

    def _read_bytes(self, tree: Any, _: int) -> Any:
        kind, data = _texts(tree)
        return self._made(Uint8Array(_bytes(data)) if kind == "Uint8Array" else View(kind, _bytes(data)))

    def _read_error(self, tree: Any, depth: int) -> Error:
        kind, name, message, *more = _typed(tree, list)
        _typed(kind, str), _typed(name, (str, type(None))), _typed(message, (str, type(None)))
        hidden, properties = (more + [{}, {}])[:2]
        made = self._made(Error(kind, name, message))
        self._fill(made.hidden, hidden, depth)
        self._fill(made.properties, properties, depth)
        if len(more) > 2 or not made.hidden.keys() <= {"cause", "errors"}:
            raise DecodeError("An error has more to it than errors have.")
        return made

    def _read_address(self, tree: Any, _: int) -> Address:
        return self._made(Address.parse(_typed(tree, str)))

    def _read_closed(self, tree: Any, _: int) -> MailboxClosed:
        mailbox, reason = _texts(tree)
        if reason not in ("closed", "noproc", "noconnection"):
            raise DecodeError("A close notice has a reason that is none.")
        return self._made(MailboxClosed(mailbox, reason))

    def _read_claim(self, tree: Any, depth: int) -> MultipleClaim:
        number, self._open = self._open, None
        name, claimants = _typed(tree, list)
        addresses = tuple(
            _typed(self.value(each, depth + 1), Address) for each in _typed(claimants, list)
        )
        self._open = number
        return self._made(MultipleClaim(_typed(name, str), addresses))

    def _read_instance(self, tree: Any, depth: int) -> Instance:
        name, value = _typed(tree, list)
        made = self._made(Instance(_typed(name, str)))
        made.value = self.value(value, depth + 1)
        return made

    def _read_def(self, tree: Any, depth: int) -> Any:
        number, value = _typed(tree, list)
        if self._open is not None or number != len(self._defined):
            raise DecodeError("An object has a number out of turn.")
        self._open = number
        self._defined.append(None)
        made = self.value(value, depth)
        if self._open is not None:
            raise DecodeError("What is numbered is no object.")
        return made

    def _read_ref(self, tree: Any, _: int) -> Any:
        if not 0 <= _typed(tree, int) < len(self._defined) or self._defined[tree] is None:
            raise DecodeError("A reference leads to nothing.")
        return self._defined[tree]


_FORMS = {name[6:] for name in vars(_Reader) if name.startswith("_read_")}


def _typed(value: Any, kind: Any) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise DecodeError(f"Expected {kind}, got {type(value).__name__}.")
    return value


def _texts(tree: Any) -> Tuple[str, str]:
    first, second = _typed(tree, list)
    return _typed(first, str), _typed(second, str)


def _bytes(text: str) -> bytes:
    return base64.b64decode(_typed(text, str), validate=True)
