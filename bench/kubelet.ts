// How long a static manifest takes to be a running container, and what the kubelet weighs meanwhile.
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectCri } from '@berth/cri/client/client.ts';
import { startKubelet } from '@berth/test-support/kubelet.ts';
import { testImage } from '@berth/test-support/pods.ts';
import { median, residentMiB, timed } from './measure.ts';

// ContainerEventType of the CRI.
const started = 1;
const deleted = 3;

export interface KubeletNumbers {
  oneMs: number;
  manyMs: number;
  residentMiB: number;
}

/** Runs our kubelet below `dir` on the berthd at `socket`, which has the test image. */
export async function benchKubelet(options: {
  dir: string;
  socket: string;
  repetitions: number;
  atOnce: number;
}): Promise<KubeletNumbers> {
  const { dir, socket, repetitions, atOnce } = options;
  const manifests = join(dir, 'manifests');
  mkdirSync(manifests, { recursive: true });
  await using kubelet = await startKubelet({ dir, endpoint: socket, manifests });
  const client = connectCri(socket);
  const ended = new AbortController();
  const counts = { [started]: 0, [deleted]: 0 };
  let wake = () => {};
  const events = (async () => {
    for await (const event of client.runtime.getContainerEvents({}, { signal: ended.signal })) {
      // A sandbox has events too; its container id is the sandbox's own.
      if (event.containerId === event.podSandboxStatus?.id) continue;
      if (event.containerEventType === started) counts[started] += 1;
      if (event.containerEventType === deleted) counts[deleted] += 1;
      wake();
    }
  })().catch(() => undefined);
  const reached = async (type: typeof started | typeof deleted, goal: number) => {
    const deadline = performance.now() + 60_000;
    while (counts[type] < goal) {
      if (performance.now() > deadline) {
        const log = kubelet.output().split('\n').slice(-20).join('\n');
        throw new Error(`only ${counts[type]} of ${goal} containers; the kubelet's last words:\n${log}`);
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, 1000);
      });
    }
  };
  const drop = (name: string) => {
    writeFileSync(join(dir, name), manifest(name));
    renameSync(join(dir, name), join(manifests, `${name}.yaml`));
  };

  const one: number[] = [];
  for (let round = -2; round < repetitions; round++) {
    const name = `drop${round + 2}`;
    const goal = counts[started] + 1;
    const ms = await timed(async () => {
      drop(name);
      await reached(started, goal);
    });
    if (round >= 0) one.push(ms);
    const gone = counts[deleted] + 1;
    rmSync(join(manifests, `${name}.yaml`));
    await reached(deleted, gone);
  }
  const names = Array.from({ length: atOnce }, (_, index) => `many${index}`);
  const goal = counts[started] + atOnce;
  const manyMs = await timed(async () => {
    for (const name of names) drop(name);
    await reached(started, goal);
  });
  const resident = residentMiB(kubelet.pid);
  const gone = counts[deleted] + atOnce;
  for (const name of names) rmSync(join(manifests, `${name}.yaml`));
  await reached(deleted, gone);
  ended.abort();
  await events;
  client.close();
  return { oneMs: median(one), manyMs, residentMiB: resident };
}

function manifest(name: string): string {
  return `apiVersion: v1
kind: Pod
metadata:
  name: ${name}
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: main
      image: ${testImage}
      imagePullPolicy: Never
      command: [/bin/sleep, "3600"]
`;
}
