// Proxies that tests put between a pull and registries whose names only they know.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo, type Server } from 'node:net';

/** A proxy on a loopback port. */
export interface TestProxy extends AsyncDisposable {
  address: string;
  /** What it was asked for: `GET http://host/path` or `CONNECT host:port`. */
  asked: string[];
  /** Who asked. */
  users: (string | undefined)[];
}

/** The loopback addresses that names stand for: `registry.test` is `127.0.0.1:5000`. */
export type Names = Readonly<Record<string, string>>;

/** An HTTP proxy: whole URLs and CONNECT. With `password` it serves nobody else. */
export async function httpProxy(names: Names, password?: string): Promise<TestProxy> {
  const asked: string[] = [];
  const users: (string | undefined)[] = [];
  const server = http.createServer();
  const admit = (request: http.IncomingMessage) => {
    asked.push(`${request.method} ${request.url}`);
    const [, credentials = ''] = request.headers['proxy-authorization']?.split(' ') ?? [];
    const user = Buffer.from(credentials, 'base64').toString();
    users.push(user || undefined);
    return password === undefined || user === password;
  };
  server.on('request', (request, response) => {
    if (!admit(request)) return void response.writeHead(407).end();
    const url = new URL(request.url ?? '');
    const [host, port] = (names[url.hostname] ?? '').split(':');
    const { 'proxy-authorization': _, ...headers } = request.headers;
    const onward = http.request(
      { host, port, path: url.pathname + url.search, method: request.method, headers },
      (from) => {
        response.writeHead(from.statusCode ?? 500, from.headers);
        from.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  server.on('connect', (request: http.IncomingMessage, socket: net.Socket) => {
    socket.on('error', () => {});
    if (!admit(request)) return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    const target = names[request.url?.replace(/:\d+$/, '') ?? ''];
    if (target === undefined) return void socket.end('HTTP/1.1 502 no such host\r\n\r\n');
    socket.write('HTTP/1.1 200 Connection established\r\nvia: test\r\n\r\n');
    join(socket, target);
  });
  return started(server, asked, users);
}

/** A SOCKS 5 proxy; with `password`, as `user:secret`, it serves nobody else. */
export async function socksProxy(names: Names, password?: string): Promise<TestProxy> {
  const asked: string[] = [];
  const users: (string | undefined)[] = [];
  const server = net.createServer(async (socket) => {
    socket.on('error', () => {});
    const read = async (bytes: number): Promise<Buffer> => {
      for (;;) {
        const chunk: Buffer | null = socket.read(bytes);
        if (chunk !== null) return chunk;
        await once(socket, 'readable');
      }
    };
    const [, methods = 0] = await read(2);
    await read(methods);
    socket.write(Buffer.from([5, password === undefined ? 0 : 2]));
    if (password !== undefined) {
      const [, userLength = 0] = await read(2);
      const user = (await read(userLength)).toString();
      const [length = 0] = await read(1);
      const given = `${user}:${await read(length)}`;
      users.push(given);
      socket.write(Buffer.from([1, given === password ? 0 : 1]));
      if (given !== password) return socket.end();
    }
    const [, , , type] = await read(4);
    const host =
      type === 3
        ? (await read((await read(1))[0] ?? 0)).toString()
        : (await read(type === 4 ? 16 : 4)).join('.');
    asked.push(`CONNECT ${host}:${(await read(2)).readUInt16BE()}`);
    const target = names[host];
    socket.write(Buffer.from([5, target === undefined ? 4 : 0, 0, 1, 0, 0, 0, 0, 0, 0]));
    if (target === undefined) socket.end();
    else join(socket, target);
  });
  return started(server, asked, users);
}

function join(socket: net.Socket, target: string): void {
  const [host = '', port] = target.split(':');
  const onward = net.connect({ host, port: Number(port) });
  onward.on('error', () => socket.destroy());
  socket.on('close', () => onward.destroy());
  socket.pipe(onward).pipe(socket);
}

async function started(server: Server, asked: string[], users: (string | undefined)[]): Promise<TestProxy> {
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket: net.Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound: AddressInfo | string | null = server.address();
  assert(bound !== null && typeof bound === 'object');
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { address: `127.0.0.1:${bound.port}`, asked, users, [Symbol.asyncDispose]: close };
}
