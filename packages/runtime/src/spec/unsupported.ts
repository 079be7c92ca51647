import type { ContainerConfig } from '@berth/cri/generated/api.ts';
import { invalid } from '../errors.ts';
import type { SandboxView } from './input.ts';

/** Refuses fields that this runtime would have to ignore; those of one concern are refused where it is handled. */
export function refuseUnsupported(config: ContainerConfig, sandbox: SandboxView): void {
  const context = 'config.linux.security_context';
  const security = config.linux?.securityContext;
  if (config.windows !== undefined) throw invalid('config.windows', 'this node runs Linux containers');
  if (security?.privileged === true && !sandbox.privileged) {
    throw invalid(
      `${context}.privileged`,
      `pod ${sandbox.name} is not privileged, so none of its containers can be`,
    );
  }
  for (const [field, paths] of [
    ['masked_paths', security?.maskedPaths ?? []],
    ['readonly_paths', security?.readonlyPaths ?? []],
  ] as const) {
    const relative = paths.findIndex((path) => !path.startsWith('/'));
    if (relative >= 0) {
      throw invalid(
        `${context}.${field}[${relative}]`,
        `${JSON.stringify(paths[relative])} is not an absolute path`,
      );
    }
  }
}
