// Reads the config files of runp, create and run: CRI messages as JSON or YAML.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ContainerConfig, PodSandboxConfig } from '@berth/cri/generated/api.ts';
import { fromProtoJson, type MessageName, type MessageOf } from '@berth/cri/json/proto-json.ts';
import { goText } from '@berth/go-yaml/go-text.ts';
import { tryJson } from '@berth/go-yaml/json.ts';
import type { Logger } from '../cli/logger.ts';
import { describeError } from '../errors/describe.ts';
import { protoText } from '../output/proto-text.ts';

type Warns = Pick<Logger, 'warning'>;

/** Reads a PodSandboxConfig; generates a missing uid. Throws an Error that names the invalid field. */
export async function loadPodConfig(path: string, logger: Warns): Promise<PodSandboxConfig> {
  return parsePodConfig(path, await readDocument(path), logger);
}

/** Validates a document of `readDocument`. Pure, apart from the generated uid. */
export function parsePodConfig(path: string, document: unknown, logger: Warns): PodSandboxConfig {
  const config = parsed('PodSandboxConfig', path, document, logger);
  const { metadata, linux } = config;
  if (metadata === undefined) throw new Error('metadata is not set');
  const identified = { ...metadata, uid: metadata.uid || randomUUID() };
  if (metadata.name === '' || metadata.namespace === '') {
    throw new Error(`name or namespace is not in metadata ${quoted('PodSandboxMetadata', identified)}`);
  }
  if (linux?.cgroupParent === '') {
    logger.warning('cgroup_parent is not set. Use `runtime-config` to get the runtime cgroup driver');
  }
  return { ...config, metadata: identified };
}

/** Reads a ContainerConfig. Throws an Error that names the invalid field. */
export async function loadContainerConfig(path: string, logger: Warns): Promise<ContainerConfig> {
  return parseContainerConfig(path, await readDocument(path), logger);
}

/** Pure: validates a document of `readDocument`. */
export function parseContainerConfig(path: string, document: unknown, logger: Warns): ContainerConfig {
  const config = parsed('ContainerConfig', path, document, logger);
  const { metadata, image } = config;
  if (metadata === undefined) throw new Error('metadata is not set');
  if (metadata.name === '') {
    throw new Error(`name is not in metadata ${quoted('ContainerMetadata', metadata)}`);
  }
  if (image === undefined) throw new Error('image is not set');
  if (image.image === '') throw new Error(`image field is not set in image ${quoted('ImageSpec', image)}`);
  return { ...config, image: { ...image, userSpecifiedImage: image.userSpecifiedImage || image.image } };
}

/** The message in protobuf's text format, quoted. */
function quoted<Name extends MessageName>(name: Name, message: MessageOf<Name>): string {
  return JSON.stringify(protoText(name, message));
}

/** Parses a message. Ignores unknown fields as the real crictl does, but with a warning. */
function parsed<Name extends 'PodSandboxConfig' | 'ContainerConfig'>(
  name: Name,
  path: string,
  document: unknown,
  logger: Warns,
) {
  try {
    return fromProtoJson(name, document ?? {}, {
      onUnknown: (problem) => logger.warning(`${path}: ${problem}`),
      textOf: goText,
    });
  } catch (error) {
    throw new Error(`${path}: ${describeError(error)}`, { cause: error });
  }
}

async function readDocument(path: string): Promise<unknown> {
  let content: Buffer;
  try {
    content = await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new Error(`config at ${path} not found`, { cause: error });
    }
    // Node.js's EISDIR has no path.
    throw error instanceof Error ? Object.assign(error, { path }) : error;
  }
  const json = tryJson(content.toString());
  if (json !== undefined) return json;
  // JSON is tried first because the YAML parser takes 15 ms to load.
  const { parseYaml } = await import('@berth/go-yaml/document.ts');
  try {
    return parseYaml(content);
  } catch (error) {
    throw new Error(`${path} is neither JSON nor YAML: ${describeError(error)}`, { cause: error });
  }
}
