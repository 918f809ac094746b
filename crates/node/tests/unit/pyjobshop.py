"""Random small scheduling models, each as JSON of `socium plan` and as PyJobShop solves it: a line of JSON for each.

Enters: seeds, one a line. Leaves: the form and the least makespan, null where there is no plan. Absent: comparing.
"""

import json
import random
import sys

from pyjobshop import Model

WORD = {"s": "start", "e": "end"}


def asked(seed):
    rnd = random.Random(seed)
    kind = ("permutation", "distributed", "lags", "breaks", "choice", "set-ups")[seed % 6]
    model, form = Model(), {"machines": [], "jobs": []}
    steps, jobs = rnd.randint(2, 3), rnd.randint(2, 5)
    breaks = [[rnd.randint(2, 5), rnd.randint(6, 9)], [rnd.randint(12, 14), rnd.randint(16, 20)]]
    machines = []
    for number in range(2 * steps if kind == "distributed" else steps):
        closed = breaks if kind == "breaks" and number % 2 == 0 else []
        no_idle = kind == "permutation" and rnd.random() < 0.4
        machines.append(model.add_machine(breaks=[tuple(b) for b in closed], no_idle=no_idle))
        form["machines"].append({"name": f"M{number}", "closed": closed, "no_idle": no_idle})
    tasks = [job(rnd, kind, model, form, machines, number, steps) for number in range(jobs)]
    if kind in ("permutation", "distributed"):
        groups = [range(steps)] if kind == "permutation" else [range(steps), range(steps, 2 * steps)]
        form["permutations"] = [[f"M{m}" for m in group] for group in groups]
        for group in groups:
            for a, b in zip(group, group[1:]):
                of = [[t[m % steps][0] for t in tasks] for m in (a, b)]
                model.add_same_sequence(machines[a], machines[b], *of)
    if kind == "distributed":
        factory = lambda number, f: [{"job": f"J{number}", "operation": k, "modes": [f]} for k in range(steps)]
        form["choices"] = [[factory(number, f) for f in (0, 1)] for number in range(jobs)]
        for of in tasks:
            for a, b in zip(of, of[1:]):
                for f in (0, 1):
                    model.add_mode_dependency(a[1][f], [b[1][f]])
    if kind == "choice":
        one = lambda number, k: {"job": f"J{number}", "operation": k}
        alternative = lambda number, s: [one(number, k) | ({} if k == s else {"out": True}) for k in range(steps)]
        form["choices"] = [[alternative(number, s) for s in range(steps)] for number in range(jobs)]
        for of in tasks:
            model.add_select_exactly_one([t[0] for t in of])
    if kind == "set-ups":
        set_ups(rnd, model, form, machines, tasks)
    model.set_objective(weight_makespan=1)
    result = model.solve(time_limit=60, num_workers=1, display=False)
    if result.status.value not in ("Optimal", "Infeasible"):
        sys.exit(f"seed {seed}: PyJobShop found {result.status}")
    return form, int(result.objective) if result.status.value == "Optimal" else None


def job(rnd, kind, model, form, machines, number, steps):
    """A job of operations; tells each operation's task and its modes."""
    of, tasks, operations = model.add_job(), [], []
    for step in range(steps):
        resumable = kind == "breaks" and rnd.random() < 0.6
        task = model.add_task(job=of, allow_breaks=resumable, optional=kind == "choice")
        on = [step] if kind == "permutation" else [step, step + steps] if kind == "distributed" else [rnd.randrange(steps)]
        modes = [(m, rnd.randint(1, 9)) for m in on]
        made = [model.add_mode(task, machines[m], duration) for m, duration in modes]
        operation = {"modes": [{"machine": f"M{m}", "duration": d} for m, d in modes], "after": [], "resumable": resumable}
        if kind == "choice":
            operation["optional"] = 0
        elif step and kind == "lags":
            start, end, least = rnd.choice("se"), rnd.choice("se"), rnd.randint(-3, 5)
            before = tasks[-1][0]
            getattr(model, f"add_{WORD[start]}_before_{WORD[end]}")(before, task, least)
            operation["after"] = [{"operation": step - 1, "from": WORD[start], "to": WORD[end], "least": least}]
            if rnd.random() < 0.4:
                most = max(least, 0) + rnd.randint(0, 4)
                getattr(model, f"add_{WORD[end]}_before_{WORD[start]}")(task, before, -most)
                operation["wait"] = most
        elif step:
            model.add_end_before_start(tasks[-1][0], task)
            operation["after"] = [step - 1]
        tasks.append((task, made))
        operations.append(operation)
    form["jobs"].append({"name": f"J{number}", "operations": operations})
    return tasks


def set_ups(rnd, model, form, machines, tasks):
    """Two families and the changes between them, on all machines."""
    between = [[0, rnd.randint(1, 5)], [rnd.randint(1, 5), 0]]
    form["families"] = ["a", "b"]
    for machine in form["machines"]:
        machine["set_ups"] = {"between": between}
    families = []
    for job, of in zip(form["jobs"], tasks):
        for operation, (task, _) in zip(job["operations"], of):
            family = rnd.randrange(2)
            operation["family"] = "ab"[family]
            families.append((task, family))
    for one, before in families:
        for other, then in families:
            if one is not other:
                for machine in machines:
                    model.add_setup_time(machine, one, other, between[before][then])


for line in sys.stdin:
    form, least = asked(int(line))
    print(json.dumps({"form": form, "least": least}), flush=True)
