"""A small MTConnect agent (HTTP 1.1, version 2.0 documents) for tests/peers.rs, written from the standard's rules and sharing no code with
the driver: a ring of observations with sequence numbers, probe, current, sample with from and count, errors as documents.
Arguments: port, size of the buffer and, for https, certificate and key. Device `mill-1`: see ITEMS. Commands on standard input, one a line:
`set ID VALUE` (an observation now), `fault ID LEVEL CODE`, `burst ID COUNT` (observations 1 to COUNT), `restart` (a new instance with
an empty buffer), `mute` / `speak` (answers 503 with a page of HTML / as usual), `quit`. Says `ready` when it listens."""
import ssl
import sys
import threading
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse
from xml.etree import ElementTree as ET

# id, name, category, type, element, further attributes
ITEMS = [
    ("avail", "avail", "EVENT", "AVAILABILITY", "Availability", {}),
    ("x1", "Xload", "SAMPLE", "LOAD", "Load", {"units": "PERCENT"}),
    ("p1", "power", "SAMPLE", "WATTAGE", "Wattage", {"units": "WATT"}),
    ("e1", "execution", "EVENT", "EXECUTION", "Execution", {}),
    ("c1", "count", "EVENT", "PART_COUNT", "PartCount", {}),
    ("s1", "system", "CONDITION", "SYSTEM", None, {}),
    ("v1", "variables", "EVENT", "VARIABLE", "VariableDataSet", {"representation": "DATA_SET"}),
]
BY_ID = {item[0]: item for item in ITEMS}


class Agent:
    def __init__(self, size):
        self.lock = threading.Lock()
        self.size, self.instance, self.mute = size, 1000, False
        self.begin()

    def begin(self):
        self.ring, self.next, self.latest = [], 1, {}
        self.instance += 1
        for item in ITEMS:
            self.add(item[0], "Unavailable" if item[2] == "CONDITION" else item[4], "UNAVAILABLE", {})

    def add(self, item, element, value, attributes):
        at = datetime.now(timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")
        observation = (self.next, item, element, value, {**attributes, "timestamp": at})
        self.next += 1
        self.ring = (self.ring + [observation])[-self.size :]
        self.latest[item] = observation

    def first(self):
        return self.ring[0][0]

    def header(self, root, streams):
        known = {"instanceId": str(self.instance), "version": "2.0.0.1", "sender": "test", "bufferSize": str(self.size)}
        known["creationTime"] = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        if streams is not None:
            known.update(firstSequence=str(self.first()), lastSequence=str(self.next - 1), nextSequence=str(streams))
        ET.SubElement(root, "Header", known)

    def root(self, kind):
        return ET.Element(f"MTConnect{kind}", {"xmlns": f"urn:mtconnect.org:MTConnect{kind}:2.0"})

    def probe(self):
        root = self.root("Devices")
        self.header(root, None)
        device = ET.SubElement(ET.SubElement(root, "Devices"), "Device", {"id": "d1", "name": "mill-1", "uuid": "000-mill"})
        ET.SubElement(device, "Description", {"manufacturer": "none"}).text = "a <mill> & more"
        parts = ET.SubElement(ET.SubElement(device, "Components"), "Controller", {"id": "cont", "name": "controller"})
        items = ET.SubElement(parts, "DataItems")
        for ident, name, category, kind, _, more in ITEMS:
            ET.SubElement(items, "DataItem", {"id": ident, "name": name, "category": category, "type": kind, **more})
        return root

    def streams(self, observations, following):
        root = self.root("Streams")
        self.header(root, following)
        device = ET.SubElement(ET.SubElement(root, "Streams"), "DeviceStream", {"name": "mill-1", "uuid": "000-mill"})
        part = ET.SubElement(device, "ComponentStream", {"component": "Controller", "name": "controller", "componentId": "cont"})
        groups = {"SAMPLE": "Samples", "EVENT": "Events", "CONDITION": "Condition"}
        for category, group in groups.items():
            mine = [o for o in observations if BY_ID[o[1]][2] == category]
            place = ET.SubElement(part, group) if mine else None
            for sequence, item, element, value, attributes in mine:
                known = {"dataItemId": item, "sequence": str(sequence), "name": BY_ID[item][1], **attributes}
                if category == "CONDITION":
                    known["type"] = BY_ID[item][3]
                ET.SubElement(place, element, known).text = None if element in ("Normal", "Unavailable") else value
        return root

    def error(self, code, text):
        root = self.root("Error")
        self.header(root, None)
        ET.SubElement(ET.SubElement(root, "Errors"), "Error", {"errorCode": code}).text = text
        return root

    def answer(self, path, query):
        words = [word for word in path.split("/") if word]
        if len(words) == 2 and words[0] not in ("mill-1", "000-mill"):
            return 404, self.error("NO_DEVICE", f"Could not find the device '{words[0]}'")
        match words[-1:]:
            case ["probe"]:
                return 200, self.probe()
            case ["current"]:
                return 200, self.streams(list(self.latest.values()), self.next)
            case ["sample"]:
                begin, count = int(query.get("from", [self.first()])[0]), int(query.get("count", [100])[0])
                if not self.first() <= begin <= self.next:
                    text = f"'from' must be between {self.first()} and {self.next}"
                    return 404, self.error("OUT_OF_RANGE", text)
                some = [o for o in self.ring if o[0] >= begin][:count]
                return 200, self.streams(some, some[-1][0] + 1 if some else self.next)
            case _:
                return 400, self.error("UNSUPPORTED", f"The request '{path}' is not supported")


def handler(agent):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            url = urlparse(self.path)
            with agent.lock:
                if agent.mute:
                    status, body, kind = 503, b"<html><body>busy</body></html>", "text/html"
                else:
                    status, root = agent.answer(url.path, parse_qs(url.query))
                    body, kind = ET.tostring(root, encoding="utf-8", xml_declaration=True), "application/xml"
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    return Handler


def main(port, size, papers):
    agent = Agent(size)
    server = ThreadingHTTPServer(("127.0.0.1", port), handler(agent))
    server.daemon_threads = True
    if papers:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*papers)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("ready", flush=True)
    for line in sys.stdin:
        words = line.split()
        with agent.lock:
            match words:
                case ["quit"]:
                    return
                case ["set", ident, value]:
                    agent.add(ident, BY_ID[ident][4], value, {})
                case ["fault", ident, level, code]:
                    agent.add(ident, level, "it is so", {"nativeCode": code} if level != "Normal" else {})
                case ["burst", ident, count]:
                    for value in range(1, int(count) + 1):
                        agent.add(ident, BY_ID[ident][4], str(value), {})
                case ["restart"]:
                    agent.begin()
                case ["mute"] | ["speak"]:
                    agent.mute = words == ["mute"]
        print("done", flush=True)


main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 64, sys.argv[3:5])
