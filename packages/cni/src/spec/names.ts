// Checks names and CNI_ARGS by the grammars of the CNI spec, before they reach a plugin or a file name.
const networkName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
const containerId = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
const maxInterfaceName = 15;

/** The problem with a network name by the CNI spec; undefined when it is valid. */
export function networkNameProblem(name: string): string | undefined {
  if (name === '') return 'must not be empty';
  if (networkName.test(name)) return undefined;
  return `"${name}" must start with a letter or digit, followed by letters, digits, _ . or -`;
}

/** The problem with a container id by the CNI spec; undefined when it is valid. */
export function containerIdProblem(id: string): string | undefined {
  if (id === '') return 'must not be empty';
  if (containerId.test(id)) return undefined;
  return `"${id}" must start with a letter or digit, followed by letters, digits, _ . or -`;
}

/** The problem with the name of a network interface on Linux; undefined when it is valid. */
export function interfaceNameProblem(name: string): string | undefined {
  if (name === '') return 'must not be empty';
  if (Buffer.byteLength(name) > maxInterfaceName) return `"${name}" is longer than ${maxInterfaceName} bytes`;
  if (name === '.' || name === '..') return `"${name}" is not a name of an interface`;
  if (/[/:\s\p{Cc}]/u.test(name)) {
    return `${JSON.stringify(name)} must not contain /, :, white space or control characters`;
  }
  return undefined;
}

/**
 * The problem with a key or value of CNI_ARGS, a list like `K8S_POD_NAME=web;K8S_POD_UID=1` without escapes: `;` would
 * start another argument, and plugins refuse a second `=`. Undefined when it is valid.
 */
export function argumentProblem(text: string): string | undefined {
  if (!/[;=\p{Cc}]/u.test(text)) return undefined;
  return `${JSON.stringify(text)} must not contain ;, = or control characters`;
}
