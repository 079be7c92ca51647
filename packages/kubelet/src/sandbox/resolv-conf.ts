// The host's resolver configuration, resolv.conf(5).

/** The content of resolv.conf, with CRI's field names. */
export interface DnsConfig {
  servers: string[];
  searches: string[];
  options: string[];
}

/** Parses resolv.conf: collects all name servers, the last `search` line, and the last value of each option. */
export function parseResolvConf(text: string): DnsConfig {
  const servers: string[] = [];
  let searches: string[] = [];
  const options = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line.trim().split(/\s+/);
    if (keyword === 'nameserver' && values[0]) servers.push(values[0]);
    if (keyword === 'search') {
      searches = values.filter((domain) => domain !== '.').map((domain) => domain.replace(/\.$/, ''));
    }
    if (keyword === 'options') for (const option of values) options.set(optionName(option), option);
  }
  return { servers, searches, options: [...options.values()] };
}

/** `ndots` of `ndots:5`. */
export function optionName(option: string): string {
  return option.split(':', 1)[0] ?? option;
}
