import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Tests of an integration with the Taobao Open Platform, against LocalTOP.
 *
 * <pre>npm install --save-dev localtop, then run it as any other test (src/test/java)</pre>
 *
 * The gateway is started once for the JVM; every test has a tenant, and so a shop, of its own.
 * LOCALTOP_URL names a gateway that runs already, LOCALTOP another command than "npx localtop".
 * Needs Java 11 and JUnit 5. JSON is read by patterns here; use your project's library instead.
 */
class PublishTest {
  private static final Map<String, String> ITEM =
      Map.of(
          "title", "陶瓷咖啡杯 350ml",
          "price", "39.90",
          "num", "20",
          "outer_id", "CUP-350",
          "type", "fixed",
          "stuff_status", "new",
          "cid", "1512",
          "desc", "景德镇陶瓷，可进洗碗机",
          "location.state", "浙江",
          "location.city", "杭州");

  private Tenant tenant;

  @BeforeEach
  void mintTenant() throws Exception {
    tenant = Tenant.mint();
  }

  @AfterEach
  void dropTenant() throws Exception {
    if (tenant != null) tenant.drop();
  }

  @Test
  void publishesAnItem() throws Exception {
    assertTrue(new Shop(tenant).publish(ITEM) > 0);

    assertEquals(List.of("taobao.item.add 0"), tenant.calls());
    assertEquals(List.of(), tenant.findings());
  }

  @Test
  void publishesOnceWhereTheAnswerIsLost() throws Exception {
    tenant.fault("{'fault': 'reset-after', 'method': 'taobao.item.add'}");

    assertTrue(new Shop(tenant).publish(ITEM) > 0);

    assertEquals(List.of(), tenant.findings());
    assertEquals(List.of("taobao.item.add 0", "taobao.items.custom.get 0"), tenant.calls());
  }

  @Test
  void waitsWhileThePlatformHasTrouble() throws Exception {
    tenant.refuse(
        "{'when': {'method': 'taobao.item.add'},"
            + " 'then': {'refuse': 'isp.item-service-unavailable'}, 'times': 2}");

    assertTrue(new Shop(tenant).publish(ITEM) > 0);

    assertEquals(2, Collections.frequency(tenant.calls(), "taobao.item.add 15"));
    assertEquals(List.of(), tenant.findings());
  }

  @Test
  void doesNotTryAgainWithoutAnAuthorisation() throws Exception {
    tenant.refuse("{'then': {'refuse': '27/session-expired'}}");

    TopError refusal = assertThrows(TopError.class, () -> new Shop(tenant).publish(ITEM));

    assertEquals("session-expired", refusal.subCode);
    assertEquals(List.of("taobao.item.add 27"), tenant.calls());
  }
}

// --- The gateway and a tenant for each test: copy these two classes. ---

/** The gateway that runs already, or one for as long as this JVM lives. */
final class Gateway {
  static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static String url;

  static synchronized String url() throws IOException, InterruptedException {
    if (url == null) {
      String running = System.getenv("LOCALTOP_URL");
      url = running == null ? start() : running.replaceAll("/+$", "");
    }
    return url;
  }

  private static String start() throws IOException, InterruptedException {
    String given = System.getenv().getOrDefault("LOCALTOP", "npx localtop");
    Path readyFile = Files.createTempDirectory("localtop").resolve("ready.json");
    List<String> command = new ArrayList<>(List.of(given.split(" ")));
    Collections.addAll(command, "start", "--port", "0", "--store", "memory");
    Collections.addAll(command, "--ready-file", readyFile.toString());
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    while (!Files.exists(readyFile)) {
      if (!process.isAlive() || System.nanoTime() > deadline) {
        process.destroy();
        throw new IllegalStateException(given + " start did not get ready");
      }
      Thread.sleep(50);
    }
    String ready = Files.readString(readyFile);
    Files.delete(readyFile);
    Files.delete(readyFile.getParent());
    // The process that we started may be npx, the gateway's parent.
    long pid = Long.parseLong(Json.first(ready, "\"pid\":(\\d+)"));
    Thread stop = new Thread(() -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroy));
    Runtime.getRuntime().addShutdownHook(stop);
    return Json.first(ready, "\"url\":\"([^\"]+)\"");
  }

  /** Steers the gateway, or asks it, through its control API. */
  static String control(String verb, String path, String body) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url() + "/_localtop" + path))
            .method(verb, HttpRequest.BodyPublishers.ofString(body.replace('\'', '"')))
            .build();
    var response = HTTP.send(request, BodyHandlers.ofString());
    if (response.statusCode() >= 400) {
      throw new IllegalStateException(verb + " " + path + ": " + response.body());
    }
    return response.body();
  }
}

/** An app with secret, session, empty shop and journal of its own. */
final class Tenant {
  final String appKey, appSecret, session;

  private Tenant(String minted) {
    appKey = Json.first(minted, "\"appKey\":\"([^\"]+)\"");
    appSecret = Json.first(minted, "\"appSecret\":\"([^\"]+)\"");
    session = Json.first(minted, "\"session\":\"([^\"]+)\"");
  }

  static Tenant mint() throws Exception {
    return new Tenant(Gateway.control("POST", "/tenants", "{'profile': 'production'}"));
  }

  void drop() throws Exception {
    Gateway.control("DELETE", "/tenants/" + appKey, "");
  }

  /** Refuses the next call; `when` and `times` of the rule say which ones, as in scenario files. */
  void refuse(String rule) throws Exception {
    String scenarios = "{'scenarios': [{'title': 'refused', 'rules': [" + rule + "]}]}";
    Gateway.control("PUT", "/scenarios?appKey=" + appKey, scenarios);
  }

  /** Lets something happen to an answer on the wire. */
  void fault(String fault) throws Exception {
    Gateway.control("POST", "/faults?appKey=" + appKey, fault);
  }

  /** What was called, as `method code`; 0 where it was answered. */
  List<String> calls() throws Exception {
    String listed = Gateway.control("GET", "/exchanges?appKey=" + appKey, "");
    List<String> methods = Json.all(listed, "\"method\":\"([^\"]+)\"");
    List<String> codes = Json.all(listed, "\"code\":(\\d+|null)");
    List<String> calls = new ArrayList<>();
    for (int i = 0; i < methods.size(); i++) {
      calls.add(methods.get(i) + " " + codes.get(i).replace("null", "0"));
    }
    return calls;
  }

  /** What the gateway has to say against the integration, a sentence each. */
  List<String> findings() throws Exception {
    String report = Gateway.control("GET", "/report?appKey=" + appKey, "");
    // A notice is held against nobody.
    return Json.all(report, "\"severity\":\"(?:error|warning)\".*?\"detail\":\\{\"en\":\"((?:[^\"\\\\]|\\\\.)*)\"");
  }
}

final class Json {
  static List<String> all(String json, String pattern) {
    return Pattern.compile(pattern)
        .matcher(json)
        .results()
        .map(found -> found.group(1))
        .collect(Collectors.toList());
  }

  static String first(String json, String pattern) {
    Matcher found = Pattern.compile(pattern).matcher(json);
    return found.find() ? found.group(1) : "";
  }
}

// --- The integration under test: use yours instead. ---

final class TopError extends IOException {
  final String subCode;

  TopError(String answer) {
    super(answer);
    subCode = Json.first(answer, "\"sub_code\":\"([^\"]+)\"");
  }

  /** isp.* is the platform's trouble: the call may be sent again, later. */
  boolean isPassing() {
    return subCode.startsWith("isp.");
  }
}

final class Shop {
  private final Tenant top;

  Shop(Tenant top) {
    this.top = top;
  }

  /** Publishes an item, and never twice: after an unknown outcome it looks for it first. */
  long publish(Map<String, String> item) throws IOException, InterruptedException {
    for (int attempt = 1; ; attempt++) {
      try {
        return numIid(call("taobao.item.add", item));
      } catch (IOException problem) {
        boolean isFinal = problem instanceof TopError && !((TopError) problem).isPassing();
        if (isFinal || attempt == 3) throw problem;
      }
      Thread.sleep(200L * attempt);
      var asked = Map.of("outer_id", item.get("outer_id"), "fields", "num_iid");
      long found = numIid(call("taobao.items.custom.get", asked));
      if (found > 0) return found;
    }
  }

  private static long numIid(String answer) {
    String found = Json.first(answer, "\"num_iid\":(\\d+)");
    return found.isEmpty() ? 0 : Long.parseLong(found);
  }

  private String call(String method, Map<String, String> params)
      throws IOException, InterruptedException {
    var now = LocalDateTime.now(ZoneId.of("Asia/Shanghai"));
    Map<String, String> sent = new TreeMap<>(params);
    sent.put("method", method);
    sent.put("app_key", top.appKey);
    sent.put("session", top.session);
    sent.put("timestamp", now.format(DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss")));
    sent.put("format", "json");
    sent.put("v", "2.0");
    sent.put("sign_method", "md5");
    StringBuilder text = new StringBuilder(top.appSecret);
    sent.forEach((name, value) -> text.append(name).append(value));
    sent.put("sign", md5(text.append(top.appSecret).toString()));
    String form =
        sent.entrySet().stream()
            .map(one -> one.getKey() + "=" + URLEncoder.encode(one.getValue(), UTF_8))
            .collect(Collectors.joining("&"));
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(Gateway.url() + "/router/rest"))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .timeout(Duration.ofSeconds(30))
            .POST(HttpRequest.BodyPublishers.ofString(form))
            .build();
    String answer = Gateway.HTTP.send(request, BodyHandlers.ofString()).body();
    // Refusals come with HTTP 200 as well.
    if (answer.startsWith("{\"error_response\"")) throw new TopError(answer);
    return answer;
  }

  private static String md5(String text) {
    try {
      byte[] digest = MessageDigest.getInstance("MD5").digest(text.getBytes(UTF_8));
      StringBuilder hex = new StringBuilder();
      for (byte one : digest) hex.append(String.format("%02X", one));
      return hex.toString();
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
