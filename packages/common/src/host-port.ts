/** A host and a port as one text, as Go's net.JoinHostPort: an IPv6 address is put in brackets. Pure. */
export function joinHostPort(host: string, port: number | string): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
