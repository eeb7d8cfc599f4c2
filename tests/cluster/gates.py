"""A process in which each node's replication port can be closed, fall silent or lose its connections, as a network does it."""
import asyncio
import os
import sys


class Gate:
    """Passes on what comes to (address, port) to (address, server_port)."""

    def __init__(self, address, port, server_port):
        self.address, self.port, self.server_port = address, port, server_port
        self.listener, self.open, self.writers = None, asyncio.Event(), set()

    async def mend(self):
        """As at the beginning. What was silent is lost."""
        self.clip()
        self.open.set()
        if not self.listener:
            self.listener = await asyncio.start_server(self.serve, self.address, self.port)

    async def cut(self):
        """Connections end, new ones are refused."""
        if self.listener:
            self.listener.close()
            self.listener = None
        self.clip()

    async def mute(self):
        """Whatever is sent is taken, and nothing is answered."""
        self.open.clear()

    def clip(self):
        """All connections end, in the middle of whatever it was."""
        for writer in list(self.writers):
            writer.transport.abort()

    async def serve(self, reader, writer):
        self.writers.add(writer)
        there = None
        try:
            await self.open.wait()
            back, there = await asyncio.open_connection(self.address, self.server_port)
            self.writers.add(there)
            await asyncio.gather(self.copy(reader, there), self.copy(back, writer))
        except OSError:
            pass
        finally:
            for one in filter(None, (writer, there)):
                self.writers.discard(one)
                one.transport.abort()

    async def copy(self, reader, writer):
        while data := await reader.read(65536):
            await self.open.wait()
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError


class Gates:
    """`run` starts a Process, as a cluster does; the gates are open when this is made."""

    def __init__(self, run, addresses, port, server_port):
        commands, self.commands = os.pipe()
        answers, answer = os.pipe()

        def work():
            os.close(self.commands)
            os.close(answers)
            asyncio.run(self.obey(commands, answer, {node: Gate(address, port, server_port)
                                                     for node, address in addresses.items()}))
        run(work, 'gates')
        os.close(commands)
        os.close(answer)
        self.answers = os.fdopen(answers)
        self.expect_answer()

    @staticmethod
    async def obey(commands, answer, gates):
        for gate in gates.values():
            await gate.mend()
        os.write(answer, b'.\n')
        loop = asyncio.get_running_loop()
        with os.fdopen(commands) as lines:
            while line := await loop.run_in_executor(None, lines.readline):
                command, node = line.split()
                done = getattr(gates[int(node)], command)()
                if done:
                    await done
                os.write(answer, b'.\n')

    def do(self, command, node):
        os.write(self.commands, f'{command} {node}\n'.encode())
        self.expect_answer()

    def expect_answer(self):
        if not self.answers.readline():
            sys.exit('the gates ended')
