// Publishes an item, then meets the three refusals that every client has to handle.
//
//	go run publish.go [gateway]        the gateway is http://127.0.0.1:7070 unless given
//
// Credentials come from TOP_APP_KEY, TOP_APP_SECRET and TOP_SESSION; without them those of the
// gateway's default world are used. Needs Go 1.18, the standard library and no go.mod.
package main

import (
	"crypto/md5"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"sort"
	"strings"
	"time"
)

const mostCalls = 150

// The platform reads times in GMT+8, whatever zone this machine is in.
var platformZone = time.FixedZone("GMT+8", 8*60*60)

var banWords = regexp.MustCompile(`This ban will last for (\d+) more seconds`)

type params map[string]string

// with copies the parameters and sets one more.
func (p params) with(name, value string) params {
	more := params{name: value}
	for other, text := range p {
		if other != name {
			more[other] = text
		}
	}
	return more
}

// topError is a refusal of the gateway.
type topError struct {
	// RawCode is a number or a text: the guide profile sends 429 and names.
	RawCode any    `json:"code"`
	Msg     string `json:"msg"`
	SubMsg  string `json:"sub_msg"`
}

func (e *topError) code() string { return fmt.Sprint(e.RawCode) }

func (e *topError) Error() string {
	if e.SubMsg != "" {
		return e.code() + ": " + e.SubMsg
	}
	return e.code() + ": " + e.Msg
}

type top struct {
	gateway, appKey, appSecret, session string
	http                                http.Client
	calls                               int
}

// call answers what is inside `…_response`; a refusal is an error of type *topError.
func (t *top) call(method string, more params) (json.RawMessage, error) {
	form := url.Values{}
	form.Set("method", method)
	form.Set("app_key", t.appKey)
	form.Set("session", t.session)
	form.Set("timestamp", time.Now().In(platformZone).Format("2006-01-02 15:04:05"))
	form.Set("format", "json")
	form.Set("v", "2.0")
	form.Set("sign_method", "md5")
	for name, value := range more {
		form.Set(name, value)
	}
	form.Set("sign", t.sign(form))
	t.calls++
	response, err := t.http.PostForm(strings.TrimRight(t.gateway, "/")+"/router/rest", form)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	// What is no JSON leaves this empty, and so has none of the keys below.
	var answer map[string]json.RawMessage
	_ = json.Unmarshal(body, &answer)
	// The HTTP status is 200 for refusals too: only the root key tells.
	if inner, failed := answer["error_response"]; failed {
		refusal := &topError{}
		if err := json.Unmarshal(inner, refusal); err != nil {
			return nil, err
		}
		return nil, refusal
	}
	// taobao.item.add answers under item_add_response.
	root := strings.ReplaceAll(strings.TrimPrefix(method, "taobao."), ".", "_") + "_response"
	if inner, found := answer[root]; found {
		return inner, nil
	}
	return nil, fmt.Errorf("this is no answer of a TOP gateway: %.80s", body)
}

func (t *top) sign(form url.Values) string {
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	sort.Strings(names)
	var text strings.Builder
	text.WriteString(t.appSecret)
	for _, name := range names {
		// The values as they are, before URL encoding.
		text.WriteString(name + form.Get(name))
	}
	text.WriteString(t.appSecret)
	return fmt.Sprintf("%X", md5.Sum([]byte(text.String())))
}

// refused makes a call that has to be refused with this code.
func refused(t *top, code string, more params) error {
	_, err := t.call("taobao.item.add", more)
	if err == nil {
		return fmt.Errorf("expected %s, but the item was published", code)
	}
	var refusal *topError
	if errors.As(err, &refusal) && refusal.code() == code {
		return nil
	}
	return fmt.Errorf("expected %s, got %w", code, err)
}

// exhaust calls until the limit is reached. Any method counts; a read leaves the shop as it is.
func exhaust(t *top) (*topError, error) {
	for t.calls < mostCalls {
		_, err := t.call("taobao.time.get", nil)
		var refusal *topError
		if errors.As(err, &refusal) && refusal.code() == "429" {
			return refusal, nil
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("no 429 within %d calls", mostCalls)
}

func run() error {
	t := &top{
		gateway:   "http://127.0.0.1:7070",
		appKey:    env("TOP_APP_KEY", "YOUR_APP_KEY"),
		appSecret: env("TOP_APP_SECRET", "YOUR_SECRET_KEY"),
		session:   env("TOP_SESSION", "YOUR_SESSION_TOKEN"),
		http:      http.Client{Timeout: 30 * time.Second},
	}
	if len(os.Args) > 1 {
		t.gateway = os.Args[1]
	}
	untitled := params{"price": "39.90", "num": "20"}
	item := untitled.with("title", "陶瓷咖啡杯 350ml")

	inner, err := t.call("taobao.item.add", item)
	if err != nil {
		return err
	}
	var published struct {
		Item struct {
			NumIid int64 `json:"num_iid"`
		} `json:"item"`
	}
	if err := json.Unmarshal(inner, &published); err != nil {
		return err
	}
	fmt.Println("published", published.Item.NumIid)

	if err := refused(t, "missing_parameter", untitled); err != nil {
		return err
	}
	fmt.Println("missing title: missing_parameter")

	if err := refused(t, "invalid_session", item.with("session", "NO_SUCH_SESSION")); err != nil {
		return err
	}
	fmt.Println("wrong session: invalid_session")

	refusal, err := exhaust(t)
	if err != nil {
		return err
	}
	ban := banWords.FindStringSubmatch(refusal.SubMsg)
	if ban == nil {
		return fmt.Errorf("a 429 that does not say how long it lasts: %w", refusal)
	}
	// The refused call itself is not carried out, so it is not counted.
	fmt.Printf("over the limit: 429 after %d calls, banned for %s seconds\n", t.calls-1, ban[1])
	return nil
}

func env(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "publish:", err)
		os.Exit(1)
	}
}
