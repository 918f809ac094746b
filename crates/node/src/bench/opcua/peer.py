"""The other client of `socium bench opcua`: asyncua. Arguments: endpoint, nodes, publishing interval [ms], queue size. Says `ready`
when every node was heard, then `count N` for each line on standard input."""
import asyncio
import sys

from asyncua import Client, ua


class Counter:
    def __init__(self):
        self.count = 0

    def datachange_notification(self, node, value, data):
        self.count += 1


async def main(endpoint, nodes, interval, queue):
    counter = Counter()
    async with Client(endpoint) as client:
        subscription = await client.create_subscription(interval, counter)
        wanted = [client.get_node(f"ns=2;s=v{number}") for number in range(nodes)]
        for first in range(0, nodes, 500):
            await subscription.subscribe_data_change(wanted[first:first + 500], queuesize=queue, sampling_interval=0)
        while counter.count < nodes:
            await asyncio.sleep(0.05)
        print("ready", flush=True)
        loop = asyncio.get_running_loop()
        while await loop.run_in_executor(None, sys.stdin.readline):
            print("count", counter.count, flush=True)


asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
