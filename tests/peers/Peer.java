// A TLS 1.3 peer made of Java's JSSE.
//
// Peer client|server NAME=VALUE...: the names are below. A client that connects more than once resumes. A client relays so many rounds of so many bytes from standard input to
// the server and from the server to standard output; a server sends back what it gets. -Djavax.net.debug=ssl tells the alerts on
// standard error.
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

public final class Peer {
    private static final char[] NO_PASSWORD = new char[0];
    private static final Map<String, String> OPTIONS = new HashMap<>();

    public static void main(String[] arguments) {
        Arrays.stream(arguments).skip(1).map(text -> text.split("=", 2)).forEach(pair -> OPTIONS.put(pair[0], pair[1]));
        try {
            if (arguments[0].equals("client")) {
                client();
            } else {
                server();
            }
        } catch (Exception error) {
            System.err.println("failed: " + error);
            System.exit(1);
        }
    }

    private static Certificate[] chain(String path) throws Exception {
        try (InputStream stream = Files.newInputStream(Path.of(path))) {
            return CertificateFactory.getInstance("X.509").generateCertificates(stream).toArray(new Certificate[0]);
        }
    }

    private static PrivateKey key(String path) throws Exception {
        String base64 = Files.readString(Path.of(path)).replaceAll("-----[A-Z ]+-----|\\s", "");
        var encoded = new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64));
        for (String algorithm : new String[] {"EC", "EdDSA", "RSA"}) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(encoded);
            } catch (InvalidKeySpecException error) {
                continue;
            }
        }
        throw new IllegalArgumentException("a key of an unknown kind");
    }

    private static SSLContext context() throws Exception {
        KeyStore roots = KeyStore.getInstance("PKCS12");
        roots.load(null, null);
        roots.setCertificateEntry("root", chain(OPTIONS.get("roots"))[0]);
        var trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(roots);
        var keys = KeyManagerFactory.getInstance("PKIX");
        KeyStore own = KeyStore.getInstance("PKCS12");
        own.load(null, null);
        if (OPTIONS.containsKey("certificate")) {
            own.setKeyEntry("own", key(OPTIONS.get("key")), NO_PASSWORD, chain(OPTIONS.get("certificate")));
        }
        keys.init(own, NO_PASSWORD);
        var context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    private static void client() throws Exception {
        var factory = context().getSocketFactory();
        for (int left = Integer.parseInt(OPTIONS.get("connections")); left > 0; left--) {
            talk(factory);
        }
    }

    private static void talk(SSLSocketFactory factory) throws Exception {
        int port = Integer.parseInt(OPTIONS.get("port"));
        try (var socket = (SSLSocket) factory.createSocket("localhost", port)) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            parameters.setProtocols(new String[] {OPTIONS.getOrDefault("version", "TLSv1.3")});
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            int size = Integer.parseInt(OPTIONS.get("size"));
            for (int round = 0; round < Integer.parseInt(OPTIONS.get("rounds")); round++) {
                socket.getOutputStream().write(System.in.readNBytes(size));
                System.out.write(socket.getInputStream().readNBytes(size));
                System.out.flush();
            }
            if (socket.getInputStream().read() != -1) {
                throw new IllegalStateException("data where the end should be");
            }
        }
    }

    private static void server() throws Exception {
        InetAddress loopback = InetAddress.getByName("127.0.0.1");
        try (var listener = (SSLServerSocket) context().getServerSocketFactory().createServerSocket(0, 1, loopback)) {
            SSLParameters parameters = listener.getSSLParameters();
            parameters.setProtocols(new String[] {OPTIONS.getOrDefault("version", "TLSv1.3")});
            parameters.setWantClientAuth(OPTIONS.get("ask").equals("true"));
            if (OPTIONS.get("require").equals("true")) {
                parameters.setNeedClientAuth(true);
            }
            listener.setSSLParameters(parameters);
            System.out.println("listening on " + listener.getLocalPort());
            for (int left = Integer.parseInt(OPTIONS.get("connections")); left > 0; left--) {
                answer(listener);
            }
        }
    }

    private static void answer(SSLServerSocket listener) throws Exception {
        try (var socket = (SSLSocket) listener.accept()) {
            byte[] data = new byte[65536];
            int count;
            while ((count = socket.getInputStream().read(data)) != -1) {
                socket.getOutputStream().write(data, 0, count);
            }
        }
    }
}
