// Parses the LOCAL:REMOTE arguments of port-forward.

export interface PortPair {
  /** 0 for any. */
  local: number;
  remote: number;
}

/**
 * Pure: `8080:80` is a local and a remote port, `80` both, `:80` a random local port. Throws with the real crictl's
 * messages.
 */
export function parsePortPair(word: string): PortPair {
  const [first = '', second, ...more] = word.split(':');
  if (more.length > 0) throw new Error(`invalid port format '${word}'`);
  const local = parsePort('local', second !== undefined && first === '' ? '0' : first);
  const remote = parsePort('remote', second ?? first);
  if (remote === 0) throw new Error('remote port must be > 0');
  return { local, remote };
}

function parsePort(which: 'local' | 'remote', word: string): number {
  const isNumber = /^\d+$/.test(word);
  if (isNumber && Number(word) <= 0xffff) return Number(word);
  const problem = isNumber ? 'value out of range' : 'invalid syntax';
  throw new Error(
    `error parsing ${which} port '${word}': strconv.ParseUint: parsing ${JSON.stringify(word)}: ${problem}`,
  );
}
