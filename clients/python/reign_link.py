"""A link to another node: TLS, the handshake, and the frames of docs/protocol.md, both ways."""
from __future__ import annotations

import asyncio
import json
import logging
import ssl
from collections import deque
from typing import TYPE_CHECKING, Any, Callable, Deque, Dict, List, Optional, Set, Tuple, Union

import reign_frames as wire
from reign_frames import Incarnation, ProtocolError, frame
from reign_json import CODEC, UNDEFINED, Address, DecodeError, decode

if TYPE_CHECKING:
    from reign import Node

ALPN = "reign/1"
MAX_PENDING = 8 * 2**20
WINDOW = 2 * 2**20
TELL_TAKEN = 512 * 2**10
MAX_NAMES = 100_000
MAX_MONITORS = 1_000_000

log = logging.getLogger("reign")


class Refused(ConnectionError):
    """The other node would not have a link; ``reason`` is its word for why, or ours."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The link was refused: {reason}.")
        self.reason = reason


def make_context(ca_file: str, cert_file: str, key_file: str) -> ssl.SSLContext:
    """TLS 1.3 with a certificate on both sides, and no authority but the cluster's own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False  # A node is known by its identity, wherever it runs.
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(ca_file)
    context.load_cert_chain(cert_file, key_file)
    context.set_alpn_protocols([ALPN])
    return context


def check_peer(tls: Union[ssl.SSLObject, ssl.SSLSocket], identity: str) -> None:
    """The certificate must name the node that was dialled, and no other."""
    names = [f"{kind}:{name}" for kind, name in tls.getpeercert().get("subjectAltName", ())]
    nodes = [name for name in names if name.lower().startswith("uri:reign:")]
    if tls.selected_alpn_protocol() != ALPN:
        raise Refused("the other side speaks TLS but is no node")
    if identity not in names or len(nodes) > 1:
        raise Refused(f"the certificate is for {', '.join(names) or 'nobody'}, not for {identity}")


class Account:
    """How many messages went to and came from one run of a peer, over all links with it."""

    def __init__(self, epoch: str) -> None:
        self.epoch = epoch
        self.handed = 0
        self.receipted = 0
        self.received = 0
        self.in_doubt = 0


class Link:
    """A link to one incarnation of a peer."""

    def __init__(
        self, node: Node, peer: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.node = node
        self.peer = peer
        self.epoch = ""
        self.task: "asyncio.Task[None]"
        self._reader = reader
        self._writer = writer
        self._max_message_bytes = 0
        # What waits: whole frames, each with whether it ends a message, and with its bytes of one
        # in pieces. The order of the line is that of the calls.
        self._line: Deque[Tuple[bytes, bool, int]] = deque()
        self._line_bytes = 0
        self._pieces_sent = 0
        self._pieces_taken = 0
        self._pieces_told = 0
        self._pieces_came = 0
        self._gathering: Dict[int, Tuple[int, bytearray]] = {}
        self._announced = 0
        # Monitors: those of the peer, by its reference, and ours by reference.
        self._watched: Dict[int, int] = {}
        self._asked: Dict[int, Address] = {}
        self._references = 0
        self._syncs: Dict[int, "asyncio.Future[None]"] = {}
        self._names: Set[str] = set()
        self._untold = 0
        self._timers: List[asyncio.TimerHandle] = []
        self._said_goodbye = False
        self._heard_goodbye = False
        self._heard_at = 0.0
        self._wrote_at = 0.0

    # --- the handshake ---------------------------------------------------------------------------

    async def shake_hands(self) -> None:
        node = self.node
        hello: Dict[str, Any] = {
            "versions": [1, 1],
            "cluster": node.cluster,
            "from": node.id,
            "epoch": node.epoch,
            "to": self.peer,
            "codecs": [CODEC],
            "capabilities": [],
            "maxMessageBytes": node.max_message_bytes,
        }
        known = node.accounts.get(self.peer)
        if known is not None:
            hello["received"] = {"epoch": known.epoch, "messages": known.received}
        self._writer.write(frame(wire.HELLO, json.dumps(hello).encode()))
        try:
            kind, body = await self._read_frame(wire.MAX_HELLO_FRAME)
        except (asyncio.IncompleteReadError, ssl.SSLError) as error:
            raise Refused("the other side ended the connection without a word") from error
        said = _json_object(body)
        if kind == wire.REFUSE:
            raise Refused(str(said.get("reason")))
        wrong = "malformed" if kind != wire.WELCOME else self._fault_of(said)
        if wrong is not None:
            self._writer.write(frame(wire.REFUSE, json.dumps({"reason": wrong}).encode()))
            raise Refused(wrong)
        self.epoch = said["epoch"]
        self._max_message_bytes = min(said["maxMessageBytes"], node.max_message_bytes)
        self._writer.write(frame(wire.CONFIRM, json.dumps({"answers": self.epoch}).encode()))
        self._settle(said.get("received"))

    def _fault_of(self, welcome: Dict[str, Any]) -> Optional[str]:
        node = self.node
        if welcome.get("from") != self.peer:
            return "identity_mismatch"
        if welcome.get("to") != node.id:
            return "wrong_node"
        if welcome.get("cluster") != node.cluster:
            return "wrong_cluster"
        if welcome.get("version") != 1:
            return "incompatible_version"
        if welcome.get("codec") != CODEC:
            return "no_common_codec"
        sound = (
            welcome.get("answers") == node.epoch
            and isinstance(welcome.get("epoch"), str)
            and isinstance(welcome.get("maxMessageBytes"), int)
        )
        return None if sound else "malformed"

    def _settle(self, receipt: Optional[Dict[str, Any]]) -> None:
        """The peer says what it has had from this run: what was in doubt arrived, or is lost."""
        node = self.node
        there = receipt["messages"] if receipt and receipt.get("epoch") == node.epoch else None
        known = node.accounts.get(self.peer)
        if known is None or known.epoch != self.epoch:
            known = node.accounts[self.peer] = Account(self.epoch)
        elif there is not None and known.receipted <= there <= known.handed:
            node.lost["in_doubt"] -= known.in_doubt
            node.lost["link_lost"] += known.handed - there
        known.in_doubt = 0
        known.handed = known.receipted = there or 0
        self._account = known

    def start(self) -> None:
        now = asyncio.get_running_loop().time()
        self._heard_at = self._wrote_at = now
        for name, claims in self.node.claims.items():
            if self.node.id in claims:
                self.write(frame(wire.CLAIM, claims[self.node.id].number, name))
        self.task = asyncio.create_task(self._run())
        self._after(self.node.ping_seconds, self._watch_over)

    # --- writing ---------------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """Ahead of everything in the line."""
        if not self._said_goodbye and not self._writer.is_closing():
            self._wrote_at = asyncio.get_running_loop().time()
            self._writer.write(data)

    def send_message(self, mailbox: int, data: bytes) -> Optional[str]:
        """Puts a message in the line, or says why not."""
        if len(data) > self._max_message_bytes:
            return "too_large"
        pending = self._line_bytes + self._writer.transport.get_write_buffer_size()
        if pending > MAX_PENDING:
            return "queue_full"
        if len(data) <= wire.PIECE:
            self._append(frame(wire.MESSAGE, mailbox, data), True, 0)
        else:
            first = data[: wire.PIECE]
            self._append(frame(wire.BEGIN, mailbox, len(data), first), False, len(first))
            for at in range(wire.PIECE, len(data), wire.PIECE):
                piece = data[at : at + wire.PIECE]
                last = at + wire.PIECE >= len(data)
                self._append(frame(wire.PIECE_OF, mailbox, piece), last, len(piece))
        self._pump()
        return None

    def _append(self, data: bytes, ends_message: bool, piece_bytes: int) -> None:
        self._line.append((data, ends_message, piece_bytes))
        self._line_bytes += len(data)

    def _pump(self) -> None:
        """Hands over what may go: of messages in pieces no more than the peer's window."""
        while self._line and not self._writer.is_closing():
            data, ends_message, piece_bytes = self._line[0]
            if piece_bytes > 0 and self._pieces_sent - self._pieces_taken >= WINDOW:
                return
            self._line.popleft()
            self._line_bytes -= len(data)
            self._pieces_sent += piece_bytes
            self._account.handed += ends_message
            self._wrote_at = asyncio.get_running_loop().time()
            self._writer.write(data)

    def say_goodbye(self) -> None:
        """Behind all that waits."""
        if self._said_goodbye:
            return
        self._tell_received()
        self._append(frame(wire.GOODBYE), False, 0)
        self._said_goodbye = True
        self._pump()

    def sync(self) -> "asyncio.Future[None]":
        self._references += 1
        done = self._syncs[self._references] = asyncio.get_running_loop().create_future()
        self.write(frame(wire.SYNC, self._references))
        return done

    def ask_of(self, address: Address) -> None:
        self._references += 1
        self._asked[self._references] = address
        self.write(frame(wire.MONITOR, self._references, address.number))

    def ask_no_more_of(self, address: Address) -> None:
        for reference in [ref for ref, of in self._asked.items() if of == address]:
            del self._asked[reference]
            self.write(frame(wire.DEMONITOR, reference))

    def tell_watchers(self, mailbox: int) -> None:
        """Behind the messages that were sent before."""
        for reference in [ref for ref, of in self._watched.items() if of == mailbox]:
            self._down(reference, "closed")
        self._pump()

    def _down(self, reference: int, reason: str) -> None:
        self._watched.pop(reference, None)
        if not self._said_goodbye:
            self._append(frame(wire.DOWN, reference, wire.REASONS.index(reason)), False, 0)

    # --- reading ---------------------------------------------------------------------------------

    async def _read_frame(self, most: int) -> Tuple[int, bytes]:
        head = await self._reader.readexactly(4)
        length = int.from_bytes(head, "big")
        if not 1 <= length <= most:
            raise ProtocolError(f"A frame of {length} bytes.")
        data = await self._reader.readexactly(length)
        return data[0], data[1:]

    async def _run(self) -> None:
        try:
            while not self._writer.is_closing():
                kind, body = await self._read_frame(wire.MAX_FRAME)
                self._heard_at = asyncio.get_running_loop().time()
                self._on_frame(kind, body)
        except (ProtocolError, DecodeError) as error:
            self.node.violations += 1
            log.warning("Node %s broke the protocol, and its link is ended: %s", self.peer, error)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self.end()

    def end(self) -> None:
        """The link is down: what waits is lost, what is under way is in doubt."""
        for timer in self._timers:
            timer.cancel()
        self._timers = []
        self._writer.close()
        node, account = self.node, self._account
        node.lost["link_lost"] += sum(ends_message for _, ends_message, _ in self._line)
        self._line.clear()
        if node.links.get(self.peer) is self:
            account.in_doubt = account.handed - account.receipted
            node.lost["in_doubt"] += account.in_doubt
        for done in self._syncs.values():
            if not done.done():
                done.set_result(None)
        node.on_down(self)

    def _on_frame(self, kind: int, body: bytes) -> None:
        if self._heard_goodbye and kind != wire.RECEIVED:
            return
        if kind >= 128:
            return
        handler = _HANDLERS.get(kind)
        if handler is None:
            raise ProtocolError(f"A frame of type {kind} has no place here.")
        handler(self, *wire.fields_of(kind, body))

    def _on_ping(self, number: int) -> None:
        self.write(frame(wire.PONG, number))

    def _on_pong(self, number: int) -> None:
        """That it came was the answer."""

    def _on_message(self, mailbox: int, data: bytes) -> None:
        if mailbox < 1 or len(data) > wire.PIECE:
            raise ProtocolError("A message for no mailbox, or too long for one frame.")
        self._receive(mailbox, data)

    def _on_begin(self, mailbox: int, total: int, first: bytes) -> None:
        if mailbox < 1 or mailbox in self._gathering or total <= wire.PIECE:
            raise ProtocolError("A message in pieces begins where it may not.")
        self._announced += total
        if self._announced > self.node.max_message_bytes:
            raise ProtocolError("Messages in pieces are larger than this node takes.")
        self._gathering[mailbox] = (total, bytearray())
        self._on_piece(mailbox, first)

    def _on_piece(self, mailbox: int, piece: bytes) -> None:
        total, data = self._gathering.get(mailbox, (0, bytearray()))
        data += piece
        if not piece or len(piece) > wire.PIECE or len(data) > total:
            raise ProtocolError("A piece of no message, or beyond its end.")
        self._pieces_came += len(piece)
        if self._pieces_came - self._pieces_told >= TELL_TAKEN:
            self._pieces_told = self._pieces_came
            self.write(frame(wire.TAKEN, self._pieces_came))
        if len(data) == total:
            del self._gathering[mailbox]
            self._announced -= total
            self._receive(mailbox, bytes(data))

    def _receive(self, mailbox: int, data: bytes) -> None:
        """A message is here as a whole, and counts as received whatever becomes of it."""
        if mailbox in self._gathering:
            raise ProtocolError("A message comes between the pieces of another.")
        if len(data) > self.node.max_message_bytes:
            raise ProtocolError("A message is larger than this node takes.")
        self._account.received += 1
        self._untold += 1
        if self._untold == 1:
            self._after(0.1, self._tell_received)
        elif self._untold >= 4_096:
            self._tell_received()
        try:
            message = decode(data)
            if message is UNDEFINED:
                raise DecodeError("undefined is no message.")
        except DecodeError:
            self.node.lost["unreadable"] += 1
            raise
        self.node.deliver(mailbox, message)

    def _tell_received(self) -> None:
        if self._untold > 0 and not self._writer.is_closing():
            self._writer.write(frame(wire.RECEIVED, self._account.received))
        self._untold = 0

    def _on_received(self, messages: int) -> None:
        if not self._account.receipted <= messages <= self._account.handed:
            raise ProtocolError("The peer has had messages that were not sent to it.")
        self._account.receipted = messages

    def _on_taken(self, taken: int) -> None:
        if not self._pieces_taken <= taken <= self._pieces_sent:
            raise ProtocolError("The peer has taken pieces that were not sent to it.")
        self._pieces_taken = taken
        self._pump()

    def _on_monitor(self, reference: int, mailbox: int) -> None:
        if mailbox < 1 or reference in self._watched or len(self._watched) >= MAX_MONITORS:
            raise ProtocolError("A monitor of no mailbox, twice, or one too many.")
        self._watched[reference] = mailbox
        if mailbox not in self.node.mailboxes:
            self._down(reference, "noproc")
            self._pump()

    def _on_demonitor(self, reference: int) -> None:
        self._watched.pop(reference, None)

    def _on_down(self, reference: int, reason: int) -> None:
        if reason >= len(wire.REASONS):
            raise ProtocolError("A reason that is none.")
        address = self._asked.pop(reference, None)
        if address is not None:
            self.node.notify(address, wire.REASONS[reason])

    def _on_claim(self, mailbox: int, name: str) -> None:
        self._names.add(name)
        if mailbox < 1 or len(name.encode()) > wire.MAX_NAME or len(self._names) > MAX_NAMES:
            raise ProtocolError("A name too long, or one too many.")
        self.node.take_claim(name, self.peer, Address(self.peer, self.epoch, mailbox))

    def _on_release(self, mailbox: int, name: str) -> None:
        address = Address(self.peer, self.epoch, mailbox)
        if self.node.claims.get(name, {}).get(self.peer) == address:
            self._names.discard(name)
            self.node.take_claim(name, self.peer, None)

    def _on_sync(self, number: int) -> None:
        self.write(frame(wire.SYNCED, number))

    def _on_synced(self, number: int) -> None:
        done = self._syncs.pop(number, None)
        if done is not None and not done.done():
            done.set_result(None)

    def _on_goodbye(self) -> None:
        """Who began ends the link; the other one says what it had to say, and waits for that."""
        began = self._said_goodbye
        self._heard_goodbye = True
        if began:
            self._tell_received()
            self._writer.close()
        else:
            self.say_goodbye()

    def _on_define(self, _: bytes) -> None:
        raise ProtocolError("There are no definitions in json-1.")

    def _on_routed(self, _: Incarnation, origin: Incarnation, kind: int, __: bytes) -> None:
        if origin != Incarnation(self.peer, self.epoch):
            raise ProtocolError("The peer speaks for another node.")
        if kind == wire.MESSAGE:
            self.node.lost["unreadable"] += 1

    # --- signs of life ---------------------------------------------------------------------------

    def _watch_over(self) -> None:
        """Pings when nothing else was written, and gives up a peer that is silent for long."""
        now = asyncio.get_running_loop().time()
        patience = self.node.ping_seconds
        if now - self._heard_at > 4 * patience:
            self.end()
            return
        if now - self._wrote_at >= patience / 2:
            self.write(frame(wire.PING, 0))
        self._after(patience, self._watch_over)

    def _after(self, seconds: float, call: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        self._timers = [timer for timer in self._timers if timer.when() > loop.time()]
        self._timers.append(loop.call_later(seconds, call))


_HANDLERS: Dict[int, Callable[..., None]] = {
    wire.GOODBYE: Link._on_goodbye,
    wire.PING: Link._on_ping,
    wire.PONG: Link._on_pong,
    wire.MESSAGE: Link._on_message,
    wire.ROUTED: Link._on_routed,
    wire.BEGIN: Link._on_begin,
    wire.PIECE_OF: Link._on_piece,
    wire.RECEIVED: Link._on_received,
    wire.TAKEN: Link._on_taken,
    wire.DEFINE: Link._on_define,
    wire.MONITOR: Link._on_monitor,
    wire.DEMONITOR: Link._on_demonitor,
    wire.DOWN: Link._on_down,
    wire.CLAIM: Link._on_claim,
    wire.RELEASE: Link._on_release,
    wire.SYNC: Link._on_sync,
    wire.SYNCED: Link._on_synced,
}


def _json_object(body: bytes) -> Dict[str, Any]:
    try:
        said = json.loads(body.decode())
    except ValueError as error:
        raise ProtocolError("A handshake is not JSON.") from error
    if not isinstance(said, dict):
        raise ProtocolError("A handshake is no object.")
    return said
