<?php
/**
 * Publishes an item, then meets the three refusals that every client has to handle.
 *
 *     php publish.php [gateway]        the gateway is http://127.0.0.1:7070 unless given
 *
 * Credentials come from TOP_APP_KEY, TOP_APP_SECRET and TOP_SESSION; without them those of the
 * gateway's default world are used. Needs PHP 8 and no extension: HTTP goes through PHP's streams.
 */

declare(strict_types=1);

const MOST_CALLS = 150;

/** A refusal of the gateway. */
final class TopError extends Exception
{
    /** A text here: the guide profile sends 429 as a number, the others as names. */
    public string $topCode;
    public string $subMsg;

    public function __construct(array $error)
    {
        $this->topCode = (string) $error['code'];
        $this->subMsg = $error['sub_msg'] ?? '';
        parent::__construct($this->topCode . ': ' . ($this->subMsg ?: $error['msg'] ?? ''));
    }
}

final class Top
{
    public int $calls = 0;

    public function __construct(
        private string $gateway,
        private string $appKey,
        private string $appSecret,
        private string $session,
    ) {
    }

    /** Answers what is inside `…_response`, or throws TopError. */
    public function call(string $method, array $params = []): array
    {
        // The platform reads times in GMT+8, whatever zone this machine is in.
        $now = new DateTimeImmutable('now', new DateTimeZone('+08:00'));
        $params += [
            'method' => $method,
            'app_key' => $this->appKey,
            'session' => $this->session,
            'timestamp' => $now->format('Y-m-d H:i:s'),
            'format' => 'json',
            'v' => '2.0',
            'sign_method' => 'md5',
        ];
        $params['sign'] = $this->sign($params);
        $this->calls++;
        $body = @file_get_contents(rtrim($this->gateway, '/') . '/router/rest', false, stream_context_create([
            'http' => [
                'method' => 'POST',
                'header' => 'Content-Type: application/x-www-form-urlencoded;charset=UTF-8',
                'content' => http_build_query($params),
                'timeout' => 30,
            ],
        ]));
        if ($body === false) {
            throw new RuntimeException(error_get_last()['message'] ?? 'no answer');
        }
        $answer = json_decode($body, true);
        // The HTTP status is 200 for refusals too: only the root key tells.
        if (isset($answer['error_response'])) {
            throw new TopError($answer['error_response']);
        }
        // taobao.item.add answers under item_add_response.
        $root = strtr(preg_replace('/^taobao\./', '', $method), '.', '_') . '_response';
        return $answer[$root]
            ?? throw new RuntimeException('this is no answer of a TOP gateway: ' . substr($body, 0, 80));
    }

    private function sign(array $params): string
    {
        // SORT_STRING is byte order; PHP would otherwise compare names that look like numbers as such.
        ksort($params, SORT_STRING);
        $text = '';
        foreach ($params as $name => $value) {
            $text .= $name . $value;
        }
        return strtoupper(md5($this->appSecret . $text . $this->appSecret));
    }
}

/** Makes a call that has to be refused with this code. */
function refused(Top $top, string $code, array $params): string
{
    try {
        $top->call('taobao.item.add', $params);
    } catch (TopError $refusal) {
        if ($refusal->topCode === $code) {
            return $code;
        }
        throw new RuntimeException("expected $code, got {$refusal->getMessage()}");
    }
    throw new RuntimeException("expected $code, but the item was published");
}

/** Calls until the limit is reached. Any method counts; a read leaves the shop as it is. */
function exhaust(Top $top): TopError
{
    while ($top->calls < MOST_CALLS) {
        try {
            $top->call('taobao.time.get');
        } catch (TopError $refusal) {
            if ($refusal->topCode === '429') {
                return $refusal;
            }
            throw $refusal;
        }
    }
    throw new RuntimeException('no 429 within ' . MOST_CALLS . ' calls');
}

function main(array $args): void
{
    $top = new Top(
        $args[1] ?? 'http://127.0.0.1:7070',
        getenv('TOP_APP_KEY') ?: 'YOUR_APP_KEY',
        getenv('TOP_APP_SECRET') ?: 'YOUR_SECRET_KEY',
        getenv('TOP_SESSION') ?: 'YOUR_SESSION_TOKEN',
    );
    $item = ['title' => '陶瓷咖啡杯 350ml', 'price' => '39.90', 'num' => '20'];
    $untitled = array_diff_key($item, ['title' => '']);

    $published = $top->call('taobao.item.add', $item);
    echo "published {$published['item']['num_iid']}\n";

    echo 'missing title: ', refused($top, 'missing_parameter', $untitled), "\n";
    $foreign = ['session' => 'NO_SUCH_SESSION'] + $item;
    echo 'wrong session: ', refused($top, 'invalid_session', $foreign), "\n";

    $refusal = exhaust($top);
    if (!preg_match('/This ban will last for (\d+) more seconds/', $refusal->subMsg, $ban)) {
        throw new RuntimeException("a 429 that does not say how long it lasts: {$refusal->getMessage()}");
    }
    // The refused call itself is not carried out, so it is not counted.
    $calls = $top->calls - 1;
    echo "over the limit: 429 after $calls calls, banned for $ban[1] seconds\n";
}

try {
    main($argv);
} catch (Exception $problem) {
    fwrite(STDERR, "publish: {$problem->getMessage()}\n");
    exit(1);
}
