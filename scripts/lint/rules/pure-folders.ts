import { isTest, type Source, type SourceTree } from '../tree/source-tree.ts';
import type { Problem } from './problem.ts';

/** Where every file is pure: it decides over plain data, whatever it imports included. */
const pure: readonly string[] = [
  'packages/berth/src/workloads/',
  'packages/cni/src/result/',
  'packages/cni/src/spec/',
  'packages/common/src/',
  'packages/cri/src/json/',
  'packages/go-template/src/',
  'packages/go-yaml/src/',
  'packages/kubelet/src/admission/',
  'packages/kubelet/src/api/',
  'packages/kubelet/src/backoff/',
  'packages/kubelet/src/config/static-pod-uid/',
  'packages/kubelet/src/env/',
  'packages/kubelet/src/eviction/',
  'packages/kubelet/src/images/collection/disk-use.ts',
  'packages/kubelet/src/images/collection/image-records.ts',
  'packages/kubelet/src/kubecontainer/',
  'packages/kubelet/src/node/registration/',
  'packages/kubelet/src/node/status/',
  'packages/kubelet/src/objects/',
  'packages/kubelet/src/pods/actions/',
  'packages/kubelet/src/pods/end/',
  'packages/kubelet/src/prober/http-request.ts',
  'packages/kubelet/src/prober/threshold.ts',
  'packages/kubelet/src/shutdown/shutdown-groups.ts',
  'packages/kubelet/src/status/',
  'packages/kubelet/src/volumes/contents/',
  'packages/kubelet/src/volumes/selinux/admission.ts',
  'packages/kubelet/src/volumes/selinux/asked-label.ts',
  'packages/kubelet/src/volumes/selinux/mount-table.ts',
  'packages/oci/src/json/',
  'packages/oci/src/reference/',
  'packages/oci/src/runtime-spec/',
  'packages/runtime/src/cgroups/',
  'packages/runtime/src/validation/',
  'packages/streaming/src/protocol/',
];

/** What in those is not. */
const effectful: readonly string[] = [
  'packages/common/src/files/',
  'packages/common/src/abort.ts',
  'packages/common/src/keyed-queue.ts',
  'packages/common/src/semaphore.ts',
  'packages/kubelet/src/eviction/manager.ts',
  'packages/kubelet/src/eviction/node-observer.ts',
];

/** Modules of Node.js that touch nothing outside of the process. */
const harmless = new Set([
  'assert',
  'assert/strict',
  'buffer',
  'crypto',
  'path',
  'string_decoder',
  'url',
  'util',
]);

const effect =
  /\bprocess\.(?!emitWarning)\w+|\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bsetTimeout\(|\bsetInterval\(|\bfetch\(/;

/** Nothing in a pure folder touches the machine, the clock or chance, itself or through what it imports. */
export function pureFolders(tree: SourceTree, folders = pure): Problem[] {
  const reasons = new Map<Source, string | undefined>();
  /** Why a file is not pure: the first effect that it reaches. */
  const reason = (source: Source): string | undefined => {
    if (reasons.has(source)) return reasons.get(source);
    // Files that import each other are told by another rule.
    reasons.set(source, undefined);
    const found = ownEffect(source) ?? importedEffect(source);
    reasons.set(source, found);
    return found;
  };
  const importedEffect = ({ imports }: Source): string | undefined => {
    for (const { file, typeOnly } of imports) {
      const imported = file === undefined || typeOnly ? undefined : tree.get(file);
      const why = imported && reason(imported);
      if (why !== undefined) return `${imported?.path} (${why})`;
    }
    return undefined;
  };
  return [...tree.values()].flatMap((source) => {
    const { path } = source;
    const isIn = (folder: string): boolean => path.startsWith(folder);
    if (isTest(path) || !folders.some(isIn) || effectful.some(isIn)) return [];
    const why = reason(source);
    return why === undefined ? [] : [{ path, line: 1, message: `is in a pure folder, and reaches ${why}` }];
  });
}

function ownEffect({ imports, code }: Source): string | undefined {
  for (const { specifier, names, typeOnly } of imports) {
    if (
      typeOnly ||
      (specifier === 'node:net' && /^\{[\s,]*(?:\b(?:BlockList|isIP|isIPv4|isIPv6)\b[\s,]*)+\}$/.test(names))
    )
      continue;
    if (specifier === 'koffi') return specifier;
    if (specifier.startsWith('node:') && !harmless.has(specifier.slice('node:'.length))) return specifier;
  }
  for (const line of code) {
    const found = effect.exec(line);
    if (found) return found[0];
  }
  return undefined;
}
