"""A client of another make (influxdb-client) for tests/peers/influx.rs. Arguments: port and, for https, the
file of the authority. Commands on standard input, one a line: `write` (two
points, unpacked), `batch` (5,000 points in batches of 1,000, packed), `token` (a wrong token), `quit`. Says `ready` at the start."""
import sys

from influxdb_client import InfluxDBClient, Point, WriteOptions, WritePrecision
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException

PORT = sys.argv[1]
WAY = {"url": f"https://localhost:{PORT}", "ssl_ca_cert": sys.argv[2]} if len(sys.argv) > 2 else {"url": f"http://127.0.0.1:{PORT}"}


def client(token="s3cret", gzip=False):
    return InfluxDBClient(**WAY, token=token, org="works", enable_gzip=gzip)


def write():
    points = [
        Point("machines").tag("machine", "mill 1").field("power", 12.5).field("state", 'RUN "fast"').time(1700000000, WritePrecision.S),
        Point("machines").tag("machine", "mill 1").field("power", 13).field("wrong", True).time(1700000001, WritePrecision.S),
    ]
    try:
        with client() as c:
            c.write_api(write_options=SYNCHRONOUS).write("bench", record=points, write_precision=WritePrecision.S)
        print("answer 204")
    except ApiException as e:
        print("answer", e.status, e.message)


def batch():
    with client(gzip=True) as c, c.write_api(write_options=WriteOptions(batch_size=1000)) as api:
        for i in range(5000):
            api.write("bench", record=Point("machines").tag("machine", "mill 1").field("power", i / 10).time(1700000100000 + i, WritePrecision.MS))


def token():
    try:
        with client(token="wrong") as c:
            c.write_api(write_options=SYNCHRONOUS).write("bench", record="machines power=1")
    except ApiException as e:
        print("answer", e.status)


print("ready", flush=True)
for line in sys.stdin:
    command = line.strip()
    if command == "quit":
        break
    {"write": write, "batch": batch, "token": token}[command]()
    print("done", flush=True)
