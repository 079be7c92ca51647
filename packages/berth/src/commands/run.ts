// `berth run`: runs an image as a pod, as `berth up` runs a manifest, and may stay connected to it.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { goYaml } from '@berth/go-yaml/print.ts';
import { nodeName } from '@berth/kubelet/options/node-identity.ts';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { UserError } from '../errors/user-error.ts';
import { InstalledManifests } from '../manifests/installed.ts';
import { type Manifest, parseManifest } from '../manifests/read.ts';
import { criApp, explained, interruptedCode } from '../node/cri-app.ts';
import { ensureKubelet } from '../node/kubelet.ts';
import type { NodeLayout } from '../node/layout.ts';
import { requireRoot } from '../node/root.ts';
import { ensureRuntime } from '../node/runtime.ts';
import { configHash, displayName } from '../pods/identity.ts';
import { pullsOf } from '../pods/judge.ts';
import { type PodProgress, podProgress } from '../pods/progress.ts';
import { type NodeState, PodWatch } from '../pods/watch.ts';
import { containerView, exitCodeOf, follow } from '../run/attached.ts';
import { isAttached, nameOfImage, type RunOptions as PodOptions, podToRun } from '../run/pod.ts';
import { removeAtEnd } from '../run/removal-guard.ts';
import { type Output, StatusLines } from '../terminal/status-lines.ts';

export interface RunOptions extends PodOptions {
  /** Print the manifest instead. */
  readonly dryRun?: boolean;
  /** Timeout in seconds for the container to start, and for the pod to end. */
  readonly timeout: number;
}

/**
 * Runs an image as a pod.
 * @returns the exit code of the container when this command was connected to it until its end, else 0
 * @throws UserError when the arguments are wrong, the name is taken, or the container does not start
 */
export async function run(
  layout: NodeLayout,
  image: string,
  words: readonly string[],
  options: RunOptions,
  output: Output = process.stdout,
): Promise<number> {
  const isTaken = (name: string) =>
    existsSync(manifestOf(layout, podToRun(image, [], { name }, context)).target);
  const name = options.name ?? freeName(nameOfImage(image), options.dryRun === true ? () => false : isTaken);
  const pod = podToRun(image, words, { ...options, name }, context);
  const manifest = manifestOf(layout, pod);
  if (options.dryRun === true) {
    output.write(`${manifest.text}`);
    return 0;
  }
  requireRoot('berth run');
  if (isTaken(name)) throw new UserError(`pod ${name} exists: choose another --name, or end it`);
  if (options.tty === true && options.stdin !== true)
    throw new UserError('-t needs -i: a terminal without input');
  if (options.tty === true && !process.stdin.isTTY)
    throw new UserError('-t needs a terminal as standard input');
  for (const { hostPath } of pod.spec?.volumes ?? []) {
    if (hostPath !== undefined && !existsSync(hostPath.path))
      throw new UserError(`--volume: ${hostPath.path} does not exist on this machine`);
  }
  return isAttached(options)
    ? await runAttached(layout, manifest, options)
    : await runDetached(layout, manifest, options, output);
}

const context = { env: process.env, absolute: (path: string) => resolve(path) };

function manifestOf({ manifestDir }: NodeLayout, pod: v1.Pod): Manifest {
  const text = `${goYaml(JSON.parse(JSON.stringify(pod)))}\n`.replace(/\n+$/, '\n');
  return parseManifest('berth run', text, { manifestDir, node: nodeName(''), validate: 'strict' });
}

/** The name, or with the first number from 2 that no pod has. */
function freeName(name: string, isTaken: (name: string) => boolean): string {
  if (!isTaken(name)) return name;
  for (let number = 2; ; number++) if (!isTaken(`${name}-${number}`)) return `${name}-${number}`;
}

const nameOf = ({ pods }: Manifest) => pods.map(displayName).join();

const uidOf = ({ pods: [pod] }: Manifest) => pod?.metadata.uid ?? '';

const podIn = (pods: readonly v1.Pod[], uid: string) =>
  pods.find(({ metadata }) => configHash(metadata) === uid);

async function runDetached(
  layout: NodeLayout,
  manifest: Manifest,
  { timeout }: RunOptions,
  output: Output,
): Promise<number> {
  const lines = new StatusLines(output);
  const name = nameOf(manifest);
  // The error goes to stderr, which may be elsewhere than the lines.
  const isOneScreen = output.isTTY === true && process.stderr.isTTY === true;
  let isShown = false;
  try {
    await installed(layout, manifest, timeout, (_pod, { state, message }) => {
      const mark = state === 'waiting' ? 'wait' : state === 'done' ? 'ok' : 'FAIL';
      lines.set('pod', mark, `pod ${name}   ${message}`);
      isShown = isOneScreen && state === 'failed';
      return state === 'done';
    });
  } catch (error) {
    lines.end();
    if (!(error instanceof UserError)) throw error;
    const advice = `To find out more: berth describe ${name} · berth logs ${name}\nTo end it: berth down ${name}`;
    throw new UserError(isShown ? advice : `${error.message}\n${advice}`, { cause: error });
  } finally {
    lines.end();
  }
  return 0;
}

/** Stays connected to the container. The order of the ends matters: closing a session may end this process. */
async function runAttached(layout: NodeLayout, manifest: Manifest, options: RunOptions): Promise<number> {
  const { stdin = false, tty = false, rm = false, timeout } = options;
  const app = criApp(layout);
  using after = new DisposableStack();
  after.defer(() => app.close());
  await using _removal = rm ? removal(layout, manifest, timeout) : undefined;
  const lines = new StatusLines(process.stderr);
  try {
    const pod = await installed(layout, manifest, timeout, (seen, { message }) => {
      if (process.stderr.isTTY) lines.set('pod', 'wait', message);
      return app.signal.aborted || containerView(seen).state !== 'waiting';
    });
    lines.end();
    const view = containerView(pod);
    if (view.state === 'waiting') return interruptedCode;
    const isRunning = view.state === 'running';
    // A session fails with the exit code of an exec; that of this container is asked for below.
    await follow(app, view.id, { interactive: stdin, tty, isRunning }, after);
    if (app.signal.aborted) return interruptedCode;
    const exitCode = await endOf(layout, uidOf(manifest), view.id);
    if (exitCode === undefined) process.stderr.write(`detached from pod ${nameOf(manifest)}\n`);
    return exitCode ?? 0;
  } catch (error) {
    if (app.signal.aborted) return interruptedCode;
    throw await explained(app, error);
  } finally {
    lines.end();
  }
}

/** Time for the kubelet to see the end of a container. */
const endSeenMs = 5_000;

async function endOf(layout: NodeLayout, uid: string, id: string): Promise<number | undefined> {
  const client = await ensureRuntime(layout);
  try {
    await using watch = new PodWatch(layout, client);
    let exitCode: number | undefined;
    await watch.until(endSeenMs, (pods) => {
      exitCode = exitCodeOf(podIn(pods, uid), id);
      return exitCode !== undefined;
    });
    return exitCode;
  } finally {
    client.close();
  }
}

/** Ends the pod when it is disposed of; a killed berth has its guard do so. */
function removal(layout: NodeLayout, manifest: Manifest, timeoutSeconds: number): AsyncDisposable {
  const guard = removeAtEnd(manifest.target);
  return {
    [Symbol.asyncDispose]: async () => {
      await new InstalledManifests(layout.manifestRecord).remove(manifest.target);
      const client = await ensureRuntime(layout);
      try {
        await using watch = new PodWatch(layout, client);
        await watch.until(timeoutSeconds * 1000, (pods) => podIn(pods, uidOf(manifest)) === undefined);
      } finally {
        client.close();
        guard[Symbol.dispose]();
      }
    },
  };
}

/**
 * Starts the node if it does not run, installs the manifest, and waits until `isEnough` says so.
 * @throws UserError when the pod cannot start, or not in time
 */
async function installed(
  layout: NodeLayout,
  manifest: Manifest,
  timeoutSeconds: number,
  isEnough: (pod: v1.Pod | undefined, progress: PodProgress) => boolean,
): Promise<v1.Pod | undefined> {
  const client = await ensureRuntime(layout);
  try {
    await ensureKubelet(layout);
    await using watch = new PodWatch(layout, client);
    await new InstalledManifests(layout.manifestRecord).install([manifest]);
    let pod: v1.Pod | undefined;
    let progress = progressOf(undefined, []);
    const inTime = await watch.untilState(timeoutSeconds * 1000, ({ pods, pulls }) => {
      pod = podIn(pods, uidOf(manifest));
      progress = progressOf(pod, pulls);
      return isEnough(pod, progress) || progress.state === 'failed';
    });
    const { state, message } = progress;
    if (state === 'failed' && !isEnough(pod, progress))
      throw new UserError(`pod ${nameOf(manifest)}: ${message}`);
    if (!inTime)
      throw new UserError(`pod ${nameOf(manifest)}: ${message} after ${timeoutSeconds} s (--timeout)`);
    return pod;
  } finally {
    client.close();
  }
}

/** How far a new pod is. */
function progressOf(pod: v1.Pod | undefined, pulls: NodeState['pulls']): PodProgress {
  return podProgress({
    pod,
    former: [],
    rejection: undefined,
    pulls: pod === undefined ? [] : pullsOf(pod, pulls),
    restartsBefore: () => 0,
    now: Date.now(),
  });
}
