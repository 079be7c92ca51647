// Fields of a container whose effect only the container shows: its command line, its directory, its input, its last words.
import assert from 'node:assert/strict';
import { PassThrough, Readable } from 'node:stream';
import { remoteCommand } from '@berth/streaming/client/remote-command.ts';
import { until } from '@berth/test-support/until.ts';
import type { Container, Pod } from '../api/pod.ts';
import { onEveryRuntime } from '../testing/every-runtime.ts';
import { forever, shellPod, type TestNode, untilRunning, untilStatus } from '../testing/node.ts';
import { endAll, logOf } from '../testing/remains.ts';

/** Sends `input` to the container `main` of the pod and ends it, as one client that attaches does. */
async function attachWith(node: TestNode, pod: Pod, input: string): Promise<void> {
  const { runtime } = node.cri;
  const { containers } = await runtime.listContainers({
    filter: { labelSelector: { 'io.kubernetes.pod.uid': pod.metadata.uid } },
  });
  const containerId = containers[0]?.id ?? '';
  const { url } = await runtime.attach({ containerId, stdin: true, stdout: true, stderr: false, tty: false });
  const gone = new AbortController();
  const stdin = Readable.from(input);
  const attached = remoteCommand({ url, tty: false, stdin, stdout: new PassThrough(), signal: gone.signal });
  // A container whose input stays open does not end the stream.
  attached.catch(() => {});
  await until('the input has come', () => logOf(node, pod).includes(`got ${input.trim()}\n`));
  gone.abort();
  await attached.catch(() => {});
}

onEveryRuntime((podTest) => {
  podTest('command, args and workingDir', async ({ node, kubelet }) => {
    const pod = shellPod(
      'words',
      '',
      {},
      {
        command: ['/bin/sh', '-c', `pwd; echo "$0|$1"; ${forever}`],
        args: ['first', 'se cond'],
        workingDir: '/made/for/it',
      },
    );
    kubelet.setPods([pod]);
    await untilRunning(kubelet, pod);
    await until('it logged', () => logOf(node, pod) === '/made/for/it\nfirst|se cond\n');
    await endAll(node, kubelet, pod);
  });

  podTest(
    'stdinOnce ends the input with the first client, stdin alone keeps it open',
    async ({ node, kubelet }) => {
      const script = `while read line; do echo "got $line"; done; echo end; ${forever}`;
      const once = shellPod('once', script, {}, { stdin: true, stdinOnce: true });
      const open = shellPod('open', script, {}, { stdin: true });
      const without = shellPod('without', script);
      const pods = [once, open, without];
      kubelet.setPods(pods);
      for (const pod of pods) await untilRunning(kubelet, pod);
      await until('no input has ended at once', () => logOf(node, without) === 'end\n');
      await attachWith(node, once, 'one\n');
      await until('the input has ended', () => logOf(node, once) === 'got one\nend\n');
      await attachWith(node, open, 'one\n');
      await attachWith(node, open, 'two\n');
      assert.equal(logOf(node, open), 'got one\ngot two\n');
      await endAll(node, kubelet, ...pods);
    },
  );

  podTest('terminationMessagePath and terminationMessagePolicy', async ({ node, kubelet }) => {
    const cases: [
      name: string,
      script: string,
      container: Partial<Container>,
      message: string | undefined,
    ][] = [
      ['usual', 'echo -n usual > /dev/termination-log', {}, 'usual'],
      ['own', 'echo -n own > /last-words', { terminationMessagePath: '/last-words' }, 'own'],
      [
        'log',
        'echo of the log; exit 3',
        { terminationMessagePolicy: 'FallbackToLogsOnError' },
        'of the log\n',
      ],
      ['well', 'echo of the log', { terminationMessagePolicy: 'FallbackToLogsOnError' }, undefined],
      ['silent', 'echo of the log; exit 3', {}, undefined],
    ];
    const pods = cases.map(([name, script, container]) =>
      shellPod(name, script, { restartPolicy: 'Never' }, container),
    );
    kubelet.setPods(pods);
    for (const [index, pod] of pods.entries()) {
      const { containerStatuses } = await untilStatus(kubelet, pod, 'ends', ({ phase }) =>
        ['Succeeded', 'Failed'].includes(phase ?? ''),
      );
      assert.equal(containerStatuses?.[0]?.state?.terminated?.message, cases[index]?.[3], pod.metadata.name);
    }
    await endAll(node, kubelet, ...pods);
  });
});
