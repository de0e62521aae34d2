"""A TLS 1.3 peer made of Python's ssl module.

peer.py client|server OPTIONS: OPTIONS is a JSON object, see below. A client that connects more than once resumes. A client relays so many rounds of so many bytes from standard
input to the server and from the server to standard output; a server sends back what it gets. Every alert goes to standard error
as a line `alert received 48` or `alert sent 48`.
"""

import json
import socket
import ssl
import sys

role, options = sys.argv[1], json.loads(sys.argv[2])


def watch(connection, direction, version, content_type, message_type, data):
    if content_type == 21:
        print("alert", {"read": "received", "write": "sent"}[direction], data[1], file=sys.stderr, flush=True)


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT if role == "client" else ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = made.maximum_version = getattr(ssl.TLSVersion, options.get("version", "TLSv1_3"))
    if options.get("curve"):
        made.set_ecdh_curve(options["curve"])
    if options.get("certificate"):
        made.load_cert_chain(options["certificate"], options["key"])
    if options.get("roots"):
        made.load_verify_locations(options["roots"])
    made.verify_mode = getattr(ssl, options["verify"])
    made._msg_callback = watch
    return made


def read_exactly(stream, count):
    data = b""
    while len(data) < count:
        piece = stream.recv(count - len(data))
        if not piece:
            raise EOFError("the peer closed early")
        data += piece
    return data


def client():
    made, session = context(), None
    for _ in range(options["connections"]):
        session = talk(made, session)


def talk(made, session):
    address = ("127.0.0.1", options["port"])
    with socket.create_connection(address) as plain:
        name = options["name"]
        stream = made.wrap_socket(plain, server_hostname=name, suppress_ragged_eofs=False, session=session)
        print(stream.version(), stream.cipher(), file=sys.stderr, flush=True)
        for _ in range(options["rounds"]):
            stream.sendall(sys.stdin.buffer.read(options["size"]))
            sys.stdout.buffer.write(read_exactly(stream, options["size"]))
            sys.stdout.buffer.flush()
        if stream.recv(1) != b"":
            raise ValueError("data where the end should be")
        session = stream.session
        stream.unwrap()
        return session


def server():
    made = context()
    listener = socket.create_server(("127.0.0.1", 0))
    print("listening on", listener.getsockname()[1], flush=True)
    for _ in range(options["connections"]):
        answer(made, listener)


def answer(made, listener):
    plain, _ = listener.accept()
    with plain:
        stream = made.wrap_socket(plain, server_side=True, suppress_ragged_eofs=False)
        print(stream.version(), stream.cipher(), stream.getpeercert(), file=sys.stderr, flush=True)
        while data := stream.recv(65536):
            stream.sendall(data)
        stream.unwrap()


(client if role == "client" else server)()
