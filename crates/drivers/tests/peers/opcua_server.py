"""A real OPC UA server (asyncua) for tests/peers.rs. Argument: port. Commands on standard input, one a line:
`set NAME VALUE`, `event WORD`, `bad NAME`, `doubt NAME`, `retype NAME` (the node becomes a text), `quit`. Says `ready` when it listens."""
import asyncio
import sys
from datetime import datetime, timezone

from asyncua import Server, ua


async def main(port):
    server = Server()
    await server.init()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{port}/")
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    index = await server.register_namespace("urn:test")
    nodes = {}
    for name, value in [("power", 41.5), ("state", "producing"), ("speed", 100.0), ("count", 7), ("event", "none")]:
        kind = ua.VariantType.Int32 if name == "count" else None
        node = await server.nodes.objects.add_variable(ua.NodeId(name, index), f"{index}:{name}", value, kind)
        if name in ("speed", "count", "state"):
            await node.set_writable()
        nodes[name] = node
    async with server:
        print("ready", index, flush=True)
        loop = asyncio.get_running_loop()
        while True:
            line = await loop.run_in_executor(None, sys.stdin.readline)
            words = line.split()
            if not words or words[0] == "quit":
                return
            if words[0] == "set":
                value = float(words[2]) if words[1] in ("power", "speed") else words[2]
                await nodes[words[1]].write_value(value)
            elif words[0] in ("bad", "doubt"):
                codes = {"bad": ua.StatusCodes.BadSensorFailure, "doubt": ua.StatusCodes.UncertainLastUsableValue}
                now = datetime.now(timezone.utc)
                await nodes[words[1]].write_value(ua.DataValue(ua.Variant(1.0), ua.StatusCode(codes[words[0]]), now))
            elif words[0] == "event":
                now = datetime.now(timezone.utc)
                await nodes["event"].write_value(ua.DataValue(ua.Variant(words[1]), ua.StatusCode(0), now))
            elif words[0] == "retype":
                # asyncua guards the type; a server with another program in it would not
                server.iserver.aspace._nodes[nodes[words[1]].nodeid].attributes[ua.AttributeIds.Value].value = None
                await nodes[words[1]].write_value("much")
            print("done", flush=True)


asyncio.run(main(int(sys.argv[1])))
