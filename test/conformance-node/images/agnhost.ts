// Kubernetes' test image agnhost: its program from the Go module, and the programs that the specs run beside it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeOciLayout } from '@berth/oci/archive/layout-writer.ts';
import type { ExecutionParameters } from '@berth/oci/image-spec/image-config.ts';
import type { TarEntry } from '@berth/oci/tar/entry.ts';
import { buildPeer } from '@berth/test-support/peers.ts';
import type { StaticPrograms } from '../../conformance/images/busybox.ts';
import {
  busyboxLayer,
  type CatalogueImage,
  group,
  passwd,
  path,
} from '../../conformance/images/catalogue.ts';
import { programEntries } from '../../conformance/images/programs.ts';

export const agnhostConfig: ExecutionParameters = { Env: [path], Entrypoint: ['/agnhost'], Cmd: ['pause'] };

/** @param served the image that `agnhost fake-registry-server` serves as `pause:testing` */
export async function agnhostLayers(
  programs: StaticPrograms,
  served: CatalogueImage,
): Promise<Iterable<TarEntry>[]> {
  const agnhost = readFileSync(await buildPeer('agnhost'));
  return [
    busyboxLayer(programs),
    programEntries(['/usr/bin/bash', '/usr/bin/curl', '/usr/bin/dig', '/usr/sbin/ip']),
    [
      { type: 'symlink', path: 'bin/bash', target: '/usr/bin/bash' },
      { type: 'file', path: 'agnhost', mode: 0o755, content: agnhost },
      { type: 'symlink', path: 'agnhost-2', target: 'agnhost' },
      { type: 'directory', path: 'uploads' },
      ...users,
      ...localhostCertificate(),
      ...(await registryFiles(served)),
    ],
  ];
}

/** As its Dockerfile adds them. */
const users: TarEntry[] = [
  {
    type: 'file',
    path: 'etc/passwd',
    content: `${passwd}user-defined-in-image:x:1000:1000::/home/user-defined-in-image:/bin/sh\n`,
  },
  {
    type: 'file',
    path: 'etc/group',
    content: `${group}user-defined-in-image:x:1000:\ngroup-defined-in-image:x:50000:user-defined-in-image\n`,
  },
];

/** What `agnhost porter` serves TLS with. */
function localhostCertificate(): TarEntry[] {
  const dir = mkdtempSync('/tmp/berth-agnhost-');
  try {
    const [key, certificate] = [join(dir, 'localhost.key'), join(dir, 'localhost.crt')];
    const request = [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '3650',
      '-subj',
      '/CN=localhost',
    ];
    execFileSync('openssl', [...request, '-keyout', key, '-out', certificate], { stdio: 'pipe' });
    return [
      { type: 'file', path: 'localhost.key', content: readFileSync(key) },
      { type: 'file', path: 'localhost.crt', content: readFileSync(certificate) },
    ];
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** The folder that its registry server reads: blobs and manifests below their digests, and a tag as a file. */
async function registryFiles({ layers, config }: CatalogueImage): Promise<TarEntry[]> {
  const dir = mkdtempSync('/tmp/berth-agnhost-');
  try {
    const { manifest } = await writeOciLayout({ dir, name: 'testing', layers, config });
    const blobs = join(dir, 'blobs/sha256');
    const image = 'var/registry/pause';
    const files = readdirSync(blobs).flatMap((hex): TarEntry[] => {
      const kind = manifest.digest === `sha256:${hex}` ? 'manifests' : 'blobs';
      const content = readFileSync(join(blobs, hex));
      return [{ type: 'file', path: `${image}/${kind}/sha256/${hex.slice(0, 2)}/${hex}/data`, content }];
    });
    return [...files, { type: 'file', path: `${image}/manifests/testing`, content: manifest.digest }];
  } finally {
    rmSync(dir, { recursive: true });
  }
}
