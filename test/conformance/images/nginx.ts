// Layers of a web server: Debian's nginx with the libraries that it loads.
import type { TarEntry } from '@berth/oci/tar/entry.ts';
import { programEntries } from './programs.ts';

const program = '/usr/sbin/nginx';

/** The program and every library that it needs, at the paths of this machine. */
export function nginxLayer(): TarEntry[] {
  return [
    ...['etc/nginx', 'usr/share/nginx/html', 'var/lib/nginx', 'var/log/nginx', 'run'].map(
      (path): TarEntry => ({ type: 'directory', path }),
    ),
    { type: 'symlink', path: 'var/run', target: '/run' },
    ...programEntries([program]),
    { type: 'file', path: 'usr/share/nginx/html/index.html', content: '<h1>Welcome to nginx!</h1>\n' },
  ];
}

/** The configuration: a master with one worker that serves one page on `port`. */
export function nginxConfigLayer(port: number): TarEntry[] {
  const content = `daemon off;
user root;
worker_processes 1;
pid /var/run/nginx.pid;
error_log /dev/stderr warn;
events {}
http {
  access_log /dev/stdout;
  server {
    listen ${port};
    location / { root /usr/share/nginx/html; }
  }
}
`;
  return [{ type: 'file', path: 'etc/nginx/nginx.conf', content }];
}
