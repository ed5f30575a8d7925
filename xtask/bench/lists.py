"""Pages of the list of 600,000 leads, and what a server does meanwhile: `cargo xtask bench lists` runs it.

Arguments: a folder to work in, the built `plumb`. Needs nothing but Python itself.
"""

import base64
import http.client
import json
import os
import random
import shutil
import sqlite3
import struct
import subprocess
import sys
import threading
import time
import uuid

LEADS = 600_000
CLIENTS = 40
SECONDS = 15
HISTORY = 33_641


def main():
    folder, plumb = sys.argv[1:]
    data = os.path.join(folder, "plumb-quick", "leads")
    if not os.path.exists(os.path.join(folder, "filled")):
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        model(folder, plumb)
        fill(os.path.join(data, "plumb.db"))
        open(os.path.join(folder, "filled"), "w").close()
    begun = time.time()
    check = subprocess.run([plumb, "verify", "--database", "--data", data], capture_output=True, text=True)
    print(f"{size(data):.0f} MB; plumb verify --database: {time.time() - begun:.1f} s, {check.stdout.strip()}")
    begun = time.time()
    server = subprocess.Popen([plumb, "serve", "--data", data, "--port", "0"], stdout=subprocess.PIPE, text=True)
    try:
        address = server.stdout.readline().split("http://")[1].split()[0]
        print(f"plumb serve listens after {time.time() - begun:.1f} s")
        measure(address, cursors(os.path.join(data, "plumb.db")))
    finally:
        server.terminate()
        server.wait()


def model(folder, plumb):
    """Has `plumb quick` make a model of two columns."""
    with open(os.path.join(folder, "leads.csv"), "w") as file:
        file.write("size,channel,won\n")
        for row in range(400):
            channel, size = ["ads", "referral", "fair"][row % 3], 10 + row * 7 % 90
            won = (size + 30 * (channel == "referral") > 60) != (row % 9 == 0)
            file.write(f"{size},{channel},{'yes' if won else 'no'}\n")
    subprocess.run([plumb, "quick", "leads.csv", "--target", "won"], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def fill(path):
    """Inserts a prediction of each lead, and very many of one."""
    chance = random.Random(1)
    database = sqlite3.connect(path)
    database.execute("PRAGMA synchronous = OFF")
    reasons = json.dumps([
        {"field": "size", "text": "size: 50", "value": "50", "contribution": 0.31, "actionable": False},
        {"field": "channel", "text": "channel: referral", "value": "referral", "contribution": 0.2, "actionable": False},
    ])
    provenance = json.dumps({"inputs": [50.0, 1.0]})
    model_id = database.execute("SELECT model_id FROM stage").fetchone()[0]

    def row(lead):
        score = round(chance.random(), 3)
        band = "ABCD"[min(3, int((1 - score) * 4))]
        return (str(uuid.UUID(int=chance.getrandbits(128))), lead, "won", model_id, 1767225600000000, score, band, reasons, provenance)

    insert = (
        "INSERT INTO prediction (prediction_id, lead_id, target, model_id, as_of, score, band, reasons_json, provenance_json)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    )
    latest = (
        "INSERT INTO latest_prediction (target, lead_id, prediction_id, score, band, list) VALUES (?, ?, ?, ?, ?, 1)"
        " ON CONFLICT (target, lead_id) DO UPDATE SET"
        " prediction_id = excluded.prediction_id, score = excluded.score, band = excluded.band"
    )
    leads = [f"crm:{number}" for number in range(LEADS)]
    for at in range(0, LEADS + HISTORY, 50_000):
        rows = [row(lead) for lead in (leads + ["crm:17"] * HISTORY)[at:at + 50_000]]
        database.executemany(insert, rows)
        database.executemany(latest, [(each[2], each[1], each[0], each[5], each[6]) for each in rows])
        database.commit()
    brief = "INSERT INTO lead_brief VALUES (?, 'Ada', 'Analytical Engines', 'fintech', 'referral', 1767225600000000)"
    database.executemany(brief, [(lead,) for lead in leads])
    database.commit()
    database.close()


def cursors(path):
    """Returns cursors of pages that lie from the first to the last of the list."""
    database = sqlite3.connect(path)
    found = []
    for share in range(1, 20):
        query = "SELECT score, lead_id FROM latest_prediction WHERE list = 1 AND score <= ? ORDER BY score DESC LIMIT 1"
        score, lead = database.execute(query, (1 - share / 20,)).fetchone()
        found.append(base64.urlsafe_b64encode(struct.pack(">d", score) + lead.encode()).rstrip(b"=").decode())
    database.close()
    return found


def measure(address, places):
    pages = [f"/v1/leads?target=won&limit=50&after={place}" for place in places]
    print("alone, ms:")
    for name, path in [
        ("the first page", "/v1/leads?target=won&limit=50"),
        ("a page in the middle", pages[9]),
        ("a page near the end", pages[-1]),
        ("a page of band D near the end", pages[-1] + "&band=D"),
        ("the page of people near the end", f"/?target=won&after={places[-1]}"),
        (f"20 of {HISTORY} predictions of a lead", "/v1/leads/crm:17"),
        ("the page of that lead", "/leads/crm:17"),
        ("health", "/v1/health"),
    ]:
        times = sorted(ask(address, path)[1] for _ in range(30))
        print(f"  {name}: median {times[15]:.1f}, most {times[-1]:.1f}")
    stop, counts, lock = threading.Event(), {}, threading.Lock()

    def read_lists(number):
        connection, turn = http.client.HTTPConnection(address), number
        while not stop.is_set():
            status = ask_over(connection, "GET", pages[turn % len(pages)])[0]
            turn += 7
            with lock:
                counts[status] = counts.get(status, 0) + 1

    clients = [threading.Thread(target=read_lists, args=(number,)) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    time.sleep(1)
    body = json.dumps({"target": "won", "features": {"size": 50, "channel": "ads"}})
    times, begun = {"health": [], "score": []}, time.time()
    connection = http.client.HTTPConnection(address)
    while time.time() - begun < SECONDS:
        for name, method, path, sent in [("health", "GET", "/v1/health", None), ("score", "POST", "/v1/score", body)]:
            status, took = ask_over(connection, method, path, sent)
            assert status == 200, status
            times[name].append(took)
        time.sleep(0.02)
    stop.set()
    for client in clients:
        client.join()
    print(f"{CLIENTS} clients read pages all over the list: {sum(counts.values()) / (time.time() - begun):.0f} a second, {counts}")
    for name, all_times in times.items():
        all_times.sort()
        middle, high = all_times[len(all_times) // 2], all_times[int(len(all_times) * 0.99)]
        print(f"  {name} meanwhile, ms: median {middle:.1f}, 99 % {high:.1f}, most {all_times[-1]:.1f} of {len(all_times)}")


def ask(address, path):
    return ask_over(http.client.HTTPConnection(address), "GET", path)


def ask_over(connection, method, path, body=None):
    begun = time.time()
    connection.request(method, path, body, {"content-type": "application/json"} if body else {})
    answer = connection.getresponse()
    answer.read()
    return answer.status, 1000 * (time.time() - begun)


def size(data):
    return sum(os.path.getsize(os.path.join(data, name)) for name in os.listdir(data) if name.startswith("plumb.db")) / 1e6


main()
