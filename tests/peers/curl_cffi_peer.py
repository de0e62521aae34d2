"""A client made of curl_cffi: a curl with BoringSSL, which also greets as browsers do.

curl_cffi_peer.py OPTIONS: OPTIONS is a JSON object, see below. Posts a file and writes the answer to standard output. A refusal by
the server goes to standard error as a line `alert received UNKNOWN_CA`, the alert as BoringSSL names it.
"""

import json
import re
import sys

from curl_cffi import Curl, CurlError, CurlOpt

# CURL_HTTP_VERSION_1_1 and CURL_SSLVERSION_MAX_TLSv1_2 of libcurl.
HTTP_1_1 = 2
MAX_TLS_1_2 = 6 << 16

options = json.loads(sys.argv[1])
curl = Curl()
if "impersonate" in options:
    assert curl.impersonate(options["impersonate"], default_headers=False) == 0
body = open(options["payload"], "rb").read()
port = options["port"]
curl.setopt(CurlOpt.URL, f"https://localhost:{port}/")
curl.setopt(CurlOpt.RESOLVE, [f"localhost:{port}:127.0.0.1"])
curl.setopt(CurlOpt.NOPROXY, "*")
curl.setopt(CurlOpt.CAINFO, options["roots"])
curl.setopt(CurlOpt.HTTP_VERSION, HTTP_1_1)
curl.setopt(CurlOpt.POSTFIELDS, body)
curl.setopt(CurlOpt.POSTFIELDSIZE, len(body))
if "curves" in options:
    curl.setopt(CurlOpt.SSL_EC_CURVES, options["curves"])
if options.get("maximum") == "1.2":
    curl.setopt(CurlOpt.SSLVERSION, MAX_TLS_1_2)
if options.get("certificate"):
    curl.setopt(CurlOpt.SSLCERT, options["certificate"])
    curl.setopt(CurlOpt.SSLKEY, options["key"])
try:
    for _ in range(options["connections"]):
        curl.setopt(CurlOpt.WRITEDATA, sys.stdout.buffer)
        curl.perform(clear_headers=False)
except CurlError as error:
    print("failed:", error.code, error, file=sys.stderr)
    for name in re.findall(r"_ALERT_([A-Z_]+)", str(error)):
        print("alert received", name, file=sys.stderr)
    sys.exit(1)
