// What every implementation of Exec has to do, as tests.
import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { until } from '@berth/test-support/until.ts';
import { Cni } from '../cni.ts';
import { parseConfList } from '../config/conf-list.ts';
import type { Exec } from '../plugin/exec.ts';

/** A directory of plugins that are shell scripts. */
export interface ScriptedPlugins {
  /** The directory, once the tests run. */
  readonly dir: string;
  /** Writes a plugin. */
  plugin(name: string, script: string): Promise<void>;
  /** The library with these plugins. */
  cni(options?: { timeoutMs?: number }): Cni;
}

/** Declares the tests for one implementation; the returned plugins serve tests that it has beside. */
export function testExec(exec: Exec): ScriptedPlugins {
  const scripted = {
    dir: '',
    async plugin(name: string, script: string) {
      await writeFile(join(scripted.dir, name), `#!/bin/sh\n${script}\n`);
      await chmod(join(scripted.dir, name), 0o755);
    },
    cni: (options: { timeoutMs?: number } = {}) =>
      new Cni({ pluginDirs: [scripted.dir], cacheDir: join(scripted.dir, 'cache'), exec, ...options }),
  };
  const { plugin, cni } = scripted;
  before(async () => {
    scripted.dir = await mkdtemp(join(tmpdir(), 'cni-exec-'));
  });
  after(() => rm(scripted.dir, { recursive: true }));

  test('a plugin that hangs is killed with its children', async () => {
    await plugin('hang', `sleep 1000 & echo $! > ${scripted.dir}/child; echo waiting >&2; wait`);
    const list = network([{ type: 'hang' }]);
    const started = performance.now();
    await assert.rejects(
      cni({ timeoutMs: 300 }).delNetworkList(list, { containerId: 'h', netns: '', ifName: 'eth0' }),
      {
        failure: 'timeout',
        message: 'CNI plugin hang (network cnitest, DEL): did not end within 0.3 s and was killed: waiting',
      },
    );
    assert.ok(performance.now() - started < 5000);
    const child = (await readFile(join(scripted.dir, 'child'), 'utf8')).trim();
    await until('the child has ended', async () =>
      / Z |gone/.test(await readFile(`/proc/${child}/stat`, 'utf8').catch(() => 'gone')),
    );
  });

  test('a plugin that left its process group cannot hold us up', async () => {
    await plugin('escape', `setsid sh -c 'echo $$ > ${scripted.dir}/escaped; exec sleep 1000' & wait`);
    const list = network([{ type: 'escape' }]);
    const attempt = cni({ timeoutMs: 300 }).delNetworkList(list, {
      containerId: 'e',
      netns: '',
      ifName: 'eth0',
    });
    await assert.rejects(attempt, { failure: 'timeout' });
    process.kill(Number(await readFile(join(scripted.dir, 'escaped'), 'utf8')));
  });

  test('a plugin that prints without end is killed', async () => {
    await plugin('flood', 'exec yes');
    const list = network([{ type: 'flood' }]);
    const runtime = { containerId: 'f', netns: '/run/netns/x', ifName: 'eth0' };
    await assert.rejects(cni().addNetworkList(list, runtime), {
      failure: 'output-too-large',
      message: /printed too much/,
    });
  });

  test('an operation can be cancelled', async () => {
    await plugin('slow', 'exec sleep 1000');
    const list = network([{ type: 'slow' }]);
    const runtime = { containerId: 'a', netns: '', ifName: 'eth0' };
    const attempt = cni().delNetworkList(list, runtime, { signal: AbortSignal.timeout(50) });
    await assert.rejects(attempt, { failure: 'aborted' });
  });

  test('a plugin in shell reads /dev/stdin, and one that never reads is fine too', async () => {
    await plugin(
      'shell',
      `name=$(sed 's/.*"name":"\\([a-z]*\\)".*/\\1/' < /dev/stdin); echo "{\\"interfaces\\":[{\\"name\\":\\"$name\\"}]}"`,
    );
    await plugin('deaf', 'echo "{}"');
    const runtime = { containerId: 's', netns: '/run/netns/x', ifName: 'eth0' };
    const result = await cni().addNetworkList(network([{ type: 'shell' }]), runtime);
    assert.deepEqual(result.interfaces, [{ name: 'cnitest' }]);
    await cni().addNetworkList(network([{ type: 'deaf', padding: 'x'.repeat(1 << 20) }]), runtime);
    await cni().delNetworkList(network([{ type: 'deaf' }]), runtime);
  });

  test('the configuration is a file that never had a name, so a kill -9 leaves none', async () => {
    await plugin('where', `echo "{\\"interfaces\\":[{\\"name\\":\\"$(readlink /proc/self/fd/0)\\"}]}"`);
    const runtime = { containerId: 'w', netns: '/run/netns/x', ifName: 'eth0' };
    const { interfaces } = await cni().addNetworkList(network([{ type: 'where' }]), runtime);
    assert.match(interfaces?.[0]?.name ?? '', /^\/\S+\/#\d+ \(deleted\)$/);
  });

  test('a file that cannot be executed', async () => {
    await writeFile(join(scripted.dir, 'text'), 'not a program');
    await assert.rejects(
      cni().delNetworkList(network([{ type: 'text' }]), { containerId: 't', netns: '', ifName: 'eth0' }),
      { failure: 'spawn', message: /CNI plugin text \(network cnitest, DEL\): cannot start .*EACCES/ },
    );
  });

  return scripted;
}

/** A network of plugins. */
export function network(plugins: object[]) {
  return parseConfList(JSON.stringify({ cniVersion: '1.0.0', name: 'cnitest', plugins }));
}
