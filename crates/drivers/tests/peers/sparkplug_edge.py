"""A Sparkplug B edge node of another make (pysparkplug, MQTT 3.1.1) for tests/peers.rs. Argument: port of the broker. Group
`works`, edge node `press`, device `head`. Metrics of the device: `force` Double, `mode` String, `strokes` Int64, `cold` Int16 null,
`armed` Boolean; of the node: `load` Float. Commands on standard input, one a line: `data NAME VALUE`, `reading NAME VALUE`
(answers a command next time), `leave` (DDEATH of the device), `die` (as if the network failed), `quit`. Says `ready` when connected.
It answers a request for a rebirth by connecting anew, and a command by reporting the value."""
import os
import sys
import threading

import pysparkplug as psp

TYPES = {
    "force": psp.DataType.DOUBLE,
    "mode": psp.DataType.STRING,
    "strokes": psp.DataType.INT64,
    "cold": psp.DataType.INT16,
    "armed": psp.DataType.BOOLEAN,
    "load": psp.DataType.FLOAT,
}
VALUES = {"force": 12.5, "mode": "auto", "strokes": -(2**40), "cold": None, "armed": True, "load": 0.5}


def metric(name, value):
    return psp.Metric(timestamp=psp.get_current_timestamp(), name=name, datatype=TYPES[name], value=value)


def parsed(name, text):
    kind = {"force": float, "load": float, "strokes": int, "cold": int, "armed": lambda t: t == "true"}.get(name, str)
    return kind(text)


def on_device(edge, message):
    told = [metric(m.name, m.value) for m in message.payload.metrics]
    edge.update_device("head", told)


def main(port):
    again = threading.Event()

    def on_node(edge, message):
        if any(m.name == "Node Control/Rebirth" and m.value for m in message.payload.metrics):
            again.set()

    rebirth = psp.Metric(timestamp=psp.get_current_timestamp(), name="Node Control/Rebirth", datatype=psp.DataType.BOOLEAN, value=False)
    edge = psp.EdgeNode("works", "press", [rebirth, metric("load", VALUES["load"])], cmd_callback=on_node)
    names = ["force", "mode", "strokes", "cold", "armed"]
    edge.register(psp.Device("head", [metric(name, VALUES[name]) for name in names], cmd_callback=on_device))
    edge.connect("127.0.0.1", port=port)

    def bear_again():
        while True:
            again.wait()
            again.clear()
            edge.disconnect()
            edge.connect("127.0.0.1", port=port)

    threading.Thread(target=bear_again, daemon=True).start()
    print("ready", flush=True)
    for line in sys.stdin:
        words = line.split()
        if words[0] == "quit":
            edge.disconnect()
            return
        if words[0] == "die":
            os._exit(1)
        if words[0] == "leave":
            edge.deregister("head")
        if words[0] == "data":
            told = [metric(words[1], parsed(words[1], words[2]))]
            edge.update(told) if words[1] == "load" else edge.update_device("head", told)
        print("done", flush=True)


main(int(sys.argv[1]))
