<?php
/**
 * What happens when one deposit arrives 300 times at once: the usual Laravel service against Gatehouse.
 *
 *   php duplicate_deposit.php laravel DSN [--workers=300] [--transaction] [--unique]
 *   php duplicate_deposit.php gatehouse URL [--workers=300] --key-file=urs.key
 *
 * Needs pcntl; for the first, PDO with a driver for DSN (`pgsql:...`, `sqlite:/tmp/x.db`), an empty database, and the
 * right to make tables in it. See docs/users/comparison.md.
 */
const COPIES = 300;
const DIAMOND_RATIO = 300;
const FUND_USER_ID = 15;

/** The steps of such a service, one by one, over PDO instead of Eloquent. */
class UrsService
{
    public function __construct(private PDO $db, private bool $oneTransaction)
    {
    }

    public function handleDeposit(int $userId, float $usdtAmount, string $transactionId): array
    {
        try {
            if ($this->oneTransaction) $this->db->beginTransaction();
            if ($this->isTransactionProcessed($transactionId)) throw new Exception('交易已处理');
            $this->transfer(FUND_USER_ID, $userId, $usdtAmount * DIAMOND_RATIO);
            $this->log($transactionId, 'success');
            if ($this->oneTransaction) $this->db->commit();
            return ['success' => true];
        } catch (Exception $error) {
            if ($this->db->inTransaction()) $this->db->rollBack();
            $this->log($transactionId, 'failed');
            return ['success' => false, 'error' => $error->getMessage()];
        }
    }

    private function isTransactionProcessed(string $transactionId): bool
    {
        $found = $this->db->prepare("SELECT 1 FROM logs WHERE transaction_id = ? AND status = 'success'");
        $found->execute([$transactionId]);
        return $found->fetchColumn() !== false;
    }

    /** As kind as can be: one database transaction, no balance read into PHP and written back. */
    private function transfer(int $from, int $to, float $amount): void
    {
        if (!$this->oneTransaction) $this->db->beginTransaction();
        $add = $this->db->prepare('UPDATE accounts SET balance = balance + ? WHERE user_id = ?');
        $add->execute([-$amount, $from]);
        $add->execute([$amount, $to]);
        if (!$this->oneTransaction) $this->db->commit();
    }

    private function log(string $transactionId, string $status): void
    {
        $this->db->prepare('INSERT INTO logs (transaction_id, status) VALUES (?, ?)')
            ->execute([$transactionId, $status]);
    }
}

function connect(string $dsn): PDO
{
    $db = new PDO($dsn);
    if (str_starts_with($dsn, 'sqlite:')) $db->exec('PRAGMA busy_timeout = 60000; PRAGMA journal_mode = WAL');
    return $db;
}

function prepareDatabase(PDO $db, bool $unique): void
{
    $db->exec('DROP TABLE IF EXISTS logs');
    $db->exec('DROP TABLE IF EXISTS accounts');
    $db->exec('CREATE TABLE logs (transaction_id VARCHAR(128), status VARCHAR(16))');
    $db->exec('CREATE TABLE accounts (user_id INT PRIMARY KEY, balance DECIMAL(30, 10))');
    $db->exec('INSERT INTO accounts VALUES (15, 0), (10002, 0)');
    $db->exec($unique
        ? "CREATE UNIQUE INDEX once ON logs (transaction_id) WHERE status = 'success'"
        : 'CREATE INDEX by_transaction ON logs (transaction_id)');
}

/** @return string what URS is told */
function deliver(string $url, string $key, string $json): string
{
    $iv = random_bytes(16);
    $data = base64_encode(openssl_encrypt($json, 'AES-256-CBC', $key, OPENSSL_RAW_DATA, $iv));
    $iv = base64_encode($iv);
    $timestamp = time();
    $sign = hash('sha256', $data . $iv . $timestamp . $key);
    $answer = file_get_contents("$url/webhook/urs/deposit", false, stream_context_create(['http' => [
        'method' => 'POST',
        'header' => 'Content-Type: application/json',
        'content' => json_encode(compact('data', 'iv', 'timestamp', 'sign')),
        'ignore_errors' => true,
    ]]));
    ['success' => $success, 'code' => $code, 'replayed' => $replayed] =
        json_decode($answer, true) + ['code' => '', 'replayed' => false];
    return $success ? ($replayed ? 'success, replayed' : 'success') : $code;
}

/**
 * Forks, waits for everybody to be there, and lets each do its share.
 * @return array<string, int> answers, counted
 */
function inParallel(int $workers, callable $worker): array
{
    $start = microtime(true) + 2;
    $answers = tempnam(sys_get_temp_dir(), 'answers');
    for ($number = 0; $number < $workers; $number++) {
        if (pcntl_fork() !== 0) continue;
        $once = $worker();
        time_sleep_until($start);
        $share = intdiv(COPIES, $workers) + ($number < COPIES % $workers ? 1 : 0);
        for ($copy = 0; $copy < $share; $copy++) file_put_contents($answers, $once() . "\n", FILE_APPEND | LOCK_EX);
        posix_kill(getmypid(), SIGKILL); // no destructors of what the parent owns
    }
    while (pcntl_wait($status) > 0);
    $counted = array_count_values(file($answers, FILE_IGNORE_NEW_LINES));
    unlink($answers);
    return $counted;
}

$options = ['workers' => COPIES, 'transaction' => false, 'unique' => false, 'key-file' => 'urs.key'];
[, $side, $target] = $argv;
foreach (array_slice($argv, 3) as $argument) {
    [$name, $value] = explode('=', substr($argument, 2)) + [1 => true];
    $options[$name] = $value;
}
$transactionId = 'COPIES-' . bin2hex(random_bytes(4));

if ($side === 'gatehouse') {
    $key = trim(file_get_contents($options['key-file']));
    $json = "{\"userId\":10002,\"usdtAmount\":10.0,\"transactionId\":\"$transactionId\"}";
    print_r(inParallel((int) $options['workers'], fn () => fn () => deliver($target, $key, $json)));
    echo "transaction $transactionId\n";
    exit;
}

prepareDatabase(connect($target), (bool) $options['unique']);
print_r(inParallel((int) $options['workers'], function () use ($target, $options, $transactionId) {
    $service = new UrsService(connect($target), (bool) $options['transaction']);
    return function () use ($service, $transactionId) {
        $answer = $service->handleDeposit(10002, 10.0, $transactionId);
        return $answer['success'] ? 'success' : strtok($answer['error'], "\n");
    };
}));
$balance = connect($target)->query('SELECT balance FROM accounts WHERE user_id = 10002')->fetchColumn();
printf("balance %s, one deposit is 3000: %d deposits\n", $balance, $balance / 3000);
