// With sdk/java/paymesh/Paymesh.java of the repository:
//   javac -d . <repository>/sdk/java/paymesh/Paymesh.java Receiver.java
//   PORT=9000 WEBHOOK_SECRET=whsec_… java -cp . Receiver

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.util.concurrent.Executors;
import paymesh.Paymesh;

public class Receiver {
    static final int LARGEST = 131_072; // bytes; no callback is larger
    static final String SECRET = System.getenv().getOrDefault("WEBHOOK_SECRET", "");

    public static void main(String[] arguments) throws IOException {
        if (SECRET.isEmpty()) {
            throw new IllegalStateException("WEBHOOK_SECRET is not set");
        }
        System.setProperty("sun.net.httpserver.maxReqTime", "10"); // seconds until all has come
        var port = Integer.parseInt(System.getenv("PORT"));
        var server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
        server.createContext("/", Receiver::receive);
        server.setExecutor(Executors.newCachedThreadPool()); // else one who is slow stops all
        server.start();
    }

    static void receive(HttpExchange exchange) throws IOException {
        try (exchange) {
            var body = exchange.getRequestBody().readNBytes(LARGEST + 1); // the exact bytes
            if (body.length > LARGEST) {
                exchange.sendResponseHeaders(413, -1);
                return;
            }
            if (!isOurs(exchange, body)) {
                exchange.sendResponseHeaders(401, -1);
                return;
            }
            var taken = "success".getBytes();
            exchange.sendResponseHeaders(200, taken.length);
            exchange.getResponseBody().write(taken);
        }
    }

    static boolean isOurs(HttpExchange exchange, byte[] body) {
        try {
            var isOurs = Paymesh.isAuthentic(SECRET, header(exchange, "id"),
                    header(exchange, "timestamp"), header(exchange, "signature"), body,
                    System.currentTimeMillis() / 1000);
            if (isOurs) { // store it before you answer
                System.out.println(header(exchange, "id") + " " + new String(body));
            }
            return isOurs;
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    static String header(HttpExchange exchange, String name) {
        var value = exchange.getRequestHeaders().getFirst("webhook-" + name);
        return value == null ? "" : value;
    }
}
