"""A real Modbus TCP server (pymodbus) for tests/peers.rs. Argument: port. Unit 1: input registers 0 to 9, holding registers 0
to 9, of which 5 refuses to be written, coils 0 to 15; everything else is an exception. Commands on standard input:
`set ADDRESS VALUE` (input register), `quit`. Says `ready` when it listens."""
import asyncio
import sys

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

READ_INPUT_REGISTERS = 4


async def action(function, start, address, count, registers, values):
    if values is not None and function in (6, 16) and address <= 5 < address + count:
        return ExcCodes.DEVICE_BUSY
    return None


async def main(port):
    coils = [SimData(0, values=[False] * 16, datatype=DataType.BITS)]
    discrete = [SimData(0, values=[False] * 16, datatype=DataType.BITS)]
    holding = [SimData(0, values=[100] + [0] * 9, datatype=DataType.REGISTERS)]
    inputs = [SimData(0, values=[4, 0, 0, 1, 0x4F31, 0, 0, 0, 0, 0], datatype=DataType.REGISTERS)]
    device = SimDevice(1, (coils, discrete, holding, inputs), action=action)
    server = ModbusTcpServer(device, address=("127.0.0.1", port))
    await server.serve_forever(background=True)
    print("ready", flush=True)
    loop = asyncio.get_running_loop()
    while True:
        words = (await loop.run_in_executor(None, sys.stdin.readline)).split()
        if not words or words[0] == "quit":
            await server.shutdown()
            return
        if words[0] == "set":
            await server.async_setValues(1, READ_INPUT_REGISTERS, int(words[1]), [int(words[2])])
        print("done", flush=True)


asyncio.run(main(int(sys.argv[1])))
