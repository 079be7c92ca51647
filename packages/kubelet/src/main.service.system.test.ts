// The kubelet as a service: its name, what it tells systemd, SIGHUP, and its log file.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DatagramSocket } from '@berth/linux/testing/datagram-socket.ts';
import { until } from '@berth/test-support/until.ts';

const main = new URL('./main.ts', import.meta.url).pathname;

test('it has its name, feeds the watchdog, and SIGHUP reopens its log and reloads its settings', async () => {
  const dir = mkdtempSync('/tmp/kubelet-service-');
  await using resources = new AsyncDisposableStack();
  resources.defer(() => rmSync(dir, { recursive: true }));
  const [log, config] = [join(dir, 'kubelet.log'), join(dir, 'config.yaml')];
  const configure = (...lines: string[]) =>
    writeFileSync(
      config,
      ['apiVersion: kubelet.config.k8s.io/v1beta1', 'kind: KubeletConfiguration', ...lines, ''].join('\n'),
    );
  configure();
  mkdirSync(join(dir, 'manifests'));
  const notifications = resources.use(new DatagramSocket(join(dir, 'notify.sock')));
  const argv = [
    `--config=${config}`,
    `--container-runtime-endpoint=${dir}/none.sock`,
    `--pod-manifest-path=${dir}/manifests`,
    `--root-dir=${dir}`,
    '--cgroup-root=/kubelet-service-test',
    '--fail-swap-on=false',
    '--port=0',
    '--healthz-port=0',
  ];
  const output = openSync(log, 'a', 0o600);
  const environment = {
    ...process.env,
    BERTH_LOG_FILE: log,
    NOTIFY_SOCKET: join(dir, 'notify.sock'),
    WATCHDOG_USEC: '200000',
  };
  const child = spawn(process.execPath, [main, ...argv], {
    stdio: ['ignore', output, output],
    env: environment,
  });
  closeSync(output);
  resources.defer(async () => {
    if (child.exitCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  const read = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : '');
  const said: string[] = [];
  const hear = (text: string) => () => {
    for (let next = notifications.receive(); next !== undefined; next = notifications.receive())
      said.push(next);
    return said.some((message) => message.includes(text));
  };

  await until(
    'it is ready',
    () => hear('READY=1')(),
    () => read(log),
  );
  assert.equal(said[0], `READY=1\nSTATUS=Running the pods of ${dir}/manifests.`);
  const [comm, cmdline] = ['comm', 'cmdline'].map((file) =>
    readFileSync(`/proc/${child.pid}/${file}`, 'utf8'),
  );
  assert.equal(comm, 'kubelet\n');
  assert.match(cmdline ?? '', /^kubelet --config=/);
  said.length = 0;
  await until('it feeds the watchdog', hear('WATCHDOG=1'));

  renameSync(log, `${log}.old`);
  configure('logging: { verbosity: 3 }', 'maxPods: 7');
  said.length = 0;
  child.kill('SIGHUP');
  await until('the reload has ended', () => hear('RELOADING=1')() && hear('READY=1')());
  assert.match(read(log), /"Read the settings again" changed="verbosity"\n/);
  assert.match(read(log), /take effect when the kubelet is started again" settings="maxPods"\n/);
  assert.doesNotMatch(read(`${log}.old`), /Read the settings again/);

  writeFileSync(config, 'kind: [');
  child.kill('SIGHUP');
  await until('it refuses wrong settings', () => /the settings stay as they were/.test(read(log)));
  said.length = 0;
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  assert.equal(code, 0);
  assert.ok(hear('STOPPING=1')());
});
