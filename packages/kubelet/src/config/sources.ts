// Makes the pod sources that the options enable.
import { join } from 'node:path';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { ApiSource, type PodFeed } from './api-source.ts';
import { decodeManifest } from './decode.ts';
import { FileSource } from './file-source.ts';
import { HttpSource } from './http-source.ts';
import type { PodSource } from './pod-source.ts';
import { RecordedPath } from './recorded-path.ts';

/** The manifest directory, the URL and the API server, as far as there are such. */
export function podSources(options: KubeletOptions, apiPods?: PodFeed): PodSource[] {
  const sources: PodSource[] = [];
  if (options.staticPodPath !== undefined) sources.push(fileSource(options, options.staticPodPath));
  if (options.staticPodUrl !== undefined) sources.push(httpSource(options, options.staticPodUrl));
  if (apiPods !== undefined) sources.push(new ApiSource(apiPods));
  return sources;
}

/** The manifest path that an earlier kubelet of this root directory read, when this one reads none. */
export function forgottenPath(
  options: Pick<KubeletOptions, 'rootDir' | 'staticPodPath'>,
): string | undefined {
  if (options.staticPodPath !== undefined) return undefined;
  return RecordedPath.beside(fileStateDir(options)).load();
}

function fileStateDir({ rootDir }: Pick<KubeletOptions, 'rootDir'>): string {
  return join(rootDir, 'static-pods');
}

function fileSource(options: KubeletOptions, path: string): FileSource {
  return new FileSource({
    path,
    nodeName: options.nodeName,
    stateDir: fileStateDir(options),
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
