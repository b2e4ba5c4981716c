"""A node in Python that answers whoever asks for it by name.

    python3 example.py cluster.json 2 1

joins the cluster of the spec as node 2, dials node 1, claims the name "greeter", and answers each
message that is an object with an address under "reply" until it is interrupted.
"""
import asyncio
import signal
import sys

from reign import Address, Closed, MailboxClosed, Node


async def main(spec: str, node_id: str, peer: str) -> None:
    node = Node.from_spec(spec, node_id)
    mailbox = node.mailbox()
    node.claim("greeter", mailbox)
    await node.connect(peer)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, mailbox.close)
    print(f"Node {node_id} greets.", flush=True)
    try:
        while True:
            message = await mailbox.receive()
            if isinstance(message, MailboxClosed):
                print(f"{message.id} is gone: {message.reason}.", flush=True)
            elif isinstance(message, dict) and isinstance(message.get("reply"), Address):
                node.monitor(message["reply"], mailbox)
                node.send(message["reply"], {"greeting": f"Hello, {message.get('name')}!"})
    except Closed:
        pass
    await node.stop()
    print(node.stats(), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
