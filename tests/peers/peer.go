// A TLS 1.3 peer made of Go's crypto/tls. (Without the go.mod beside it, Go would behave as a Go of years ago.)
//
// peer client|server OPTIONS: OPTIONS is a JSON object, see below. A client that connects more than once resumes. A client relays so many rounds of so many bytes from standard
// input to the server and from the server to standard output; a server sends back what it gets. An alert that arrives goes to
// standard error as a line `alert received 48`.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"reflect"
)

type options struct {
	Port        int
	Name        string
	Roots       string
	Certificate string
	Key         string
	Rounds      int
	Size        int
	Connections int
	Ask         bool
	Require     bool
	Version     string
	Curve       string
}

var curves = map[string]tls.CurveID{"P256": tls.CurveP256, "X25519": tls.X25519, "X25519MLKEM768": tls.X25519MLKEM768}

// Go takes a cut between two records for an end: this tells the two apart.
type watched struct {
	net.Conn
	cut bool
}

func (w *watched) Read(into []byte) (int, error) {
	count, err := w.Conn.Read(into)
	w.cut = w.cut || (count == 0 && err != nil)
	return count, err
}

func check(err error) {
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "failed:", err)
	var remote *net.OpError
	if errors.As(err, &remote) && remote.Op == "remote error" {
		fmt.Fprintln(os.Stderr, "alert received", reflect.ValueOf(remote.Err).Uint())
	}
	os.Exit(1)
}

func configure(o options) *tls.Config {
	config := &tls.Config{MinVersion: tls.VersionTLS13, ServerName: o.Name}
	if o.Version == "1.2" {
		config.MinVersion, config.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	}
	if o.Curve != "" {
		config.CurvePreferences = []tls.CurveID{curves[o.Curve]}
	}
	if o.Certificate != "" {
		pair, err := tls.LoadX509KeyPair(o.Certificate, o.Key)
		check(err)
		config.Certificates = []tls.Certificate{pair}
	}
	pem, err := os.ReadFile(o.Roots)
	check(err)
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		check(errors.New("no root"))
	}
	config.RootCAs, config.ClientCAs = roots, roots
	switch {
	case o.Require:
		config.ClientAuth = tls.RequireAndVerifyClientCert
	case o.Ask:
		config.ClientAuth = tls.VerifyClientCertIfGiven
	}
	return config
}

func open(connection *tls.Conn) {
	check(connection.Handshake())
	state := connection.ConnectionState()
	fmt.Fprintln(os.Stderr, "open", tls.VersionName(state.Version), tls.CipherSuiteName(state.CipherSuite), state.CurveID)
}

// Expects close_notify and says our own.
func end(connection *tls.Conn, transport *watched) {
	if count, err := connection.Read(make([]byte, 1)); count > 0 || err != io.EOF {
		check(errors.Join(errors.New("data where the end should be"), err))
	}
	if transport.cut {
		check(errors.New("cut without close_notify"))
	}
	fmt.Fprintln(os.Stderr, "alert received 0")
	check(connection.Close())
}

func client(o options) {
	config := configure(o)
	if o.Connections > 1 {
		config.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	}
	for range o.Connections {
		talk(o, config)
	}
}

func talk(o options, config *tls.Config) {
	plain, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", o.Port))
	check(err)
	transport := &watched{Conn: plain}
	connection := tls.Client(transport, config)
	open(connection)
	data := make([]byte, o.Size)
	for range o.Rounds {
		_, err = io.ReadFull(os.Stdin, data)
		check(err)
		_, err = connection.Write(data)
		check(err)
		_, err = io.ReadFull(connection, data)
		check(err)
		_, err = os.Stdout.Write(data)
		check(err)
	}
	end(connection, transport)
}

func server(o options) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	fmt.Println("listening on", listener.Addr().(*net.TCPAddr).Port)
	config := configure(o)
	for range o.Connections {
		answer(listener, config)
	}
}

func answer(listener net.Listener, config *tls.Config) {
	plain, err := listener.Accept()
	check(err)
	transport := &watched{Conn: plain}
	connection := tls.Server(transport, config)
	open(connection)
	data := make([]byte, 64*1024)
	for {
		count, err := connection.Read(data)
		if err == io.EOF {
			break
		}
		check(err)
		_, err = connection.Write(data[:count])
		check(err)
	}
	end(connection, transport)
}

func main() {
	var o options
	check(json.Unmarshal([]byte(os.Args[2]), &o))
	if os.Args[1] == "client" {
		client(o)
	} else {
		server(o)
	}
}
