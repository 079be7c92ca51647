// Builds SandboxView, the pod's part of ociSpec()'s input, from a stored sandbox.

import type { LiveConfig } from '../config/live-config.ts';
import type { Paths } from '../state/paths.ts';
import { type Sandbox, sandboxHostname, sandboxNamespaces } from '../state/sandbox.ts';
import type { SandboxView } from './input.ts';

/** The properties of a sandbox from which config.json of its containers and of its init is derived. */
export function sandboxView(
  { paths, config }: { readonly paths: Paths; readonly config: LiveConfig },
  sandbox: Sandbox,
): SandboxView {
  const { metadata } = sandbox.config;
  const { hostNetwork, hostIpc, hostPid, users } = sandboxNamespaces(sandbox.config);
  const files = paths.sandbox(sandbox.id);
  const init = sandbox.state.phase === 'ready' ? sandbox.state.init : undefined;
  return {
    id: sandbox.id,
    name: metadata?.name ?? '',
    namespace: metadata?.namespace ?? '',
    uid: metadata?.uid ?? '',
    hostname: sandboxHostname(sandbox),
    cgroupParent: sandbox.cgroupParent || config.current.cgroupParent,
    privileged: sandbox.config.linux?.securityContext?.privileged ?? false,
    namespaces: {
      user: users === undefined ? undefined : files.userns,
      network: hostNetwork ? undefined : files.netns,
      uts: hostNetwork ? undefined : files.utsns,
      ipc: hostIpc ? undefined : files.ipcns,
    },
    users,
    hostPid,
    initPid: init?.init.pid,
    files: {
      hostname: files.hostname,
      resolvConf: files.resolvConf,
      hosts: files.hosts,
    },
    shm: hostIpc ? '/dev/shm' : files.shm,
  };
}
