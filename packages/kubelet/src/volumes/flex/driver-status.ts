// What a FlexVolume driver answers: JSON on its standard output. Pure.
// https://github.com/kubernetes/design-proposals-archive/blob/main/storage/flexvolume-deployment.md
import { isObject } from '@berth/common/json/is-object.ts';

/** What a driver can do, by its answer to `init`. */
export interface Capabilities {
  /** Its volumes have to be attached to the node first. */
  attach: boolean;
  selinuxRelabel: boolean;
  /** The kubelet gives its volumes to the pod's fsGroup. */
  fsGroup: boolean;
}

/** A driver that tells no capabilities has these. Those about metrics and growth have no effect here. */
const usual: Capabilities = { attach: true, selinuxRelabel: true, fsGroup: true };

/** The driver does not know the command. */
export class NotSupportedError extends Error {
  override name = 'NotSupportedError';
}

/** Reads a driver's answer. Throws NotSupportedError, or an error with what the driver says. */
export function readDriverStatus(command: string, output: string): Capabilities {
  const answer = fieldsOf(command, output);
  const status = text(answer.get('status'));
  if (status === 'Not supported') throw new NotSupportedError(status);
  if (status !== 'Success') {
    const message = text(answer.get('message'));
    throw new Error(`${command} command failed, status: ${status}, reason: ${message}`);
  }
  const given = lowerCased(answer.get('capabilities'));
  const capability = (name: keyof Capabilities): boolean => {
    const value = given.get(name.toLowerCase());
    return typeof value === 'boolean' ? value : usual[name];
  };
  return {
    attach: capability('attach'),
    selinuxRelabel: capability('selinuxRelabel'),
    fsGroup: capability('fsGroup'),
  };
}

/** The output may quote a Secret, so that no error quotes the output. */
function fieldsOf(command: string, output: string): Map<string, unknown> {
  try {
    const value: unknown = JSON.parse(output);
    if (isObject(value)) return lowerCased(value);
  } catch {
    // As below.
  }
  throw new Error(`the driver answered ${command} with something else than an object in JSON`);
}

/** Go's JSON takes keys in any case. */
function lowerCased(value: unknown): Map<string, unknown> {
  const entries = isObject(value) ? Object.entries(value) : [];
  return new Map(entries.map(([name, entry]) => [name.toLowerCase(), entry]));
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
