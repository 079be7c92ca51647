// Regular expressions as Go's regexp package reads them (https://github.com/google/re2/wiki/Syntax), by re2js. It takes
// Bun 4 ms to load, so only a pattern loads it.

/** Whether a text matches an expression. */
export type Matcher = (text: string) => boolean;

/** Compiles an expression. Rejects with Go's error text for one that Go does not accept. */
export async function goRegExp(pattern: string): Promise<Matcher> {
  const { RE2JS, RE2JSSyntaxException } = await import('re2js');
  try {
    const expression = RE2JS.compile(pattern);
    return (text) => expression.matcher(text).find();
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    // Go shows the part at fault even when it is empty.
    const part = error.getPattern() ?? '';
    throw new Error(`error parsing regexp: ${error.getDescription()}: \`${part}\``, { cause: error });
  }
}

/** As goRegExp, but an empty expression matches everything, and an invalid one nothing. */
export async function goMatcher(pattern: string): Promise<Matcher> {
  if (pattern === '') return () => true;
  return await goRegExp(pattern).catch(() => () => false);
}
