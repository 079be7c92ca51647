const NETWORK_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
const CONTAINER_ID = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
const MAX_INTERFACE_NAME = 15;

/** Why this is not a network name by the CNI spec, or undefined when it is one. */
export function networkNameProblem(name: string): string | undefined {
  if (name === '') return 'must not be empty';
  if (NETWORK_NAME.test(name)) return undefined;
  return `"${name}" must start with a letter or digit, followed by letters, digits, _ . or -`;
}

/** Why this is not a container id by the CNI spec, or undefined when it is one. */
export function containerIdProblem(id: string): string | undefined {
  if (id === '') return 'must not be empty';
  if (CONTAINER_ID.test(id)) return undefined;
  return `"${id}" must start with a letter or digit, followed by letters, digits, _ . or -`;
}

/** Why Linux would refuse this name of a network interface, or undefined when it would not. */
export function interfaceNameProblem(name: string): string | undefined {
  if (name === '') return 'must not be empty';
  if (Buffer.byteLength(name) > MAX_INTERFACE_NAME)
    return `"${name}" is longer than ${MAX_INTERFACE_NAME} bytes`;
  if (name === '.' || name === '..') return `"${name}" is not a name of an interface`;
  if (/[/:\s]/.test(name)) return `"${name}" must not contain /, : or white space`;
  return undefined;
}
