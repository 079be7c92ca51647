// The names of static pods, to which the kubelet appends its node's.

/**
 * The name of a static pod in its manifest; the same name when it does not end in that of the node.
 *
 * @example
 * assert.equal(nameInManifest('hello-node1', 'node1'), 'hello');
 * assert.equal(nameInManifest('hello', 'node1'), 'hello');
 */
export function nameInManifest(name: string, nodeName: string): string {
  const suffix = `-${nodeName.toLowerCase()}`;
  return suffix !== '-' && name.length > suffix.length && name.endsWith(suffix)
    ? name.slice(0, -suffix.length)
    : name;
}
