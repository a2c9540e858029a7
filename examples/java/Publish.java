import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Publishes an item, then meets the three refusals that every client has to handle.
 *
 * <pre>java Publish.java [gateway]        the gateway is http://127.0.0.1:7070 unless given</pre>
 *
 * Credentials come from TOP_APP_KEY, TOP_APP_SECRET and TOP_SESSION; without them those of the
 * gateway's default world are used. Needs JDK 11, no library and no compiling beforehand.
 */
public class Publish {
  static final int MOST_CALLS = 150;

  /** A refusal of the gateway. */
  static class TopError extends Exception {
    /** A text here: the guide profile sends 429 as a number, the others as names. */
    final String code;
    final String subMsg;

    TopError(String body) {
      super(field(body, "code") + ": " + field(body, "sub_msg", field(body, "msg")));
      code = field(body, "code");
      subMsg = field(body, "sub_msg", "");
    }
  }

  static class StepFailed extends Exception {
    StepFailed(String message) {
      super(message);
    }
  }

  static class Top {
    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final URI url;
    private final String appKey;
    private final String appSecret;
    private final String session;
    int calls = 0;

    Top(String gateway, String appKey, String appSecret, String session) {
      this.url = URI.create(gateway.replaceAll("/+$", "") + "/router/rest");
      this.appKey = appKey;
      this.appSecret = appSecret;
      this.session = session;
    }

    /** Answers the body of a success, or throws TopError. */
    String call(String method, Map<String, String> params)
        throws TopError, IOException, InterruptedException {
      // A TreeMap is sorted by name, as the signature demands it.
      TreeMap<String, String> sent = new TreeMap<>();
      sent.put("method", method);
      sent.put("app_key", appKey);
      sent.put("session", session);
      // The platform reads times in GMT+8, whatever zone this machine is in.
      sent.put(
          "timestamp",
          OffsetDateTime.now(ZoneOffset.ofHours(8))
              .format(DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss")));
      sent.put("format", "json");
      sent.put("v", "2.0");
      sent.put("sign_method", "md5");
      sent.putAll(params);
      sent.put("sign", sign(sent));
      calls++;
      String form =
          sent.entrySet().stream()
              .map(entry -> entry.getKey() + "=" + encode(entry.getValue()))
              .collect(Collectors.joining("&"));
      HttpRequest request =
          HttpRequest.newBuilder(url)
              .header("Content-Type", "application/x-www-form-urlencoded;charset=UTF-8")
              .timeout(Duration.ofSeconds(30))
              .POST(HttpRequest.BodyPublishers.ofString(form))
              .build();
      HttpResponse<String> response =
          http.send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
      String body = response.body();
      // The HTTP status is 200 for refusals too: only the root key tells.
      if (body.startsWith("{\"error_response\"")) throw new TopError(body);
      // taobao.item.add answers under item_add_response.
      String root = method.replaceFirst("^taobao\\.", "").replace('.', '_') + "_response";
      if (body.startsWith("{\"" + root + "\"")) return body;
      String start = body.substring(0, Math.min(80, body.length()));
      throw new IOException("this is no answer of a TOP gateway: " + start);
    }

    private String sign(TreeMap<String, String> params) {
      StringBuilder text = new StringBuilder(appSecret);
      // The values as they are, before URL encoding.
      params.forEach((name, value) -> text.append(name).append(value));
      text.append(appSecret);
      try {
        byte[] digest =
            MessageDigest.getInstance("MD5").digest(text.toString().getBytes(StandardCharsets.UTF_8));
        return String.format("%032X", new BigInteger(1, digest));
      } catch (NoSuchAlgorithmException impossible) {
        throw new IllegalStateException(impossible);
      }
    }

    private static String encode(String value) {
      return URLEncoder.encode(value, StandardCharsets.UTF_8);
    }
  }

  /** One field of a JSON text: enough for this example. A real client takes a JSON library. */
  static String field(String json, String name, String otherwise) {
    Matcher found = Pattern.compile("\"" + name + "\"\\s*:\\s*\"?([^\",}]*)").matcher(json);
    return found.find() ? found.group(1) : otherwise;
  }

  static String field(String json, String name) {
    return field(json, name, "?");
  }

  /** Makes a call that has to be refused with this code. */
  static String refused(Top top, String code, Map<String, String> params)
      throws StepFailed, IOException, InterruptedException {
    try {
      top.call("taobao.item.add", params);
    } catch (TopError refusal) {
      if (refusal.code.equals(code)) return code;
      throw new StepFailed("expected " + code + ", got " + refusal.getMessage());
    }
    throw new StepFailed("expected " + code + ", but the item was published");
  }

  /** Calls until the limit is reached. Any method counts; a read leaves the shop as it is. */
  static TopError exhaust(Top top) throws TopError, StepFailed, IOException, InterruptedException {
    while (top.calls < MOST_CALLS) {
      try {
        top.call("taobao.time.get", Map.of());
      } catch (TopError refusal) {
        if (refusal.code.equals("429")) return refusal;
        throw refusal;
      }
    }
    throw new StepFailed("no 429 within " + MOST_CALLS + " calls");
  }

  static void run(String[] args) throws TopError, StepFailed, IOException, InterruptedException {
    Map<String, String> env = System.getenv();
    Top top =
        new Top(
            args.length > 0 ? args[0] : "http://127.0.0.1:7070",
            env.getOrDefault("TOP_APP_KEY", "YOUR_APP_KEY"),
            env.getOrDefault("TOP_APP_SECRET", "YOUR_SECRET_KEY"),
            env.getOrDefault("TOP_SESSION", "YOUR_SESSION_TOKEN"));
    // A ceramic coffee cup, escaped: before JDK 18 the machine's charset decides how a source is read.
    String title = "\u9676\u74f7\u5496\u5561\u676f 350ml";
    Map<String, String> untitled = Map.of("price", "39.90", "num", "20");
    Map<String, String> item = new TreeMap<>(untitled);
    item.put("title", title);
    Map<String, String> foreign = new TreeMap<>(item);
    foreign.put("session", "NO_SUCH_SESSION");

    System.out.println("published " + field(top.call("taobao.item.add", item), "num_iid"));
    System.out.println("missing title: " + refused(top, "missing_parameter", untitled));
    System.out.println("wrong session: " + refused(top, "invalid_session", foreign));

    TopError refusal = exhaust(top);
    Matcher ban = Pattern.compile("This ban will last for (\\d+) more seconds").matcher(refusal.subMsg);
    if (!ban.find()) {
      throw new StepFailed("a 429 that does not say how long it lasts: " + refusal.getMessage());
    }
    // The refused call itself is not carried out, so it is not counted.
    System.out.printf(
        "over the limit: 429 after %d calls, banned for %s seconds%n", top.calls - 1, ban.group(1));
  }

  public static void main(String[] args) {
    try {
      run(args);
    } catch (Exception problem) {
      // A refused connection has no message of its own.
      String message = problem.getMessage() == null ? problem.toString() : problem.getMessage();
      System.err.println("publish: " + message);
      System.exit(1);
    }
  }
}
