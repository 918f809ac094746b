# The peers of `socium bench know`: scikit-learn, LightGBM, river and stumpy with settings as they come, by the same protocols; one JSON line a set.
import glob
import json
import sys

import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier, LGBMRegressor
from river import anomaly
from sklearn.ensemble import IsolationForest
from sklearn.metrics import f1_score
from stumpy import stump

threads = int(sys.argv[1])
LIGHT = dict(n_jobs=threads, random_state=1, verbose=-1, deterministic=True)


def read(folder, pattern, **more):
    return [pd.read_csv(path, **more) for path in sorted(glob.glob(f"{folder}/{pattern}"))]


def half_space_trees(z):
    """Scores of a stream that is learned from as it comes; features between 0 and 1, where the first rows lie in the middle."""
    model = anomaly.HalfSpaceTrees(seed=1)
    scores = np.zeros(len(z))
    for row, x in enumerate(np.clip(0.5 + z / 12, 0, 1)):
        features = dict(enumerate(x))
        scores[row] = model.score_one(features)
        model.learn_one(features)
    return scores


def skab(folder):
    truth, claims, streamed = [], [], []
    for table in read(folder, "*/*.csv*", sep=";"):
        x = table.drop(columns=["datetime", "anomaly", "changepoint"]).to_numpy()
        mean, scale = x[:400].mean(0), x[:400].std(0) + 1e-9
        z = (x - mean) / scale
        model = IsolationForest(random_state=0, n_jobs=threads).fit(z[:400])
        limit = np.quantile(model.score_samples(z[:400]), 0.01)
        truth.append(table.anomaly.to_numpy()[400:] > 0.5)
        claims.append(model.score_samples(z[400:]) < limit)
        scores = half_space_trees(z)
        streamed.append(scores[400:] > np.quantile(scores[250:400], 0.99))
    truth, claims, streamed = np.concatenate(truth), np.concatenate(claims), np.concatenate(streamed)
    return {
        "outlier F1 of IsolationForest": f1_score(truth, claims),
        "outlier FAR of IsolationForest": float((claims & ~truth).sum() / (~truth).sum()),
        "outlier F1 of HalfSpaceTrees (river)": f1_score(truth, streamed),
        "outlier FAR of HalfSpaceTrees (river)": float((streamed & ~truth).sum() / (~truth).sum()),
    }


def nab(folder, length=50, most=3):
    with open(f"{folder}/labels/combined_windows.json") as file:
        spans = {name: [tuple(map(pd.to_datetime, span)) for span in of] for name, of in json.load(file).items() if of}
    met = []
    for path in sorted(glob.glob(f"{folder}/data/**/*.csv*", recursive=True)):
        name = path.removeprefix(f"{folder}/data/").removesuffix(".gz")
        if name not in spans:
            continue
        table = pd.read_csv(path)
        at = pd.to_datetime(table.timestamp).to_numpy()
        unlike = stump(table.value.to_numpy(float), length)[:, 0].astype(float)
        unlike[~np.isfinite(unlike)] = -1
        found = []
        for _ in range(most):
            place = int(unlike.argmax())
            found.append((at[place], at[place + length - 1]))
            unlike[max(place - length + 1, 0) : place + length] = -1
        met.append(any(a <= np.datetime64(last) and b >= np.datetime64(first) for a, b in found for first, last in spans[name]))
    return {"files whose batch review by stumpy meets a window": float(np.mean(met))}


def rolling(table, sensors):
    group = table.groupby("unit")[sensors]
    parts = [table[["cycle"]]]
    for window in (5, 20):
        parts.append(group.rolling(window, min_periods=1).mean().reset_index(drop=True).add_suffix(f"_m{window}"))
    first = group.transform(lambda s: s.iloc[:20].mean())
    parts.append((parts[-1].to_numpy() - first).add_suffix("_d"))
    parts.append(group.rolling(20, min_periods=2).std().reset_index(drop=True).add_suffix("_s").fillna(0))
    return pd.concat([p.reset_index(drop=True) for p in parts], axis=1)


def cmapss(folder):
    told = {}
    for path in sorted(glob.glob(f"{folder}/train_FD*.csv*")):
        name = path.split("train_")[1].split(".")[0]
        train, test = pd.read_csv(path), pd.read_csv(path.replace("train_", "test_"))
        sensors = [c for c in train if c[0] == "s" and not c.startswith("set")]
        life = train.groupby("unit").cycle.transform("max") - train.cycle
        model = LGBMRegressor(n_estimators=300, learning_rate=0.03, **LIGHT).fit(rolling(train, sensors).to_numpy(), life.clip(upper=125))
        last = test.groupby("unit").cycle.idxmax().to_numpy()
        truth = np.loadtxt(f"{folder}/RUL_{name}.txt").clip(max=125)
        off = model.predict(rolling(test, sensors).to_numpy()[last]) - truth
        told[f"RMSE of {name} of LightGBM"] = float(np.sqrt((off**2).mean()))
    return told


def hydraulic_uci(folder):
    rows, labels = [], []
    for path in sorted(glob.glob(f"{folder}/labels*.csv*")):
        cycles = pd.read_csv(path.replace("labels", "cycles_1hz")).drop(columns="sec")
        figures = cycles.groupby("cycle").agg(["mean", "std", "min", "max", "first", "last"])
        own = pd.read_csv(path).set_index("cycle")
        rows.append(figures.loc[own.index].to_numpy())
        labels.append(own)
    x, own = np.concatenate(rows), pd.concat(labels)
    groups = own.groupby(["cooler_pct", "valve_pct", "pump_leak", "accumulator_bar"]).ngroup().to_numpy() % 5
    target, told = own.accumulator_bar.to_numpy(), np.zeros(len(own))
    for fold in range(5):
        kept = groups != fold
        told[~kept] = LGBMClassifier(n_estimators=200, **LIGHT).fit(x[kept], target[kept]).predict(x[~kept])
    return {"macro-F1 of the accumulator of LightGBM": f1_score(target, told, average="macro")}


def nitrogen_generator(folder):
    tables = sorted(read(folder, "*.csv*"), key=lambda t: str(t.timestamp.iloc[0]))
    table = pd.concat(tables, ignore_index=True)
    cut = len(table) - min(map(len, tables)) if len(tables) > 1 else len(table) * 2 // 3
    z = table[[c for c in table if c.endswith("_z")]]
    x = np.concatenate([z.rolling(w, min_periods=1).mean().to_numpy() for w in (1, 5, 15, 60, 240, 1440)], axis=1)
    y = table.fail_within_1p0h.to_numpy() > 0.5
    learn = lambda rows: LGBMClassifier(n_estimators=200, **LIGHT).fit(x[rows], y[rows])
    inner = np.zeros(cut)
    for fold in range(5):
        start, end = cut * fold // 5, cut * (fold + 1) // 5
        rows = np.array([r for r in range(cut) if r + 120 < start or r >= end + 120])
        inner[start:end] = learn(rows).predict_proba(x[start:end])[:, 1]
    limit = max(np.quantile(inner, np.linspace(0.5, 0.995, 100)), key=lambda t: f1_score(y[:cut], inner > t))
    claims = learn(np.arange(cut)).predict_proba(x[cut:])[:, 1] > limit
    return {"F1 of a failure within 1 h of LightGBM": f1_score(y[cut:], claims)}


SETS = dict(skab=skab, nab=nab, cmapss=cmapss, hydraulic_uci=hydraulic_uci, nitrogen_generator=nitrogen_generator)
for line in sys.stdin:
    ask = json.loads(line)
    told = SETS[ask["set"]](ask["folder"]) if ask["set"] in SETS else {}
    print(json.dumps({"figures": told}), flush=True)
