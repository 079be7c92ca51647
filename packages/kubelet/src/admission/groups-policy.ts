// Rejects pods whose supplemental groups the runtime cannot restrict.
import type { Check } from './check.ts';

/** An older runtime would ignore `supplementalGroupsPolicy: Strict`. Before it has answered, it is not judged. */
export const checkGroupsPolicy: Check = ({ spec }, { hasGroupsPolicy }) => {
  if (spec.securityContext.supplementalGroupsPolicy !== 'Strict' || hasGroupsPolicy !== false)
    return 'admitted';
  const message = 'SupplementalGroupsPolicy=Strict is not supported in this node';
  return {
    reason: 'SupplementalGroupsPolicyNotSupported',
    message,
    detail: `spec.securityContext.supplementalGroupsPolicy: ${message}: its container runtime is too old`,
  };
};
