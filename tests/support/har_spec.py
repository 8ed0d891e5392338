"""Check of a HAR document by the specification of the format, 1.2 (http://www.softwareishard.com/blog/har-12-spec/)."""

import base64
import json
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

UNKNOWN = -1
# Name of each field with its type; fields after the bar are optional. Others must begin with an underscore.
OBJECTS = {
    "log": "version:str creator:dict entries:list | browser:dict pages:list comment:str",
    "creator": "name:str version:str | comment:str",
    "page": "startedDateTime:str id:str title:str pageTimings:dict | comment:str",
    "entry": "startedDateTime:str time:number request:dict response:dict cache:dict timings:dict"
    " | pageref:str serverIPAddress:str connection:str comment:str",
    "request": "method:str url:str httpVersion:str cookies:list headers:list queryString:list headersSize:int"
    " bodySize:int | postData:dict comment:str",
    "response": "status:int statusText:str httpVersion:str cookies:list headers:list content:dict redirectURL:str"
    " headersSize:int bodySize:int | comment:str",
    "pair": "name:str value:str | comment:str",
    "postData": "mimeType:str | params:list text:str comment:str",
    "param": "name:str | value:str fileName:str contentType:str comment:str",
    "content": "size:int mimeType:str | compression:int text:str encoding:str comment:str",
    "timings": "send:number wait:number receive:number"
    " | blocked:number dns:number connect:number ssl:number comment:str",
}
TYPES = {"str": (str,), "int": (int,), "number": (int, float), "list": (list,), "dict": (dict,)}


def check_har(document: Any) -> None:
    """Fail unless this is a valid HAR document, which JSON in UTF-8 can hold."""
    json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    log = document["log"]
    check_object("log", log)
    assert log["version"] == "1.2"
    check_object("creator", log["creator"])
    for page in log["pages"]:
        check_object("page", page)
        check_moment(page["startedDateTime"])
    page_ids = [page["id"] for page in log["pages"]]
    for entry in log["entries"]:
        assert entry["pageref"] in page_ids
        check_entry(entry)


def check_object(kind: str, found: Any) -> None:
    """Fail unless this has the fields that such an object must have, and no others."""
    assert isinstance(found, dict), (kind, found)
    required, optional = (dict(field.split(":") for field in part.split()) for part in OBJECTS[kind].split("|"))
    assert set(required) <= set(found), (kind, set(required) - set(found))
    for name, value in found.items():
        if not name.startswith("_"):
            type_name = (required | optional)[name]
            assert type(value) in TYPES[type_name], (kind, name, value)


def check_entry(entry: dict[str, Any]) -> None:
    check_object("entry", entry)
    check_moment(entry["startedDateTime"])
    check_request(entry["request"])
    check_response(entry["response"])
    timings = entry["timings"]
    check_object("timings", timings)
    assert all(value >= 0 or value == UNKNOWN for value in timings.values())
    assert min(timings[name] for name in ("send", "wait", "receive")) >= 0
    spent = sum(value for name, value in timings.items() if name != "ssl" and value > 0)
    assert abs(spent - entry["time"]) < 0.1, "`ssl` is part of `connect`, all the others make the time"
    assert timings.get("ssl", UNKNOWN) <= max(timings.get("connect", UNKNOWN), UNKNOWN) + 0.01


def check_request(request: dict[str, Any]) -> None:
    check_object("request", request)
    check_message(request)
    parts = urlsplit(request["url"])
    assert parts.scheme in ("http", "https"), request["url"]
    assert parts.hostname, request["url"]
    assert request["url"].isascii()
    assert " " not in request["url"]
    for pair in request["queryString"]:
        check_object("pair", pair)
    if "postData" in request:
        check_object("postData", request["postData"])
        assert ("text" in request["postData"]) + ("params" in request["postData"]) == 1, "they exclude each other"
        for param in request["postData"].get("params", ()):
            check_object("param", param)


def check_response(response: dict[str, Any]) -> None:
    check_object("response", response)
    check_message(response)
    content = response["content"]
    check_object("content", content)
    assert content["size"] >= 0
    if "encoding" in content:
        assert content["encoding"] == "base64"
        base64.b64decode(content["text"], validate=True)


def check_message(message: dict[str, Any]) -> None:
    for pair in (*message["headers"], *message["cookies"]):
        check_object("pair", pair)
    assert message["headersSize"] >= UNKNOWN
    assert message["bodySize"] >= UNKNOWN


def check_moment(text: str) -> None:
    """Fail unless this is a moment in ISO 8601 with its time zone."""
    assert datetime.fromisoformat(text).tzinfo is not None
