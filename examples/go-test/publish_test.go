// Tests of an integration with the Taobao Open Platform, against LocalTOP.
//
//	npm install --save-dev localtop
//	go test publish_test.go
//
// The gateway is started once for the package; every test has a tenant, and so a shop, of its own.
// LOCALTOP_URL names a gateway that runs already, LOCALTOP another command than "npx localtop".
// Needs Go 1.18 and the standard library.
package publish

import (
	"bytes"
	"crypto/md5"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"sort"
	"strings"
	"syscall"
	"testing"
	"time"
)

// --- The gateway and a tenant for each test: copy this into a file of your package. ---

var gateway string

func TestMain(m *testing.M) {
	stop, err := findGateway()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	status := m.Run()
	stop()
	os.Exit(status)
}

// findGateway sets the address of the gateway: the one that runs already, or one for these tests.
func findGateway() (stop func(), err error) {
	if running := os.Getenv("LOCALTOP_URL"); running != "" {
		gateway = strings.TrimRight(running, "/")
		return func() {}, nil
	}
	folder, err := os.MkdirTemp("", "localtop")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	readyFile := filepath.Join(folder, "ready.json")
	command := strings.Fields(os.Getenv("LOCALTOP"))
	if len(command) == 0 {
		command = []string{"npx", "localtop"}
	}
	args := append(command[1:], "start", "--port", "0", "--store", "memory", "--ready-file", readyFile)
	process := exec.Command(command[0], args...)
	process.Stderr = os.Stderr
	if err := process.Start(); err != nil {
		return nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- process.Wait() }()
	var ready struct {
		URL string
		PID int
	}
	for deadline := time.After(time.Minute); ready.URL == ""; {
		if text, err := os.ReadFile(readyFile); err == nil {
			if err := json.Unmarshal(text, &ready); err != nil {
				return nil, err
			}
		}
		select {
		case err := <-ended:
			return nil, fmt.Errorf("%v ended before it was ready: %v", command, err)
		case <-deadline:
			process.Process.Kill()
			return nil, fmt.Errorf("%v start did not get ready", command)
		case <-time.After(50 * time.Millisecond):
		}
	}
	gateway = ready.URL
	return func() {
		// The process that we started may be npx, the gateway's parent.
		syscall.Kill(ready.PID, syscall.SIGTERM)
		<-ended
	}, nil
}

// tenant is an app with secret, session, empty shop and journal of its own.
type tenant struct{ AppKey, AppSecret, Session string }

func mintTenant(t *testing.T) tenant {
	var minted tenant
	control(t, "POST", "/tenants", `{"profile":"production"}`, &minted)
	t.Cleanup(func() { control(t, "DELETE", "/tenants/"+minted.AppKey, "", nil) })
	return minted
}

// refuse has the next call refused; when and times say which ones, as in scenario files.
func (top tenant) refuse(t *testing.T, rule string) {
	t.Helper()
	scenario := fmt.Sprintf(`{"scenarios":[{"title":"refused","rules":[%s]}]}`, rule)
	control(t, "PUT", "/scenarios?appKey="+top.AppKey, scenario, nil)
}

// fault lets something happen to an answer on the wire.
func (top tenant) fault(t *testing.T, fault string) {
	t.Helper()
	control(t, "POST", "/faults?appKey="+top.AppKey, fault, nil)
}

// calls lists what was called, as `method code`; 0 where it was answered.
func (top tenant) calls(t *testing.T) []string {
	var listed struct {
		Exchanges []struct {
			Method string
			Code   int
		}
	}
	control(t, "GET", "/exchanges?appKey="+top.AppKey, "", &listed)
	calls := []string{}
	for _, one := range listed.Exchanges {
		calls = append(calls, fmt.Sprint(one.Method, " ", one.Code))
	}
	return calls
}

// findings lists what the gateway has to say against the integration, a sentence each.
func (top tenant) findings(t *testing.T) []string {
	var report struct {
		Findings []struct{ Detail struct{ EN string } }
	}
	control(t, "GET", "/report?appKey="+top.AppKey, "", &report)
	findings := []string{}
	for _, one := range report.Findings {
		findings = append(findings, one.Detail.EN)
	}
	return findings
}

// control steers the gateway, or asks it, through its control API.
func control(t *testing.T, verb, path, body string, into any) {
	t.Helper()
	request, err := http.NewRequest(verb, gateway+"/_localtop"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode >= 400 {
		t.Fatalf("%s %s: %s", verb, path, answer)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(answer, into); err != nil {
		t.Fatal(err)
	}
}

// --- The tests. ---

var item = map[string]string{
	"title":          "陶瓷咖啡杯 350ml",
	"price":          "39.90",
	"num":            "20",
	"outer_id":       "CUP-350",
	"type":           "fixed",
	"stuff_status":   "new",
	"cid":            "1512",
	"desc":           "景德镇陶瓷，可进洗碗机",
	"location.state": "浙江",
	"location.city":  "杭州",
}

func TestPublishesAnItem(t *testing.T) {
	top := mintTenant(t)

	published(t, top)

	equal(t, top.calls(t), []string{"taobao.item.add 0"})
	equal(t, top.findings(t), []string{})
}

func TestPublishesOnceWhereTheAnswerIsLost(t *testing.T) {
	top := mintTenant(t)
	top.fault(t, `{"fault":"reset-after","method":"taobao.item.add"}`)

	published(t, top)

	equal(t, top.findings(t), []string{})
	equal(t, top.calls(t), []string{"taobao.item.add 0", "taobao.items.custom.get 0"})
}

func TestWaitsWhileThePlatformHasTrouble(t *testing.T) {
	top := mintTenant(t)
	top.refuse(t, `{
		"when": {"method": "taobao.item.add"},
		"then": {"refuse": "isp.item-service-unavailable"},
		"times": 2
	}`)

	published(t, top)

	if refused := strings.Count(fmt.Sprint(top.calls(t)), "taobao.item.add 15"); refused != 2 {
		t.Errorf("%d calls were refused, want 2", refused)
	}
	equal(t, top.findings(t), []string{})
}

func TestDoesNotTryAgainWithoutAnAuthorisation(t *testing.T) {
	top := mintTenant(t)
	top.refuse(t, `{"then": {"refuse": "27/session-expired"}}`)

	_, err := publish(top, item)

	var refusal *topError
	if !errors.As(err, &refusal) || refusal.SubCode != "session-expired" {
		t.Errorf("got %v, want session-expired", err)
	}
	equal(t, top.calls(t), []string{"taobao.item.add 27"})
}

func published(t *testing.T, top tenant) {
	t.Helper()
	if id, err := publish(top, item); err != nil || id <= 0 {
		t.Fatalf("publish gave %d, %v", id, err)
	}
}

func equal(t *testing.T, got, want []string) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// --- The integration under test: use yours instead. ---

// topError is a refusal of the platform.
type topError struct {
	Code    int
	SubCode string `json:"sub_code"`
	SubMsg  string `json:"sub_msg"`
}

func (e *topError) Error() string { return fmt.Sprintf("%d: %s: %s", e.Code, e.SubCode, e.SubMsg) }

type listedItem struct {
	NumIid int64 `json:"num_iid"`
}

// publish makes an item, and never twice: after an unknown outcome it looks for it first.
func publish(top tenant, item map[string]string) (int64, error) {
	waits := []time.Duration{200 * time.Millisecond, 500 * time.Millisecond}
	for attempt := 0; ; attempt++ {
		var added struct{ Item listedItem }
		err := call(top, "taobao.item.add", item, &added)
		if err == nil {
			return added.Item.NumIid, nil
		}
		// isp.* is the platform's trouble: the call may be sent again, later.
		var refusal *topError
		isFinal := errors.As(err, &refusal) && !strings.HasPrefix(refusal.SubCode, "isp.")
		if isFinal || attempt == len(waits) {
			return 0, err
		}
		time.Sleep(waits[attempt])
		var found struct{ Items struct{ Item []listedItem } }
		asked := map[string]string{"outer_id": item["outer_id"], "fields": "num_iid"}
		if err := call(top, "taobao.items.custom.get", asked, &found); err != nil {
			return 0, err
		}
		if len(found.Items.Item) > 0 {
			return found.Items.Item[0].NumIid, nil
		}
	}
}

func call(top tenant, method string, params map[string]string, into any) error {
	form := url.Values{}
	for name, value := range params {
		form.Set(name, value)
	}
	form.Set("method", method)
	form.Set("app_key", top.AppKey)
	form.Set("session", top.Session)
	form.Set("timestamp", time.Now().In(time.FixedZone("GMT+8", 8*3600)).Format("2006-01-02 15:04:05"))
	form.Set("format", "json")
	form.Set("v", "2.0")
	form.Set("sign_method", "md5")
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	sort.Strings(names)
	text := bytes.NewBufferString(top.AppSecret)
	for _, name := range names {
		text.WriteString(name + form.Get(name))
	}
	text.WriteString(top.AppSecret)
	form.Set("sign", fmt.Sprintf("%X", md5.Sum(text.Bytes())))

	response, err := http.PostForm(gateway+"/router/rest", form)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var answer map[string]json.RawMessage
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return err
	}
	// Refusals come with HTTP 200 as well.
	if inner, refused := answer["error_response"]; refused {
		refusal := &topError{}
		if err := json.Unmarshal(inner, refusal); err != nil {
			return err
		}
		return refusal
	}
	root := strings.ReplaceAll(strings.TrimPrefix(method, "taobao."), ".", "_") + "_response"
	return json.Unmarshal(answer[root], into)
}
