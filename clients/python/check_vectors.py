"""Holds this client to the documents: their vectors are read, taken apart, and put together again.

    python3 check_vectors.py ../../docs/protocol.md ../../docs/json-format.md
"""
import json
import re
import sys
from pathlib import Path

import reign_frames as wire
from reign_frames import Incarnation
from reign_json import DecodeError, decode, encode

# What the vectors of docs/protocol.md say, as their pages explain it.
FRAMES = {
    "confirm": (wire.CONFIRM, b'{"answers":"fedcba9876543210"}'),
    "refuse": (wire.REFUSE, b'{"reason":"wrong_node"}'),
    "ping": (wire.PING, 0),
    "pong": (wire.PONG, 300),
    "goodbye": (wire.GOODBYE,),
    "message": (wire.MESSAGE, 128, b"\xde\xad\x42"),
    "begin": (wire.BEGIN, 128, 70_000, b"\xde\xad\x42"),
    "piece": (wire.PIECE_OF, 128, b"\xde\xad\x42"),
    "received": (wire.RECEIVED, 8_000),
    "taken": (wire.TAKEN, 524_288),
    "define": (wire.DEFINE, b"\x01\x03\x02id"),
    "monitor": (wire.MONITOR, 1, 400),
    "demonitor": (wire.DEMONITOR, 1),
    "down": (wire.DOWN, 1, wire.REASONS.index("closed")),
    "claim": (wire.CLAIM, 3, "maître"),
    "release": (wire.RELEASE, 3, "maître"),
    "sync": (wire.SYNC, 7),
    "synced": (wire.SYNCED, 7),
    "routed": (
        wire.ROUTED,
        Incarnation("77", "0000000000000001"),
        Incarnation("2", "fedcba9876543210"),
        wire.MESSAGE,
        b"\x05\xde\xad\x42",
    ),
}


def check_frames(page: str) -> int:
    vectors = {
        name: bytes.fromhex("".join(line.split("  ")[0] for line in fence.split("\n")))
        for name, fence in re.findall(r"^```vector (\w+)\n(.*?)\n```$", page, re.M | re.S)
    }
    require(vectors.keys() == FRAMES.keys(), f"other vectors: {vectors.keys() ^ FRAMES.keys()}")
    for name, data in vectors.items():
        require(int.from_bytes(data[:4], "big") == len(data) - 4, f"the length of {name}")
        require((data[4], *wire.fields_of(data[4], data[5:])) == FRAMES[name], f"reading {name}")
        require(wire.frame(*FRAMES[name]) == data, f"writing {name}")
    return len(vectors)


def check_values(page: str) -> int:
    count = 0
    for fence in re.findall(r"^```vectors\n(.*?)^```$", page, re.M | re.S):
        for value, text in re.findall(r"^(\S.*)\n {2}(.*)\n", fence, re.M):
            again = encode(decode(text.encode())).decode()
            # Numbers and escapes may be written otherwise, and mean the same.
            require(same(again, text), f"{value}: {again}")
            # A message that is cut short is none, unless it is a number.
            if type(json.loads(text)) not in (int, float):
                require(is_refused(text[:-1]), f"{value} without its end is taken")
            count += 1
    return count


def same(one: str, other: str) -> bool:
    return json.dumps(json.loads(one)) == json.dumps(json.loads(other))


def is_refused(text: str) -> bool:
    try:
        decode(text.encode())
    except DecodeError:
        return True
    return False


def require(holds: bool, what: str) -> None:
    if not holds:
        sys.exit(f"Not as the documents have it: {what}")


if __name__ == "__main__":
    protocol, values = (Path(path).read_text(encoding="utf-8") for path in sys.argv[1:3])
    print(f"{check_frames(protocol)} frames and {check_values(values)} values are as documented.")
