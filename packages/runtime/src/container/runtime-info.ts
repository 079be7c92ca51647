import type { OciRuntimes } from '../oci-runtime/detect.ts';
import type { OciRuntime } from '../oci-runtime/runtime.ts';
import type { Sandbox } from '../state/sandbox.ts';

/**
 * What runs a pod's containers, as `crictl inspect` and `inspectp` show it. containerd names its shim here; berthd has
 * none, so that it is the OCI runtime, with the options that containerd's shim for these has.
 */
export function runtimeInfo({ runtimes }: { readonly runtimes: OciRuntimes }, sandbox: Sandbox | undefined) {
  const handler = runtimes.all.find(({ name }) => name === sandbox?.runtime);
  const runtime = handler?.usable ? handler.runtime : undefined;
  return {
    runtimeType: sandbox?.runtime ?? '',
    runtimeOptions: runtime === undefined ? null : options(runtime),
  };
}

function options({ path, root, cgroupNaming }: OciRuntime) {
  return { binary_name: path, root, ...(cgroupNaming.driver === 'systemd' ? { systemd_cgroup: true } : {}) };
}
