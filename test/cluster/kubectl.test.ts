// What kubectl asks of a node through the API server, with the real kubelet and with ours: logs, exec, attach,
// port-forward, cp, debug and the figures of `top`; streams by WebSocket and by SPDY.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type ClusterNode, startNode } from '@berth/test-support/cluster/node.ts';
import { testCluster } from '@berth/test-support/cluster/test-cluster.ts';
import { testImage } from '@berth/test-support/pods.ts';
import { runCrictl as runProgram } from '@berth/test-support/running-crictl.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { eventually } from '@berth/test-support/until.ts';
import { kubelets } from './kubelets.ts';
import { nodeIsReady } from './objects.ts';
import { forever, Pods, podOn } from './pod-objects.ts';

const cluster = await testCluster();
const { admin, kubectl } = cluster;
const pods = new Pods(cluster);
const scratch = scratchDir('kubectl');
after(() => scratch[Symbol.dispose]());

/** Both protocols of streams, and the variables by which kubectl takes them. */
const protocols = { WebSocket: 'true', SPDY: 'false' } as const;
const kubectlBy = (protocol: keyof typeof protocols) =>
  kubectl.with({
    KUBECTL_REMOTE_COMMAND_WEBSOCKETS: protocols[protocol],
    KUBECTL_PORT_FORWARD_WEBSOCKETS: protocols[protocol],
  });

for (const kubelet of kubelets) {
  describe(`${kubelet} kubelet`, { concurrency: 4 }, () => {
    const node = `${kubelet}-k`;
    const of = (what: string): string => `${what}-${kubelet}`;
    let started: ClusterNode | undefined;
    /** A pod for all who need no other. */
    const shell = of('shell');
    before(async () => {
      started = await startNode({ cluster, name: node, kubelet });
      await nodeIsReady(cluster, node);
      // kubectl cp runs tar there, which is an applet of busybox.
      await kubectl.apply(podOn(node, shell, `ln -s busybox /bin/tar; ${forever}`));
      await pods.ready(shell);
    });
    after(() => started?.[Symbol.asyncDispose]());

    test(`${kubelet} kubelet: logs, by container, from the end, since a time, with times, to a size`, async () => {
      const pod = of('logs');
      const side = {
        name: 'side',
        image: testImage,
        command: ['/bin/sh', '-c', `echo side; ${forever}`],
      };
      const script = `echo one; echo two >&2; sleep 2; echo three; ${forever}`;
      const spec = podOn(node, pod, script) as { spec: { containers: object[] } };
      spec.spec.containers.push(side);
      await kubectl.apply(spec);
      await pods.ready(pod);
      const logs = (...words: string[]) => kubectl.run(['logs', pod, ...words]);
      await eventually(async () => assert.equal(await logs('-c', 'main'), 'one\ntwo\nthree\n'));
      assert.equal(await logs(), 'one\ntwo\nthree\n', 'the first container is the default');
      assert.equal(await logs('--tail=2'), 'two\nthree\n');
      assert.equal(await logs('--tail=0'), '');
      assert.equal(await logs('--limit-bytes=6'), 'one\ntw');
      assert.equal(await logs('--since=1h'), 'one\ntwo\nthree\n');
      const timed = (await logs('--timestamps')).trimEnd().split('\n');
      for (const [index, word] of ['one', 'two', 'three'].entries())
        assert.match(timed[index] ?? '', new RegExp(`^\\d{4}-\\d\\d-\\d\\dT\\S+ ${word}$`));
      assert.equal(await logs(`--since-time=${timed[2]?.split(' ')[0]}`), 'three\n');
      const all = (await logs('--all-containers', '--prefix')).trimEnd().split('\n').sort();
      assert.deepEqual(
        all,
        [
          ...['one', 'two', 'three'].map((word) => `[pod/${pod}/main] ${word}`),
          `[pod/${pod}/side] side`,
        ].sort(),
      );
      await assert.rejects(logs('-c', 'none'), /container none is not valid for pod/);
      await assert.rejects(
        logs('--previous'),
        /previous terminated container "main" in pod "logs-\w+" not found/,
      );
      await kubectl.run(['delete', 'pod', pod, '--wait=false']);
    });

    test(`${kubelet} kubelet: logs of the life before, and of a container that waits`, async () => {
      const [crashed, waits] = [of('crashed'), of('waits')];
      const script = `if test -e /v/once; then echo second; ${forever}; fi; echo first; touch /v/once; exit 1`;
      const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'none', key: 'a' } } }];
      await kubectl.apply(
        podOn(
          node,
          crashed,
          script,
          { volumes: [{ name: 'v', emptyDir: {} }] },
          { volumeMounts: [{ name: 'v', mountPath: '/v' }] },
        ),
        podOn(node, waits, forever, {}, { env }),
      );
      await pods.that(crashed, 'runs again', ({ status }) => {
        const [main] = status.containerStatuses ?? [];
        return main?.restartCount === 1 && main.state.running !== undefined;
      });
      assert.equal(await kubectl.run(['logs', crashed, '--previous']), 'first\n');
      await eventually(async () => assert.equal(await kubectl.run(['logs', crashed]), 'second\n'));
      await pods.that(waits, 'waits for its ConfigMap', ({ status }) => {
        return status.containerStatuses?.[0]?.state.waiting?.reason === 'CreateContainerConfigError';
      });
      await assert.rejects(
        kubectl.run(['logs', waits]),
        /container "main" in pod "waits-\w+" is waiting to start: CreateContainerConfigError/,
      );
      await kubectl.run(['delete', 'pod', crashed, waits, '--wait=false']);
    });

    test(`${kubelet} kubelet: logs -f goes on until the container ends`, async () => {
      const pod = of('follow');
      await kubectl.apply(
        podOn(node, pod, 'echo begun; while ! test -e /tmp/end; do sleep 0.2; done; echo over', {
          restartPolicy: 'Never',
        }),
      );
      await pods.ready(pod);
      using following = runProgram(kubectl.argv(['logs', '-f', pod]));
      await following.printed(/^begun\n$/);
      await kubectl.run(['exec', pod, '--', 'sh', '-c', 'echo more > /proc/1/fd/1']);
      await following.printed(/^begun\nmore\n$/);
      await kubectl.run(['exec', pod, '--', 'touch', '/tmp/end']);
      const { code, out } = await following.exit();
      assert.deepEqual([code, out], [0, 'begun\nmore\nover\n']);
      await kubectl.run(['delete', 'pod', pod, '--wait=false']);
    });

    for (const protocol of ['WebSocket', 'SPDY'] as const) {
      const by = kubectlBy(protocol);

      test(`${kubelet} kubelet: exec by ${protocol}: outputs, input, exit codes`, async () => {
        const script = 'echo out; echo err >&2; exit 7';
        using ran = runProgram(by.argv(['exec', shell, '--', 'sh', '-c', script]));
        const { code, out, err } = await ran.exit();
        assert.deepEqual([code, out], [7, 'out\n']);
        assert.equal(err, 'err\ncommand terminated with exit code 7\n');
        const input = randomBytes(700_000).toString('hex');
        assert.equal(await by.run(['exec', '-i', shell, '--', 'cat'], input), input);
        await assert.rejects(by.run(['exec', shell, '--', 'sh', '-c', 'kill -9 $$']), { code: 137 });
        await assert.rejects(by.run(['exec', shell, '--', 'no-such-program']), /no-such-program/);
        await assert.rejects(
          by.run(['exec', shell, '-c', 'none', '--', 'true']),
          /container none is not valid/,
        );
      });

      test(`${kubelet} kubelet: exec -it by ${protocol}: a terminal of the size of kubectl's`, async () => {
        const words = [
          'exec',
          '-it',
          shell,
          '--',
          'sh',
          '-c',
          // The size comes after the start.
          'until busybox stty size 2>/dev/null; do sleep 0.1; done; read word; echo got $word; exit 5',
        ];
        using ran = runProgram(by.argv(words), { onTerminal: { rows: 33, columns: 99 } });
        await ran.printed(/33 99/);
        ran.write('typed\n');
        await ran.printed(/got typed/);
        assert.equal((await ran.exit()).code, 5);
      });

      test(`${kubelet} kubelet: attach by ${protocol}: input and output of the container's own process`, async () => {
        const pod = of(`attach-${protocol.toLowerCase()}`);
        const script = 'while read word; do echo got $word; done; echo end of input';
        await kubectl.apply(
          podOn(node, pod, script, { restartPolicy: 'Never' }, { stdin: true, stdinOnce: true }),
        );
        await pods.ready(pod);
        using attached = runProgram(by.argv(['attach', '-i', pod]));
        attached.write('one\n');
        await attached.printed(/^got one\n/);
        attached.end();
        await attached.exit();
        await pods.that(pod, 'has succeeded', ({ status }) => status.phase === 'Succeeded');
        assert.equal(await kubectl.run(['logs', pod]), 'got one\nend of input\n');
        await kubectl.run(['delete', 'pod', pod, '--wait=false']);
      });

      test(`${kubelet} kubelet: port-forward by ${protocol}: several connections, and a port where nobody listens`, async () => {
        const pod = of(`serves-${protocol.toLowerCase()}`);
        const script = 'mkdir /www; echo page > /www/index.html; exec httpd -f -p 8080 -h /www';
        await kubectl.apply(podOn(node, pod, script, { terminationGracePeriodSeconds: 1 }));
        await pods.ready(pod);
        using forward = runProgram(by.argv(['port-forward', pod, ':8080', ':9']));
        await forward.printed(/127\.0\.0\.1:\d+ -> 9/);
        const portTo = (port: number): number =>
          Number(new RegExp(`127\\.0\\.0\\.1:(\\d+) -> ${port}\n`).exec(forward.out())?.[1]);
        const page = async () => (await fetch(`http://127.0.0.1:${portTo(8080)}/`)).text();
        await eventually(page);
        assert.deepEqual(await Promise.all([page(), page(), page(), page()]), [
          'page\n',
          'page\n',
          'page\n',
          'page\n',
        ]);
        // That one is told so, and ends.
        const refused = connect(portTo(9), '127.0.0.1');
        refused.on('error', () => {}).write('anybody?');
        await forward.printed(/[Cc]onnection refused/);
        refused.destroy();
        await kubectl.run(['delete', 'pod', pod, '--wait=false']);
      });

      test(`${kubelet} kubelet: cp by ${protocol}: files there and back`, async () => {
        const content = randomBytes(1_000_000);
        const [there, back] = ['there', 'back'].map((each) => join(scratch.path, of(`${protocol}-${each}`)));
        if (there === undefined || back === undefined) assert.fail();
        writeFileSync(there, content);
        const inside = `/tmp/${protocol}`;
        await by.run(['cp', there, `${shell}:${inside}`]);
        await by.run(['cp', `${shell}:${inside}`, back]);
        assert.ok(readFileSync(back).equals(content));
      });
    }

    test(`${kubelet} kubelet: debug sees a container's processes, and the node's files`, async () => {
      const pod = of('target');
      await kubectl.apply(podOn(node, pod, 'sleep 12345', { terminationGracePeriodSeconds: 1 }));
      await pods.ready(pod);
      const words = ['debug', '-q', '-i', pod, `--image=${testImage}`, '--target=main', '--container=look'];
      await kubectl.run([...words, '--', 'sh', '-c', 'ps; sleep 1']);
      assert.match(await kubectl.run(['logs', pod, '-c', 'look']), /sleep 12345/);
      const file = join(scratch.path, of('on-the-node'));
      writeFileSync(file, 'here\n');
      const onNode = ['debug', `node/${node}`, `--image=${testImage}`, '--', 'cat', `/host${file}`];
      const printed = await kubectl.run(onNode);
      const debugger_ = /node-debugger-\S+/.exec(printed)?.[0] ?? assert.fail(printed);
      await pods.that(debugger_, 'has ended', ({ status }) => status.phase === 'Succeeded');
      assert.equal(await kubectl.run(['logs', debugger_]), 'here\n');
      await kubectl.run(['delete', 'pod', pod, debugger_, '--wait=false']);
    });

    test(`${kubelet} kubelet: the figures behind top, through the API server`, async () => {
      const proxy = `/api/v1/nodes/${node}/proxy`;
      interface Summary {
        node: { nodeName: string; memory: { workingSetBytes: number } };
        pods: { podRef: { name: string }; containers: { name: string; cpu: object }[] }[];
      }
      await eventually(async () => {
        const summary: Summary = JSON.parse(await kubectl.run(['get', '--raw', `${proxy}/stats/summary`]));
        assert.equal(summary.node.nodeName, node);
        assert.ok(summary.node.memory.workingSetBytes > 0);
        const own = summary.pods.find(({ podRef }) => podRef.name === shell);
        assert.deepEqual(
          own?.containers.map(({ name }) => name),
          ['main'],
        );
        const metrics = await admin.text(`${proxy}/metrics/resource`);
        const series = [
          `container_memory_working_set_bytes{container="main",namespace="default",pod="${shell}"} `,
          `pod_cpu_usage_seconds_total{namespace="default",pod="${shell}"} `,
          'node_cpu_usage_seconds_total ',
        ];
        for (const start of series) assert.ok(metrics.includes(`\n${start}`), `${start} in ${metrics}`);
      });
      const configz: { kubeletconfig: { clusterDomain: string } } = await admin.get(`${proxy}/configz`);
      assert.equal(configz.kubeletconfig.clusterDomain, 'cluster.local');
      assert.equal(await admin.text(`${proxy}/healthz`), 'ok');
      const { items }: { items: { metadata: { name: string } }[] } = await admin.get(`${proxy}/pods`);
      assert.ok(items.some(({ metadata }) => metadata.name === shell));
    });
  });
}
