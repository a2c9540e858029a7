#!/bin/sh
# Publishes an item, then meets the three refusals that every client has to handle.
#
#     sh publish.sh [gateway]        the gateway is http://127.0.0.1:7070 unless given
#
# Credentials come from TOP_APP_KEY, TOP_APP_SECRET and TOP_SESSION; without them those of the
# gateway's default world are used. Needs curl, and md5sum or openssl.

gateway=${1:-http://127.0.0.1:7070}
app_key=${TOP_APP_KEY:-YOUR_APP_KEY}
app_secret=${TOP_APP_SECRET:-YOUR_SECRET_KEY}
session=${TOP_SESSION:-YOUR_SESSION_TOKEN}
most_calls=150
calls=0

fail() {
  echo "publish: $*" >&2
  exit 1
}

md5() {
  if command -v md5sum >/dev/null; then md5sum | cut -c 1-32; else openssl md5 | sed 's/.*= *//'; fi
}

# call METHOD [name=value]...  puts the answer into $answer; false when the gateway refused.
# Values must be single lines here, because sort works by line.
call() {
  method=$1
  shift
  # The platform reads times in GMT+8, whatever zone this machine is in. POSIX writes that as -8.
  set -- "$@" "method=$method" "app_key=$app_key" "session=$session" \
    "timestamp=$(TZ=GMT-8 date '+%Y-%m-%d %H:%M:%S')" format=json v=2.0 sign_method=md5
  # Sorted by name alone and by byte, then name and value run together, before URL encoding.
  text=$(printf '%s\n' "$@" | LC_ALL=C sort -t = -k 1,1 | LC_ALL=C sed 's/=//' | tr -d '\n')
  sign=$(printf '%s' "$app_secret$text$app_secret" | md5 | tr a-f A-F)
  set -- "$@" "sign=$sign"
  for pair do
    set -- "$@" --data-urlencode "$pair"
    shift
  done
  calls=$((calls + 1))
  answer=$(curl -sSf --max-time 30 "${gateway%/}/router/rest" "$@") || fail "no answer from $gateway"
  # The HTTP status is 200 for refusals too: only the root key tells.
  case $answer in
    '{"error_response"'*) return 1 ;;
    # taobao.item.add answers under item_add_response.
    '{"'*'_response"'*) return 0 ;;
    *) fail "this is no answer of a TOP gateway: $answer" ;;
  esac
}

# field NAME  one field of $answer: enough for this example, a real script takes jq.
field() {
  printf '%s\n' "$answer" | sed -n "s/.*\"$1\" *: *\"\{0,1\}\([^\",}]*\).*/\1/p"
}

refusal() {
  detail=$(field sub_msg)
  echo "$(field code): ${detail:-$(field msg)}"
}

# refused CODE [name=value]...  makes a call that has to be refused with this code.
refused() {
  expected=$1
  shift
  call taobao.item.add "$@" && fail "expected $expected, but the item was published"
  [ "$(field code)" = "$expected" ] || fail "expected $expected, got $(refusal)"
}

title='陶瓷咖啡杯 350ml'

call taobao.item.add "title=$title" price=39.90 num=20 || fail "$(refusal)"
echo "published $(field num_iid)"

refused missing_parameter price=39.90 num=20
echo 'missing title: missing_parameter'

good_session=$session
session=NO_SUCH_SESSION
refused invalid_session "title=$title" price=39.90 num=20
session=$good_session
echo 'wrong session: invalid_session'

# Any method counts; a read leaves the shop as it is.
while call taobao.time.get; do
  [ "$calls" -lt "$most_calls" ] || fail "no 429 within $most_calls calls"
done
[ "$(field code)" = 429 ] || fail "expected 429, got $(refusal)"
seconds=$(field sub_msg | sed -n 's/.*This ban will last for \([0-9]*\) more seconds.*/\1/p')
[ -n "$seconds" ] || fail "a 429 that does not say how long it lasts: $(refusal)"
# The refused call itself is not carried out, so it is not counted.
echo "over the limit: 429 after $((calls - 1)) calls, banned for $seconds seconds"
