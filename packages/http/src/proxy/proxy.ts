// Chooses the proxy for a URL from HTTP_PROXY, HTTPS_PROXY and NO_PROXY. tunnel.ts connects through it.
import { BlockList, isIP } from 'node:net';
import { domainToASCII } from 'node:url';

/** The proxy for a URL, if any. */
export type ProxyChoice = (url: URL) => URL | undefined;

/** Reads the proxy variables; upper-case names take precedence. */
type Environment = Readonly<Record<string, string | undefined>>;

const defaultPorts: Record<string, string> = { 'http:': '80', 'https:': '443' };

/**
 * Chooses proxies by HTTP_PROXY, HTTPS_PROXY and NO_PROXY as programs in Go do (golang.org/x/net/http/httpproxy),
 * which containerd and CRI-O use. Connections to this machine use no proxy. Invalid addresses are ignored.
 */
export function proxiesOf(environment: Environment): ProxyChoice {
  const get = (name: string) => environment[name] || environment[name.toLowerCase()] || '';
  const proxies: Record<string, URL | undefined> = {
    'http:': proxyUrl(get('HTTP_PROXY')),
    'https:': proxyUrl(get('HTTPS_PROXY')),
  };
  const isExcepted = exceptions(get('NO_PROXY'));
  return (url) => {
    const proxy = proxies[url.protocol];
    if (!proxy) return undefined;
    const host = plainHost(url.hostname);
    const isLocal = host === 'localhost' || loopback.check(host, family(host));
    return isLocal || isExcepted(host, url.port || defaultPorts[url.protocol] || '') ? undefined : proxy;
  };
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

function proxyUrl(text: string): URL | undefined {
  if (text === '') return undefined;
  const found = URL.canParse(text) ? new URL(text) : undefined;
  if (found && found.host !== '') return found;
  const withScheme = `http://${text}`;
  return URL.canParse(withScheme) ? new URL(withScheme) : undefined;
}

/** A host without the brackets of IPv6; an IPv4-mapped address becomes the IPv4 address. */
function plainHost(hostname: string): string {
  const bare = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(bare) ?? [];
  if (high === undefined || low === undefined) return bare;
  return [high, low]
    .map((part) => Number.parseInt(part, 16))
    .flatMap((part) => [part >> 8, part & 0xff])
    .join('.');
}

type Exception = (host: string, port: string) => boolean;

function exceptions(list: string): Exception {
  const entries = list.split(',').map((entry) => entry.trim().toLowerCase());
  if (entries.includes('*')) return () => true;
  const matchers = entries.filter((entry) => entry !== '').map(exception);
  return (host, port) => matchers.some((matches) => matches(host, port));
}

function exception(entry: string): Exception {
  const [, network = '', prefix = ''] = /^([0-9a-f.:]+)\/(\d{1,3})$/.exec(entry) ?? [];
  if (isIP(network) !== 0 && Number(prefix) <= (isIP(network) === 4 ? 32 : 128)) {
    const list = new BlockList();
    list.addSubnet(network, Number(prefix), family(network));
    return (host) => isIP(host) !== 0 && list.check(host, family(host));
  }
  const [, name = '', wanted] = /^(\[[^\]]*\]|[^:]*):([^:]*)$/.exec(entry) ?? [undefined, entry];
  const isPort = (port: string) => wanted === undefined || wanted === '' || wanted === port;
  const address = wanted === undefined ? name : name.replace(/^\[|\]$/g, '');
  if (isIP(address) !== 0) {
    const list = new BlockList();
    list.addAddress(address, family(address));
    return (host, port) => isIP(host) !== 0 && list.check(host, family(host)) && isPort(port);
  }
  if (name === '') return () => false;
  const domain = domainToASCII(name.replace(/^\*?\./, '')) || name;
  const isForSubdomains = /^\*?\./.test(name);
  return (host, port) =>
    isIP(host) === 0 &&
    (host.endsWith(`.${domain}`) || (!isForSubdomains && host === domain)) &&
    isPort(port);
}

/** The family of an IP address, as BlockList names it. */
function family(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
