// Layers of a web server: Debian's nginx with the libraries that it loads.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { TarEntry } from '@berth/oci/tar/entry.ts';

const program = '/usr/sbin/nginx';

/** The program and every library that it needs, at the paths of this machine. */
export function nginxLayer(): TarEntry[] {
  const libraries = [...execFileSync('ldd', [program], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/g)];
  const files = [program, ...libraries.map(([, path = '']) => path)];
  return [
    ...['etc/nginx', 'usr/share/nginx/html', 'var/lib/nginx', 'var/log/nginx', 'run'].map(
      (path): TarEntry => ({ type: 'directory', path }),
    ),
    { type: 'symlink', path: 'var/run', target: '/run' },
    ...files.map(
      (path): TarEntry => ({ type: 'file', path: path.slice(1), mode: 0o755, content: readFileSync(path) }),
    ),
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
