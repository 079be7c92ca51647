/** One scheme of a WWW-Authenticate header (RFC 9110 section 11). */
export interface Challenge {
  /** Lower case, as `bearer`. */
  scheme: string;
  /** Names in lower case. */
  parameters: Map<string, string>;
}

/**
 * Parses the challenges of a WWW-Authenticate header. Of a malformed header it returns those in front of the error.
 *
 * @example
 * const [challenge] = parseChallenges('Bearer realm="https://auth.example/token",service="registry"');
 * assert.equal(challenge?.scheme, 'bearer');
 * assert.equal(challenge.parameters.get('realm'), 'https://auth.example/token');
 */
export function parseChallenges(header: string): Challenge[] {
  const challenges: Challenge[] = [];
  const token = /\s*(?:,\s*)*([!#$%&'*+.^_`|~0-9A-Za-z-]+)/y;
  const value = /\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/y;
  for (let position = 0; position < header.length; ) {
    token.lastIndex = position;
    const [, name] = token.exec(header) ?? [];
    if (name === undefined) break;
    value.lastIndex = token.lastIndex;
    const parameter = value.exec(header);
    if (parameter) {
      const [, quoted, plain] = parameter;
      challenges.at(-1)?.parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '');
      position = value.lastIndex;
    } else {
      challenges.push({ scheme: name.toLowerCase(), parameters: new Map() });
      position = token.lastIndex;
    }
  }
  return challenges;
}
