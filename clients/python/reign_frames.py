"""The frames of docs/protocol.md: what two nodes say to each other, as bytes and back."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Tuple

PIECE = 65_536
MAX_HELLO_FRAME = 8_192
MAX_FRAME = 65_792
MAX_NAME = 1_024
_SAFE = 2**53 - 1

HELLO, WELCOME, CONFIRM, REFUSE, GOODBYE = 1, 2, 3, 4, 5
PING, PONG = 8, 9
MESSAGE, ROUTED, BEGIN, PIECE_OF, RECEIVED, TAKEN, DEFINE = 16, 17, 18, 19, 20, 21, 22
MONITOR, DEMONITOR, DOWN = 24, 25, 26
CLAIM, RELEASE = 32, 33
SYNC, SYNCED = 36, 37

# What is in a body: n a number, t a text, i an incarnation, b one byte, r the rest.
LAYOUTS: Dict[int, str] = {
    **{HELLO: "r", WELCOME: "r", CONFIRM: "r", REFUSE: "r", GOODBYE: ""},
    **{PING: "n", PONG: "n"},
    **{MESSAGE: "nr", ROUTED: "iibr", BEGIN: "nnr", PIECE_OF: "nr"},
    **{RECEIVED: "n", TAKEN: "n", DEFINE: "r"},
    **{MONITOR: "nn", DEMONITOR: "n", DOWN: "nb"},
    **{CLAIM: "nt", RELEASE: "nt", SYNC: "n", SYNCED: "n"},
}
REASONS = ("closed", "noproc", "noconnection")


class ProtocolError(Exception):
    """The peer broke a rule of the protocol: the link ends."""


@dataclass(frozen=True)
class Incarnation:
    node_id: str
    epoch: str


def frame(kind: int, *fields: Any) -> bytes:
    """One frame, its fields as the layout of its type has them."""
    body = b"".join(_WRITE[of](value) for of, value in zip(LAYOUTS[kind], fields))
    return (len(body) + 1).to_bytes(4, "big") + bytes([kind]) + body


def fields_of(kind: int, body: bytes) -> Tuple[Any, ...]:
    """The fields of a body, which is read to its end."""
    at = 0
    fields = []
    for of in LAYOUTS[kind]:
        value, at = _READ[of](body, at)
        fields.append(value)
    if at != len(body):
        raise ProtocolError("A body is longer than it should be.")
    return tuple(fields)


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _text(value: str) -> bytes:
    data = value.encode()
    return varint(len(data)) + data


def _incarnation(value: Incarnation) -> bytes:
    return _text(value.node_id) + bytes.fromhex(value.epoch)


def _read_varint(body: bytes, at: int) -> Tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(body):
            raise ProtocolError("A body ends in a number.")
        byte = body[at]
        at += 1
        value |= (byte & 127) << shift
        if value > _SAFE or (byte == 0 and shift > 0):
            raise ProtocolError("A number is too large, or not in its shortest form.")
        if byte < 128:
            return value, at
        shift += 7


def _read_bytes(body: bytes, at: int, length: int) -> Tuple[bytes, int]:
    if length > len(body) - at:
        raise ProtocolError("A body ends too early.")
    return body[at : at + length], at + length


def _read_text(body: bytes, at: int) -> Tuple[str, int]:
    length, at = _read_varint(body, at)
    data, at = _read_bytes(body, at, length)
    try:
        return data.decode(), at
    except UnicodeDecodeError as error:
        raise ProtocolError("A text is not UTF-8.") from error


def _read_incarnation(body: bytes, at: int) -> Tuple[Incarnation, int]:
    node_id, at = _read_text(body, at)
    epoch, at = _read_bytes(body, at, 8)
    return Incarnation(node_id, epoch.hex()), at


def _read_byte(body: bytes, at: int) -> Tuple[int, int]:
    data, at = _read_bytes(body, at, 1)
    return data[0], at


_WRITE = {
    "n": varint,
    "t": _text,
    "i": _incarnation,
    "b": lambda value: bytes([value]),
    "r": bytes,
}
_READ = {
    "n": _read_varint,
    "t": _read_text,
    "i": _read_incarnation,
    "b": _read_byte,
    "r": lambda body, at: (body[at:], len(body)),
}
