/**
 * A test whether an image of these names is pinned (Image.pinned of the CRI). A pattern is a full name, with `*`
 * for any characters.
 */
export function pinnedBy(patterns: readonly string[]): (names: readonly string[]) => boolean {
  const matchers = patterns.map((pattern) => {
    const parts = pattern.split('*').map((part) => RegExp.escape(part));
    return new RegExp(`^${parts.join('.*')}$`, 's');
  });
  return (names) => names.some((name) => matchers.some((matcher) => matcher.test(name)));
}
