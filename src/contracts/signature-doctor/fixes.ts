/** The languages that corrected lines are written in. */
export const fixLanguages = ['python', 'php', 'java', 'go', 'javascript', 'csharp'] as const
export type FixLanguage = (typeof fixLanguages)[number]
export type Fixes = Readonly<Record<FixLanguage, string>>

/** The line of a client that a mistake sits in, put right. `params` holds all text parameters but `sign`. */
export const fixes = {
  'sign-last': {
    python: "params['sign'] = sign(params, secret)  # last: nothing is added or changed after this",
    php: "$params['sign'] = sign($params, $secret); // last: nothing is added or changed after this",
    java: 'params.put("sign", sign(params, secret)); // last: nothing is added or changed after this',
    go: 'params["sign"] = sign(params, secret) // last: nothing is added or changed after this',
    javascript:
      'params.sign = sign(params, secret) // last: nothing is added or changed after this',
    csharp:
      'parameters["sign"] = Sign(parameters, secret); // last: nothing is added or changed after this',
  },
  'same-set': {
    python:
      'params = {k: v for k, v in params.items() if v is not None}  # then sign and send this very dict',
    php: '$params = array_filter($params, fn($v) => $v !== null); // then sign and send this very array',
    java: 'params.values().removeIf(Objects::isNull); // then sign and send this very map',
    go: 'form := url.Values{}; for k, v := range params { form.Set(k, v) } // send exactly what was signed',
    javascript: 'const body = new URLSearchParams(params) // send exactly what was signed',
    csharp: 'var content = new FormUrlEncodedContent(parameters); // send exactly what was signed',
  },
  empty: {
    python:
      "params = {k: v for k, v in params.items() if v != ''}  # before signing; or sign empty ones as the bare name",
    php: "$params = array_filter($params, fn($v) => $v !== ''); // before signing; or sign empty ones as the bare name",
    java: 'params.values().removeIf(String::isEmpty); // before signing; or sign empty ones as the bare name',
    go: 'for k, v := range params { if v == "" { delete(params, k) } } // before signing; or sign empty ones as the bare name',
    javascript:
      "for (const k of Object.keys(params)) if (params[k] === '') delete params[k] // before signing; or sign empty ones as the bare name",
    csharp:
      'parameters = parameters.Where(p => p.Value != "").ToDictionary(p => p.Key, p => p.Value); // before signing; or sign empty ones as the bare name',
  },
  files: {
    python:
      'signed = {k: v for k, v in params.items() if isinstance(v, str)}  # files are sent, never signed',
    php: '$signed = array_filter($params, fn($v) => !($v instanceof CURLFile)); // files are sent, never signed',
    java: 'String sign = sign(textParams, secret); // fileParams are sent, never signed',
    go: 'sign := sign(textParams, secret) // files are sent, never signed',
    javascript: 'const sign = signOf(textParams, secret) // files are sent, never signed',
    csharp: 'var sign = Sign(textParameters, secret); // files are sent, never signed',
  },
  sort: {
    python: "text = ''.join(k + params[k] for k in sorted(params))",
    php: "ksort($params, SORT_STRING); $text = ''; foreach ($params as $k => $v) $text .= $k . $v;",
    java: 'Map<String, String> sorted = new TreeMap<>(params); // compares by char, not by locale',
    go: 'keys := make([]string, 0, len(params)); for k := range params { keys = append(keys, k) }; sort.Strings(keys)',
    javascript: 'const keys = Object.keys(params).sort() // without localeCompare',
    csharp: 'var sorted = parameters.OrderBy(p => p.Key, StringComparer.Ordinal);',
  },
  join: {
    python: "text = ''.join(k + params[k] for k in sorted(params))  # no = and no &",
    php: "$text = ''; foreach ($params as $k => $v) $text .= $k . $v; // no = and no &",
    java: 'sorted.forEach((k, v) -> text.append(k).append(v)); // no = and no &',
    go: 'for _, k := range keys { text.WriteString(k + params[k]) } // no = and no &',
    javascript: "const text = keys.map((k) => k + params[k]).join('') // no = and no &",
    csharp: 'var text = string.Concat(sorted.Select(p => p.Key + p.Value)); // no = and no &',
  },
  'raw-values': {
    python:
      "text = ''.join(k + params[k] for k in sorted(params))  # raw values; urlencode(params) only for the body",
    php: '$text .= $k . $v; // raw value; http_build_query($params) only for the body',
    java: 'text.append(k).append(v); // raw value; URLEncoder.encode(v, "UTF-8") only for the body',
    go: 'text.WriteString(k + params[k]) // raw value; form.Encode() only for the body',
    javascript:
      "const text = keys.map((k) => k + params[k]).join('') // raw values; URLSearchParams only for the body",
    csharp:
      'var text = string.Concat(sorted.Select(p => p.Key + p.Value)); // raw values; encode only for the body',
  },
  utf8: {
    python: "digest = hashlib.md5(text.encode('utf-8'))",
    php: "$text = mb_convert_encoding($text, 'UTF-8', 'GBK'); // only if your strings are GBK; the file itself is best saved as UTF-8",
    java: 'byte[] bytes = text.getBytes(StandardCharsets.UTF_8);',
    go: 'sum := md5.Sum([]byte(text)) // Go strings are UTF-8; convert GBK input before',
    javascript: "createHash('md5').update(text, 'utf8')",
    csharp: 'var bytes = Encoding.UTF8.GetBytes(text);',
  },
  secret: {
    python: "secret = os.environ['TOP_APP_SECRET'].strip()",
    php: "$secret = trim(getenv('TOP_APP_SECRET'));",
    java: 'String secret = System.getenv("TOP_APP_SECRET").trim();',
    go: 'secret := strings.TrimSpace(os.Getenv("TOP_APP_SECRET"))',
    javascript: 'const secret = process.env.TOP_APP_SECRET.trim()',
    csharp: 'var secret = Environment.GetEnvironmentVariable("TOP_APP_SECRET").Trim();',
  },
  digest: {
    python:
      "sign = hashlib.md5((secret + text + secret).encode()).hexdigest().upper()  # sign_method=md5; hmac: hmac.new(secret.encode(), text.encode(), 'md5'); hmac-sha256: …, 'sha256')",
    php: "$sign = strtoupper(md5($secret . $text . $secret)); // sign_method=md5; hmac: hash_hmac('md5', $text, $secret); hmac-sha256: hash_hmac('sha256', $text, $secret)",
    java: 'byte[] sum = MessageDigest.getInstance("MD5").digest((secret + text + secret).getBytes(UTF_8)); // sign_method=md5; hmac: Mac "HmacMD5"; hmac-sha256: Mac "HmacSHA256", key secret, data text',
    go: 'sum := md5.Sum([]byte(secret + text + secret)) // sign_method=md5; hmac: hmac.New(md5.New, []byte(secret)); hmac-sha256: hmac.New(sha256.New, []byte(secret)), data text',
    javascript:
      "createHash('md5').update(secret + text + secret) // sign_method=md5; hmac: createHmac('md5', secret).update(text); hmac-sha256: createHmac('sha256', secret).update(text)",
    csharp:
      'var sum = MD5.HashData(Encoding.UTF8.GetBytes(secret + text + secret)); // sign_method=md5; hmac: HMACMD5; hmac-sha256: HMACSHA256, key secret, data text',
  },
  'upper-hex': {
    python: 'sign = digest.hexdigest().upper()',
    php: '$sign = strtoupper(bin2hex($digest));',
    java: 'for (byte b : digest) sign.append(String.format("%02X", b & 0xFF));',
    go: 'sign := strings.ToUpper(hex.EncodeToString(sum[:]))',
    javascript: "const sign = hash.digest('hex').toUpperCase()",
    csharp: 'var sign = Convert.ToHexString(sum);',
  },
  timestamp: {
    python:
      "params['timestamp'] = datetime.now(timezone(timedelta(hours=8))).strftime('%Y-%m-%d %H:%M:%S')  # once, before signing",
    php: "$params['timestamp'] = (new DateTime('now', new DateTimeZone('+08:00')))->format('Y-m-d H:i:s'); // once, before signing",
    java: 'params.put("timestamp", ZonedDateTime.now(ZoneOffset.ofHours(8)).format(DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss"))); // once, before signing',
    go: 'params["timestamp"] = time.Now().In(time.FixedZone("GMT+8", 8*3600)).Format("2006-01-02 15:04:05") // once, before signing',
    javascript:
      "params.timestamp = new Date(Date.now() + 8 * 3600e3).toISOString().slice(0, 19).replace('T', ' ') // once, before signing",
    csharp:
      'parameters["timestamp"] = DateTime.UtcNow.AddHours(8).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture); // once, before signing',
  },
  'same-value': {
    python:
      'params = {k: text_of(v) for k, v in params.items()}  # texts, once; then sign and send these very texts',
    php: '$params = array_map($textOf, $params); // texts, once; then sign and send these very texts',
    java: 'Map<String, String> params = …; // texts, once; then sign and send these very texts',
    go: 'params := map[string]string{…} // texts, once; then sign and send these very texts',
    javascript: 'params[name] = textOf(value) // a text, once; then sign and send this very text',
    csharp:
      'var parameters = new Dictionary<string, string> { … }; // texts, once; then sign and send these very texts',
  },
  body: {
    python:
      "text = ''.join(k + params[k] for k in sorted(params)) + raw_body  # raw_body '' for forms; send this very raw_body",
    php: "$text .= $rawBody; // '' for forms; send this very $rawBody",
    java: 'text.append(rawBody); // "" for forms; send this very rawBody',
    go: 'text.WriteString(rawBody) // "" for forms; send this very rawBody',
    javascript:
      "const text = keys.map((k) => k + params[k]).join('') + rawBody // '' for forms; send this very rawBody",
    csharp: 'text += rawBody; // "" for forms; send this very rawBody',
  },
  'sign-method': {
    python: "params['sign_method'] = 'md5'  # or 'hmac', 'hmac-sha256'",
    php: "$params['sign_method'] = 'md5'; // or 'hmac', 'hmac-sha256'",
    java: 'params.put("sign_method", "md5"); // or "hmac", "hmac-sha256"',
    go: 'params["sign_method"] = "md5" // or "hmac", "hmac-sha256"',
    javascript: "params.sign_method = 'md5' // or 'hmac', 'hmac-sha256'",
    csharp: 'parameters["sign_method"] = "md5"; // or "hmac", "hmac-sha256"',
  },
} as const satisfies Readonly<Record<string, Fixes>>

export type FixName = keyof typeof fixes
