// What `iscsiadm -m iface -o show` prints. Pure.

/** The settings of an interface that a copy of it gets: those with a value, but the name. Throws for other output. */
export function copiedParameters(shown: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const line of shown.split('\n')) {
    if (!line.startsWith('iface.') || line.includes('<empty>')) continue;
    const [name = '', equals, value, ...rest] = line.trim().split(/\s+/);
    if (equals !== '=' || value === undefined || rest.length > 0) {
      throw new Error(`iscsi: failed to parse iface records: invalid iface setting: ${line}`);
    }
    // The name is what the copy has of its own.
    if (name !== 'iface.iscsi_ifacename') parameters.set(name, value);
  }
  return parameters;
}
