"""A node in Python that does as messages to it say: python-node.py SPEC ID PEER.

Prints a line of JSON for what nobody could be told over a link.
"""
import asyncio
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "clients" / "python"))

from reign import MailboxClosed, MultipleClaim, Node, Refused  # noqa: E402


def say(**said):
    print(json.dumps(said), flush=True)


async def main(spec, node_id, peer):
    node = Node.from_spec(spec, node_id)
    mailbox = node.mailbox()
    node.claim(f"python_{node_id}", mailbox)
    try:
        await node.connect(peer)
    except (Refused, OSError) as error:
        say(refused=str(error))
        return
    say(ready=True)
    others = {}
    while True:
        message = await mailbox.receive()
        if isinstance(message, MailboxClosed):
            say(gone=message.id, reason=message.reason)
            continue
        if isinstance(message, MultipleClaim):
            say(claimants=[each.id for each in message.claimants])
            continue
        what, reply = message.get("do"), message.get("reply")
        if what == "echo":
            node.send(reply, message["value"])
        elif what == "make":
            made = node.mailbox()
            others[made.address] = made
            node.send(reply, made.address)
        elif what == "close":
            others[message["address"]].close()
        elif what == "watch":
            node.monitor(message["address"], mailbox)
            await node.sync()
            node.send(reply, True)
        elif what == "ask":
            own = node.mailbox()
            node.send(message["address"], {"question": message["question"], "reply": own.address})
            node.send(reply, await own.receive())
            own.close()
        elif what == "lookup":
            node.send(reply, node.lookup(message["name"]))
        elif what == "claim":
            node.claim(message["name"], mailbox)
            await node.sync()
            node.send(reply, True)
        elif what == "release":
            node.release(message["name"], mailbox)
            await node.sync()
            node.send(reply, True)
        elif what == "bytes":
            node.send(reply, bytes(i % 251 for i in range(message["length"])))
        elif what == "stop":
            break
    await node.stop()
    say(stats=node.stats())


asyncio.run(main(*sys.argv[1:4]))
