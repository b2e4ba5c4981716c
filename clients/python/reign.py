"""A node of a reign cluster in Python: mailboxes, addresses, names and close notices.

Written from docs/protocol.md and docs/json-format.md alone, with nothing but the standard library.
The node dials the others and is not dialled. See README.md beside this file, and example.py.

Everything runs on one asyncio event loop, and nothing here may be called from another thread.
"""
from __future__ import annotations

import asyncio
import json
import os
import secrets
import ssl
from collections import Counter, deque
from pathlib import Path
from typing import Any, Deque, Dict, List, Optional, Tuple, Union

import reign_frames as wire
from reign_frames import frame
from reign_json import UNDEFINED, Address, MailboxClosed, MultipleClaim, encode
from reign_link import Account, Link, Refused, check_peer, make_context

__all__ = ["Address", "Closed", "Mailbox", "MailboxClosed", "MultipleClaim", "Node", "Refused"]

MAX_MESSAGE = 16 * 2**20
GOODBYE_SECONDS = 1.0


class Closed(Exception):
    """The mailbox is closed."""


class Mailbox:
    """Receives messages. Made by ``Node.mailbox``."""

    def __init__(self, node: "Node", number: int) -> None:
        self.address = Address(node.id, node.epoch, number)
        self._node = node
        # Each with whether it counts: notices that a node puts in its own mailboxes do not.
        self._waiting: Deque[Tuple[Any, bool]] = deque()
        self._arrived = asyncio.Event()
        self.closed = False

    def __len__(self) -> int:
        return len(self._waiting)

    async def receive(self, timeout: Optional[float] = None) -> Any:
        """The next message. Raises Closed, and asyncio.TimeoutError after so many seconds."""
        while not self._waiting:
            if self.closed:
                raise Closed("The mailbox is closed.")
            self._arrived.clear()
            await asyncio.wait_for(self._arrived.wait(), timeout)
        return self._waiting.popleft()[0]

    def close(self) -> None:
        """Gives up its names, tells its watchers, and counts what it still held as lost."""
        if not self.closed:
            self._node.close(self)

    def put(self, message: Any, counted: bool = True) -> None:
        self._waiting.append((message, counted))
        self._arrived.set()


class Node:
    """One node of a cluster, under one id, for one run."""

    def __init__(
        self,
        cluster: str,
        node_id: str,
        context: ssl.SSLContext,
        peers: Dict[str, Tuple[str, int, str]],
        max_message_bytes: int = MAX_MESSAGE,
        ping_seconds: float = 5.0,
    ) -> None:
        """``peers`` are the other nodes: host, port and the one name of the certificate of each."""
        self.cluster = cluster
        self.id = node_id
        self.epoch = secrets.token_hex(8)
        self.max_message_bytes = max_message_bytes
        self.ping_seconds = ping_seconds
        self.sent = 0
        self.delivered = 0
        # By cause, in the words of reign's own statistics.
        self.lost: Counter = Counter()
        # Links that were ended because the peer broke the protocol.
        self.violations = 0
        self._context = context
        self._peers = peers
        self.links: Dict[str, Link] = {}
        self.accounts: Dict[str, Account] = {}
        self.mailboxes: Dict[int, Mailbox] = {}
        self._made = 0
        # Who of this node watches what: the mailbox that is watched, and those that are to be told.
        self._watches: Dict[Address, List[Mailbox]] = {}
        # Names: of this node, and of each peer.
        self.claims: Dict[str, Dict[str, Address]] = {}
        self._named = asyncio.Event()

    @staticmethod
    def from_spec(path: Union[str, Path], node_id: Union[str, int], **options: Any) -> "Node":
        """A node of a spec file, with the certificates that the paths in it lead to."""
        path = Path(path)
        node_id = str(node_id)
        spec = json.loads(path.read_text())
        cluster = spec.get("cluster", "reign")
        nodes = spec["nodes"]
        listed = nodes if isinstance(nodes, list) else [{"id": id, **of} for id, of in nodes.items()]
        peers = {}
        for each in listed:
            peer = str(each["id"])
            host, _, port = each["address"].rpartition(":")
            identity = each.get("identity", f"URI:reign://{cluster}/{peer}")
            peers[peer] = (host.strip("[]"), int(port), identity)
        if peers.pop(node_id, None) is None:
            known = ", ".join(str(each["id"]) for each in listed)
            raise ValueError(f"Expected {node_id} among the nodes of {path}, which has {known}.")

        def file(key: str) -> str:
            if key not in spec:
                raise ValueError(f"Expected {key} in {path}.")
            return os.path.join(path.parent, spec[key].replace("%d", node_id))

        context = make_context(
            file("cluster_cert_path"), file("node_cert_path"), file("node_key_path")
        )
        return Node(cluster, node_id, context, peers, **options)

    # --- links ---------------------------------------------------------------------------------

    async def connect(self, peer: Union[str, int], timeout: float = 5.0) -> None:
        """Dials a node and agrees on a link. Raises Refused, or an OSError of the network."""
        peer = str(peer)
        if peer not in self._peers:
            known = ", ".join(self._peers) or "none"
            raise ValueError(f"Expected another node of the spec ({known}), got {peer}.")
        if peer in self.links:
            return
        await asyncio.wait_for(self._dial(peer), timeout)

    async def _dial(self, peer: str) -> None:
        host, port, identity = self._peers[peer]
        reader, writer = await asyncio.open_connection(
            host, port, ssl=self._context, server_hostname=""
        )
        try:
            check_peer(writer.get_extra_info("ssl_object"), identity)
            link = Link(self, peer, reader, writer)
            await link.shake_hands()
        except BaseException:
            writer.close()
            raise
        self.links[peer] = link
        link.start()

    def connected(self) -> List[str]:
        return list(self.links)

    async def stop(self) -> None:
        """Says goodbye to every node behind all that was said before, and closes the mailboxes."""
        links = list(self.links.values())
        for link in links:
            link.say_goodbye()
        if links:
            await asyncio.wait([link.task for link in links], timeout=GOODBYE_SECONDS)
        for link in links:
            link.end()
        for mailbox in list(self.mailboxes.values()):
            mailbox.close()

    def on_down(self, link: "Link") -> None:
        """Its names first, then the notices, as everywhere in a cluster."""
        if self.links.get(link.peer) is not link:
            return
        del self.links[link.peer]
        for name in [name for name, of in self.claims.items() if link.peer in of]:
            self.take_claim(name, link.peer, None)
        for address in [each for each in self._watches if each.node_id == link.peer]:
            self.notify(address, "noconnection")

    def stats(self) -> Dict[str, Any]:
        """Over all nodes of a cluster at rest, ``sent`` is ``delivered`` and all of ``lost``."""
        lost = {cause: count for cause, count in self.lost.items() if count != 0}
        counts = {"sent": self.sent, "delivered": self.delivered, "violations": self.violations}
        return {**counts, "lost": lost}

    # --- mailboxes and messages ------------------------------------------------------------------

    def mailbox(self) -> Mailbox:
        self._made += 1
        made = self.mailboxes[self._made] = Mailbox(self, self._made)
        return made

    def send(self, to: Address, message: Any) -> bool:
        """Sends, and does not wait. False is certain failure, counted under its cause.

        Raises NotSerializable for what cannot travel.
        """
        if message is UNDEFINED:
            raise TypeError("UNDEFINED is no message.")
        if to.node_id == self.id:
            self.sent += 1
            return self.deliver(to.number if to.epoch == self.epoch else 0, message)
        data = encode(message)
        self.sent += 1
        link = self.links.get(to.node_id)
        if link is None:
            cause: Optional[str] = "no_connection"
        elif link.epoch != to.epoch:
            cause = "stale"
        else:
            cause = link.send_message(to.number, data)
        if cause is not None:
            self.lost[cause] += 1
        return cause is None

    def deliver(self, number: int, message: Any) -> bool:
        mailbox = self.mailboxes.get(number)
        if mailbox is None:
            self.lost["closed"] += 1
            return False
        self.delivered += 1
        mailbox.put(message)
        return True

    def close(self, mailbox: Mailbox) -> None:
        """What ``mailbox.close`` does."""
        mailbox.closed = True
        number = mailbox.address.number
        del self.mailboxes[number]
        thrown_out = sum(counted for _, counted in mailbox._waiting)
        self.delivered -= thrown_out
        self.lost["closed"] += thrown_out
        mailbox._waiting.clear()
        mailbox._arrived.set()
        for name in [name for name, of in self.claims.items() if of.get(self.id) == mailbox.address]:
            self.release(name, mailbox)
        for address, watchers in list(self._watches.items()):
            if mailbox in watchers:
                self.demonitor(address, mailbox)
        self.notify(mailbox.address, "closed")
        for link in self.links.values():
            link.tell_watchers(number)

    # --- close notices ---------------------------------------------------------------------------

    def monitor(self, address: Address, watcher: Mailbox) -> None:
        """Has ``watcher`` receive one MailboxClosed when the mailbox at ``address`` is gone."""
        watchers = self._watches.setdefault(address, [])
        if watcher in watchers:
            return
        watchers.append(watcher)
        link = self.links.get(address.node_id)
        if address.node_id == self.id:
            if address.epoch != self.epoch or address.number not in self.mailboxes:
                self.notify(address, "noproc")
        elif address.node_id not in self._peers:
            self.notify(address, "noproc")
        elif link is None:
            self.notify(address, "noconnection")
        elif link.epoch != address.epoch:
            self.notify(address, "noproc")
        elif len(watchers) == 1:
            link.ask_of(address)

    def demonitor(self, address: Address, watcher: Mailbox) -> None:
        """Takes ``monitor`` back. A notice that is there already stays."""
        watchers = self._watches.get(address, [])
        if watcher not in watchers:
            return
        watchers.remove(watcher)
        if not watchers:
            del self._watches[address]
            link = self.links.get(address.node_id)
            if link is not None:
                link.ask_no_more_of(address)

    def notify(self, address: Address, reason: str) -> None:
        for watcher in self._watches.pop(address, []):
            if not watcher.closed:
                watcher.put(MailboxClosed(address.id, reason), counted=False)

    # --- names -----------------------------------------------------------------------------------

    def claim(self, name: str, mailbox: Mailbox) -> None:
        """Gives a mailbox of this node a name that the whole cluster knows."""
        if not 1 <= len(name.encode()) <= wire.MAX_NAME:
            raise ValueError(f"Expected a name of 1 to {wire.MAX_NAME} bytes.")
        if mailbox.closed:
            raise Closed("The mailbox is closed.")
        if self.take_claim(name, self.id, mailbox.address):
            for link in self.links.values():
                link.write(frame(wire.CLAIM, mailbox.address.number, name))

    def release(self, name: str, mailbox: Mailbox) -> None:
        if self.claims.get(name, {}).get(self.id) == mailbox.address:
            self.take_claim(name, self.id, None)
            for link in self.links.values():
                link.write(frame(wire.RELEASE, mailbox.address.number, name))

    def lookup(self, name: str) -> List[Address]:
        """All who claim the name, this node's own first."""
        claims = self.claims.get(name, {})
        return [claims[node] for node in sorted(claims, key=lambda node: (node != self.id, node))]

    async def wait_for_name(self, name: str, timeout: Optional[float] = None) -> Address:
        while not self.lookup(name):
            self._named.clear()
            await asyncio.wait_for(self._named.wait(), timeout)
        return self.lookup(name)[0]

    async def sync(self) -> None:
        """Waits until every node has applied what was claimed and released here before."""
        await asyncio.gather(*(link.sync() for link in self.links.values()))

    def take_claim(self, name: str, node: str, address: Optional[Address]) -> bool:
        """Whether that is news. Claimants here are told when there are several."""
        claims = self.claims.setdefault(name, {})
        news = claims.get(node) != address
        claims.pop(node, None)
        if address is not None:
            claims[node] = address
        if not claims:
            del self.claims[name]
        own = self.mailboxes.get(claims[self.id].number) if self.id in claims else None
        if news and own is not None and len(claims) > 1:
            own.put(MultipleClaim(name, tuple(self.lookup(name))), counted=False)
        self._named.set()
        return news
