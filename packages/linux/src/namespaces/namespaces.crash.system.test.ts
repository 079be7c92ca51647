// What kill -9 leaves of namespaces that were being pinned at that moment.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { mountsBelow } from '../mounts/mount.ts';
import { pinState, unpin } from './namespaces.ts';

const killCount = 15;
const namespaceKinds = ['user', 'net', 'ipc', 'uts'] as const;
const scratch = mkdtempSync('/tmp/linux-pin-crash-');
after(() => rmSync(scratch, { recursive: true }));

/** Pins one pod's namespaces after another without end; prints a line before the first. */
const pinnerScript = `
const { NamespaceWorker } = await import(process.argv[1]);
const worker = await NamespaceWorker.start();
console.log('started');
for (let pod = 0; ; pod++) {
  const at = (kind) => process.argv[2] + '/' + pod + '-' + kind;
  const ids = [{ containerId: 0, hostId: 100000, length: 65536 }];
  const user = pod % 2 ? undefined : { path: at('user'), mappings: { uids: ids, gids: ids } };
  await worker.pin({ user, net: at('net'), ipc: at('ipc'), uts: at('uts'), hostname: 'pod' });
}`;

test('a kill at any moment leaves each pod absent, complete, or found to be unfinished', {
  timeout: 600_000,
}, async () => {
  const seen = { complete: 0, unfinished: 0 };
  for (let kill = 0; kill < killCount; kill++) {
    const directory = join(scratch, String(kill));
    const module = new URL('./namespaces.ts', import.meta.url).href;
    const pinner = spawn(process.execPath, ['--input-type=module', '-e', pinnerScript, module, directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(pinner, 'exit');
    // What it had begun, such as the process of a user namespace, holds its output.
    const closed = once(pinner, 'close');
    const started = once(pinner.stdout, 'data');
    assert.notEqual(await Promise.race([started, exited.then(() => 'exited')]), 'exited');
    await delay(Math.random() * 15);
    pinner.kill('SIGKILL');
    await exited;
    await closed;
    const pods = new Set(filesIn(directory).map((name) => name.split('-')[0]));
    for (const pod of pods) {
      // Every other pod is in the host's user namespace.
      const kinds = Number(pod) % 2 ? namespaceKinds.slice(1) : namespaceKinds;
      const states = kinds.map((kind) => pinState(join(directory, `${pod}-${kind}`)));
      const complete = states.every((state) => state === 'pinned');
      assert.ok(complete || states.includes('unfinished'), states.join(' '));
      seen[complete ? 'complete' : 'unfinished'] += 1;
      for (const kind of namespaceKinds) unpin(join(directory, `${pod}-${kind}`));
    }
    assert.deepEqual(filesIn(directory), []);
  }
  assert.deepEqual(mountsBelow(scratch), []);
  console.log(`${killCount} kills: ${seen.complete} pods complete, ${seen.unfinished} unfinished`);
});

function filesIn(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}
