// `status.nodeInfo.containerRuntimeVersion`. Pure.

/** The runtime's name and version, e.g. `containerd://2.4.2` of one that says `v2.4.2`. */
export function containerRuntimeVersion(name: string, version: string | undefined): string {
  return `${name}://${plainVersion(version ?? '') ?? 'Unknown'}`;
}

/** The version without a `v`: a semantic one as a whole, else the numbers at its beginning. */
function plainVersion(version: string): string | undefined {
  const semantic = /^v?(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)$/.exec(version);
  return (semantic ?? /^\s*v?(\d+(?:\.\d+)+)/.exec(version))?.[1];
}
