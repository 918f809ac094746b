# The peer of `socium bench plan`: CP-SAT solves one JSON model a line and answers its objective (null where it found no plan).
# The usual model: optional intervals for modes, no overlap on machines, a circuit where machines have set-ups. It is stopped when
# the process has used the CPU budget of all threads.
import json
import sys
import threading
import time

from ortools.sat.python import cp_model

threads = int(sys.argv[1])


def build(ask):
    model = cp_model.CpModel()
    horizon = ask["horizon"]
    starts, ends, on = [], [], [[] for _ in ask["machines"]]
    for number, operation in enumerate(ask["operations"]):
        start = model.new_int_var(operation["earliest"], horizon, "")
        end = model.new_int_var(0, horizon, "")
        present = []
        for machine, duration in operation["modes"]:
            here = model.new_bool_var("") if len(operation["modes"]) > 1 else model.new_constant(1)
            interval = model.new_optional_interval_var(start, duration, end, here, "")
            on[machine].append((number, here, interval))
            present.append(here)
        model.add_exactly_one(present)
        starts.append(start)
        ends.append(end)
    for before, then in ask["precedences"]:
        model.add(starts[then] >= ends[before])
    for machine, entries in zip(ask["machines"], on):
        closed = [model.new_fixed_size_interval_var(a, b - a, "") for a, b in machine["closed"]]
        if machine["available"]:
            closed.append(model.new_fixed_size_interval_var(0, machine["available"], ""))
        model.add_no_overlap([e[2] for e in entries] + closed)
        if machine["set_ups"]:
            circuit(model, ask, machine, entries, starts, ends)
    model.minimize(objective(model, ask, starts, ends, horizon))
    return model


def circuit(model, ask, machine, entries, starts, ends):
    count, family, set_ups = ask["families_count"], ask["families"], machine["set_ups"]
    arcs = [(0, 0, model.new_bool_var(""))]
    for i, (a, here, _) in enumerate(entries, 1):
        first, last = model.new_bool_var(""), model.new_bool_var("")
        model.add(starts[a] >= machine["available"] + set_ups["initial"][family[a]]).only_enforce_if(first)
        arcs += [(0, i, first), (i, 0, last), (i, i, here.Not())]
        for j, (b, _, _) in enumerate(entries, 1):
            if i != j and a != b:
                follows = model.new_bool_var("")
                model.add(starts[b] >= ends[a] + set_ups["between"][family[a] * count + family[b]]).only_enforce_if(follows)
                arcs.append((i, j, follows))
    model.add_circuit(arcs)


def objective(model, ask, starts, ends, horizon):
    total = 0
    makespan = model.new_int_var(0, horizon, "")
    for number, job in enumerate(ask["jobs"]):
        own = [o for o, operation in enumerate(ask["operations"]) if operation["job"] == number]
        complete, first = model.new_int_var(0, horizon, ""), model.new_int_var(0, horizon, "")
        model.add_max_equality(complete, [ends[o] for o in own])
        model.add(makespan >= complete)
        if job["due"] is not None:
            late, early = model.new_int_var(0, horizon, ""), model.new_int_var(0, horizon, "")
            model.add(late >= complete - job["due"])
            model.add(early >= job["due"] - complete)
            total += job["tardiness"] * late + job["earliness"] * early
        if job["flow"]:
            model.add_min_equality(first, [starts[o] for o in own])
            total += job["flow"] * (complete - first)
    return total + ask["makespan"] * makespan


class Watch(cp_model.CpSolverSolutionCallback):
    def on_solution_callback(self):
        pass


for line in sys.stdin:
    ask = json.loads(line)
    began = time.process_time()
    model = build(ask)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = threads
    # building the model is not charged
    began = time.process_time()
    over = threading.Event()

    def stop():
        while not over.wait(0.01):
            if time.process_time() - began >= ask["cpu_s"] * threads:
                solver.stop_search()

    watch = threading.Thread(target=stop, daemon=True)
    watch.start()
    status = solver.solve(model, Watch())
    over.set()
    watch.join()
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    print(json.dumps({"objective": int(solver.objective_value) if found else None}), flush=True)
