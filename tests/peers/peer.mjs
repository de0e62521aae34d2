// A TLS 1.3 peer made of Node's tls module.
//
// peer.mjs client|server OPTIONS: OPTIONS is a JSON object. A client that connects more than once resumes. A client relays standard input to the server and what the server says
// to standard output; a server sends back what it gets. OpenSSL's trace, in which alerts show, goes to standard error.
import fs from "node:fs";
import tls from "node:tls";

const [role, text] = process.argv.slice(2);
const options = JSON.parse(text);
const read = (path) => (path ? fs.readFileSync(path) : undefined);
const common = {
  ca: read(options.roots),
  cert: read(options.certificate),
  key: read(options.key),
  ecdhCurve: options.curve ?? "auto",
  ciphers: options.suite ?? tls.DEFAULT_CIPHERS,
  minVersion: options.version ?? "TLSv1.3",
  maxVersion: options.version ?? "TLSv1.3",
};

function fail(error) {
  console.error("failed:", error.code, error.message);
  process.exitCode = 1;
}

function client() {
  let left = options.connections;
  let unsent = Buffer.alloc(0);
  let socket, session;
  process.stdin.on("data", (data) => {
    unsent = Buffer.concat([unsent, data]);
    send();
  });
  const send = () => {
    if (!socket || unsent.length === 0) return;
    socket.write(unsent);
    unsent = Buffer.alloc(0);
  };
  const connect = () => {
    left -= 1;
    const mine = tls.connect({ ...common, host: "127.0.0.1", port: options.port, servername: options.name, session });
    mine.enableTrace();
    mine.on("error", fail);
    mine.on("session", (ticket) => (session = ticket));
    mine.on("secureConnect", () => console.error("open", mine.getProtocol(), mine.authorized, mine.isSessionReused()));
    mine.on("data", (data) => process.stdout.write(data));
    mine.on("end", () => mine.end());
    mine.on("close", () => (left > 0 && session ? connect() : process.stdin.destroy()));
    socket = mine;
    send();
  };
  connect();
}

function server() {
  const asked = { requestCert: options.ask, rejectUnauthorized: options.require };
  let left = options.connections;
  const listener = tls.createServer({ ...common, ...asked, enableTrace: true }, (socket) => {
    console.error("open", socket.getProtocol(), socket.authorized);
    socket.on("error", fail);
    socket.on("data", (data) => socket.write(data));
    socket.on("close", () => --left > 0 || listener.close());
  });
  listener.on("tlsClientError", (error) => {
    fail(error);
    listener.close();
  });
  listener.listen(0, "127.0.0.1", () => console.log("listening on", listener.address().port));
}

role === "client" ? client() : server();
