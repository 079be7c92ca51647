// A real control plane of a test's own on the loopback interface: etcd, API server, controller manager and scheduler.
import { copyFileSync, existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildPeers } from '../peers.ts';
import { freePort } from '../registry.ts';
import { scratchDir } from '../scratch.ts';
import { until } from '../until.ts';
import { Authority, type Subject } from './authority.ts';
import { bootstrapObjects, bootstrapToken } from './bootstrap-objects.ts';
import { ClusterClient } from './cluster-client.ts';
import { controlPlanePeers } from './cluster-peers.ts';
import { type ComponentName, componentFlags, etcdSocket } from './command-lines.ts';
import { Component } from './component.ts';
import { writeCredentials, writeKubeconfig } from './credentials.ts';
import type { Endpoint } from './kubeconfig.ts';
import { Kubectl } from './kubectl.ts';
import { answersOk } from './readiness.ts';

export interface ClusterOptions {
  /** Words behind those that a component gets anyway; the last of a flag counts. */
  flags?: Partial<Record<ComponentName, readonly string[]>>;
  /**
   * Where the API server listens, 127.0.0.1 unless given. Pods reach it at another address of the machine only; give
   * one on a machine of the test's own.
   */
  address?: string;
}

/** A control plane; everything of it is gone when it has been disposed of. */
export interface Cluster extends AsyncDisposable {
  /** Its folder, which only root can enter. */
  readonly dir: string;
  readonly endpoint: Endpoint;
  /** Signs users, nodes and servers; API server and controller manager trust it and use it. */
  readonly authority: Authority;
  readonly etcd: Component;
  readonly apiServer: Component;
  readonly controllerManager: Component;
  readonly scheduler: Component;
  /** As system:masters. */
  readonly admin: ClusterClient;
  /** As system:masters. */
  readonly kubectl: Kubectl;
  /** Path of the administrator's kubeconfig. */
  readonly adminKubeconfig: string;
  /** Path of a new kubeconfig of the node: `system:node:NAME` in the group system:nodes. */
  nodeKubeconfig(node: string, validMs?: number): string;
  /** Path of a new kubeconfig with a bootstrap token, with which a kubelet may ask for a node's certificate. */
  bootstrapKubeconfig(): string;
  /** A client and a kubectl as somebody else. */
  as(user: Pick<Subject, 'commonName' | 'organizations' | 'validMs'>): {
    client: ClusterClient;
    kubectl: Kubectl;
    kubeconfig: string;
  };
  /** The logs of components and nodes, by name. */
  readonly logFiles: Map<string, string>;
  /** Copies the logs to a new folder, whose path it returns. */
  keepLogs(): string;
}

/** Starts a control plane and waits until a pod could be created in the namespace `default`. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const { flags = {}, address = '127.0.0.1' } = options;
  const peers = controlPlanePeers();
  const programs = await buildPeers([...Object.values(peers), 'kubectl']);
  await using resources = new AsyncDisposableStack();
  const { path: dir } = resources.use(scratchDir('cluster'));
  const ports = {
    apiServer: await freePort(),
    controllerManager: await freePort(),
    scheduler: await freePort(),
  };
  const authority = new Authority('kubernetes');
  const server = `https://${address}:${ports.apiServer}`;
  const endpoint = { server, ca: authority.certificate };
  const adminPair = writeCredentials(dir, authority, endpoint, address);
  const own = componentFlags(dir, address, ports);
  const component = (name: ComponentName, ready: () => Promise<boolean>) => {
    const made = new Component({
      name,
      argv: [programs[peers[name]], ...own[name], ...(flags[name] ?? [])],
      dir,
      ready,
    });
    resources.defer(() => made.kill());
    return made;
  };
  const ca = authority.certificate;
  const etcd = component('etcd', () => answersOk({ socketPath: etcdSocket(dir), path: '/readyz' }));
  const apiServer = component('kube-apiserver', () => answersOk({ url: `${server}/readyz`, ca }));
  const controllerManager = component('kube-controller-manager', () =>
    answersOk({ url: `https://${address}:${ports.controllerManager}/healthz`, ca }),
  );
  const scheduler = component('kube-scheduler', () =>
    answersOk({ url: `https://${address}:${ports.scheduler}/readyz`, ca }),
  );
  const admin = resources.use(new ClusterClient(endpoint, adminPair));
  await etcd.start();
  await apiServer.start();
  await Promise.all([controllerManager.start(), scheduler.start(), prepare(admin)]);

  let written = 0;
  const newFile = (name: string) => join(dir, `${name}-${written++}.kubeconfig`);
  const cacheDir = join(dir, 'kubectl-cache');
  const adminKubeconfig = join(dir, 'admin.kubeconfig');
  const kubectlOf = (file: string) => new Kubectl({ program: programs.kubectl, kubeconfig: file, cacheDir });
  const components = [etcd, apiServer, controllerManager, scheduler];
  const logFiles = new Map(components.map(({ name, logFile }) => [name, logFile]));
  const owned = resources.move();
  return {
    dir,
    endpoint,
    authority,
    etcd,
    apiServer,
    controllerManager,
    scheduler,
    admin,
    kubectl: kubectlOf(adminKubeconfig),
    adminKubeconfig,
    nodeKubeconfig: (node, validMs) => {
      const commonName = `system:node:${node}`;
      const subject: Subject = { commonName, organizations: ['system:nodes'], purposes: ['client'] };
      const pair = authority.issue(validMs === undefined ? subject : { ...subject, validMs });
      return writeKubeconfig(newFile('node'), endpoint, commonName, pair);
    },
    bootstrapKubeconfig: () =>
      writeKubeconfig(newFile('bootstrap'), endpoint, 'kubelet-bootstrap', { token: bootstrapToken }),
    as: (user) => {
      const pair = authority.issue({ ...user, purposes: ['client'] });
      const file = writeKubeconfig(newFile('user'), endpoint, user.commonName, pair);
      const client = owned.use(new ClusterClient(endpoint, pair));
      return { client, kubectl: kubectlOf(file), kubeconfig: file };
    },
    logFiles,
    keepLogs: () => {
      const kept = mkdtempSync(join(tmpdir(), 'berth-cluster-logs-'));
      for (const [name, path] of logFiles)
        if (existsSync(path)) copyFileSync(path, join(kept, `${name}.log`));
      return kept;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Makes what kubeadm would make, and waits for what every pod needs. */
async function prepare(admin: ClusterClient): Promise<void> {
  await Promise.all(bootstrapObjects().map(({ path, object }) => admin.create(path, object)));
  const inDefault = '/api/v1/namespaces/default';
  for (const path of ['serviceaccounts/default', 'configmaps/kube-root-ca.crt'])
    await until(`there is ${path}`, () => admin.find(`${inDefault}/${path}`));
}
