// Exec, Attach and PortForward of a whole berthd: with the client of packages/streaming and the real crictl.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { NamespaceMode } from '@berth/cri/generated/api.ts';
import { startProcess } from '@berth/linux/processes/spawn.ts';
import { openRelayTerminal, setTerminalSize, terminalStream } from '@berth/linux/streams/terminal.ts';
import { PortForwardClient } from '@berth/streaming/client/port-forward.ts';
import { remoteCommand } from '@berth/streaming/client/remote-command.ts';
import { buildPeer } from '@berth/test-support/peers.ts';
import { failsWith, PodCalls, until } from '../testing/pod-calls.ts';
import { TestClient } from '../testing/test-client.ts';
import { TestNode } from '../testing/test-node.ts';

let node: TestNode;
let pods: PodCalls;
let sandbox: string;
let containerId: string;
let crictl: string;
before(async () => {
  crictl = await buildPeer('crictl');
  node = await TestNode.start('rt-streaming');
  pods = new PodCalls(node);
  sandbox = await pods.runPod('streaming');
  const serve =
    'mkdir /www; echo hello > /www/index.html; httpd -p 127.0.0.1:80 -h /www; httpd -p [::1]:81 -h /www';
  containerId = await pods.startContainer(sandbox, ['/bin/sh', '-c', `${serve}; sleep 3600`]);
});
after(() => node[Symbol.asyncDispose]());

const call = () => node.client.runtime;
const execUrl = async (cmd: string[], change: object = {}) => {
  const flags = { tty: false, stdin: false, stdout: true, stderr: true, ...change };
  return (await call().exec({ containerId, cmd, ...flags })).url;
};
const lines = (what: string) => node.lines.filter((line) => line.includes(what));

/** Runs the real crictl to its end. */
async function runCrictl(args: string[], input?: string) {
  const child = spawn(crictl, ['-r', `unix://${node.config.listen}`, ...args]);
  child.stdin.end(input);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ]);
  return { stdout, stderr, code };
}

/** What a port answers to an HTTP request. */
async function ask(client: PortForwardClient, remotePort: number): Promise<string> {
  const failures: Error[] = [];
  const onError = (error: Error) => failures.push(error);
  const listener = await client.listen({ localPort: 0, remotePort, onError });
  const connection = connect(listener.port, '127.0.0.1');
  connection.write('GET / HTTP/1.0\r\n\r\n');
  const answer = await text(connection).catch(() => '');
  await until(() => answer !== '' || failures.length > 0);
  await listener.close();
  for (const failure of failures) throw failure;
  return answer;
}

for (const transport of ['spdy', 'websocket'] as const) {
  test(`exec over ${transport}: streams and exit code`, async () => {
    const client = new TestClient();
    const { stdout, stderr } = client.streams;
    assert.ok(stdout && stderr);
    const url = await execUrl(['/bin/sh', '-c', 'cat; echo err >&2; exit 5'], { stdin: true });
    const stdin = Readable.from([Buffer.alloc(2_000_000, 'x')]);
    const { exitCode } = await remoteCommand({ url, transport, tty: false, stdin, stdout, stderr });
    assert.equal(exitCode, 5);
    assert.equal(client.stdoutBytes.length, 2_000_000);
    assert.equal(client.stderr, 'err\n');
  });

  test(`port-forward over ${transport}`, async () => {
    const { url } = await call().portForward({ podSandboxId: sandbox, port: [80] });
    const client = await PortForwardClient.dial({ url, transport });
    for (const port of [80, 81]) assert.match(await ask(client, port), /\r\n\r\nhello\n$/);
    await assert.rejects(
      ask(client, 82),
      /failed to connect to localhost:82 inside namespace ".*\/ns\/net", IPv4: .*connection refused.*IPv6: .*refused/,
    );
    client.close();
  });
}

test('a program that is not there is told, and a line of the log tells who wanted it', async () => {
  const url = await execUrl(['/nope'], { stderr: false });
  const { stdout = process.stdout } = new TestClient().streams;
  await assert.rejects(
    remoteCommand({ url, tty: false, stdout }),
    /error executing command in container: .*\/nope/,
  );
  const [requested = ''] = lines('msg="Exec requested"').filter((line) => line.includes('/nope'));
  assert.match(requested, new RegExp(`pod=default/streaming containerName=main container=${containerId}`));
  assert.match(requested, /command="\[\\"\/nope\\"\]" tty=false/);
  assert.ok(requested.includes(`peer="pid ${process.pid}, uid 0, ${process.execPath}"`), requested);
  assert.match(lines('msg="Exec failed')[0] ?? '', /remote="127\.0\.0\.1:\d+" duration="?[\d.]+ms/);
});

test('ExecSync is written down too', async () => {
  await call().execSync({ containerId, cmd: ['/bin/false'], timeout: 5n });
  assert.match(lines('msg="ExecSync ended"').at(-1) ?? '', /command=.*\/bin\/false.* exitCode=1 duration=/);
});

test('bad requests', async () => {
  const both = { tty: true, stdin: false, stdout: true, stderr: true };
  const none = { tty: false, stdin: false, stdout: false, stderr: false };
  const good = { tty: false, stdin: false, stdout: true, stderr: false };
  const made = await pods.makeContainer(sandbox, ['/bin/true'], { metadata: { name: 'made', attempt: 0 } });
  const cmd = ['true'];
  const rows: [ask: () => Promise<unknown>, code: string, message: RegExp][] = [
    [() => call().exec({ containerId, cmd, ...both }), 'INVALID_ARGUMENT', /tty and stderr cannot both be/],
    [() => call().exec({ containerId, cmd, ...none }), 'INVALID_ARGUMENT', /one of stdin, stdout, or stderr/],
    [() => call().exec({ containerId, cmd: [], ...good }), 'INVALID_ARGUMENT', /^cmd: is required/],
    [() => call().exec({ containerId: '', cmd, ...good }), 'INVALID_ARGUMENT', /container_id/],
    [
      () => call().exec({ containerId: 'f'.repeat(64), cmd, ...good }),
      'NOT_FOUND',
      /could not find container/,
    ],
    [() => call().exec({ containerId: made, cmd, ...good }), 'FAILED_PRECONDITION', /is not running/],
    [() => call().attach({ containerId: 'f'.repeat(64), ...good }), 'NOT_FOUND', /could not find container/],
    [() => call().attach({ containerId, ...both }), 'INVALID_ARGUMENT', /tty and stderr/],
    [() => call().portForward({ podSandboxId: '', port: [] }), 'INVALID_ARGUMENT', /pod_sandbox_id/],
    [() => call().portForward({ podSandboxId: 'f'.repeat(64), port: [] }), 'NOT_FOUND', /could not find pod/],
    [() => call().portForward({ podSandboxId: sandbox, port: [0] }), 'INVALID_ARGUMENT', /port/],
  ];
  for (const [ask, code, message] of rows) await assert.rejects(ask(), failsWith(code, message));
  await call().removeContainer({ containerId: made });
});

for (const transport of ['spdy', 'websocket']) {
  test(`crictl exec over ${transport}`, async () => {
    const script = 'cat; echo err >&2; exit 4';
    const { stdout, stderr, code } = await runCrictl(
      ['exec', '-i', '--transport', transport, containerId, '/bin/sh', '-c', script],
      'input\n',
    );
    assert.deepEqual([stdout, stderr.includes('err\n'), code === 0], ['input\n', true, false]);
    assert.match(stderr, /exit code 4/);
  });
}

test('crictl exec -it in a terminal', async () => {
  const { master, path } = openRelayTerminal();
  const screen = terminalStream(master);
  setTerminalSize(master, { width: 111, height: 33 });
  const terminal = { terminal: path };
  const child = startProcess({
    path: crictl,
    args: ['-r', `unix://${node.config.listen}`, 'exec', '-it', containerId, '/bin/sh'],
    env: process.env,
    descriptors: [terminal, terminal, terminal],
  });
  let shown = '';
  screen.on('data', (chunk: Buffer) => {
    shown += chunk;
  });
  const size = async (expected: string) => {
    const from = shown.length;
    await until(async () => {
      screen.write('stty size\r');
      return shown.slice(from).includes(`\r\n${expected}\r\n`);
    });
  };
  await size('33 111');
  setTerminalSize(master, { width: 90, height: 20 });
  await size('20 90');
  const sleeps = async () => (await pods.shell(containerId, 'ps')).includes('sleep 100');
  screen.write('sleep 100\r');
  await until(sleeps);
  screen.write('\x03');
  await until(async () => !(await sleeps()));
  screen.write('echo $((6*7))=; exit 0\r');
  assert.deepEqual(await child.exited, { code: 0, signal: null });
  await until(() => shown.includes('42='));
  screen.destroy();
});

test('crictl attach, with input that ends once', async () => {
  const id = await pods.startContainer(sandbox, ['/bin/sh', '-c', 'cat; echo bye'], {
    metadata: { name: 'attach', attempt: 0 },
    stdin: true,
    stdinOnce: true,
  });
  const { stdout } = await runCrictl(['attach', '-i', id], 'to be read\n');
  assert.equal(stdout, 'to be read\nbye\n');
  await until(() => lines('msg="Attach ended"').length > 0);
  await until(async () => (await pods.statusOf(id)).state === 2);
  await assert.rejects(
    call().attach({ containerId: id, tty: false, stdin: false, stdout: true, stderr: false }),
    failsWith('FAILED_PRECONDITION', /is not created or running/),
  );
});

test('crictl port-forward', async () => {
  const child = spawn(crictl, ['-r', `unix://${node.config.listen}`, 'port-forward', sandbox, '18251:80']);
  let said = '';
  for (const output of [child.stdout, child.stderr]) output.on('data', (chunk) => (said += chunk));
  await until(() => said.includes('Forwarding from 127.0.0.1:18251'));
  for (let round = 0; round < 3; round++) {
    const connection = connect(18251, '127.0.0.1');
    connection.write('GET / HTTP/1.0\r\n\r\n');
    assert.match(await text(connection), /\r\n\r\nhello\n$/);
  }
  child.kill('SIGINT');
  await once(child, 'close');
});

test("a port of a pod in the host's network", async () => {
  const { createServer } = await import('node:net');
  const server = createServer((socket) => socket.end('host'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const host = await pods.runPod('host', {
    linux: { securityContext: { namespaceOptions: { network: NamespaceMode.NODE } } },
  });
  const { url } = await call().portForward({ podSandboxId: host, port: [] });
  const client = await PortForwardClient.dial({ url });
  assert.equal(await ask(client, address.port), 'host');
  client.close();
  server.close();
  await pods.removePod(host);
});

test('the next berthd ends what clients of this one were running', async () => {
  const stdin = new PassThrough();
  const url = await execUrl(['/bin/sh', '-c', 'trap "" HUP; sleep 1234'], {
    stdin: true,
    stdout: false,
    stderr: false,
  });
  const lost = remoteCommand({ url, tty: false, stdin }).catch(() => 'lost');
  const isRunning = async () => (await pods.shell(containerId, 'ps')).includes('sleep 1234');
  await until(isRunning);
  await node.close();
  assert.equal(await lost, 'lost');
  await node.open();
  await until(async () => !(await isRunning()));
});
