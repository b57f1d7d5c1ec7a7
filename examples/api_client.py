"""Opens a case, hands in a paper, does the first step: `python examples/api_client.py ADDRESS TOKEN`."""

import base64
import json
import sys
import urllib.error
import uuid
from urllib.request import Request, urlopen

ADDRESS, TOKEN = sys.argv[1:3]


def call(path, body=None, **headers):
    """One call; gives the answer and its ETag. A problem ends the program with the desk's own words."""
    headers |= {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(Request(f"{ADDRESS}/api/v1{path}", data, headers)) as answer:  # noqa: S310
            return json.load(answer), answer.headers["ETag"]
    except urllib.error.HTTPError as error:
        sys.exit(f"{error.code}: {json.load(error)['detail']}")


def act(path, seen="*", **fields):
    """One act with a key of its own: sent again with the same key after a lost answer, it happens once."""
    return call(path, fields, **{"Idempotency-Key": str(uuid.uuid4()), "If-Match": seen})


opened, seen = act("/acts/case.open", kind="example", client_name="何采薇", facts={"wish": "换零钱"})
case = f"/cases/{opened['case_id']}"
letter = base64.b64encode("申请：换零钱".encode()).decode()
_, seen = act(f"{case}/acts/papers.add_document", purpose="request", name="申请.txt", content=letter)
step = next(s["step"] for s in call(case)[0]["next"] if s["mine"] and s["act"] == "do")
_, seen = act(f"{case}/acts/case.do_step", seen, step=step, result={"understood": True})
print(call(case)[0]["number"], seen)  # noqa: T201
