// A runtime handler of the node's owner: a program that is neither crun nor runc by its name, with options.
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { connectCri } from '@berth/cri/client/client.ts';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import { layOutBerthd, startBerthd } from '@berth/test-support/berthd.ts';
import { loadTestImage } from '@berth/test-support/images.ts';
import { containerConfig, sandboxConfig } from '@berth/test-support/pods.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { findProgram } from '../host/programs.ts';

test('pods of a handler run by its program, with its options and the annotations that it passes on', async () => {
  using dir = scratchDir('handler');
  const program = join(dir.path, 'other-oci');
  copyFileSync(findProgram('runc', 'runc'), program);
  chmodSync(program, 0o755);
  const paths = layOutBerthd(dir.path, {
    extra: `runtimes:
  runc: {}
  other:
    path: ${program}
    args: [--debug]
    podAnnotations: [dev.example.*]
    containerAnnotations: [dev.example.main]
`,
  });
  await using _berthd = await startBerthd(paths, dir.path);
  await loadTestImage(paths.socket);
  const client = connectCri(paths.socket, { timeoutMs: 300_000 });
  const { runtime } = client;
  const { linux, ...rest } = sandboxConfig({ name: 'other', logDir: join(dir.path, 'logs') });
  const pod = {
    ...rest,
    // On the host's network: there is no conflist here.
    linux: { ...linux, securityContext: { namespaceOptions: { network: 2 as const, pid: 1 as const } } },
    annotations: { 'dev.example.pod': '1', 'run.oci.handler': 'krun' },
  };
  mkdirSync(join(pod.logDirectory, 'main'), { recursive: true });
  try {
    const { status } = await runtime.status({});
    assert.equal(status?.conditions[0]?.status, true);
    const { podSandboxId } = await runtime.runPodSandbox({ config: pod, runtimeHandler: 'other' });
    const main = containerConfig(['/bin/sleep', '600']);
    const { containerId } = await runtime.createContainer({
      podSandboxId,
      sandboxConfig: pod,
      config: {
        ...main,
        linux: { securityContext: { namespaceOptions: { network: 2, pid: 1 } } },
        annotations: { 'dev.example.main': '2', 'dev.example.other': '3' },
      },
    });
    await runtime.startContainer({ containerId });
    const { stdout } = await runtime.execSync({ containerId, cmd: ['/bin/echo', 'ran'], timeout: 10n });
    assert.equal(Buffer.from(stdout).toString(), 'ran\n');
    const bundle = join(paths.state, 'containers', containerId);
    const { annotations } = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8'));
    assert.deepEqual(
      Object.entries(annotations).filter(([name]) => !name.startsWith('io.kubernetes.')),
      [
        ['dev.example.pod', '1'],
        ['dev.example.main', '2'],
      ],
    );
    // The runtime's own log, at the level that the option asks for.
    const log = readFileSync(join(bundle, 'runtime.log'), 'utf8');
    assert.match(log, /"level":"debug"/);
    await runtime.stopContainer({ containerId, timeout: 0n });
    await runtime.stopPodSandbox({ podSandboxId });
    await runtime.removePodSandbox({ podSandboxId });
    await assert.rejects(runtime.runPodSandbox({ config: pod, runtimeHandler: 'none' }), {
      message: /runtime_handler "none" is not configured; configured are "runc", "other"/,
    });
  } finally {
    for (const { id } of (await runtime.listPodSandbox({})).items) {
      await runtime.stopPodSandbox({ podSandboxId: id });
      await runtime.removePodSandbox({ podSandboxId: id });
    }
    client.close();
    await detectCgroups().remove(paths.cgroupParent);
  }
});
