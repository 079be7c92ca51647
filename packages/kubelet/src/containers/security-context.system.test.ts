// Security contexts as the processes of containers have them, on every runtime.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '@berth/test-support/until.ts';
import type { Pod, PodSecurityContext, SecurityContext } from '../api/pod.ts';
import { isAppArmorEnabled } from '../node/app-armor.ts';
import { onEveryRuntime } from '../testing/every-runtime.ts';
import { forever, shellPod, untilRunning, untilStatus } from '../testing/node.ts';
import { endAll, logOf } from '../testing/remains.ts';

/** Prints the facts of the process, by the names of /proc/self/status, and whether it can write to the root. */
const script = [
  'grep -E "^(Uid|Gid|Groups|CapEff|NoNewPrivs|Seccomp):" /proc/self/status',
  'touch /file 2>/dev/null && echo "Root: writable" || echo "Root: read-only"',
  'wc -c < /proc/keys | sed "s/^/Keys: /"',
  'echo end',
  forever,
].join('; ');

function securePod(name: string, own: SecurityContext, ofPod: PodSecurityContext = {}): Pod {
  return shellPod(name, script, { securityContext: ofPod }, { securityContext: own });
}

/** A profile of the kernel's with these rules, until it is disposed of. */
function loadAppArmorProfile(name: string, rules: string): Disposable & { name: string } {
  const profile = `profile ${name} flags=(attach_disconnected,mediate_deleted) { capability, network, mount, umount, pivot_root, ptrace, signal, unix, ${rules} }`;
  const parser = (option: string) =>
    execFileSync('apparmor_parser', [option], { input: profile, stdio: 'pipe' });
  parser('--replace');
  return { name, [Symbol.dispose]: () => void parser('--remove') };
}

onEveryRuntime((podTest) => {
  podTest('users, groups, capabilities, privileges and the root', async ({ node, kubelet }) => {
    const usual = securePod('usual', {});
    const bound = securePod(
      'bound',
      {
        runAsUser: 1234,
        runAsNonRoot: true,
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        seccompProfile: { type: 'RuntimeDefault' },
      },
      { runAsUser: 0, runAsGroup: 4321, supplementalGroups: [55] },
    );
    const free = securePod('free', { privileged: true });
    const netAdmin = securePod('net-admin', { capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] } });
    const pods = [usual, bound, free, netAdmin];
    kubelet.setPods(pods);
    const facts = async (pod: Pod): Promise<Record<string, string>> => {
      await untilRunning(kubelet, pod);
      const log = await until('it logged', () => {
        const text = logOf(node, pod);
        return text.endsWith('end\n') ? text : undefined;
      });
      const lines = log.matchAll(/^(\w+):\s+(.*?)\s*$/gm);
      return Object.fromEntries([...lines].map(([, name = '', value = '']) => [name, value]));
    };
    const ofUsual = await facts(usual);
    assert.equal(ofUsual.Uid, '0\t0\t0\t0');
    assert.equal(ofUsual.Root, 'writable');
    assert.equal(ofUsual.NoNewPrivs, '0');
    assert.equal(ofUsual.Seccomp, '0');
    // It is masked by /dev/null.
    assert.equal(ofUsual.Keys, '0');
    const { Groups = '', ...ofBound } = await facts(bound);
    // A runtime may list the primary group as well.
    assert.deepEqual(
      Groups.split(' ').filter((group) => group !== '4321'),
      ['55'],
    );
    assert.deepEqual(ofBound, {
      Uid: '1234\t1234\t1234\t1234',
      Gid: '4321\t4321\t4321\t4321',
      CapEff: '0000000000000000',
      NoNewPrivs: '1',
      Seccomp: '2',
      Root: 'read-only',
      Keys: '0',
    });
    const ofFree = await facts(free);
    const all = BigInt(`0x${ofFree.CapEff}`);
    assert.ok((all & (1n << 21n)) !== 0n, `no CAP_SYS_ADMIN in ${ofFree.CapEff}`);
    assert.equal(ofFree.Seccomp, '0');
    assert.equal((await facts(netAdmin)).CapEff, (1n << 12n).toString(16).padStart(16, '0'));
    await endAll(node, kubelet, ...pods);
  });

  podTest('a seccomp profile of the node', async ({ node, kubelet }) => {
    const profile = {
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO' }],
    };
    const folder = join(node.options.rootDir, 'seccomp/own');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'no-folders.json'), JSON.stringify(profile));
    const seccompProfile = { type: 'Localhost', localhostProfile: 'own/no-folders.json' };
    const script = `mkdir /folder 2>&1 || echo refused; grep ^Seccomp: /proc/self/status; echo end; ${forever}`;
    const ofPod = shellPod('of-pod', script, { securityContext: { seccompProfile } });
    const ofContainer = shellPod(
      'of-container',
      script,
      { securityContext: { seccompProfile: { type: 'Unconfined' } } },
      { securityContext: { seccompProfile } },
    );
    const pods = [ofPod, ofContainer];
    kubelet.setPods(pods);
    for (const pod of pods) {
      await untilRunning(kubelet, pod);
      await until('it logged', () => logOf(node, pod).endsWith('end\n'));
      assert.match(logOf(node, pod), /Operation not permitted\nrefused\nSeccomp:\t2\nend\n$/);
    }
    await endAll(node, kubelet, ...pods);
  });

  podTest('root where there may be none', async ({ node, kubelet }) => {
    const pod = securePod('root', { runAsNonRoot: true });
    kubelet.setPods([pod]);
    const waiting = await untilStatus(
      kubelet,
      pod,
      'waits',
      ({ containerStatuses }) =>
        containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError',
    );
    assert.equal(
      waiting.containerStatuses?.[0]?.state?.waiting?.message,
      `container has runAsNonRoot and image will run as root (pod: "root_default(${pod.metadata.uid})", container: main)`,
    );
    await endAll(node, kubelet, pod);
  });

  const isEnabled = isAppArmorEnabled();
  podTest(
    isEnabled ? 'AppArmor profiles' : 'AppArmor profiles (not here: the kernel has none)',
    async ({ runtime, node, kubelet }) => {
      if (!isEnabled) return;
      const profile = `cat /proc/self/attr/current; echo end; ${forever}`;
      const byField = shellPod(
        'by-field',
        profile,
        { securityContext: { appArmorProfile: { type: 'Unconfined' } } },
        { securityContext: { appArmorProfile: { type: 'RuntimeDefault' } } },
      );
      const byAnnotation = shellPod('by-annotation', profile);
      byAnnotation.metadata.annotations = {
        'container.apparmor.security.beta.kubernetes.io/main': 'unconfined',
      };
      using loaded = loadAppArmorProfile('berth-test-no-folders', 'file, deny /folder/ w,');
      const localhost = shellPod('localhost', `mkdir /folder 2>/dev/null || echo refused; ${profile}`, {
        securityContext: { appArmorProfile: { type: 'Localhost', localhostProfile: loaded.name } },
      });
      const pods = [byField, byAnnotation, localhost];
      kubelet.setPods(pods);
      for (const pod of pods) await untilRunning(kubelet, pod);
      const logged = (pod: Pod) => until('it logged', () => /^(.*)\nend$/m.exec(logOf(node, pod))?.[1]);
      const name = runtime === 'berthd' ? 'berth-default' : 'cri-containerd.apparmor.d';
      assert.equal(await logged(byField), `${name} (enforce)`);
      assert.equal(await logged(byAnnotation), 'unconfined');
      assert.equal(await logged(localhost), `${loaded.name} (enforce)`);
      assert.match(logOf(node, localhost), /^refused\n/);
      await endAll(node, kubelet, ...pods);
    },
  );
});
