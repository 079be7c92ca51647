// The specs of critest that fail for the sake of the place where the tests run.

/**
 * The specs of critest v1.36.0 that cannot pass where no public registry can be reached, and why. A spec of this
 * list that passes is news too.
 */
export const knownFailures: Readonly<Record<string, string>> = {
  '[k8s.io] Image Manager public image with digest should be pulled and removed [Conformance]':
    'names an image by the digest of its manifest; only the bytes that were once built have it, and no public registry can be reached',
};
