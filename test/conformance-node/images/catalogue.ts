// Every image that the specs of e2e_node v1.37.2 with the label NodeConformance name (test/utils/image/manifest.go),
// made of this machine's own programs and of the module's: no public registry can be reached where the tests run.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { TarEntry } from '@berth/oci/tar/entry.ts';
import { staticPrograms } from '../../conformance/images/busybox.ts';
import { busyboxLayer, type CatalogueImage, path, pause } from '../../conformance/images/catalogue.ts';
import { nginxConfigLayer, nginxLayer } from '../../conformance/images/nginx.ts';
import { programEntries } from '../../conformance/images/programs.ts';
import { agnhostConfig, agnhostLayers } from './agnhost.ts';

const e2e = 'e2e-test-images';
const pauseTag = '3.10.2';

/** Builds the programs that are not built yet, and lists the images. */
export async function catalogue(): Promise<CatalogueImage[]> {
  const programs = await staticPrograms();
  const busybox = busyboxLayer(programs);
  const sh = { Env: [path], Cmd: ['sh'] };
  const agnhost = await agnhostLayers(programs, pause(pauseTag));
  const nginx = [busybox, nginxLayer(), nginxConfigLayer(80)];
  const image = (name: string, tag: string, layers: Iterable<TarEntry>[], config = sh): CatalogueImage => ({
    repository: `${e2e}/${name}`,
    tags: [tag],
    layers,
    config,
  });
  const withPrograms = (...names: string[]) => [busybox, programEntries(names.map(located))];
  return [
    pause(pauseTag),
    image('busybox', '1.37.0-2', [busybox]),
    ...['2.55', '2.66.1'].map((tag) => ({
      ...image('agnhost', tag, [...agnhost, [{ type: 'file', path: 'agnhost-version', content: tag }]]),
      config: agnhostConfig,
    })),
    {
      ...image('kitten', '1.8', [...agnhost, kitten]),
      config: { ...agnhostConfig, Cmd: ['test-webserver'] },
    },
    ...['1.27.0-2', '1.28.0-2'].map((tag) => ({
      ...image('nginx', tag, [...nginx, [{ type: 'file', path: 'nginx-version', content: tag }]]),
      config: { Env: [path], Entrypoint: ['/usr/sbin/nginx'] },
    })),
    {
      ...image('nonewprivs', '1.4', [
        busybox,
        [{ type: 'file', path: 'usr/local/bin/nnp', mode: 0o4755, content: programs.effectiveUid }],
      ]),
      config: { Env: [path], Cmd: ['nnp'] },
    },
    { ...image('nonroot', '1.5', [busybox]), config: { ...sh, User: '1234' } },
    image('ipc-utils', '1.4', withPrograms('ipcs', 'ipcmk')),
    image('perl', '5.26', withPrograms('perl')),
    image('glibc-dns-testing', '2.1.1', withPrograms('dig', 'getent', 'hostname')),
  ];
}

const kitten: TarEntry[] = [
  { type: 'file', path: 'data.json', content: '{"image": "kitten.jpg"}\n' },
  { type: 'file', path: 'etc/os-release', content: 'ID=kitten\n' },
];

/** Where a program is on this machine. */
function located(name: string): string {
  const folders = `${process.env['PATH']}:/usr/sbin:/sbin`.split(delimiter);
  const found = folders.map((folder) => join(folder, name)).find(existsSync);
  if (found === undefined) throw new Error(`${name} is not on the PATH, and an image of the suite needs it`);
  return found.replace(/^\/(s?bin)\//, '/usr/$1/');
}
