// hosts.toml: mirrors, TLS and headers of registries.

import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type http from 'node:http';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { digestOf } from '@berth/oci/image-spec/digest.ts';
import type { Case, Json } from '../case.ts';
import { refused } from './container.ts';
import { publish, repositoryOf, tarOf } from './image.ts';
import type { RuntimeSide } from './node.ts';
import type { Answer } from './registry.ts';
import type { TlsFiles } from './tls.ts';

const area = 'hosts.toml';

/**
 * In a text: HTTP and TLS are the URLs of registries that have the image, BARE is HTTP without its scheme, DOWN one that nobody
 * listens on, and CA, CERT, KEY, BUNDLE (certificate and key), OTHER (an authority of somebody else) and BAD (no
 * certificate) are files.
 */
interface Row {
  toml?: string;
  /** Files beside it, by name; the texts are names of files as in `toml`. */
  files?: Readonly<Record<string, string>>;
  /** What the registry answers with HTTP and TLS alike. */
  answer?: (request: http.IncomingMessage, response: http.ServerResponse, usual: () => void) => void;
  /** The folder's name; HOST unless given. */
  folder?: string;
  /** The registry's name in the reference; HOST unless given. */
  name?: string;
}

const onlyWithCertificate: NonNullable<Row['answer']> = ({ socket }, response, usual) =>
  (socket as TLSSocket).authorized ? usual() : void response.writeHead(403).end();
const onlyWithHeader =
  (value: string): NonNullable<Row['answer']> =>
  ({ headers }, response, usual) =>
    headers['x-mine'] === value ? usual() : void response.writeHead(403).end();

const mirror = '[host."HTTP"]\n';

const rows: Readonly<Record<string, Row>> = {
  'a server': { toml: 'server = "HTTP"\n' },
  'a server with a slash at its end': { toml: 'server = "HTTP/"\n' },
  'a server without a scheme': { toml: 'server = "BARE"\n' },
  'a server with /v2': { toml: 'server = "HTTP/v2"\n' },
  'a server with a path': { toml: 'server = "HTTP/some/path"\n' },
  'a server that is empty': { toml: `server = ""\n${mirror}` },
  'a server that is a number': { toml: `server = 5\n${mirror}` },
  'a server that nobody listens on': { toml: 'server = "DOWN"\n' },
  'a mirror': { toml: mirror },
  'a mirror and a server': { toml: `server = "DOWN"\n${mirror}` },
  'a mirror that nobody listens on, and a server': { toml: 'server = "HTTP"\n[host."DOWN"]\n' },
  'two mirrors, the first down': { toml: `server = "DOWN"\n[host."DOWN"]\n${mirror}` },
  'a mirror without a scheme': { toml: 'server = "DOWN"\n[host."BARE"]\n' },
  'a mirror with a slash at its end': { toml: 'server = "DOWN"\n[host."HTTP/"]\n' },
  'a mirror with /v2': { toml: 'server = "DOWN"\n[host."HTTP/v2"]\n' },
  'a mirror with a path': { toml: 'server = "DOWN"\n[host."HTTP/some/path"]\n' },
  'a mirror with a path of its own': { toml: 'server = "DOWN"\n[host."HTTP/v2/"]\noverride_path = true\n' },
  'a mirror with a query': { toml: 'server = "DOWN"\n[host."HTTP/v2?x=y"]\noverride_path = true\n' },
  'override_path in text': { toml: 'server = "DOWN"\n[host."HTTP/v2"]\noverride_path = "true"\n' },
  'a mirror in capitals': { toml: 'server = "DOWN"\n[host."HTTP/V2/.."]\n' },
  capabilities: { toml: `server = "DOWN"\n${mirror}capabilities = ["pull", "resolve"]\n` },
  'pull alone': { toml: `server = "HTTP"\n${mirror}capabilities = ["pull"]\n` },
  'resolve alone': { toml: `server = "HTTP"\n${mirror}capabilities = ["resolve"]\n` },
  'push alone': { toml: `server = "HTTP"\n${mirror}capabilities = ["push"]\n` },
  'no capability': { toml: `server = "HTTP"\n${mirror}capabilities = []\n` },
  'an unknown capability': { toml: `server = "DOWN"\n${mirror}capabilities = ["pull", "resolve", "fly"]\n` },
  'capabilities in capitals': { toml: `server = "DOWN"\n${mirror}capabilities = ["Pull", "RESOLVE"]\n` },
  'capabilities that are a text': { toml: `server = "DOWN"\n${mirror}capabilities = "pull"\n` },
  referrers: { toml: `server = "DOWN"\n${mirror}capabilities = ["pull", "resolve", "referrers"]\n` },
  'capabilities at the root': { toml: `server = "HTTP"\ncapabilities = ["pull", "resolve"]\n` },
  'push at the root': { toml: `server = "HTTP"\ncapabilities = ["push"]\n` },
  'a mirror without the image': { toml: 'server = "HTTP"\n[host."HTTP/v2/empty"]\noverride_path = true\n' },

  skip_verify: { toml: 'server = "DOWN"\n[host."TLS"]\nskip_verify = true\n' },
  'skip_verify is false': { toml: 'server = "DOWN"\n[host."TLS"]\nskip_verify = false\n' },
  'skip_verify in text': { toml: 'server = "DOWN"\n[host."TLS"]\nskip_verify = "true"\n' },
  'no authority': { toml: 'server = "TLS"\n' },
  'an authority': { toml: 'server = "DOWN"\n[host."TLS"]\nca = "CA"\n' },
  'a list of authorities': { toml: 'server = "DOWN"\n[host."TLS"]\nca = ["OTHER", "CA"]\n' },
  'an empty list of authorities': { toml: 'server = "DOWN"\n[host."TLS"]\nca = []\n' },
  'another authority': { toml: 'server = "DOWN"\n[host."TLS"]\nca = "OTHER"\n' },
  'an authority that is missing': { toml: 'server = "DOWN"\n[host."TLS"]\nca = "/no/such/file"\n' },
  'an authority that is no certificate': { toml: 'server = "DOWN"\n[host."TLS"]\nca = "BAD"\n' },
  'an authority by a relative path': {
    toml: 'server = "DOWN"\n[host."TLS"]\nca = "mine.pem"\n',
    files: { 'mine.pem': 'CA' },
  },
  'an authority that is a number': { toml: 'server = "DOWN"\n[host."TLS"]\nca = 5\n' },
  'an authority and skip_verify': {
    toml: 'server = "DOWN"\n[host."TLS"]\nca = "OTHER"\nskip_verify = true\n',
  },
  'an authority at the root': { toml: 'server = "TLS"\nca = "CA"\n' },
  'skip_verify at the root': { toml: 'server = "TLS"\nskip_verify = true\n' },
  'an authority at the root, for a mirror': { toml: 'server = "DOWN"\nca = "CA"\n[host."TLS"]\n' },
  'TLS without a scheme': { toml: 'server = "DOWN"\n[host."BARETLS"]\nskip_verify = true\n' },
  'a client by one file': {
    toml: 'server = "DOWN"\n[host."TLS"]\nca = "CA"\nclient = "BUNDLE"\n',
    answer: onlyWithCertificate,
  },
  'a client by a list of files': {
    toml: 'server = "DOWN"\n[host."TLS"]\nca = "CA"\nclient = ["BUNDLE"]\n',
    answer: onlyWithCertificate,
  },
  'a client by a pair': {
    toml: 'server = "DOWN"\n[host."TLS"]\nca = "CA"\nclient = [["CERT", "KEY"]]\n',
    answer: onlyWithCertificate,
  },
  'a client by a flat pair': {
    toml: 'server = "DOWN"\n[host."TLS"]\nca = "CA"\nclient = ["CERT", "KEY"]\n',
    answer: onlyWithCertificate,
  },
  'a client by a pair without a key': {
    toml: 'server = "DOWN"\n[host."TLS"]\nca = "CA"\nclient = [["BUNDLE", ""]]\n',
    answer: onlyWithCertificate,
  },
  'a client by three files': {
    toml: 'server = "DOWN"\n[host."TLS"]\nca = "CA"\nclient = [["CERT", "KEY", "CA"]]\n',
    answer: onlyWithCertificate,
  },
  'a client by files that are missing': {
    toml: 'server = "DOWN"\n[host."TLS"]\nca = "CA"\nclient = [["/no/cert", "/no/key"]]\n',
  },
  'a client at the root': {
    toml: 'server = "TLS"\nca = "CA"\nclient = [["CERT", "KEY"]]\n',
    answer: onlyWithCertificate,
  },
  "Docker's authority": { files: { 'ca.crt': 'CA' }, name: 'BARETLS' },
  "Docker's client": {
    files: { 'ca.crt': 'CA', 'mine.cert': 'CERT', 'mine.key': 'KEY' },
    name: 'BARETLS',
    answer: onlyWithCertificate,
  },
  "Docker's client without a key": { files: { 'ca.crt': 'CA', 'mine.cert': 'CERT' }, name: 'BARETLS' },
  "Docker's authority beside a hosts.toml": { toml: 'server = "TLS"\n', files: { 'ca.crt': 'CA' } },
  "Docker's files that are no certificates": { files: { 'ca.crt': 'BAD' }, name: 'BARETLS' },
  'other files': { toml: mirror, files: { README: 'BAD', 'hosts.toml.bak': 'BAD' } },

  'a header': { toml: `${mirror}[host."HTTP".header]\nx-mine = "yes"\n`, answer: onlyWithHeader('yes') },
  'a header with a list': {
    toml: `${mirror}[host."HTTP".header]\nx-mine = ["yes", "no"]\n`,
    answer: onlyWithHeader('yes, no'),
  },
  'a header with a number': { toml: `${mirror}[host."HTTP".header]\nx-mine = 5\n` },
  'a header without a value': { toml: `${mirror}[host."HTTP".header]\nx-mine = ""\n` },
  'a header with a newline': { toml: `${mirror}[host."HTTP".header]\nx-mine = "a\\nb"\n` },
  'a header with an odd name': { toml: `${mirror}[host."HTTP".header]\n"x mine" = "a"\n` },
  'a header in line': { toml: `${mirror}header = { x-mine = "yes" }\n`, answer: onlyWithHeader('yes') },
  'a header at the root': {
    toml: 'server = "HTTP"\n[header]\nx-mine = "yes"\n',
    answer: onlyWithHeader('yes'),
  },
  'a header of the host': { toml: `${mirror}[host."HTTP".header]\nHost = "mine"\n` },
  'a header of authorization': {
    toml: `${mirror}[host."HTTP".header]\nAuthorization = "Basic x"\n`,
    answer: ({ headers }, response, usual) =>
      headers.authorization === 'Basic x' ? usual() : void response.writeHead(401).end(),
  },
  'a timeout of dialling': { toml: `${mirror}dial_timeout = "5s"\n` },
  'a timeout that is none': { toml: `${mirror}dial_timeout = "soon"\n` },
  'a timeout that is a number': { toml: `${mirror}dial_timeout = 5\n` },

  'unknown keys': { toml: `mine = 1\n${mirror}mine = 2\n[host."HTTP".more]\nx = 1\n` },
  'keys in capitals': { toml: 'SERVER = "DOWN"\n[Host."HTTP"]\nCapabilities = ["pull", "resolve"]\n' },
  'a key twice': { toml: `server = "DOWN"\nserver = "DOWN"\n${mirror}` },
  'a table twice': { toml: `${mirror}${mirror}` },
  'a table called hosts': { toml: 'server = "HTTP"\n[hosts."DOWN"]\n' },
  'a list of tables': { toml: 'server = "HTTP"\n[[host]]\nurl = "HTTP"\n' },
  'a dotted key': { toml: 'host."HTTP".capabilities = ["pull", "resolve"]\n' },
  'a table in line': { toml: 'host = { "HTTP" = { capabilities = ["pull", "resolve"] } }\n' },
  'single quotes': { toml: "server = 'DOWN'\n[host.'HTTP']\ncapabilities = ['pull', 'resolve']\n" },
  'a list over lines': { toml: `${mirror}capabilities = [\n  "pull", # comment\n  "resolve",\n]\n` },
  'every kind of value': {
    toml: `a = 0x1f\nb = 1_000\nc = 1.5e3\nd = 1979-05-27T07:32:00Z\ne = inf\nf = '''\nx'''\ng = """\\\n  y"""\n${mirror}`,
  },
  escapes: { toml: 'server = "\\u0048TTP"\n'.replace('\\u0048TTP', 'HTTP\\u002f') },
  'a byte order mark': { toml: `\ufeff${mirror}` },
  'CR LF': { toml: `server = "DOWN"\r\n${mirror.replace('\n', '\r\n')}` },
  comments: { toml: `# a comment\n\n  ${mirror.trimEnd()} # another\n` },
  'tabs and blanks': { toml: `\t[ host . "HTTP" ]\n\t  capabilities=[ "pull" ,"resolve" ]\n` },
  'no newline at its end': { toml: mirror.trimEnd() },
  'no text': { toml: '', name: 'BARE' },
  'no TOML': { toml: '{ "server": "HTTP" }' },
  'a line that is broken': { toml: `server = \n${mirror}` },
  'bytes that are not UTF-8': { toml: `# \u00ff\n${mirror}` },
  'an empty table': { toml: '[host]\n', name: 'BARE' },
  'no file': { name: 'BARE' },
  'a folder for a name with a port': { toml: mirror, name: 'HOST:5000', folder: 'HOST:5000' },
  'a folder for a name with a port, as Windows has it': {
    toml: mirror,
    name: 'HOST:5000',
    folder: 'HOST_5000_',
  },
  'a folder without the port of the name': { toml: mirror, name: 'HOST:5000', folder: 'HOST' },
  'a folder with a port, for a name without': { toml: mirror, folder: 'HOST:443', name: 'HOST:443' },
  'a folder in capitals': { toml: mirror, folder: 'HOST' },
};

function apply(row: Row, name: string) {
  const { answer, folder = 'HOST', name: registryName = 'HOST', toml, files = {} } = row;
  return async (side: RuntimeSide) => {
    const repository = repositoryOf(area, name);
    const seen = new Set<string>();
    for (const registry of [side.registry, side.tls]) {
      publish(registry, repository, {
        bare: true,
        layers: [tarOf([{ type: 'file', path: 'a', content: repository }])],
      });
      const scheme = registry === side.tls ? 'https' : 'http';
      const record: Answer = (request, response, usual) => {
        const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
        if (pathname.includes('/manifests/1')) {
          const ns =
            searchParams
              .get('ns')
              ?.replace(/^[0-9a-f]{8}/, 'HOST')
              .replace(/\d+$/, 'PORT') ?? '';
          seen.add(`${scheme} ${pathname.replace(repository, 'NAME')} ns=${ns}`);
        }
        if (answer === undefined) usual();
        else answer(request, response, usual);
      };
      registry.intercept(repository, record);
    }
    const host = `${digestOf(name).slice(7, 15)}.test`;
    const bareTls = side.tls.host;
    const filled = (text: string) =>
      text
        .replaceAll('HOST', host)
        .replaceAll('BARETLS', bareTls)
        .replaceAll('BARE', side.registry.host)
        .replaceAll('HTTP', `http://${side.registry.host}`)
        .replaceAll('TLS', `https://${bareTls}`)
        .replaceAll('DOWN', 'http://127.0.0.1:1')
        .replaceAll(
          /\b(CA|OTHER|CERT|KEY|BUNDLE|BAD)\b/g,
          (key) => side.tlsFiles[key as keyof Omit<TlsFiles, 'server'>],
        );
    const registry = filled(registryName);
    const dir = join(
      side.certsDir,
      registryName === 'HOST' || registryName.startsWith('HOST:') ? filled(folder) : registry,
    );
    mkdirSync(dir, { recursive: true });
    if (toml !== undefined) writeFileSync(join(dir, 'hosts.toml'), filled(toml));
    for (const [file, target] of Object.entries(files)) symlinkSync(filled(target), join(dir, file));
    try {
      await side.client.image.pullImage({ image: { image: `${registry}/${repository}:1` } });
    } catch (error) {
      return refused('image', error);
    } finally {
      for (const file of ['hosts.toml', ...Object.keys(files)]) rmSync(join(dir, file), { force: true });
    }
    const facts: Json = { pulled: true, asked: [...seen].sort() };
    return { facts };
  };
}

export const hostsToml: readonly Case<RuntimeSide>[] = [
  ...Object.entries(rows).map(
    ([name, row]): Case<RuntimeSide> => ({
      area,
      name,
      apply: apply(row, name),
      // They share the folder of one registry.
      ...(row.name?.startsWith('BARE') && { alone: true }),
    }),
  ),
  {
    area,
    name: 'the default of all registries',
    apply: apply({ toml: mirror, folder: '_default' }, 'default'),
    alone: true,
  },
];
