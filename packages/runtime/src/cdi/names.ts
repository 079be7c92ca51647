// Validates CDI device names and collects those that a container requests by field or annotation. Pure.

import { RuntimeError } from '../rpc/errors.ts';

/** Prefix of annotations that ask for CDI devices, as device plugins did before the CRI had a field. */
const annotationPrefix = 'cdi.k8s.io/';

/** Maximum number of devices of one container. */
const maxDevices = 4096;

/** Whether a name has the form `vendor.com/class=device`. */
export function isQualifiedName(name: string): boolean {
  const [, kind = '', device = ''] = /^([^=]*)=(.*)$/s.exec(name) ?? [];
  return isKind(kind) && isDeviceName(device);
}

/** Whether a text has the form `vendor.com/class`. */
export function isKind(kind: string): boolean {
  const [, vendor = '', kindOfDevice = ''] = /^([^/]*)\/(.*)$/s.exec(kind) ?? [];
  const part = /^[A-Za-z]([\w.-]*[A-Za-z0-9])?$/;
  return part.test(vendor) && part.test(kindOfDevice);
}

/** Whether a name is valid for a device within its kind. */
export function isDeviceName(name: string): boolean {
  return /^[A-Za-z0-9]([\w.:-]*[A-Za-z0-9])?$/.test(name);
}

/**
 * The devices that a container requests, without duplicates: first those in CDIDevices, then those in annotations.
 */
export function requestedDevices(request: {
  readonly CDIDevices: readonly { readonly name: string }[];
  readonly annotations: Readonly<Record<string, string>>;
}): string[] {
  const annotated = Object.entries(request.annotations)
    .filter(([key]) => key.startsWith(annotationPrefix))
    .flatMap(([, value]) => value.split(',', maxDevices + 1));
  if (request.CDIDevices.length + annotated.length > maxDevices) {
    throw new RuntimeError('INVALID_ARGUMENT', `a container can have at most ${maxDevices} CDI devices`);
  }
  const malformed = annotated.find((name) => !isQualifiedName(name));
  if (malformed !== undefined) {
    throw new RuntimeError(
      'INVALID_ARGUMENT',
      `failed to parse CDI device annotations: invalid CDI device name ${JSON.stringify(malformed)}`,
    );
  }
  return [...new Set([...request.CDIDevices.map(({ name }) => name), ...annotated])];
}
