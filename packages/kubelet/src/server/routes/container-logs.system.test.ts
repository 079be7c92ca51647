// /containerLogs of real containers: every parameter, what is added later, and files that a container has replaced.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { until } from '@berth/test-support/until.ts';
import { logPath, podLogDir } from '../../paths/pod-paths.ts';
import { onEveryRuntime } from '../../testing/every-runtime.ts';
import { forever, shellPod, statusOf, untilRunning, untilStatus } from '../../testing/node.ts';
import { endAll } from '../../testing/remains.ts';
import { hostOf, startTestServer } from '../../testing/server.ts';

const whole = 'line 0\nerr 0\nline 1\nerr 1\nlast\n';
const script = `for i in 0 1; do echo line $i; sleep 0.1; echo err $i >&2; sleep 0.1; done; echo last; ${forever}`;

/** A log that is followed: what has come so far, and the end. */
function follow(port: number, path: string) {
  const outgoing = request({ host: '127.0.0.1', port, path, rejectUnauthorized: false, agent: false }).end();
  const log = { seen: '', ended: false, leave: () => outgoing.destroy() };
  outgoing.on('error', () => {});
  void once(outgoing, 'response').then(([response]) => {
    response.on('error', () => {});
    response.on('data', (chunk: Buffer) => {
      log.seen += chunk;
    });
    response.on('end', () => {
      log.ended = true;
    });
  });
  return log;
}

onEveryRuntime((podTest) => {
  podTest('logs', async ({ node, kubelet }) => {
    const pods = {
      a: shellPod('a', script),
      over: shellPod('over', 'echo over', { restartPolicy: 'Never' }),
      crash: shellPod('crash', 'echo run; exit 3'),
      pulls: shellPod('pulls', '', {}, { image: 'localhost:1/none', imagePullPolicy: 'Always' }),
      writes: shellPod('writes', `trap 'echo told; exit 0' USR1; echo begun; ${forever}`),
    };
    kubelet.setPods(Object.values(pods));
    for (const pod of [pods.a, pods.writes]) await untilRunning(kubelet, pod);
    await untilStatus(kubelet, pods.over, 'is over', ({ phase }) => phase === 'Succeeded');
    await untilStatus(
      kubelet,
      pods.crash,
      'has crashed twice',
      ({ containerStatuses = [] }) =>
        (containerStatuses[0]?.restartCount ?? 0) >= 1 &&
        containerStatuses[0]?.lastState?.terminated !== undefined,
    );
    await untilStatus(kubelet, pods.pulls, 'is not pulled', ({ containerStatuses = [] }) =>
      /Pull/.test(containerStatuses[0]?.state?.waiting?.reason ?? ''),
    );
    using server = await startTestServer(node.dir, hostOf(kubelet, node.options), { anonymousAuth: true });
    const ask = async (path: string) => {
      const { status, body, headers } = await server.ask(`GET /containerLogs/default/${path}`);
      return { status, body, headers };
    };
    await until('all is written', async () => (await ask('a/main')).body === whole);

    const undecodable = '{"message": "Unable to decode query."}';
    const invalid = '{"message": "Invalid request."}';
    const rows: [path: string, status: number, body: string | RegExp][] = [
      ['a/main', 200, whole],
      ['a/main/', 200, whole],
      ['a/main?tailLines=2', 200, 'err 1\nlast\n'],
      ['a/main?tailLines=0', 200, ''],
      ['a/main?tail=2', 200, 'err 1\nlast\n'],
      ['a/main?tail=all', 200, whole],
      ['a/main?limitBytes=10', 200, 'line 0\nerr'],
      ['a/main?limitBytes=10&tailLines=2', 200, 'err 1\nlast'],
      ['a/main?sinceSeconds=10000', 200, whole],
      ['a/main?sinceTime=2100-01-01T00:00:00Z', 200, ''],
      ['a/main?sinceTime=', 200, whole],
      ['a/main?timestamps&tailLines=1', 200, /^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{9}\S+ last\n$/],
      ['a/main?stream=All', 200, whole],
      ['a/main?stream=Stdout', 400, /^unable to return the given log stream: "Stdout"/],
      ['a/main?tailLines=-1', 422, invalid],
      ['a/main?tailLines=x', 400, undecodable],
      ['a/main?previous=true', 400, 'previous terminated container "main" in pod "a" not found'],
      ['a/nope', 404, 'container "nope" not found in pod "a"'],
      ['nope/main', 404, 'pod "nope" does not exist'],
      ['over/main', 200, 'over\n'],
      ['over/main?follow=true', 200, 'over\n'],
      ['crash/main', 200, 'run\n'],
      ['crash/main?previous=true', 200, 'run\n'],
      [
        'pulls/main',
        400,
        /^container "main" in pod "pulls" is waiting to start: (image can't be pulled|trying)/,
      ],
    ];
    for (const [path, status, body] of rows) {
      const answer = await ask(path);
      assert.equal(answer.status, status, path);
      if (typeof body === 'string') assert.equal(answer.body, body, path);
      else assert.match(answer.body, body, path);
      if (status === 200) assert.equal(answer.headers['content-type'], undefined, path);
    }

    // A followed log: what a container adds, a rotation, and its end.
    const followed = follow(server.port, '/containerLogs/default/writes/main?follow=1&tailLines=5');
    const left = follow(server.port, '/containerLogs/default/a/main?follow=1&tailLines=1');
    await until('the beginning comes', () => followed.seen === 'begun\n' && left.seen === 'last\n');
    left.leave();
    const file = join(podLogDir(node.options, pods.writes.metadata), logPath('main', 0));
    renameSync(file, `${file}.20261129-150000`);
    const id = (statusOf(kubelet, pods.writes)?.containerStatuses?.[0]?.containerID ?? '').replace(
      /^.*\/\//,
      '',
    );
    await node.cri.runtime.reopenContainerLog({ containerId: id });
    await node.cri.runtime.execSync({
      containerId: id,
      cmd: ['/bin/sh', '-c', 'echo rotated > /proc/1/fd/1; kill -USR1 1'],
      timeout: 10n,
    });
    await until(
      'it ends',
      () => followed.ended,
      () => followed.seen,
    );
    assert.equal(followed.seen, 'begun\nrotated\ntold\n');

    // What a container that can write to its log folder may have put there.
    const log = join(podLogDir(node.options, pods.a.metadata), logPath('main', 0));
    const secret = join(node.dir, 'secret');
    writeFileSync(secret, '2026-11-29T15:05:12.755256897Z stdout F secret\n');
    renameSync(log, `${log}.kept`);
    for (const [what, put] of [
      ['a link out of the folder', () => symlinkSync(secret, log)],
      ['a FIFO', () => execFileSync('mkfifo', [log])],
      ['a device', () => execFileSync('mknod', [log, 'c', '1', '5'])],
      ['nothing', () => writeFileSync(`${log}.x`, '')],
    ] as const) {
      put();
      const { status, body } = await ask('a/main');
      assert.equal(status, 200, what);
      assert.doesNotMatch(body, /secret/, what);
      assert.notEqual(body, '', what);
      rmSync(log, { force: true });
    }
    // A link within the folder of all logs is followed, as is one to a log elsewhere in it.
    symlinkSync('0.log.kept', log);
    assert.equal((await ask('a/main')).body, whole);
    rmSync(log);
    renameSync(`${log}.kept`, log);
    // A line without an end takes no memory without an end.
    appendFileSync(log, Buffer.alloc(20 * 1024 * 1024, 'z'));
    const endless = await ask('a/main');
    assert.equal(endless.status, 200);
    assert.equal(endless.body, whole);
    await endAll(node, kubelet, ...Object.values(pods));
  });
});
