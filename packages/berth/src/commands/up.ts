// `berth up`: starts the node and waits until the pods of the manifests are up.
import { untilAborted } from '@berth/common/abort.ts';
import type { CriClient } from '@berth/cri/client/client.ts';
import { eachContainer } from '@berth/kubelet/api/each-container.ts';
import { podKey } from '@berth/kubelet/api/pod.ts';
import { UserError } from '../errors/user-error.ts';
import { demoImage, ensureDemoImage } from '../images/demo-image.ts';
import { InstalledManifests } from '../manifests/installed.ts';
import { type Manifest, readManifests } from '../manifests/read.ts';
import type { Validation } from '../manifests/validation.ts';
import { ensureKubelet } from '../node/kubelet.ts';
import type { NodeLayout } from '../node/layout.ts';
import { logPlaces } from '../node/log-places.ts';
import { requireRoot } from '../node/root.ts';
import { ensureRuntime } from '../node/runtime.ts';
import { displayName } from '../pods/identity.ts';
import { type Before, type JudgedPod, judgePods, type WantedPod } from '../pods/judge.ts';
import { formatPhases } from '../pods/phases.ts';
import { CurrentRejections, objectRejections } from '../pods/rejections.ts';
import { type FailedPod, failureReport, whatGoesOn } from '../pods/report.ts';
import { RestartsBefore } from '../pods/restarts.ts';
import { podTable } from '../pods/table.ts';
import { nodeState, PodWatch } from '../pods/watch.ts';
import { InterruptedError, Interruption } from '../terminal/interruption.ts';
import { wrapText } from '../terminal/layout.ts';
import { markWidth, type Output, StatusLines } from '../terminal/status-lines.ts';
import { tryPod } from './try.ts';

export interface UpOptions {
  /** Timeout in seconds for the pods to become ready. */
  readonly timeout: number;
  /** How to report fields that the node would ignore. */
  readonly validate: Validation;
  /** Send a request to each pod that declares a port, and print the answer. */
  readonly try: boolean;
}

/** How long the kubelet may take to read ConfigMaps and Secrets, in milliseconds. */
const objectMs = 500;

/**
 * Starts the node if it does not run, installs manifests and waits until their pods are up: ready for a moment, or
 * completed.
 * @throws UserError when a manifest is invalid, a daemon does not start, or a pod fails
 * @throws InterruptedError after SIGINT or SIGTERM
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
  for (const { warnings, notes } of manifests) {
    for (const warning of warnings) lines.set(warning, 'warn', warning);
    for (const note of notes) lines.set(note, 'note', note);
  }
  using interruption = new Interruption();
  const { signal } = interruption;
  const run = new UpRun(layout, manifests, { lines, output, signal }, options);
  try {
    await run.run();
  } catch (error) {
    lines.end();
    if (!(error instanceof InterruptedError)) throw error;
    throw new InterruptedError(error.exitCode, wrapText(`\n${run.whatGoesOn()}`, columnsOf(output)));
  } finally {
    lines.end();
  }
}

/** One run of the command. */
class UpRun {
  readonly #layout: NodeLayout;
  readonly #manifests: readonly Manifest[];
  readonly #wanted: readonly WantedPod[];
  readonly #lines: StatusLines;
  readonly #output: Output;
  readonly #signal: AbortSignal;
  readonly #options: UpOptions;
  #isInstalled = false;

  constructor(
    layout: NodeLayout,
    manifests: readonly Manifest[],
    { lines, output, signal }: { lines: StatusLines; output: Output; signal: AbortSignal },
    options: UpOptions,
  ) {
    this.#layout = layout;
    this.#manifests = manifests;
    this.#wanted = manifests.flatMap(({ pods, target: file }) =>
      pods.map((pod) => ({ uid: pod.metadata.uid, name: displayName(pod), key: podKey(pod), file })),
    );
    this.#lines = lines;
    this.#output = output;
    this.#signal = signal;
    this.#options = options;
  }

  async run(): Promise<void> {
    const client = await this.#startNode();
    try {
      await this.#ensureDemoImage(client);
      const { judged, failures } = await this.#runPods(client);
      this.#lines.end();
      const pods = judged.flatMap(({ pod }) => pod ?? []);
      if (pods.length > 0)
        this.#output.write(`\n${podTable(pods, new Date(), { columns: columnsOf(this.#output) })}\n`);
      if (failures.pods.length + failures.others.length > 0) throw await this.#failure(failures, client);
      if (this.#options.try) for (const pod of pods) await tryPod(pod, this.#output);
      this.#output.write(`\n${wrapText(`Next: ${this.#nextSteps()}`, columnsOf(this.#output))}\n`);
    } finally {
      client.close();
    }
  }

  /** What happens without this command. */
  whatGoesOn(): string {
    if (!this.#isInstalled)
      return 'Interrupted before any pod was started. berthd and the kubelet run on. To stop them: berth down';
    const names = this.#wanted.map(({ name }) => name).join(', ');
    const what = names === '' ? 'berthd and the kubelet run on.' : `The kubelet goes on with ${names}.`;
    return `Interrupted. ${what}\nTo see how it goes: berth status\nTo stop everything: berth down`;
  }

  async #startNode(): Promise<CriClient> {
    this.#lines.set('berthd', 'wait', 'berthd   starting');
    const client = await untilAborted(ensureRuntime(this.#layout), this.#signal);
    this.#lines.set('berthd', 'ok', `berthd   ${this.#layout.socket}`);
    try {
      this.#lines.set('kubelet', 'wait', 'kubelet  starting');
      await untilAborted(ensureKubelet(this.#layout), this.#signal);
      this.#lines.set('kubelet', 'ok', `kubelet  watching ${this.#layout.manifestDir}`);
      return client;
    } catch (error) {
      client.close();
      throw error;
    }
  }

  async #ensureDemoImage(client: CriClient): Promise<void> {
    const containers = this.#manifests.flatMap(({ pods }) => pods.flatMap(({ spec }) => eachContainer(spec)));
    if (!containers.some(({ container }) => container.image === demoImage)) return;
    this.#lines.set('image', 'wait', `image    ${demoImage}: building it from this machine's busybox`);
    const ms = await untilAborted(ensureDemoImage(this.#layout.socket, client), this.#signal);
    const how =
      ms === undefined ? 'is there' : `built from this machine's busybox and loaded in ${Math.round(ms)} ms`;
    this.#lines.set('image', 'ok', `image    ${demoImage}   ${how}`);
  }

  /** Installs the manifests, and follows their pods until each is up or has failed. */
  async #runPods(client: CriClient): Promise<{ judged: JudgedPod[]; failures: Failures }> {
    await using watch = new PodWatch(this.#layout, client, this.#signal);
    const before = await this.#install();
    const hasObjects = this.#manifests.some(({ objects }) => objects.length > 0);
    let judged: JudgedPod[] = [];
    let others: string[] = [];
    const inTime = await watch.untilState(this.#options.timeout * 1000, (state) => {
      const now = Date.now();
      judged = judgePods(state, this.#wanted, before, now);
      const rejected = before.rejections.of(state.rejected, now - before.since);
      others = this.#manifests.flatMap(({ target }) => objectRejections(rejected, target));
      for (const each of judged) this.#show(each, watch);
      // The kubelet lists pods, not objects: it has some time to say that one is wrong.
      if (hasObjects && now - before.since < objectMs) return false;
      return judged.every(({ progress }) => progress.state !== 'waiting');
    });
    if (!inTime) others.push(`not every pod was up after ${this.#options.timeout} s (--timeout)`);
    const pods = judged.flatMap(({ wanted: { name }, pod, progress }): FailedPod[] => {
      if (progress.state === 'done') return [];
      return [{ isRetried: true, ...progress, name, pod }];
    });
    return { judged, failures: { pods, others } };
  }

  async #install(): Promise<Before> {
    const { pods, rejected } = await nodeState(this.#layout);
    // Objects first: a pod that misses one for a moment would count as failed.
    const inOrder = this.#manifests.toSorted(
      (a, b) => Math.min(1, a.pods.length) - Math.min(1, b.pods.length),
    );
    this.#isInstalled = true;
    const written = await new InstalledManifests(this.#layout.manifestRecord).install(inOrder);
    const known = new Set(pods.map(({ metadata }) => metadata?.uid));
    const kept = this.#wanted.flatMap(({ file, uid }) => (written.has(file) ? [] : [uid]));
    return {
      rejections: new CurrentRejections(rejected),
      restarts: new RestartsBefore((uid) => !known.has(uid) && !kept.includes(uid)),
      since: Date.now(),
    };
  }

  #show({ wanted: { uid, name }, progress }: JudgedPod, watch: PodWatch): void {
    const text = `pod ${name}   ${progress.message}`;
    if (progress.state !== 'done') {
      this.#lines.set(uid, progress.state === 'failed' ? 'FAIL' : 'wait', text);
      return;
    }
    // How long its start took, where there is room for it.
    const phases = formatPhases(watch.phases.of(uid));
    const longer = `pod ${name}   ${phases}   ${progress.message}`;
    const room = (columnsOf(this.#output) ?? Number.POSITIVE_INFINITY) - markWidth;
    this.#lines.set(uid, 'ok', phases === '' || longer.length >= room ? text : longer);
  }

  async #failure({ pods, others }: Failures, client: CriClient): Promise<UserError> {
    // The error goes to stderr, which may be elsewhere than the lines.
    const isShown = this.#output.isTTY === true && process.stderr.isTTY === true;
    const report = await failureReport(pods, client, isShown);
    const advice = [
      ...whatGoesOn(pods),
      `To find out more: berth describe POD · berth logs POD · ${logPlaces(this.#layout).join(' · ')}`,
      'To stop everything: berth down',
    ];
    const text = [...(report === '' ? [] : [report]), ...others, '', ...advice].join('\n');
    return new UserError(wrapText(`\n${text}`, columnsOf(this.#output)));
  }

  #nextSteps(): string {
    return [
      this.#manifests.length === 0 ? 'berth up POD.yaml' : 'berth up YOUR.yaml',
      'berth ps',
      'berth down',
    ].join(' · ');
  }
}

interface Failures {
  pods: FailedPod[];
  /** What else went wrong, a line each. */
  others: string[];
}

/** The width of a terminal; undefined in a pipe, where nothing is cut. */
function columnsOf(output: Output): number | undefined {
  return output.isTTY ? output.columns || 80 : undefined;
}
