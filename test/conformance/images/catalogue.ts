// Every image that critest v1.36.0 names (its pkg/validate/consts.go and the constants beside its specs), made of
// this machine's own programs: no public registry can be reached where the tests run.
import { readFileSync } from 'node:fs';
import type { ExecutionParameters } from '@berth/oci/image-spec/image-config.ts';
import type { TarEntry } from '@berth/oci/tar/entry.ts';
import { type StaticPrograms, staticPrograms } from './busybox.ts';
import { nginxConfigLayer, nginxLayer } from './nginx.ts';

export interface CatalogueImage {
  /** Repository without the registry, as every registry of `mirrored` serves it. */
  repository: string;
  tags: string[];
  layers: Iterable<TarEntry>[];
  config: ExecutionParameters;
}

/** Of every image. */
export const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const e2e = 'e2e-test-images';
const staging = 'k8s-staging-cri-tools';

/** Builds the programs that are not built yet, and lists the images. */
export async function catalogue(): Promise<CatalogueImage[]> {
  const programs = await staticPrograms();
  const busybox = busyboxLayer(programs);
  const nginx = [busybox, nginxLayer()];
  const serve = { Env: [path], Entrypoint: ['/usr/sbin/nginx'] };
  const sh = { Env: [path], Cmd: ['sh'] };
  const staged = (name: string, tags: string[], config: ExecutionParameters = sh, more: TarEntry[] = []) => ({
    repository: `${staging}/${name}`,
    tags,
    layers: [busybox, [...more, marker(name, tags)]],
    config,
  });
  return [
    { repository: `${e2e}/busybox`, tags: ['1.29-2'], layers: [busybox], config: sh },
    { repository: `${e2e}/nginx`, tags: ['1.14-2'], layers: [...nginx, nginxConfigLayer(80)], config: serve },
    {
      repository: `${staging}/hostnet-nginx-${goArchitecture()}`,
      tags: ['latest'],
      layers: [...nginx, nginxConfigLayer(12003)],
      config: serve,
    },
    { repository: `${e2e}/httpd`, tags: ['2.4.39-4'], layers: [busybox, httpdPage], config: httpd },
    {
      repository: `${e2e}/nonewprivs`,
      tags: ['1.3'],
      layers: [[{ type: 'file', path: 'nnp', mode: 0o4755, content: programs.effectiveUid }]],
      config: { Entrypoint: ['/nnp'] },
    },
    // Runtimes may hold a pause image of their own by one of its tags, so every tag is an image of its own.
    ...['3.9', '3.10', '3.10.1', '3.10.2'].map((tag) => pause(tag)),
    staged('test-image-latest', ['latest']),
    staged('test-image-tag', ['test']),
    staged('test-image-tag', ['all']),
    ...['1', '2', '3'].map((number) => staged(`test-image-${number}`, ['latest'])),
    staged('test-image-tags', ['1', '2', '3']),
    staged('test-image-user-uid', ['latest'], { ...sh, User: '1002' }),
    staged('test-image-user-username', ['latest'], { ...sh, User: 'www-data' }),
    staged('test-image-user-uid-group', ['latest'], { ...sh, User: '1003:users' }),
    staged('test-image-user-username-group', ['latest'], { ...sh, User: 'www-data:100' }),
    staged('test-image-predefined-group', ['latest'], { ...sh, User: '1000' }, predefinedGroup),
    // The images that critest's benchmarks list and pull.
    ...['1.35.0-glibc', '1-uclibc', '1', '1-glibc', '1-musl'].map((tag) => ({
      repository: 'docker/library/busybox',
      tags: [tag],
      layers: [busybox, [marker('busybox', [tag])]],
      config: sh,
    })),
  ];
}

/** The layer below the others: all of busybox, users and folders. */
export function busyboxLayer({ busybox, applets }: StaticPrograms): TarEntry[] {
  return [
    ...['bin', 'dev', 'etc', 'home', 'proc', 'root', 'sys', 'usr', 'var'].map(
      (path): TarEntry => ({ type: 'directory', path }),
    ),
    { type: 'directory', path: 'tmp', mode: 0o1777 },
    { type: 'file', path: 'bin/busybox', mode: 0o755, content: busybox },
    ...applets
      .filter((name) => name !== 'busybox')
      // containerd gives what a link leads to the mode of the link, where the machine has such a file too.
      .map(
        (name): TarEntry => ({ type: 'hardlink', path: `bin/${name}`, target: 'bin/busybox', mode: 0o755 }),
      ),
    { type: 'file', path: 'etc/passwd', content: passwd },
    { type: 'file', path: 'etc/group', content: group },
  ];
}

/** Users of the layer of busybox. */
export const passwd = `root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
bin:x:2:2:bin:/bin:/bin/false
www-data:x:33:33:www-data:/var/www:/bin/false
nobody:x:65534:65534:nobody:/home:/bin/false
`;

/** Their groups. */
export const group = `root:x:0:
daemon:x:1:
bin:x:2:
www-data:x:33:
users:x:100:
nobody:x:65534:
`;

const predefinedGroup: TarEntry[] = [
  {
    type: 'file',
    path: 'etc/passwd',
    content: `${passwd}default-user:x:1000:1000::/home/default-user:/bin/sh\n`,
  },
  {
    type: 'file',
    path: 'etc/group',
    content: `${group}default-user:x:1000:\ngroup-defined-in-image:x:50000:default-user\n`,
  },
];

/** A file that makes an image different from all others, as in critest's own images. */
function marker(name: string, tags: string[]): TarEntry {
  return { type: 'file', path: `${name}-${tags.join('-')}`, content: `${name} ${tags.join(' ')}\n` };
}

const httpdPage: TarEntry[] = [
  { type: 'directory', path: 'www' },
  { type: 'file', path: 'www/index.html', content: '<h1>It works!</h1>\n' },
];

const httpd: ExecutionParameters = {
  Env: [path],
  Cmd: ['sh', '-c', 'echo "httpd serves port 80"; exec httpd -f -p 80 -h /www'],
};

/** A process that waits for ever, with the tag as a label. */
export function pause(tag: string): CatalogueImage {
  return {
    repository: 'pause',
    tags: [tag],
    layers: [[{ type: 'file', path: 'pause', mode: 0o755, content: readFileSync('/usr/bin/catatonit') }]],
    config: { Entrypoint: ['/pause', '-P'], Labels: { version: tag } },
  };
}

/** The processor as Go and image names write it. */
function goArchitecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}
