<?php

/**
 * Tests of an integration with the Taobao Open Platform, against LocalTOP.
 *
 *     composer require --dev phpunit/phpunit && npm install --save-dev localtop
 *     phpunit PublishTest.php
 *
 * The gateway is started once for the session; every test has a tenant, and so a shop, of its own.
 * LOCALTOP_URL names a gateway that runs already, LOCALTOP another command than "npx localtop".
 * Needs PHP 8.1, PHPUnit 9 or later, and no extension beyond what PHPUnit asks for.
 */

declare(strict_types=1);

use PHPUnit\Framework\TestCase;

// --- The gateway and a tenant for each test: copy this class into a file of its own. ---

/** An app with secret, session, empty shop and journal of its own. */
final class Tenant
{
    private static ?string $running = null;

    private function __construct(
        public readonly string $gateway,
        public readonly string $appKey,
        public readonly string $appSecret,
        public readonly string $session,
    ) {
    }

    public static function mint(): self
    {
        $gateway = self::$running ??= self::gateway();
        $minted = self::control($gateway, 'POST', '/tenants', ['profile' => 'production']);
        return new self($gateway, $minted['appKey'], $minted['appSecret'], $minted['session']);
    }

    public function drop(): void
    {
        self::control($this->gateway, 'DELETE', "/tenants/$this->appKey");
    }

    /** Refuses the next call; `when` and `times` say which ones, as in scenario files. */
    public function refuse(string $error, array $rule = []): void
    {
        $scenario = ['title' => $error, 'rules' => [['then' => ['refuse' => $error]] + $rule]];
        $this->ask('PUT', '/scenarios', ['scenarios' => [$scenario]]);
    }

    /** Lets something happen to an answer on the wire. */
    public function fault(array $fault): void
    {
        $this->ask('POST', '/faults', $fault);
    }

    /** What was called, as `method code`; 0 where it was answered. */
    public function calls(): array
    {
        $sayIt = fn (array $one) => "$one[method] " . ($one['code'] ?? 0);
        return array_map($sayIt, $this->ask('GET', '/exchanges')['exchanges']);
    }

    /** What the gateway has to say against the integration, a sentence each. */
    public function findings(): array
    {
        return array_map(fn (array $one) => $one['detail']['en'], $this->ask('GET', '/report')['findings']);
    }

    private function ask(string $verb, string $path, ?array $body = null): array
    {
        return self::control($this->gateway, $verb, "$path?appKey=$this->appKey", $body);
    }

    /** The address of a gateway: the one that runs already, or one for this session. */
    private static function gateway(): string
    {
        if ($running = getenv('LOCALTOP_URL')) {
            return rtrim($running, '/');
        }
        $readyFile = sys_get_temp_dir() . '/localtop-' . bin2hex(random_bytes(8)) . '.json';
        $command = explode(' ', getenv('LOCALTOP') ?: 'npx localtop');
        $flags = ['--port', '0', '--store', 'memory', '--ready-file', $readyFile];
        $quiet = [1 => ['file', '/dev/null', 'w']];
        $process = proc_open([...$command, 'start', ...$flags], $quiet, $pipes);
        $deadline = time() + 60;
        while (!file_exists($readyFile)) {
            if (!$process || !proc_get_status($process)['running'] || time() > $deadline) {
                throw new RuntimeException(implode(' ', $command) . ' start did not get ready');
            }
            usleep(50_000);
        }
        $ready = json_decode(file_get_contents($readyFile), true);
        unlink($readyFile);
        register_shutdown_function(function () use ($ready, $process) {
            // The process that we started may be npx, the gateway's parent.
            exec("kill $ready[pid]");
            proc_close($process);
        });
        return $ready['url'];
    }

    /** Steers the gateway, or asks it, through its control API. */
    private static function control(string $gateway, string $verb, string $path, ?array $body = null): array
    {
        $http = ['method' => $verb, 'ignore_errors' => true, 'timeout' => 30];
        if ($body !== null) {
            $http += ['header' => 'Content-Type: application/json', 'content' => json_encode($body)];
        }
        $text = file_get_contents("$gateway/_localtop$path", false, stream_context_create(['http' => $http]));
        $answer = json_decode((string) $text, true);
        if (!is_array($answer) || isset($answer['error'])) {
            throw new RuntimeException("$verb $path: $text");
        }
        return $answer;
    }
}

// --- The tests. ---

final class PublishTest extends TestCase
{
    private const ITEM = [
        'title' => '陶瓷咖啡杯 350ml',
        'price' => '39.90',
        'num' => '20',
        'outer_id' => 'CUP-350',
        'type' => 'fixed',
        'stuff_status' => 'new',
        'cid' => '1512',
        'desc' => '景德镇陶瓷，可进洗碗机',
        'location.state' => '浙江',
        'location.city' => '杭州',
    ];

    private Tenant $tenant;

    protected function setUp(): void
    {
        $this->tenant = Tenant::mint();
    }

    protected function tearDown(): void
    {
        $this->tenant->drop();
    }

    public function testPublishesAnItem(): void
    {
        self::assertGreaterThan(0, (new Shop($this->tenant))->publish(self::ITEM));

        self::assertSame(['taobao.item.add 0'], $this->tenant->calls());
        self::assertSame([], $this->tenant->findings());
    }

    public function testPublishesOnceWhereTheAnswerIsLost(): void
    {
        $this->tenant->fault(['fault' => 'reset-after', 'method' => 'taobao.item.add']);

        self::assertGreaterThan(0, (new Shop($this->tenant))->publish(self::ITEM));

        self::assertSame([], $this->tenant->findings());
        self::assertSame(['taobao.item.add 0', 'taobao.items.custom.get 0'], $this->tenant->calls());
    }

    public function testWaitsWhileThePlatformHasTrouble(): void
    {
        $twice = ['when' => ['method' => 'taobao.item.add'], 'times' => 2];
        $this->tenant->refuse('isp.item-service-unavailable', $twice);

        self::assertGreaterThan(0, (new Shop($this->tenant))->publish(self::ITEM));

        self::assertSame(2, array_count_values($this->tenant->calls())['taobao.item.add 15']);
        self::assertSame([], $this->tenant->findings());
    }

    public function testDoesNotTryAgainWithoutAnAuthorisation(): void
    {
        $this->tenant->refuse('27/session-expired');

        try {
            (new Shop($this->tenant))->publish(self::ITEM);
            self::fail('the expired session was not noticed');
        } catch (TopError $refusal) {
            self::assertStringContainsString('session-expired', $refusal->getMessage());
        }

        self::assertSame(['taobao.item.add 27'], $this->tenant->calls());
    }
}

// --- The integration under test: use yours instead. ---

final class TopError extends RuntimeException
{
    public readonly bool $isPassing;

    public function __construct(array $error)
    {
        $subCode = $error['sub_code'] ?? '';
        parent::__construct("$error[code]: $subCode: " . ($error['sub_msg'] ?? ''));
        // isp.* is the platform's trouble: the call may be sent again, later.
        $this->isPassing = str_starts_with($subCode, 'isp.');
    }
}

final class NoAnswer extends RuntimeException
{
    public readonly bool $isPassing;

    public function __construct()
    {
        parent::__construct('the connection failed');
        $this->isPassing = true;
    }
}

final class Shop
{
    public function __construct(private Tenant $top)
    {
    }

    /** Publishes an item, and never twice: after an unknown outcome it looks for it first. */
    public function publish(array $item): int
    {
        foreach ([200_000, 500_000, null] as $wait) {
            try {
                return $this->call('taobao.item.add', $item)['item']['num_iid'];
            } catch (TopError | NoAnswer $problem) {
                if ($wait === null || !$problem->isPassing) {
                    throw $problem;
                }
            }
            usleep($wait);
            $asked = ['outer_id' => $item['outer_id'], 'fields' => 'num_iid'];
            $found = $this->call('taobao.items.custom.get', $asked)['items']['item'] ?? [];
            if ($found) {
                return $found[0]['num_iid'];
            }
        }
    }

    private function call(string $method, array $params): array
    {
        $sent = $params + [
            'method' => $method,
            'app_key' => $this->top->appKey,
            'session' => $this->top->session,
            'timestamp' => (new DateTime('now', new DateTimeZone('Asia/Shanghai')))->format('Y-m-d H:i:s'),
            'format' => 'json',
            'v' => '2.0',
            'sign_method' => 'md5',
        ];
        ksort($sent, SORT_STRING);
        $text = $this->top->appSecret;
        foreach ($sent as $name => $value) {
            $text .= $name . $value;
        }
        $sent['sign'] = strtoupper(md5($text . $this->top->appSecret));
        $http = [
            'method' => 'POST',
            'header' => 'Content-Type: application/x-www-form-urlencoded',
            'content' => http_build_query($sent),
            'timeout' => 30,
        ];
        $text = @file_get_contents(
            $this->top->gateway . '/router/rest',
            false,
            stream_context_create(['http' => $http]),
        );
        $answer = json_decode((string) $text, true);
        if (!is_array($answer)) {
            throw new NoAnswer();
        }
        // Refusals come with HTTP 200 as well.
        if (isset($answer['error_response'])) {
            throw new TopError($answer['error_response']);
        }
        return $answer[str_replace(['taobao.', '.'], ['', '_'], $method) . '_response'];
    }
}
