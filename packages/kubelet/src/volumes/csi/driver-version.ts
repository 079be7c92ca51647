// Which version of CSI a driver serves. Pure.

/** The highest of the versions that a driver names. Throws unless that is 1.x, which is the only one that kubelets speak. */
export function highestVersion(versions: readonly string[]): string {
  const parsed = versions
    .map((text) => /^v?(\d+(?:\.\d+)+)/.exec(text.trim())?.[1])
    .filter((version) => version !== undefined)
    .toSorted(compare);
  const highest = parsed.findLast((version) => Number(version.split('.')[0]) <= 1);
  if (highest === undefined) {
    throw new Error(
      `could not find a highest supported version from versions (${versions.join(' ')}) reported by this driver`,
    );
  }
  if (!highest.startsWith('1.')) {
    throw new Error(`highest supported version reported by driver is ${highest}, must be v1.x`);
  }
  return highest;
}

/** Less than 0 when the version `a` is the lower one. */
function compare(a: string, b: string): number {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
