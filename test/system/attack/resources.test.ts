// Containers that take what they can get: processes, memory by way of their output, and time.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { CriError } from '@berth/cri/errors/cri-error.ts';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import { remoteCommand } from '@berth/streaming/client/remote-command.ts';
import { AttackedNode } from '@berth/test-support/attacked-node.ts';
import { until } from '@berth/test-support/until.ts';

const mebibyte = 1024 * 1024;
/** A berthd that collects its garbage late is no leak; what these containers make is far more. */
const tolerated = 48 * mebibyte;

let attacked: AttackedNode;
before(async () => {
  attacked = await AttackedNode.start('attackres');
});
after(() => attacked[Symbol.asyncDispose]());

test('a fork bomb stays below the limit of its pod, and is stopped', { timeout: 600_000 }, async () => {
  const cgroups = detectCgroups();
  const cgroupParent = `${attacked.node.paths.cgroupParent}/bomb`;
  // As a kubelet does with podPidsLimit.
  cgroups.create(cgroupParent);
  cgroups.apply(cgroupParent, { pids: 60 });
  try {
    await attacked.unharmed(async () => {
      // Its processes end by themselves, so that a limit that fails does not end the machine. A shell that
      // can't fork ends: the container's first process must be one that never forks.
      const bomb = await attacked.attacker(
        'bomb() { [ $1 -gt 0 ] && { bomb $(($1-1)) & bomb $(($1-1)) & }; sleep 30; }; bomb 9 & exec sleep 3600',
        {},
        { cgroupParent },
      );
      let most = 0;
      const sample = () => {
        most = Math.max(most, cgroups.processes(cgroupParent).length);
      };
      await until('the bomb goes off', () => {
        sample();
        return most > 20;
      });
      // No event says that a bomb has done its worst.
      for (const end = performance.now() + 1500; performance.now() < end; await delay(10)) sample();
      assert.ok(most <= 60, `${most} processes`);
      // There may be no room for it; but it is answered.
      await bomb.run('true', 2).catch((error: unknown) => assert.ok(error instanceof CriError));
      await attacked.remove(bomb);
    });
    assert.deepEqual(cgroups.processes(cgroupParent), []);
  } finally {
    await cgroups.remove(cgroupParent, { kill: true });
  }
});

test('a flood of log lines costs neither memory nor lines', { timeout: 600_000 }, async () => {
  await attacked.unharmed(async () => {
    const lines = 200_000;
    const flood = await attacked.attacker(`yes "$(seq -s , 20)" | head -n ${lines}; echo over; sleep 3600`);
    const conmon = attacked.conmonOf(flood.containerId);
    const grown = await attacked.growth(ends(flood.logFile, ' stdout F over\n'), [conmon]);
    assert.ok(grown < tolerated, `${Math.round(grown / mebibyte)} MiB more`);
    // conmon cuts a line where its buffer ends: P is a part, F the last of a line.
    const output = readFileSync(flood.logFile, 'utf8').replace(
      /^\S+ stdout P (.*)\n\S+ stdout F /gm,
      '- - F $1',
    );
    assert.equal(output.match(/ F 1,2,[0-9,]*,20$/gm)?.length, lines, 'every line is in the log');
    await attacked.remove(flood);
  });
});

test('a line without an end does not gather anywhere', { timeout: 600_000 }, async () => {
  await attacked.unharmed(async () => {
    const endless = await attacked.attacker(
      'head -c 30000000 /dev/zero | tr "\\0" x; echo; echo over; sleep 3600',
    );
    const conmon = attacked.conmonOf(endless.containerId);
    const grown = await attacked.growth(ends(endless.logFile, ' stdout F over\n'), [conmon]);
    assert.ok(grown < tolerated, `${Math.round(grown / mebibyte)} MiB more`);
    await attacked.remove(endless);
  });
});

test('the output of ExecSync is cut at 16 MiB', { timeout: 600_000 }, async () => {
  await attacked.unharmed(async () => {
    const loud = await attacked.attacker('sleep 3600 & wait');
    let bytes = 0;
    const grown = await attacked.growth(
      loud
        .run('head -c 300000000 /dev/zero; head -c 300000000 /dev/zero >&2; exit 3', 60)
        .then(({ stdout, stderr, exitCode }) => {
          bytes = stdout.length + stderr.length;
          assert.equal(exitCode, 3);
        }),
    );
    assert.ok(bytes > 8 * mebibyte && bytes <= 16 * mebibyte, `${bytes} bytes`);
    // The chunks, the whole, the message and its copy in the socket, and what of the 600 MB waits to be collected.
    assert.ok(grown < 8 * 16 * mebibyte, `${Math.round(grown / mebibyte)} MiB more`);
    await attacked.remove(loud);
  });
});

test('an exec whose client does not read is held up, not kept', { timeout: 600_000 }, async () => {
  await attacked.unharmed(async () => {
    const { runtime } = attacked.node.client;
    const loud = await attacked.attacker('sleep 3600 & wait');
    const { containerId } = loud;
    for (const transport of ['spdy', 'websocket'] as const) {
      const flags = { tty: false, stdin: false, stdout: true, stderr: false };
      const { url } = await runtime.exec({ containerId, cmd: ['/bin/yes'], ...flags });
      // Takes the first chunk, and never says that it wants another.
      const stdout = new Writable({ write: () => {} });
      const hangUp = new AbortController();
      const session = remoteCommand({ url, transport, tty: false, stdout, signal: hangUp.signal });
      const ended = assert.rejects(session, { name: 'AbortError' });
      // Time to grow: nothing happens when nothing does.
      const grown = await attacked.growth(delay(2000));
      assert.ok(grown < tolerated, `${transport}: ${Math.round(grown / mebibyte)} MiB more`);
      hangUp.abort();
      await ended;
    }
    await until('the commands of clients that have gone end', async () => {
      const { stdout } = await loud.run('ps');
      return !Buffer.from(stdout).toString().includes('/bin/yes');
    });
    await attacked.remove(loud);
  });
});

test('a container that ignores every signal is killed when its time is over', {
  timeout: 600_000,
}, async () => {
  await attacked.unharmed(async () => {
    for (const handler of ['crun', 'runc']) {
      const deaf = await attacked.attacker(
        'for s in HUP INT QUIT TERM USR1 USR2; do trap : $s; done; echo ready; while true; do sleep 1; done',
        {},
        { handler },
      );
      await ends(deaf.logFile, ' stdout F ready\n');
      const started = performance.now();
      await attacked.node.client.runtime.stopContainer({ containerId: deaf.containerId, timeout: 1n });
      assert.ok(performance.now() - started > 900, 'it had its time');
      const { status } = await attacked.node.client.runtime.containerStatus({
        containerId: deaf.containerId,
      });
      assert.equal(status?.exitCode, 137);
      await attacked.remove(deaf);
    }
  });
});

test('a container that opens its output over and over, and reads from it', { timeout: 600_000 }, async () => {
  await attacked.unharmed(async () => {
    const opener = await attacked.attacker(
      'echo ready; (cat /proc/1/fd/1 >/dev/null &); while true; do echo x >/proc/1/fd/1; exec 1>/proc/1/fd/2; done',
    );
    // Time to open it often, then time to grow.
    await delay(1000);
    const conmon = attacked.conmonOf(opener.containerId);
    // And as long to look at.
    const grown = await attacked.growth(delay(1000), [conmon]);
    assert.ok(grown < tolerated, `${Math.round(grown / mebibyte)} MiB more`);
    await attacked.node.client.runtime.reopenContainerLog({ containerId: opener.containerId });
    await attacked.remove(opener);
  });
});

test('a container that fills its layer and shared memory is stopped and leaves nothing', {
  timeout: 600_000,
}, async () => {
  await attacked.unharmed(async () => {
    const filler = await attacked.attacker('sleep 3600 & wait');
    const { stdout } = await filler.run(
      'dd if=/dev/zero of=/dev/shm/full bs=1M count=200 2>/dev/null; stat -c %s /dev/shm/full; i=0; while [ $i -lt 3000 ]; do echo $i > /tmp/$i; i=$((i+1)); done; dd if=/dev/zero of=/big bs=1M count=100 2>/dev/null; stat -c %s /big',
    );
    assert.deepEqual(Buffer.from(stdout).toString().trim().split('\n').map(Number), [
      64 * mebibyte,
      100 * mebibyte,
    ]);
    await attacked.remove(filler);
    assert.deepEqual(
      await attacked.node.leftovers().then((left) => left.filter((line) => /attacker/.test(line))),
      [],
    );
  });
});

/** Waits until a log ends with this. */
async function ends(file: string, text: string): Promise<void> {
  await until(
    `${file} comes to an end`,
    () => lastBytes(file).endsWith(text),
    () => lastBytes(file),
  );
}

function lastBytes(file: string): string {
  return readFileSync(file).subarray(-200).toString();
}
