// exec, attach and port-forward through the kubelet's port, as kubectl does by way of the API server, in every protocol
// and on every runtime.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import { PortForwardClient } from '@berth/streaming/client/port-forward.ts';
import { type RemoteCommandOptions, remoteCommand } from '@berth/streaming/client/remote-command.ts';
import { until } from '@berth/test-support/until.ts';
import { TestAuthority } from '../../testing/certificates.ts';
import { onEveryRuntime } from '../../testing/every-runtime.ts';
import { forever, shellPod, untilRunning } from '../../testing/node.ts';
import { endAll } from '../../testing/remains.ts';
import { hostOf, startTestServer } from '../../testing/server.ts';

const transports = ['spdy', 'websocket'] as const;

onEveryRuntime((podTest) => {
  podTest('streams in every protocol', async ({ node, kubelet }) => {
    const echo = 'while read line; do echo "got $line"; done';
    const pods = {
      plain: shellPod('plain', forever),
      echo: shellPod('echo', echo, {}, { stdin: true }),
      terminal: shellPod('terminal', `trap "exit 0" TERM HUP; ${echo}`, {}, { stdin: true, tty: true }),
      web: shellPod(
        'web',
        'mkdir /www; echo from the pod > /www/index.html; exec httpd -f -p 127.0.0.1:8080 -h /www',
      ),
    };
    kubelet.setPods(Object.values(pods));
    for (const pod of Object.values(pods)) await untilRunning(kubelet, pod);
    const ca = new TestAuthority(node.dir, 'streamca');
    using server = await startTestServer(node.dir, hostOf(kubelet, node.options), {
      clientCaFile: `${node.dir}/streamca.crt`,
      streamIdleTimeoutMs: 3000,
    });
    const tls = { ...ca.sign('streamclient'), insecure: true };
    const base = `https://127.0.0.1:${server.port}`;
    const dial = (path: string, options: Omit<RemoteCommandOptions, 'url'>) =>
      remoteCommand({ url: base + path, tls, ...options });

    for (const transport of transports) {
      // exec: input, both outputs, exit code.
      const [stdout, stderr] = [new PassThrough(), new PassThrough()];
      const script = encodeURIComponent('cat; echo problem >&2; exit 7');
      const command = `command=/bin/sh&command=-c&command=${script}`;
      const { exitCode } = await dial(`/exec/default/plain/main?${command}&input=1&output=1&error=1`, {
        tty: false,
        stdin: Readable.from('hello'),
        stdout,
        stderr,
        transport,
      });
      stdout.end();
      stderr.end();
      assert.deepEqual([exitCode, await text(stdout), await text(stderr)], [7, 'hello', 'problem\n']);

      // exec with a terminal and its size; the variant with a UID.
      const screen = new PassThrough();
      const size = encodeURIComponent('sleep 0.3; stty size');
      const sized = await dial(
        `/exec/default/plain/${pods.plain.metadata.uid}/main?command=/bin/sh&command=-c&command=${size}&output=1&error=1&tty=1`,
        {
          tty: true,
          stdout: screen,
          transport,
          resize: (async function* () {
            yield { width: 33, height: 44 };
          })(),
        },
      );
      screen.end();
      assert.deepEqual([sized.exitCode, await text(screen)], [0, '44 33\r\n']);

      // A command that does not exist is told on the error stream.
      await assert.rejects(
        dial('/exec/default/plain/main?command=/nowhere&output=1', {
          tty: false,
          stdout: new PassThrough(),
          transport,
        }),
        /nowhere/,
      );

      // attach to a pipe, and to a terminal.
      for (const [name, tty, expected] of [
        ['echo', false, 'got hi\n'],
        ['terminal', true, 'got hi\r\n'],
      ] as const) {
        const input = new PassThrough();
        const output = new PassThrough();
        const gone = new AbortController();
        const attached = dial(`/attach/default/${name}/main?input=1&output=1${tty ? '&tty=1' : ''}`, {
          tty,
          stdin: input,
          stdout: output,
          transport,
          signal: gone.signal,
        }).catch((error: unknown) => error);
        let seen = '';
        output.on('data', (chunk) => {
          seen += chunk;
        });
        input.write('hi\n');
        await until(
          `${name} answers by ${transport}`,
          () => seen.includes(expected),
          () => seen,
        );
        gone.abort();
        await attached;
      }

      // port-forward.
      const client = await PortForwardClient.dial({ url: `${base}/portForward/default/web`, tls, transport });
      const local = await client.listen({ localPort: 0, remotePort: 8080 });
      await until('the pod answers', async () => {
        const answer = await fetch(`http://127.0.0.1:${local.port}/index.html`).catch(() => undefined);
        return (await answer?.text()) === 'from the pod\n';
      });
      await local.close();
      client.close();
    }

    // A command as long as one argument may be, all of it in the request's first line.
    const long = new PassThrough();
    const argument = 'x'.repeat(120_000);
    await dial(
      `/exec/default/plain/main?command=/bin/sh&command=-c&command=${encodeURIComponent('printf %s "$0" | wc -c')}&command=${argument}&output=1`,
      { tty: false, stdout: long },
    );
    long.end();
    assert.equal(await text(long), '120000\n');

    // The older protocol of WebSockets, which the runtime speaks itself, and its ports in the query.
    const upgrade = async (path: string, protocol: string): Promise<string> => {
      const socket = connectTls({ host: '127.0.0.1', port: server.port, rejectUnauthorized: false, ...tls });
      socket.on('error', () => {});
      const key = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${key}\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`,
      );
      let seen = '';
      socket.on('data', (chunk) => {
        seen += chunk.toString('latin1');
      });
      await once(socket, 'close', { signal: AbortSignal.timeout(20_000) });
      return seen;
    };
    const echoed = '/exec/default/plain/main?command=echo&command=hi&output=1&error=1';
    assert.match(await upgrade(echoed, 'v4.channel.k8s.io'), /^HTTP\/1\.1 101 [\s\S]*hi\n[\s\S]*"Success"/);
    assert.match(await upgrade(echoed, 'nope'), /^HTTP\/1\.1 (403|400) /);
    for (const [query, problem] of [
      ['', 'query parameter "port" is required'],
      ['?port=', 'query parameter "port" cannot be empty'],
      ['?port=0', 'port "0" must be > 0'],
      ['?port=80,x', 'unable to parse "80,x" as a port: strconv.ParseUint: parsing "x": invalid syntax'],
      [
        '?port=70000',
        'unable to parse "70000" as a port: strconv.ParseUint: parsing "70000": value out of range',
      ],
    ] as const) {
      const answer = await upgrade(`/portForward/default/web${query}`, 'v4.channel.k8s.io');
      assert.ok(answer.startsWith('HTTP/1.1 400 ') && answer.endsWith(`\r\n\r\n${problem}`), answer);
    }
    // Silence for longer than streamIdleTimeoutMs ends a stream. Its process ends with it or by its own.
    const began = performance.now();
    assert.match(
      await upgrade('/exec/default/plain/main?command=sleep&command=20&output=1', 'v4.channel.k8s.io'),
      /^HTTP\/1\.1 101 /,
    );
    assert.ok(performance.now() - began < 15_000);

    // Requests that are refused, word for word as by the real kubelet.
    const rows: [string, number, string][] = [
      [
        'GET /exec/default/plain/main?command=ls',
        400,
        'you must specify at least 1 of stdin, stdout, stderr',
      ],
      ['GET /exec/default/plain/main?command=ls&output=1', 500, 'Upgrade request required\n'],
      ['POST /exec/default/nope/main?output=1', 404, 'pod does not exist'],
      ['POST /exec/default/plain/nope?output=1', 500, 'container not found ("nope")'],
      ['POST /attach/default/plain/nope?output=1', 500, 'container nope not found in pod plain_default'],
      ['POST /attach/default/nope/main?output=1', 404, 'pod does not exist'],
      ['GET /portForward/default/web', 500, 'Upgrade request required\n'],
      ['GET /portForward/default/nope', 404, 'pod does not exist'],
      ['GET /portForward/default/web/other', 404, 'pod not found'],
      // /run answers with the output of a command.
      ['POST /run/default/plain/main?cmd=echo%20hi', 200, 'hi\n'],
      ['POST /run/default/plain/any/main?cmd=true', 200, ''],
      ['POST /run/default/plain/main?cmd=false', 500, "command 'false' exited with 1: "],
      [
        'POST /run/default/plain/main?cmd=ls%20/none',
        500,
        "command 'ls /none' exited with 1: ls: /none: No such file or directory\n",
      ],
      ['POST /run/default/nope/main?cmd=ls', 404, 'pod does not exist'],
      ['POST /run/default/plain/nope?cmd=ls', 500, 'container not found ("nope")'],
      ['GET /run/default/plain/main?cmd=ls', 405, '405: Method Not Allowed'],
      // /checkpoint, as far as it goes without criu.
      ['POST /checkpoint/default/nope/main', 404, 'pod does not exist'],
      ['POST /checkpoint/default/plain/nope', 404, 'container nope does not exist'],
      ['POST /checkpoint/default/plain/main?timeout=x', 404, 'cannot parse value of timeout parameter'],
    ];
    for (const [what, status, body] of rows) {
      const answer = await server.ask(what, tls);
      assert.deepEqual([answer.status, answer.body], [status, body], what);
    }
    assert.match(
      (await server.ask('POST /run/default/plain/main?cmd=', tls)).body,
      /^rpc error: code = \w+ desc = /,
    );

    const running = JSON.parse((await server.ask('GET /runningpods/', tls)).body);
    assert.deepEqual(
      running.items
        .map((item: { metadata: { name: string }; spec: { containers: { name: string }[] } }) => [
          item.metadata.name,
          item.spec.containers.map(({ name }) => name),
        ])
        .sort(),
      ['echo', 'plain', 'terminal', 'web'].map((name) => [name, ['main']]),
    );
    await endAll(node, kubelet, ...Object.values(pods));
  });
});
