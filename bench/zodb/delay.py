"""A server as if it were further away: each piece of its answers comes later, in the order and at the pace in which it was sent."""

import asyncio
import contextlib
import subprocess
import sys
from urllib.parse import urlsplit


@contextlib.contextmanager
def delayed(endpoint, seconds):
    """The endpoint to use instead. In a process of its own, so that it does not take the measured one's time."""
    relay = subprocess.Popen([sys.executable, __file__, endpoint, str(seconds)], stdout=subprocess.PIPE, text=True)
    try:
        yield relay.stdout.readline().strip()
    finally:
        relay.terminate()
        relay.communicate()


async def _serve(target, seconds):
    async def connected(reader, writer):
        from_server, to_server = await asyncio.open_connection(target.hostname, target.port)
        await asyncio.gather(_pass_on(reader, to_server, 0), _pass_on(from_server, writer, seconds))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


async def _pass_on(reader, writer, seconds):
    now, due = asyncio.get_running_loop().time, asyncio.Queue()

    async def send():
        while piece := await due.get():
            moment, content = piece
            await asyncio.sleep(moment - now())
            writer.write(content)
            await writer.drain()
        writer.close()

    sending = asyncio.create_task(send())
    with contextlib.suppress(ConnectionError):
        while content := await reader.read(2**18):
            due.put_nowait((now() + seconds, content))
    due.put_nowait(None)
    with contextlib.suppress(ConnectionError):
        await sending


if __name__ == "__main__":
    asyncio.run(_serve(urlsplit(sys.argv[1]), float(sys.argv[2])))
