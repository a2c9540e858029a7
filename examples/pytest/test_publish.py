"""Tests of an integration with the Taobao Open Platform, against LocalTOP.

    pip install pytest && npm install --save-dev localtop
    pytest test_publish.py

The gateway is started once for the session; every test has a tenant, and so a shop, of its own.
LOCALTOP_URL names a gateway that runs already, LOCALTOP another command than "npx localtop".
Needs Python 3.8 and nothing beside pytest.
"""

import hashlib
import json
import os
import shlex
import signal
import subprocess
import time
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest

# --- The gateway and a tenant for each test: copy this into your conftest.py. ---


@pytest.fixture(scope="session")
def gateway(tmp_path_factory):
    """The address of a gateway: the one that runs already, or one for this session."""
    if "LOCALTOP_URL" in os.environ:
        yield os.environ["LOCALTOP_URL"].rstrip("/")
        return
    ready_file = tmp_path_factory.mktemp("localtop") / "ready.json"
    command = shlex.split(os.environ.get("LOCALTOP", "npx localtop"))
    flags = ["--port", "0", "--store", "memory", "--ready-file", str(ready_file)]
    process = subprocess.Popen([*command, "start", *flags], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not ready_file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            pytest.exit(f"{' '.join(command)} start did not get ready", returncode=1)
        time.sleep(0.05)
    ready = json.loads(ready_file.read_text())
    yield ready["url"]
    # The process that we started may be npx, the gateway's parent.
    os.kill(ready["pid"], signal.SIGTERM)
    process.wait(timeout=10)


@pytest.fixture
def tenant(gateway):
    """An app with secret, session, empty shop and journal of its own."""
    minted = control(gateway, "POST", "/tenants", {"profile": "production"})
    yield SimpleNamespace(gateway=gateway, **minted)
    control(gateway, "DELETE", f"/tenants/{minted['appKey']}")


def control(gateway, verb, path, body=None):
    """Steers the gateway, or asks it, through its control API."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{gateway}/_localtop{path}", data, method=verb)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)
    except urllib.error.HTTPError as refusal:
        pytest.fail(f"{verb} {path}: {refusal.read().decode()}")


def refuse(tenant, error, **rule):
    """Refuses the tenant's next call; `when` and `times` say which ones, as in scenario files."""
    scenario = {"title": error, "rules": [{"then": {"refuse": error}, **rule}]}
    control(tenant.gateway, "PUT", f"/scenarios?appKey={tenant.appKey}", {"scenarios": [scenario]})


def calls_of(tenant):
    """What the tenant called, as `method code`; 0 where it was answered."""
    listed = control(tenant.gateway, "GET", f"/exchanges?appKey={tenant.appKey}")
    return [f"{one['method']} {one['code'] or 0}" for one in listed["exchanges"]]


def findings_on(tenant):
    """What the gateway has to say against the integration, a sentence each."""
    report = control(tenant.gateway, "GET", f"/report?appKey={tenant.appKey}")
    return [one["detail"]["en"] for one in report["findings"]]


# --- The tests. ---

ITEM = {
    "title": "陶瓷咖啡杯 350ml",
    "price": "39.90",
    "num": "20",
    "outer_id": "CUP-350",
    "type": "fixed",
    "stuff_status": "new",
    "cid": "1512",
    "desc": "景德镇陶瓷，可进洗碗机",
    "location.state": "浙江",
    "location.city": "杭州",
}


def test_publishes_an_item(tenant):
    assert publish(tenant, ITEM) > 0

    assert calls_of(tenant) == ["taobao.item.add 0"]
    assert findings_on(tenant) == []


def test_publishes_once_where_the_answer_is_lost(tenant):
    fault = {"fault": "reset-after", "method": "taobao.item.add"}
    control(tenant.gateway, "POST", f"/faults?appKey={tenant.appKey}", fault)

    assert publish(tenant, ITEM) > 0

    assert findings_on(tenant) == []
    assert calls_of(tenant) == ["taobao.item.add 0", "taobao.items.custom.get 0"]


def test_waits_while_the_platform_has_trouble(tenant):
    refuse(tenant, "isp.item-service-unavailable", when={"method": "taobao.item.add"}, times=2)

    assert publish(tenant, ITEM) > 0

    assert calls_of(tenant).count("taobao.item.add 15") == 2
    assert findings_on(tenant) == []


def test_does_not_try_again_without_an_authorisation(tenant):
    refuse(tenant, "27/session-expired")

    with pytest.raises(TopError, match="session-expired"):
        publish(tenant, ITEM)

    assert calls_of(tenant) == ["taobao.item.add 27"]


# --- The integration under test: import yours instead. ---


class TopError(Exception):
    def __init__(self, error):
        super().__init__(f"{error['code']}: {error.get('sub_code')}: {error.get('sub_msg')}")
        # isp.* is the platform's trouble: the call may be sent again, later.
        self.is_passing = str(error.get("sub_code")).startswith("isp.")


def publish(top, item):
    """Publishes an item, and never twice: after an unknown outcome it looks for it first."""
    for wait in (0.2, 0.5, None):
        try:
            return call(top, "taobao.item.add", item)["item"]["num_iid"]
        except (TopError, OSError) as problem:
            if wait is None or not getattr(problem, "is_passing", True):
                raise
        time.sleep(wait)
        asked = {"outer_id": item["outer_id"], "fields": "num_iid"}
        found = call(top, "taobao.items.custom.get", asked).get("items", {}).get("item", [])
        if found:
            return found[0]["num_iid"]


def call(top, method, params):
    now = datetime.now(timezone(timedelta(hours=8)))
    sent = {
        "method": method,
        "app_key": top.appKey,
        "session": top.session,
        "timestamp": now.strftime("%Y-%m-%d %H:%M:%S"),
        "format": "json",
        "v": "2.0",
        "sign_method": "md5",
        **params,
    }
    text = "".join(name + sent[name] for name in sorted(sent))
    signed = f"{top.appSecret}{text}{top.appSecret}".encode()
    sent["sign"] = hashlib.md5(signed).hexdigest().upper()
    url = f"{top.gateway}/router/rest"
    with urllib.request.urlopen(url, urlencode(sent).encode(), timeout=30) as response:
        answer = json.load(response)
    # Refusals come with HTTP 200 as well.
    if "error_response" in answer:
        raise TopError(answer["error_response"])
    return answer[method.replace("taobao.", "", 1).replace(".", "_") + "_response"]
