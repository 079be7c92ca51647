import type { ContainerConfig } from '@berth/cri/generated/api.ts';
import { invalid } from '../rpc/errors.ts';
import type { Warn } from '../rpc/warn.ts';
import type { SandboxView } from './input.ts';

/** Refuses fields that no other file handles, or warns about them. */
export function checkUnsupported(config: ContainerConfig, sandbox: SandboxView, warn: Warn): void {
  if (config.windows !== undefined) warn('config.windows', 'ignored: this node runs Linux containers');
  for (const [index, { permissions }] of config.devices.entries()) {
    if (/[^rwm]/.test(permissions))
      warn(
        `config.devices[${index}].permissions`,
        `of ${JSON.stringify(permissions)} only r, w and m are taken`,
      );
  }
  if (config.linux?.securityContext?.privileged === true && !sandbox.privileged) {
    throw invalid(
      'config.linux.security_context.privileged',
      `pod ${sandbox.name} is not privileged, so none of its containers can be`,
    );
  }
}
