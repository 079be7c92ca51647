import { findProgram } from '../host/programs.ts';
import type { OciRuntime } from '../oci-runtime/runtime.ts';
import { wrongState } from '../rpc/errors.ts';

/** Refuses a checkpoint or restore unless criu is installed and the OCI runtime supports both. */
export async function requireCheckpointing(runtime: OciRuntime): Promise<void> {
  try {
    findProgram('criu', 'criu');
  } catch {
    throw wrongState('criu is not installed: checkpoint and restore need it; install the package criu');
  }
  try {
    await runtime.run(['checkpoint', '--help']);
  } catch {
    throw wrongState(
      `the OCI runtime ${runtime.name} (${runtime.path}) was built without checkpoint and restore; ` +
        'run the pod with a runtime handler that has them, as runc',
    );
  }
}
