// Names of kernel parameters, which may be written with dots or with slashes.

/**
 * The path below /proc/sys of a kernel parameter written with dots or slashes. As sysctl(8) reads it, the
 * first separator decides: after a dot, a slash stands for a dot inside a name, and vice versa.
 *
 * @example
 * assert.equal(sysctlPath('net.ipv4.ip_forward'), 'net/ipv4/ip_forward');
 * assert.equal(sysctlPath('net.ipv4.conf.eth0/100.forwarding'), 'net/ipv4/conf/eth0.100/forwarding');
 */
export function sysctlPath(name: string): string {
  const path = firstSeparator(name) === '.' ? swapSeparators(name) : name;
  const parts = path.split('/');
  if (parts.length < 2 || parts.some((part) => !/^[\w.:@-]+$/.test(part) || part === '.' || part === '..')) {
    throw new Error(`sysctl ${JSON.stringify(name)}: not the name of a kernel parameter`);
  }
  return path;
}

/** The dotted name of a kernel parameter written with slashes or dots; the inverse of `sysctlPath`. */
export function sysctlName(name: string): string {
  return firstSeparator(name) === '/' ? swapSeparators(name) : name;
}

function firstSeparator(name: string): string | undefined {
  return /[./]/.exec(name)?.[0];
}

function swapSeparators(name: string): string {
  return name.replace(/[./]/g, (separator) => (separator === '.' ? '/' : '.'));
}
