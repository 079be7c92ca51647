import { RuntimeError } from '../rpc/errors.ts';

/** Prefix of annotations that ask for CDI devices, as device plugins did before the CRI had a field. */
const annotationPrefix = 'cdi.k8s.io/';

/** More than a machine has. */
const maxDevices = 4096;

/** Whether this is a name as `vendor.com/class=device`. */
export function isQualifiedName(name: string): boolean {
  const [, kind = '', device = ''] = /^([^=]*)=(.*)$/s.exec(name) ?? [];
  return isKind(kind) && isDeviceName(device);
}

/** Whether this is `vendor.com/class`. */
export function isKind(kind: string): boolean {
  const [, vendor = '', kindOfDevice = ''] = /^([^/]*)\/(.*)$/s.exec(kind) ?? [];
  const part = /^[A-Za-z]([\w.-]*[A-Za-z0-9])?$/;
  return part.test(vendor) && part.test(kindOfDevice);
}

/** Whether this is a valid device name within a kind. */
export function isDeviceName(name: string): boolean {
  return /^[A-Za-z0-9]([\w.:-]*[A-Za-z0-9])?$/.test(name);
}

/** The devices that a container asks for, without duplicates: those of the field, then those of annotations. */
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
