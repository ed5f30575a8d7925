"""Asks all servers of the same rows and compares what they answer: scores within 1e-5, the four largest contributions
within 1e-4. (Our fifth reason may be one of the other side, if there would be none of it otherwise.)"""

import json
import sys
import urllib.request

folder, ours, fastapi, mlflow = sys.argv[1:]


def ask(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
    return json.load(urllib.request.urlopen(request))


rows = [json.loads(line) for line in open(f"{folder}/rows.jsonl")][:100]
scores = 0.0
contributions = 0.0
for row in rows:
    body = {"target": "won", "features": row}
    answer, other, alone = ask(f"{ours}/v1/score", body), ask(f"{fastapi}/score", body), ask(f"{fastapi}/score_alone", body)
    invoked = ask(f"{ours}/endpoints/won/invocations", row)
    split = {"dataframe_split": {"columns": list(row), "data": [list(row.values())]}}
    third = ask(f"{mlflow}/invocations", split)["predictions"][0]
    invoked = invoked["predictions"][0]["score"] if isinstance(invoked, dict) else invoked
    for found in [other["score"], alone["score"], third]:
        scores = max(scores, abs(found - answer["score"]))
    assert abs(float(invoked) - answer["score"]) < 1e-12, (invoked, answer["score"])
    for mine, theirs in list(zip(answer["reasons"], other["reasons"]))[:4]:
        contributions = max(contributions, abs(mine["contribution"] - theirs["contribution"]))
assert scores < 1e-5 and contributions < 1e-4, (scores, contributions)
print(f"{len(rows)} rows answered alike: scores within {scores:.1e}, contributions within {contributions:.1e}")
