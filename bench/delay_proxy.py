"""delay_proxy.py SECONDS FROM:TO...: passes TCP connections on, every piece of data that much later, in both directions."""
import asyncio
import sys


async def pump(reader, writer, delay):
    pieces = asyncio.Queue()

    async def deliver():
        while True:
            due, data = await pieces.get()
            await asyncio.sleep(due - asyncio.get_running_loop().time())
            if not data:
                writer.close()
                return
            writer.write(data)

    delivery = asyncio.create_task(deliver())
    try:
        while True:
            data = await reader.read(65536)
            pieces.put_nowait((asyncio.get_running_loop().time() + delay, data))
            if not data:
                break
    except ConnectionError:
        pieces.put_nowait((0, b''))
    await delivery


async def main():
    delay = float(sys.argv[1]) / 2  # a request and its answer pass it once each

    def serve(port):
        async def connected(reader, writer):
            there_reader, there_writer = await asyncio.open_connection('127.0.0.1', port)
            await asyncio.gather(pump(reader, there_writer, delay), pump(there_reader, writer, delay))
        return connected

    servers = []
    for pair in sys.argv[2:]:
        near, far = map(int, pair.split(':'))
        servers.append(await asyncio.start_server(serve(far), '127.0.0.1', near, backlog=1024))
    await asyncio.gather(*(server.serve_forever() for server in servers))


asyncio.run(main())
