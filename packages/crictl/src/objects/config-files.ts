// The pod and container descriptions that runp, create and run take: CRI messages as JSON or YAML.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ContainerConfig, PodSandboxConfig } from '@berth/cri/generated/api.ts';
import { fromProtoJson } from '@berth/cri/json.ts';
import type { Logger } from '../cli/logger.ts';
import { describeError } from '../errors.ts';

/** Reads a PodSandboxConfig; a missing uid is made up. Throws an Error that names the file and the field. */
export async function loadPodConfig(path: string, logger: Logger): Promise<PodSandboxConfig> {
  return parsePodConfig(path, await readDocument(path), logger);
}

/** Pure but for the made up uid: checks what `readDocument` found. */
export function parsePodConfig(
  path: string,
  document: unknown,
  logger: Pick<Logger, 'warning'>,
): PodSandboxConfig {
  const config = parsed('PodSandboxConfig', path, document);
  const { metadata, linux } = config;
  if (metadata === undefined) throw new Error('metadata is not set');
  if (metadata.name === '' || metadata.namespace === '') {
    throw new Error(`${path}: metadata.name and metadata.namespace must be set`);
  }
  if (linux?.cgroupParent === '') {
    logger.warning('cgroup_parent is not set; the runtime puts the pod where it puts pods without one');
  }
  return { ...config, metadata: { ...metadata, uid: metadata.uid || randomUUID() } };
}

/** Reads a ContainerConfig. Throws an Error that names the file and the field. */
export async function loadContainerConfig(path: string): Promise<ContainerConfig> {
  return parseContainerConfig(path, await readDocument(path));
}

/** Pure: checks what `readDocument` found. */
export function parseContainerConfig(path: string, document: unknown): ContainerConfig {
  const config = parsed('ContainerConfig', path, document);
  if (config.metadata === undefined) throw new Error('metadata is not set');
  if (config.metadata.name === '') throw new Error(`${path}: metadata.name must be set`);
  if (config.image === undefined) throw new Error('image is not set');
  if (config.image.image === '') throw new Error(`${path}: image.image must be set`);
  const { image } = config;
  return { ...config, image: { ...image, userSpecifiedImage: image.userSpecifiedImage || image.image } };
}

function parsed<Name extends 'PodSandboxConfig' | 'ContainerConfig'>(
  name: Name,
  path: string,
  document: unknown,
) {
  try {
    return fromProtoJson(name, document);
  } catch (error) {
    throw new Error(`${path}: ${describeError(error)}`, { cause: error });
  }
}

async function readDocument(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new Error(`config at ${path} not found`, { cause: error });
    }
    throw error;
  }
  try {
    // JSON is tried first because the YAML parser takes 15 ms to load.
    return JSON.parse(text);
  } catch {
    const { parse } = await import('yaml');
    try {
      return parse(text, { version: '1.1', intAsBigInt: false });
    } catch (error) {
      throw new Error(`${path} is neither JSON nor YAML: ${describeError(error)}`, { cause: error });
    }
  }
}
