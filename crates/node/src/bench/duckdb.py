# The peer of `socium bench query`: DuckDB answers one JSON line a question with its rows and its CPU time of the last answer.
import json
import sys
import time

import duckdb

threads, = sys.argv[1:]
connection = duckdb.connect(config={"threads": threads})
for line in sys.stdin:
    ask = json.loads(line)
    began = time.process_time()
    for _ in range(ask["times"]):
        rows = connection.execute(ask["sql"]).fetchall()
    spent = (time.process_time() - began) / ask["times"]
    print(json.dumps({"cpu_s": spent, "rows": rows}, default=str), flush=True)
