import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { CriError } from '@berth/cri/errors/cri-error.ts';
import type { ExecSyncRequest } from '@berth/cri/generated/api.ts';
import type { LifecycleHandler } from '../api/pod.ts';
import { HookMetrics } from '../metrics/hook-metrics.ts';
import { MetricsRegistry } from '../metrics/registry.ts';
import { type HookPorts, runHook } from './run-hook.ts';

const target = {
  pod: { name: 'p', namespace: 'default', uid: 'u' },
  id: 'c1',
  container: { name: 'main', ports: [{ name: 'web', containerPort: 80 }] },
  podIp: undefined,
};
const never = new AbortController().signal;

/** A runtime in which each command ends like this. */
function ending(answer: { exitCode: number; stdout?: string; stderr?: string } | Error): {
  ports: HookPorts;
  asked: Partial<ExecSyncRequest>[];
  registry: MetricsRegistry;
} {
  const asked: Partial<ExecSyncRequest>[] = [];
  const execSync = async (request: Partial<ExecSyncRequest>) => {
    asked.push(request);
    if (answer instanceof Error) throw answer;
    const { exitCode, stdout = '', stderr = '' } = answer;
    return { exitCode, stdout: Buffer.from(stdout), stderr: Buffer.from(stderr) };
  };
  const registry = new MetricsRegistry();
  const hookMetrics = new HookMetrics(registry);
  return { ports: { runtime: { execSync } as HookPorts['runtime'], hookMetrics }, asked, registry };
}

const exec: LifecycleHandler = { exec: { command: ['sh', '-c', 'x'] } };

test('a command runs in the container, without a time limit', async () => {
  const { ports, asked } = ending({ exitCode: 0, stdout: 'ignored' });
  await runHook(exec, target, ports, never);
  assert.deepEqual(asked, [{ containerId: 'c1', cmd: ['sh', '-c', 'x'], timeout: 0n }]);
});

const where = 'for Container "main" in Pod "p_default(u)" failed - error:';
const failures: [
  title: string,
  hook: LifecycleHandler,
  answer: Parameters<typeof ending>[0],
  message: string,
][] = [
  [
    'a command that fails',
    exec,
    { exitCode: 3, stdout: 'out\n', stderr: 'err' },
    `Exec lifecycle hook ([sh -c x]) ${where} command 'sh -c x' exited with 3: err, message: "out\\nerr"`,
  ],
  [
    'a command that cannot run',
    exec,
    new CriError('NOT_FOUND', 'no such container'),
    `Exec lifecycle hook ([sh -c x]) ${where} rpc error: code = NotFound desc = no such container, message: ""`,
  ],
  [
    'a request to a pod without address',
    { httpGet: { port: 80, path: '/x' } },
    { exitCode: 0 },
    `HTTP lifecycle hook (/x) ${where} failed to find networking container`,
  ],
  [
    'a request to a port that the container does not have',
    { httpGet: { port: 'wub', path: '/x', host: '127.0.0.1' } },
    { exitCode: 0 },
    `HTTP lifecycle hook (/x) ${where} port "wub" not found`,
  ],
  [
    'a connection',
    { tcpSocket: { port: 80 } },
    { exitCode: 0 },
    'Cannot run handler: invalid handler: {"tcpSocket":{"port":80}}',
  ],
];
for (const [title, hook, answer, message] of failures) {
  test(`${title} fails the hook in the words of the real kubelet`, async () => {
    const { ports } = ending(answer);
    await assert.rejects(runHook(hook, target, ports, never), { name: 'HookError', message });
  });
}

test('a message has the beginning of a long output', async () => {
  const { ports } = ending({ exitCode: 1, stdout: 'o'.repeat(1_000_000) });
  await assert.rejects(runHook(exec, target, ports, never), ({ message }: Error) => message.length < 10_000);
});

test('the signal ends a sleep, and its reason is thrown', async () => {
  const stop = new AbortController();
  const { ports, registry } = ending({ exitCode: 0 });
  const sleeping = runHook({ sleep: { seconds: 1000 } }, target, ports, stop.signal);
  stop.abort(new Error('enough'));
  await assert.rejects(sleeping, { message: 'enough' });
  await runHook({ sleep: { seconds: 0 } }, target, ports, never);
  assert.match(await registry.text(), /^kubelet_sleep_action_terminated_early_total 1$/m);
});

test('a request that is sent by HTTP in the end is counted', async () => {
  const server = createServer((_, response) => response.end());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const { ports, registry } = ending({ exitCode: 0 });
    for (const scheme of ['HTTPS', 'HTTP'])
      await runHook({ httpGet: { host: '127.0.0.1', port, scheme } }, target, ports, never);
    assert.match(await registry.text(), /^kubelet_lifecycle_handler_http_fallbacks_total 1$/m);
  } finally {
    server.close();
  }
});
