// Makes the pod sources that the options enable.
import { join } from 'node:path';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { decodeManifest } from './decode.ts';
import { FileSource } from './file-source.ts';
import { HttpSource } from './http-source.ts';
import type { PodSource } from './pod-source.ts';

/** The manifest directory and the URL, as far as there are such. */
export function podSources(options: KubeletOptions): PodSource[] {
  const sources: PodSource[] = [];
  if (options.staticPodPath !== undefined) sources.push(fileSource(options, options.staticPodPath));
  if (options.staticPodUrl !== undefined) sources.push(httpSource(options, options.staticPodUrl));
  return sources;
}

function fileSource(options: KubeletOptions, path: string): FileSource {
  return new FileSource({
    path,
    nodeName: options.nodeName,
    stateDir: join(options.rootDir, 'static-pods'),
    checkFrequencyMs: options.fileCheckFrequencyMs,
  });
}

function httpSource(
  { nodeName, rootDir }: KubeletOptions,
  { url, headers, checkFrequencyMs }: NonNullable<KubeletOptions['staticPodUrl']>,
): HttpSource {
  return new HttpSource({
    url,
    headers,
    checkFrequencyMs,
    stateDir: join(rootDir, 'static-pods-url'),
    decode: (content) =>
      decodeManifest(content, {
        nodeName,
        file: url,
        source: 'http',
        seen: new Date(),
        validate: 'warn',
      }),
  });
}
