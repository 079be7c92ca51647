// Makes the pod sources that the options enable.
import { join } from 'node:path';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { FileSource } from './file-source.ts';
import type { PodSource } from './pod-source.ts';

/** The manifest directory, if there is one. */
export function podSources(options: KubeletOptions): PodSource[] {
  if (options.staticPodPath === undefined) return [];
  return [
    new FileSource({
      path: options.staticPodPath,
      nodeName: options.nodeName,
      stateDir: join(options.rootDir, 'static-pods'),
      checkFrequencyMs: options.fileCheckFrequencyMs,
    }),
  ];
}
