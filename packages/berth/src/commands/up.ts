// `berth up`: starts the node and waits until the pods of the manifests are ready.
import { readdirSync } from 'node:fs';
import type { CriClient } from '@berth/cri/client/client.ts';
import { eachContainer } from '@berth/kubelet/api/each-container.ts';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { UserError } from '../errors/user-error.ts';
import { demoImage, ensureDemoImage } from '../images/demo-image.ts';
import { InstalledManifests } from '../manifests/installed.ts';
import { type Manifest, readManifests } from '../manifests/read.ts';
import type { Validation } from '../manifests/validation.ts';
import { ensureKubelet } from '../node/kubelet.ts';
import type { NodeLayout } from '../node/layout.ts';
import { requireRoot } from '../node/root.ts';
import { ensureRuntime } from '../node/runtime.ts';
import { configHash, displayName } from '../pods/identity.ts';
import { formatPhases } from '../pods/phases.ts';
import { podProgress } from '../pods/progress.ts';
import { podTable } from '../pods/table.ts';
import { PodWatch } from '../pods/watch.ts';
import { type Output, StatusLines } from '../terminal/status-lines.ts';
import { tryPod } from './try.ts';

export interface UpOptions {
  /** Timeout in seconds for the pods to become ready. */
  readonly timeout: number;
  /** How to report fields that the node would ignore. */
  readonly validate: Validation;
  /** Send a request to each pod that declares a port, and print the answer. */
  readonly try: boolean;
}

/**
 * Starts the node if it does not run, installs manifests and waits until their pods are ready.
 * @throws UserError when a manifest is invalid, a daemon does not start, or a pod cannot become ready
 */
export async function up(
  layout: NodeLayout,
  sources: readonly string[],
  options: UpOptions,
  output: Output = process.stdout,
): Promise<void> {
  requireRoot('berth up');
  const manifests = await readManifests(sources, layout.manifestDir, options.validate);
  const lines = new StatusLines(output);
  for (const warning of manifests.flatMap(({ warnings }) => warnings)) lines.set(warning, 'warn', warning);
  try {
    lines.set('berthd', 'wait', 'berthd   starting');
    const client = await ensureRuntime(layout);
    lines.set('berthd', 'ok', `berthd   ${layout.socket}`);
    try {
      await upPods(layout, client, manifests, { lines, output }, options);
    } finally {
      client.close();
    }
  } finally {
    lines.end();
  }
}

async function upPods(
  layout: NodeLayout,
  client: CriClient,
  manifests: readonly Manifest[],
  { lines, output }: { lines: StatusLines; output: Output },
  options: UpOptions,
): Promise<void> {
  lines.set('kubelet', 'wait', 'kubelet  starting');
  await ensureKubelet(layout);
  lines.set('kubelet', 'ok', `kubelet  watching ${layout.manifestDir}`);
  const wanted = manifests.flatMap(({ pods }) => pods);
  const containers = wanted.flatMap(({ spec }) => eachContainer(spec));
  if (containers.some(({ container }) => container.image === demoImage)) {
    lines.set('image', 'wait', `image    ${demoImage}: building it from this machine's busybox`);
    const ms = await ensureDemoImage(layout.socket, client);
    const how =
      ms === undefined ? 'is there' : `built from this machine's busybox and loaded in ${Math.round(ms)} ms`;
    lines.set('image', 'ok', `image    ${demoImage}   ${how}`);
  }

  await using watch = new PodWatch(layout, client);
  // Objects first: a pod that misses one for a moment would count as failed.
  const inOrder = manifests.toSorted((a, b) => Math.min(1, a.pods.length) - Math.min(1, b.pods.length));
  await new InstalledManifests(layout.manifestRecord).install(inOrder);
  const ready = await waitForPods(watch, wanted, lines, options.timeout);
  lines.end();
  const shown = ready.pods.filter(({ metadata }) =>
    wanted.some((pod) => pod.metadata.uid === configHash(metadata)),
  );
  if (shown.length > 0) output.write(`\n${podTable(shown, new Date())}\n`);
  if (ready.failures.length > 0) throw new UserError(`\n${ready.failures.join('\n')}\n\n${adviceOn(layout)}`);
  if (options.try) for (const pod of shown) await tryPod(pod, output);
  output.write(`\nNext: ${nextSteps(manifests)}\n`);
}

interface Outcome {
  pods: readonly v1.Pod[];
  failures: string[];
}

/** Follows the pods until each is ready or has failed. */
async function waitForPods(
  watch: PodWatch,
  wanted: readonly v1.Pod[],
  lines: StatusLines,
  timeoutSeconds: number,
): Promise<Outcome> {
  const outcome: Outcome = { pods: [], failures: [] };
  const inTime = await watch.until(timeoutSeconds * 1000, (pods) => {
    outcome.pods = pods;
    const states = wanted.map((pod) => {
      const uid = pod.metadata?.uid ?? '';
      const name = displayName(pod);
      const progress = podProgress(pods.find(({ metadata }) => configHash(metadata) === uid));
      const phases = formatPhases(watch.phases.of(uid));
      const text = ['pod', name, ' ', phases, phases === '' ? '' : ' ', progress.message]
        .filter(Boolean)
        .join(' ');
      lines.set(uid, progress.state === 'done' ? 'ok' : progress.state === 'failed' ? 'FAIL' : 'wait', text);
      return { name, progress };
    });
    outcome.failures = states.flatMap(({ name, progress }) =>
      progress.state === 'done' ? [] : [`pod ${name}: ${progress.message}`],
    );
    return states.every(({ progress }) => progress.state !== 'waiting');
  });
  if (!inTime) outcome.failures.push(`not every pod was ready after ${timeoutSeconds} s (--timeout)`);
  return outcome;
}

function adviceOn({ logDir }: NodeLayout): string {
  const logs = readdirSync(logDir).map((name) => `${logDir}/${name}`);
  return `The kubelet goes on trying. To find out more: bin/crictl ps -a · ${logs.join(' · ')}\nTo stop everything: berth down`;
}

function nextSteps(manifests: readonly Manifest[]): string {
  return [
    manifests.length === 0 ? 'berth up POD.yaml' : 'berth up YOUR.yaml',
    'bin/crictl ps',
    'berth down',
  ].join(' · ');
}
