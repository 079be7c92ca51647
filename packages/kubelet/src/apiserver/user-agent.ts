// The user agent, by which API servers and their logs know kubelets. Pure.

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

/** E.g. `kubelet/v1.37.2 (linux/amd64) kubernetes/berth`: what follows the slash is a commit for the real one. */
export function userAgent(version: string, arch: string): string {
  const release = version.replace(/[-+].*$/, '');
  return `kubelet/${release} (linux/${architectures[arch] ?? arch}) kubernetes/berth`;
}
