import type { OciRuntimes } from '../oci-runtime/detect.ts';
import type { OciRuntime } from '../oci-runtime/runtime.ts';
import type { Sandbox } from '../state/sandbox.ts';

/**
 * The runtime of a pod in `crictl inspect` and `inspectp`. containerd shows its shim here; berthd has none and
 * shows the OCI runtime, with the options of containerd's runc shim.
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
