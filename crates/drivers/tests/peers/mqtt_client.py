"""A client of the Python library paho-mqtt: every quality of service both ways, retained messages, a will, both versions.

Usage: mqtt_client.py PORT VERSION (4 or 5). Prints one line for each thing seen, then `end`.
"""
import queue
import sys
import time

import paho.mqtt.client as mqtt

PORT, VERSION = int(sys.argv[1]), int(sys.argv[2])
PROTOCOL = mqtt.MQTTv5 if VERSION == 5 else mqtt.MQTTv311


def client(name, **more):
    if VERSION == 5:
        made = mqtt.Client(client_id=name, protocol=PROTOCOL, **more)
    else:
        made = mqtt.Client(client_id=name, protocol=PROTOCOL, clean_session=True, **more)
    made.heard = queue.Queue()
    made.on_message = lambda c, u, m: made.heard.put(f"{m.topic} {m.payload.decode()} qos {m.qos} retained {int(m.retain)}")
    return made


def connect(made):
    made.connect("127.0.0.1", PORT, keepalive=20)
    made.loop_start()
    while not made.is_connected():
        time.sleep(0.01)


def subscribe(made, *filters):
    done = queue.Queue()
    made.on_subscribe = lambda *words: done.put(words)
    made.subscribe(list(filters) if VERSION == 4 else [(f, mqtt.SubscribeOptions(qos=q)) for f, q in filters])
    done.get(timeout=20)


def tell(made, count):
    for line in sorted(made.heard.get(timeout=20) for _ in range(count)):
        print(line, flush=True)


listener, speaker = client(f"listener-{VERSION}"), client(f"speaker-{VERSION}")
connect(listener)
connect(speaker)
subscribe(listener, (f"v{VERSION}/+/q", 2))
for qos in (0, 1, 2):
    speaker.publish(f"v{VERSION}/{qos}/q", f"m{qos}", qos=qos).wait_for_publish(20)
tell(listener, 3)
for i in range(1000):
    last = speaker.publish(f"v{VERSION}/many/q", str(i), qos=2 if i % 2 else 1)
last.wait_for_publish(20)
many = [listener.heard.get(timeout=20).split()[1] for _ in range(1000)]
print("many", len(set(many)), flush=True)
speaker.publish(f"v{VERSION}/kept", "yes", qos=1, retain=True).wait_for_publish(20)
subscribe(listener, (f"v{VERSION}/kept", 1), (f"v{VERSION}/will", 1))
tell(listener, 1)
mortal = client(f"mortal-{VERSION}")
mortal.will_set(f"v{VERSION}/will", "dead", qos=1)
connect(mortal)
mortal.socket().shutdown(2)
tell(listener, 1)
mortal.loop_stop()
for one in (listener, speaker):
    one.disconnect()
    one.loop_stop()
print("end", flush=True)
