// Parses CRI endpoints of flags and configuration files.

/**
 * The socket path of `endpoint`: `unix:///run/x.sock`, `unix:/run/x.sock` or a bare absolute path.
 * Throws for other schemes and relative paths.
 */
export function parseEndpoint(endpoint: string): string {
  if (endpoint === '')
    throw new Error('the CRI endpoint is empty; give one such as unix:///run/berth/berth.sock');
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(endpoint)?.[1];
  if (scheme !== undefined && scheme !== 'unix') {
    throw new Error(
      `CRI endpoint "${endpoint}": protocol "${scheme}" is not supported, use unix:///PATH or /PATH`,
    );
  }
  const path = scheme === undefined ? endpoint : endpoint.replace(/^unix:(\/\/)?/, '');
  if (!path.startsWith('/')) {
    throw new Error(
      `CRI endpoint "${endpoint}": the socket's path must be absolute, like unix:///run/berth/berth.sock`,
    );
  }
  return path;
}
