#!/usr/bin/env python3
"""Publishes an item, then meets the three refusals that every client has to handle.

    python3 publish.py [gateway]        the gateway is http://127.0.0.1:7070 unless given

Credentials come from TOP_APP_KEY, TOP_APP_SECRET and TOP_SESSION; without them those of the
gateway's default world are used. Needs Python 3.7 and nothing beside its standard library.
"""

import hashlib
import json
import os
import re
import sys
import urllib.parse
import urllib.request
from datetime import datetime, timedelta, timezone

# The platform reads times in GMT+8, whatever zone this machine is in.
PLATFORM_ZONE = timezone(timedelta(hours=8))
MOST_CALLS = 150


class TopError(Exception):
    """A refusal of the gateway. `code` is a text here: the guide profile sends 429 and names."""

    def __init__(self, error):
        super().__init__(f"{error['code']}: {error.get('sub_msg') or error.get('msg')}")
        self.code = str(error["code"])
        self.sub_msg = error.get("sub_msg", "")


class StepFailed(Exception):
    pass


class Top:
    def __init__(self, gateway, app_key, app_secret, session):
        self.url = gateway.rstrip("/") + "/router/rest"
        self.app_key = app_key
        self.app_secret = app_secret
        self.session = session
        self.calls = 0

    def call(self, method, params=None):
        """Answers what is inside `…_response`, or raises TopError."""
        sent = {
            "method": method,
            "app_key": self.app_key,
            "session": self.session,
            "timestamp": datetime.now(PLATFORM_ZONE).strftime("%Y-%m-%d %H:%M:%S"),
            "format": "json",
            "v": "2.0",
            "sign_method": "md5",
            **(params or {}),
        }
        sent["sign"] = self.sign(sent)
        self.calls += 1
        body = urllib.parse.urlencode(sent).encode("ascii")
        with urllib.request.urlopen(self.url, body, timeout=30) as response:
            text = response.read().decode("utf-8", "replace")
        try:
            answer = json.loads(text)
        except ValueError:
            answer = {}
        # The HTTP status is 200 for refusals too: only the root key tells.
        if "error_response" in answer:
            raise TopError(answer["error_response"])
        # taobao.item.add answers under item_add_response.
        root = method.replace("taobao.", "", 1).replace(".", "_") + "_response"
        if root not in answer:
            raise StepFailed(f"this is no answer of a TOP gateway: {text[:80]}")
        return answer[root]

    def sign(self, params):
        # The values as they are, before URL encoding; only the parameters' names are sorted.
        text = "".join(name + params[name] for name in sorted(params))
        whole = self.app_secret + text + self.app_secret
        return hashlib.md5(whole.encode("utf-8")).hexdigest().upper()


def refused(top, code, params):
    """Makes a call that has to be refused with this code."""
    try:
        top.call("taobao.item.add", params)
    except TopError as refusal:
        if refusal.code == code:
            return refusal.code
        raise StepFailed(f"expected {code}, got {refusal}") from None
    raise StepFailed(f"expected {code}, but the item was published")


def exhaust(top):
    """Calls until the limit is reached. Any method counts; a read leaves the shop as it is."""
    while top.calls < MOST_CALLS:
        try:
            top.call("taobao.time.get")
        except TopError as refusal:
            if refusal.code == "429":
                return refusal
            raise
    raise StepFailed(f"no 429 within {MOST_CALLS} calls")


def main():
    top = Top(
        sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:7070",
        os.environ.get("TOP_APP_KEY", "YOUR_APP_KEY"),
        os.environ.get("TOP_APP_SECRET", "YOUR_SECRET_KEY"),
        os.environ.get("TOP_SESSION", "YOUR_SESSION_TOKEN"),
    )
    item = {"title": "陶瓷咖啡杯 350ml", "price": "39.90", "num": "20"}
    untitled = {name: value for name, value in item.items() if name != "title"}

    published = top.call("taobao.item.add", item)
    print("published", published["item"]["num_iid"])

    print("missing title:", refused(top, "missing_parameter", untitled))
    print("wrong session:", refused(top, "invalid_session", {**item, "session": "NO_SUCH_SESSION"}))

    refusal = exhaust(top)
    ban = re.search(r"This ban will last for (\d+) more seconds", refusal.sub_msg)
    if not ban:
        raise StepFailed(f"a 429 that does not say how long it lasts: {refusal}")
    # The refused call itself is not carried out, so it is not counted.
    print(f"over the limit: 429 after {top.calls - 1} calls, banned for {ban[1]} seconds")


if __name__ == "__main__":
    try:
        main()
    # OSError is what urllib raises when nobody listens.
    except (TopError, StepFailed, OSError) as problem:
        sys.exit(f"publish: {problem}")
