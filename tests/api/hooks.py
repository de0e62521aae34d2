"""Who asks: a browser by its session, or a script by its token; and what keeps them from locking themselves out."""

import os

import schemathesis

ORIGIN = os.environ["NIHAO_ORIGIN"]
# What stands in every request: `Cookie` or `Authorization`, and its value.
FIELD, VALUE = os.environ["NIHAO_ACCESS"].split(": ", 1)
# The numbers of the accesses that the tests themselves live by.
OWN = set(os.environ["NIHAO_NUMBERS"].split())
NOBODYS = 2**40


@schemathesis.auth()
class Access:
    def get(self, case, context):
        return VALUE

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers[FIELD] = data


@schemathesis.hook
def before_call(context, case, kwargs):
    # A session is ended by its number below, as any other: the one that asks must go on.
    if case.method.upper() == "DELETE" and case.path == "/v1/session":
        case.headers = {**(case.headers or {}), "Cookie": "__Host-nihao=" + "A" * 43}
        case.headers.pop("Authorization", None)
    if case.method.upper() == "DELETE" and str((case.path_parameters or {}).get("number")) in OWN:
        case.path_parameters["number"] = NOBODYS
    # A browser says truly from which page it asks.
    if not any(name.lower() == "origin" for name in case.headers or {}):
        case.headers = {**(case.headers or {}), "Origin": ORIGIN}
