"""A real Modbus server (pymodbus) for tests/peers.rs. Arguments: port, and `rtu` for frames of a serial line. Unit 1: input registers 0
to 9, holding registers 0 to 9, of which 5 refuses to be written, coils 0 to 15; everything else is an exception. Unit 2: the same
number in every type and order in holding registers 0 to 63; it is silent while it is told to sleep. Commands on standard input:
`set ADDRESS VALUE` (input register of unit 1), `sleep`, `wake`, `quit`. Says `ready` when it listens."""
import asyncio
import sys

from pymodbus.constants import ExcCodes
from pymodbus.framer import FramerType
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

READ_INPUT_REGISTERS = 4
awake = asyncio.Event()


async def action(function, start, address, count, registers, values):
    if values is not None and function in (6, 16, 22) and address <= 5 < address + count:
        return ExcCodes.DEVICE_BUSY
    return None


async def sleepy(function, start, address, count, registers, values):
    await awake.wait()
    return None


def blocks(holding, inputs):
    bits = [SimData(0, values=[False] * 16, datatype=DataType.BITS)]
    return (bits, [SimData(0, values=[False] * 16, datatype=DataType.BITS)],
            [SimData(0, values=holding, datatype=DataType.REGISTERS)], [SimData(0, values=inputs, datatype=DataType.REGISTERS)])


async def main(port, framer):
    awake.set()
    one = SimDevice(1, blocks([100] + [0] * 9, [4, 0, 0, 1, 0x4F31, 0, 0, 0, 0, 0]), action=action)
    # -123456.5 as double and single, -123456 as whole numbers, 123456 as decimal digits; ABCD, CDAB, BADC, DCBA
    f64, f32, i32, i64 = [0xC0FE, 0x2408, 0, 0], [0xC7F1, 0x2040], [0xFFFE, 0x1DC0], [0xFFFF, 0xFFFF, 0xFFFE, 0x1DC0]
    swap = lambda words: [(word >> 8) | (word & 255) << 8 for word in words]
    back = lambda words: list(reversed(words))
    orders = [lambda w: w, back, swap, lambda w: swap(back(w))]
    holding = sum((order(number) for number in (f64, f32, i32, i64) for order in orders), [])
    holding += [0x0012, 0x3456] + [0] * (63 - len(holding))
    two = SimDevice(2, blocks(holding, [7] * 10), action=sleepy)
    server = ModbusTcpServer([one, two], address=("127.0.0.1", port), framer=framer)
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
        elif words[0] == "sleep":
            awake.clear()
        elif words[0] == "wake":
            awake.set()
        print("done", flush=True)


asyncio.run(main(int(sys.argv[1]), FramerType.RTU if sys.argv[2:] == ["rtu"] else FramerType.SOCKET))
