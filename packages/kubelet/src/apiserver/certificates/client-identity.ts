// Who the kubelet is for the API server, from its flags: the identity of a kubeconfig, one that bootstrapping gets, or
// one that is renewed for as long as the kubelet runs.
import type { KeyObject } from 'node:crypto';
import { createLogger } from '../../klog/klog.ts';
import type { ApiClient } from '../api-client.ts';
import { ApiServer } from '../api-server.ts';
import type { ApiAccess, ApiUser, Pem } from '../kubeconfig/api-access.ts';
import { loadKubeconfig } from '../kubeconfig/load.ts';
import {
  bootstrapClientCertificate,
  clientSigner,
  clientStore,
  hasValidCertificate,
  loadBootstrap,
  writeKubeconfig,
} from './bootstrap.ts';
import { CertificateManager, type ManagerObserver, systemClock } from './certificate-manager.ts';
import type { CertificatePair } from './certificate-store.ts';
import { clientTemplate, lackOf } from './certificate-template.ts';
import { exitWithoutIdentity } from './lost-identity.ts';
import { clientUsages } from './request-certificate.ts';

const log = createLogger('client-identity.ts');

/** The limits of a client that asks for certificates: client-go's defaults. */
const requestLimits = { qps: 5, burst: 10 };

/** What the flags say. */
export interface IdentitySettings {
  /** --kubeconfig. */
  kubeconfig: string;
  /** --bootstrap-kubeconfig; undefined: the node has an identity. */
  bootstrapKubeconfig: string | undefined;
  /** --cert-dir. */
  certDir: string;
  /** Whether the certificate is renewed. */
  rotatesClient: boolean;
  nodeName: string;
}

/** The parts of a kubelet that an identity needs. */
export interface IdentityPorts {
  /** Of the kubelet, for the user agent. */
  version: string;
  /** Counts renewals; asked once there is something to count. */
  observer(expiry: () => number | undefined): ManagerObserver;
  /** Ends the process so that its supervisor starts it again. */
  exit(): void;
  onAnswer?: ConstructorParameters<typeof ApiServer>[1]['onAnswer'];
}

/** The API server, as it knows this kubelet. */
export interface ClientIdentity extends AsyncDisposable {
  server: ApiServer;
}

/**
 * Opens the identity. Without rotation this waits until a node that bootstraps has its certificate; with rotation the
 * certificate comes later, and requests are anonymous until then.
 */
export async function openClientIdentity(
  settings: IdentitySettings,
  ports: IdentityPorts,
  signal: AbortSignal,
): Promise<ClientIdentity> {
  const { version, onAnswer } = ports;
  if (settings.rotatesClient) return await openRotatedIdentity(settings, ports);
  const { kubeconfig, bootstrapKubeconfig, certDir, nodeName } = settings;
  if (bootstrapKubeconfig !== undefined) {
    using connections = new DisposableStack();
    const connect = (access: ApiAccess): ApiClient =>
      connections.use(new ApiServer(access, { version, onAnswer })).client(requestLimits);
    const files = { kubeconfig, bootstrapKubeconfig, certDir };
    await bootstrapClientCertificate(files, nodeName, connect, signal);
  }
  const server = new ApiServer(await loadKubeconfig(kubeconfig), { version, onAnswer });
  return { server, [Symbol.asyncDispose]: async () => server[Symbol.dispose]() };
}

async function openRotatedIdentity(
  settings: IdentitySettings,
  ports: IdentityPorts,
): Promise<ClientIdentity> {
  const { certDir, nodeName } = settings;
  log.info('Client rotation is on, will bootstrap in background');
  const { requests, access } = await loadAccess(settings);
  const { version, onAnswer } = ports;
  const { clientCertificate } = access.user;
  let manager: CertificateManager | undefined;
  const server = new ApiServer(access, { version, onAnswer, certificate: () => manager?.current() });
  // Without a valid certificate of this node, whatever else it was given has to do.
  let initial: ApiServer | undefined;
  const initialClient = (): ApiClient => {
    initial ??= new ApiServer(requests, { version, onAnswer });
    return initial.client(requestLimits);
  };
  const counts = ports.observer(() => manager?.current()?.facts.notAfter);
  const template = clientTemplate(nodeName);
  // The node may have had another name, which may not ask for this one.
  const isOwn = (current: CertificatePair | undefined): boolean =>
    current !== undefined && lackOf(current.facts, template) === undefined;
  manager = await CertificateManager.open({
    store: clientStore(certDir, fileOf(clientCertificate?.cert), fileOf(clientCertificate?.key)),
    initialPair: textPair(clientCertificate),
    template: () => template,
    signerName: clientSigner,
    usages: (key: KeyObject) => clientUsages(key),
    client: (current) => (isOwn(current) ? server.client(requestLimits) : initialClient()),
    observer: {
      renewFailed: () => counts.renewFailed(),
      renewed: (ageSeconds) => {
        counts.renewed(ageSeconds);
        initial?.closeConnections();
      },
    },
    clock: systemClock,
  });
  const ended = new AbortController();
  exitWithoutIdentity(manager, () => ports.exit(), ended.signal);
  manager.start();
  return {
    server,
    [Symbol.asyncDispose]: async () => {
      ended.abort();
      await manager.stop();
      initial?.[Symbol.dispose]();
      server[Symbol.dispose]();
    },
  };
}

/**
 * The access of the kubeconfig, and that with which certificates are requested as long as there is none: the same,
 * unless the kubeconfig has no valid certificate and there is another one for bootstrapping.
 */
async function loadAccess({
  kubeconfig,
  bootstrapKubeconfig,
  certDir,
}: IdentitySettings): Promise<{ requests: ApiAccess; access: ApiAccess }> {
  if (bootstrapKubeconfig === undefined || (await hasValidCertificate(kubeconfig))) {
    const access = await loadKubeconfig(kubeconfig);
    return { requests: access, access };
  }
  const bootstrap = await loadBootstrap(bootstrapKubeconfig);
  const file = clientStore(certDir).currentPath;
  await writeKubeconfig(kubeconfig, bootstrap, file);
  log.v(
    2,
    'Use the bootstrap credentials to request a cert, and set kubeconfig to point to the certificate dir',
  );
  return {
    requests: bootstrap.access,
    access: { ...bootstrap.access, user: { clientCertificate: { cert: { file }, key: { file } } } },
  };
}

/** A pair that stands in the kubeconfig itself: the node's first one, with which kubeadm starts a control plane. */
function textPair(pair: ApiUser['clientCertificate']): { cert: string; key: string } | undefined {
  if (pair === undefined || 'file' in pair.cert || 'file' in pair.key) return undefined;
  return { cert: pair.cert.pem, key: pair.key.pem };
}

function fileOf(pem: Pem | undefined): string | undefined {
  return pem !== undefined && 'file' in pem ? pem.file : undefined;
}
