"""Who asks: a browser by its session, or a script by its token. What only a secret opens is asked with one that opens it, too; and
nobody ends the access that they live by."""

import os
import re

import requests
import schemathesis
from hypothesis import strategies

ORIGIN = os.environ["NIHAO_ORIGIN"]
# What stands in every request: `Cookie` or `Authorization`, and its value.
FIELD, VALUE = os.environ["NIHAO_ACCESS"].split(": ", 1)
# The numbers of the accesses that the tests themselves live by.
OWN = set(os.environ["NIHAO_NUMBERS"].split())
NOBODYS = 2**40
# The cookie of an admin, who gives what is needed.
ADMIN = {"Cookie": os.environ["NIHAO_ADMIN"].split(": ", 1)[1], "Origin": ORIGIN}

# A name as the description has it, and what of that ASCII alone tells.
NAME = r"[\p{Alphabetic}\p{N}][\p{Alphabetic}\p{N}._-]*"
NOT_WRONG = r"[^\x00-/:-@\[-`{-\x7f][^\x00-,/:-@\[-^`{-\x7f]*"
CODE = re.compile(r"[A-Za-z0-9_-]{21}[AQgw]")
SECRET = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")


class Spare:
    """Secrets that open something: an unused invite, a webhook, and the sessions of those who have joined."""

    code = None
    hook = None
    sessions = []


def given(path, field, body=None):
    """The end of a new secret's address; none once the tests themselves have used up what one member may give."""
    answer = requests.post(ORIGIN + path, json=body, headers=ADMIN, timeout=20)
    if answer.status_code == 429:
        return None
    answer.raise_for_status()
    return re.split("[/=]", answer.json()[field])[-1]


WORDS = strategies.from_regex(r"[^\W_][\w.-]{0,20}", fullmatch=True)
schemathesis.openapi.format("name", WORDS)
schemathesis.openapi.format("place", strategies.builds(str.__add__, strategies.sampled_from("#@"), WORDS))


@schemathesis.hook
def before_load_schema(context, raw_schema):
    # schemathesis makes no string of \p{Alphabetic}, and its two engines disagree on which letters there are. Names are made by
    # Python's idea of a letter, and only what stands in ASCII counts as wrong.
    assert NAME in str(raw_schema).replace("\\\\", "\\"), "the description of names has changed"

    def spelt(part):
        if isinstance(part, list):
            return [spelt(each) for each in part]
        if not isinstance(part, dict):
            return part
        part = {key: spelt(value) for key, value in part.items()}
        if NAME in str(part.get("pattern")):
            part["format"] = "place" if part["pattern"].startswith("^[#@]") else "name"
            part["pattern"] = part["pattern"].replace(NAME, NOT_WRONG)
        return part

    raw_schema.update(spelt(raw_schema))


@schemathesis.auth()
class Access:
    def get(self, case, context):
        return VALUE

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers[FIELD] = data


@schemathesis.hook
def before_call(context, case, kwargs):
    headers, parameters, body = dict(case.headers or {}), case.path_parameters or {}, case.body
    what = (case.method.upper(), case.path)
    # A browser says truly from which page it asks.
    if not any(name.lower() == "origin" for name in headers):
        headers["Origin"] = ORIGIN
    if what == ("DELETE", "/v1/session") and headers.get(FIELD) == VALUE:
        # Whose session is ended cannot ask again: it is a newcomer's. Access that was spoilt on purpose stays as it is.
        headers.pop("Authorization", None)
        headers["Cookie"] = Spare.sessions.pop() if Spare.sessions else "__Host-nihao=" + "A" * 43
    if case.method.upper() == "DELETE" and str(parameters.get("number")) in OWN:
        parameters["number"] = NOBODYS
    if what == ("POST", "/v1/hooks/{secret}") and SECRET.fullmatch(str(parameters.get("secret"))):
        Spare.hook = Spare.hook or given("/v1/webhooks", "secret", {"to": "#general"})
        parameters["secret"] = Spare.hook or parameters["secret"]
    if what == ("POST", "/v1/session") and isinstance(body, dict) and CODE.fullmatch(str(body.get("code"))):
        Spare.code = Spare.code or given("/v1/invites", "link")
        body["code"] = Spare.code or body["code"]
    case.headers = headers


@schemathesis.hook
def after_call(context, case, response):
    what = (case.method.upper(), case.path)
    if what == ("POST", "/v1/session") and response.status_code == 201:
        Spare.code = None
        Spare.sessions.append(response.headers["set-cookie"][0].split(";", 1)[0])
    if what == ("POST", "/v1/hooks/{secret}") and response.status_code == 401:
        # Somebody revoked it.
        Spare.hook = None
