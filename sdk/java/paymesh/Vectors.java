package paymesh;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Base64;

/** Answers the shared vectors, one a line, for `make test-sdks`. */
public final class Vectors {
    public static void main(String[] arguments) throws Exception {
        var lines = new BufferedReader(new InputStreamReader(System.in, UTF_8));
        for (var line = lines.readLine(); line != null; line = lines.readLine()) {
            var parts = line.split("\t", -1);
            var told = new String[parts.length];
            for (var i = 0; i < parts.length; i++) {
                told[i] = new String(Base64.getDecoder().decode(parts[i]), UTF_8);
            }
            var body = told[told[0].equals("sign") ? 8 : 6].getBytes(UTF_8);
            System.out.println(told[0].equals("sign")
                    ? signed(told, body)
                    : Paymesh.isAuthentic(told[1], told[2], told[3], told[4], body, Long.parseLong(told[5])));
        }
    }

    private static String signed(String[] told, byte[] body) throws Exception {
        try {
            return new Paymesh(told[1], told[2], told[3])
                    .authorization(told[4], told[5], Long.parseLong(told[6]), told[7], body);
        } catch (IllegalArgumentException error) {
            return "refused: " + error.getMessage();
        }
    }
}
