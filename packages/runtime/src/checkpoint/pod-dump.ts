import { basename, join } from 'node:path';
import { readRegularFileSync } from '@berth/common/files/regular-file.ts';
import { isObject } from '@berth/common/json/is-object.ts';
import { invalid, messageWithCauses } from '../rpc/errors.ts';

/** The index of a pod's checkpoint, written last. */
export const podDump = 'pod.dump';

/** pod.dump: the archive of each container, a file beside it, by the container's name. */
export interface PodDump {
  readonly version: 1;
  readonly runtime: string;
  readonly containers: readonly { readonly name: string; readonly archive: string }[];
}

/** Reads the pod.dump of a directory. `field` is the request's, for messages. */
export function readPodDump(directory: string, field: string): PodDump {
  try {
    return parsePodDump(
      JSON.parse(readRegularFileSync(join(directory, podDump), { maxBytes: 4 * 1024 * 1024 }).toString()),
    );
  } catch (error) {
    throw invalid(field, `${directory} holds no checkpoint of a pod: ${messageWithCauses(error)}`);
  }
}

/** Checks the form of a pod.dump. */
export function parsePodDump(value: unknown): PodDump {
  if (typeof value !== 'object' || value === null) throw new Error(`${podDump} is not a JSON object`);
  const { version, runtime, containers }: Record<string, unknown> = { ...value };
  if (version !== 1) throw new Error(`${podDump} has version ${version}, and this berthd knows 1`);
  if (typeof runtime !== 'string' || !Array.isArray(containers)) throw new Error(`${podDump} is incomplete`);
  return { version, runtime, containers: containers.map(parseContainer) };
}

function parseContainer(value: unknown): PodDump['containers'][number] {
  const { name, archive } = isObject(value) ? value : {};
  if (typeof name !== 'string' || typeof archive !== 'string' || basename(archive) !== archive) {
    throw new Error(`${podDump} names no archive of a container`);
  }
  return { name, archive };
}
