// What the kubelet says of manifests that it does not run, or not in their newest version: pure.
import type { RejectedManifest } from '@berth/kubelet/config/pod-source.ts';

/**
 * How long a rejection that was there before a manifest was installed may be of its earlier text, in milliseconds: the
 * kubelet reads a file some milliseconds after its last change.
 */
const staleMs = 2_000;

/** The rejections that count while a command waits for what it has installed. */
export class CurrentRejections {
  readonly #before: ReadonlySet<string>;

  /** @param before the rejections before the manifests were installed */
  constructor(before: readonly RejectedManifest[]) {
    this.#before = new Set(before.map(identityOf));
  }

  /** `waitedMs`: time since the manifests were installed. */
  of(rejected: readonly RejectedManifest[], waitedMs: number): RejectedManifest[] {
    return rejected.filter((each) => waitedMs > staleMs || !this.#before.has(identityOf(each)));
  }
}

function identityOf({ file, pod, object, message }: RejectedManifest): string {
  return JSON.stringify([file, pod, object, message]);
}

/** Why the kubelet does not run a pod of a file; undefined when it does. `key`: the pod's `namespace/name` on this node. */
export function podRejection(
  rejected: readonly RejectedManifest[],
  { file, key }: { file: string; key: string },
): string | undefined {
  const found = rejected.find(
    (each) =>
      each.file === file && (each.pod === key || (each.pod === undefined && each.object === undefined)),
  );
  return found && rejectionText(found);
}

/** Why the kubelet does not serve objects of a file: a line for each. */
export function objectRejections(rejected: readonly RejectedManifest[], file: string): string[] {
  return rejected.flatMap((each) =>
    each.file === file && each.object !== undefined ? [`${each.object}: ${rejectionText(each)}`] : [],
  );
}

/** The reason, and what goes on all the same. */
export function rejectionText({ message, lastGoodRuns }: RejectedManifest): string {
  return lastGoodRuns ? `${message} (the last good version goes on)` : message;
}
