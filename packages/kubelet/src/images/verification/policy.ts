// imagePullCredentialsVerificationPolicy: whether a pod has to prove that it may use an image that is on the node.
import { splitImageName } from '@berth/common/image-name.ts';
import { withDefaultTag } from '../../api/image-name.ts';

/** The policies, by their names in KubeletConfiguration. */
export const verificationPolicies = [
  'NeverVerify',
  'NeverVerifyPreloadedImages',
  'NeverVerifyAllowlistedImages',
  'AlwaysVerify',
] as const;

/** Which images are verified. */
export interface ImageVerification {
  policy: (typeof verificationPolicies)[number];
  /** For NeverVerifyAllowlistedImages: names without tag and digest, or the beginning of names and a `*`. */
  allowlist: readonly string[];
}

/** Whether pods need credentials for the image. `image` is as a container names it. */
export function mustVerify(
  { policy, allowlist }: ImageVerification,
  image: string,
  pulledByKubelet: boolean,
): boolean {
  switch (policy) {
    case 'NeverVerify':
      return false;
    case 'NeverVerifyPreloadedImages':
      return pulledByKubelet;
    case 'NeverVerifyAllowlistedImages': {
      const { name } = splitImageName(image);
      return !allowlist.some((entry) =>
        entry.endsWith('/*') ? name.startsWith(entry.slice(0, -1)) : name === entry,
      );
    }
    case 'AlwaysVerify':
      return true;
  }
}

/** What is wrong with an entry of the allowlist; undefined when it is valid. */
export function allowlistProblem(entry: string): string | undefined {
  if (entry !== entry.trim()) return `leading/trailing spaces are not allowed: ${entry}`;
  const isPrefix = entry.endsWith('/*');
  const name = isPrefix ? entry.slice(0, -1) : entry;
  if (name === '') return `the supplied pattern is too short: ${entry}`;
  if (name.includes('*')) {
    return `not a valid wildcard pattern, only patterns ending with '/*' are allowed: ${entry}`;
  }
  if (isPrefix) return name === '/' ? 'at least registry hostname is required' : undefined;
  if (withDefaultTag(name) === undefined) return `failed to parse as an image name: ${entry}`;
  if (splitImageName(name).name !== name) {
    return `neither tag nor digest is accepted in an image reference: ${entry}`;
  }
  return undefined;
}
