// From the top folder of the repository, beside a running `make run`:
//   javac -d /tmp/pay sdk/java/paymesh/Paymesh.java examples/first-payment/Pay.java
//   java -cp /tmp/pay Pay

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.regex.Pattern;
import paymesh.Paymesh;

public class Pay {
    static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    static String demo;

    public static void main(String[] arguments) throws Exception {
        var folder = System.getenv().getOrDefault("PAYMESH_LOCAL_DIR", ".local");
        demo = Files.readString(Path.of(folder, "demo.json"));
        var payment = call("POST", "/v1/payments", String.format(Locale.ROOT, """
            {"merchant_id": "%s", "payment_id": "%s", "merchant_order_no": "W-%s",
             "amount": 1299, "subject": "物业费 11月", "method": "native"}
            """, text(demo, "merchant_id"), text(demo, "wechat"), UUID.randomUUID()));
        System.out.println("draw this as a QR code: " + text(payment, "qr_code"));

        var number = text(payment, "payment_no");
        var paying = "{\"payment_no\": \"" + number + "\"}"; // the payer, played at the sandbox
        send(HttpRequest.newBuilder(URI.create(text(demo, "sandbox_url") + "/_control/pay"))
            .POST(BodyPublishers.ofString(paying)).build());
        while (List.of("initiating", "pending", "unknown").contains(text(payment, "status"))) {
            Thread.sleep(200); // in production: the callback
            payment = call("GET", "/v1/payments/" + number, "");
        }
        System.out.println(number + " " + text(payment, "status") + " " + text(payment, "channel_trade_no"));
    }

    static String call(String method, String target, String body) throws Exception {
        var signer = new Paymesh(text(demo, "app_id"), text(demo, "key_id"), text(demo, "secret"));
        var authorization = signer.authorization(method, target, System.currentTimeMillis() / 1000,
            UUID.randomUUID().toString(), body.getBytes(UTF_8)); // the very bytes that are sent
        return send(HttpRequest.newBuilder(URI.create(text(demo, "gateway_url") + target))
            .timeout(Duration.ofSeconds(40)) // a payment code (付款码) may take 30
            .header("Content-Type", "application/json")
            .header("Authorization", authorization)
            .method(method, BodyPublishers.ofString(body)).build());
    }

    static String send(HttpRequest request) throws Exception {
        var answer = HTTP.send(request, BodyHandlers.ofString());
        if (answer.statusCode() >= 400) {
            throw new IllegalStateException(answer.body());
        }
        return answer.body();
    }

    /** The first text of this name; in a program of yours: of your JSON library. */
    static String text(String json, String name) {
        var found = Pattern.compile("\"" + name + "\": ?\"([^\"]*)\"").matcher(json);
        if (!found.find()) {
            throw new IllegalStateException(name + " is not in " + json);
        }
        return found.group(1);
    }
}
