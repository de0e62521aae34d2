"""A chat over a WebSocket as somebody else writes it: with the package `websockets`.

socket_peer.py HOST:PORT CA TOKEN FIRST LAST: posts the texts FIRST to LAST, each under an id made of its number, several at a time, and says each
again until it is answered, over as many connections as that takes, waiting a moment where it was too fast for the server; prints
every text it hears as `SEQ TEXT`, and ends when it has heard the last of them.
"""

import asyncio
import json
import ssl
import sys
import uuid

import websockets

address, ca, token = sys.argv[1:4]
first, last = int(sys.argv[4]), int(sys.argv[5])
AT_ONCE = 8


async def talk(unanswered, after):
    """One connection, as long as it lasts; gives where to go on."""
    url = f"wss://{address}/v1/ws?after={after}"
    fields = {"Authorization": f"Bearer {token}"}
    async with websockets.connect(url, ssl=ssl.create_default_context(cafile=ca), additional_headers=fields) as socket:
        under_way = set()

        async def post():
            for number in sorted(unanswered - under_way)[: AT_ONCE - len(under_way)]:
                wish = {"type": "send", "request": number, "to": "#general", "text": f"text {number}"}
                await socket.send(json.dumps(wish | {"id": str(uuid.UUID(int=number + 1))}))
                under_way.add(number)

        async def finish():
            wish = {"type": "send", "request": last + 1, "to": "#general", "text": "the end"}
            await socket.send(json.dumps(wish | {"id": str(uuid.UUID(int=last + 2))}))

        await (post() if unanswered else finish())
        try:
            async for said in socket:
                says = json.loads(said)
                if says["type"] == "message":
                    after = says["message"]["seq"]
                    print(after, says["message"]["text"], flush=True)
                    if says["message"]["text"] == "the end":
                        return None
                elif says["type"] == "sent" and says["request"] in unanswered:
                    unanswered.discard(says["request"])
                    under_way.discard(says["request"])
                    await (post() if unanswered else finish())
                elif says["type"] == "refused" and says["reason"] == "rate_limited":
                    # As asked: a moment later, what was refused is said again, under the same id.
                    await asyncio.sleep(0.1)
                    under_way.discard(says["request"])
                    await (post() if unanswered else finish())
                elif says["type"] == "refused":
                    sys.exit(f"refused: {says}")
                elif says["type"] == "closing":
                    print("closing", says["reason"], flush=True)
        except websockets.ConnectionClosed as closed:
            print("closed", closed.rcvd.code if closed.rcvd else "without a word", flush=True)
        return after


async def main():
    unanswered, after = set(range(first, last + 1)), 0
    while after is not None:
        try:
            after = await talk(unanswered, after)
        except (OSError, websockets.InvalidHandshake, EOFError) as error:
            # The server is down, or on its way.
            print("again", type(error).__name__, file=sys.stderr, flush=True)
            await asyncio.sleep(0.05)


asyncio.run(asyncio.wait_for(main(), 60))
