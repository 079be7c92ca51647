// The certificate of the secure port, issued by the API server for the addresses of the node.
import type { NodeAddress } from 'kubernetes-types/core/v1.d.ts';
import type { ApiClient } from '../api-client.ts';
import { CertificateManager, type ManagerObserver, systemClock } from './certificate-manager.ts';
import { CertificateStore } from './certificate-store.ts';
import { servingTemplate } from './certificate-template.ts';
import { servingUsages } from './request-certificate.ts';

/** What the configuration says. */
export interface ServingSettings {
  /** --cert-dir. */
  certDir: string;
  /** tlsCertFile and tlsPrivateKeyFile, used until there is a certificate from the API server. */
  certFile: string | undefined;
  keyFile: string | undefined;
  nodeName: string;
}

/** The parts of a kubelet that the certificate needs. */
export interface ServingPorts {
  client: ApiClient;
  /** The addresses of the Node object as the API server has it. */
  addresses(): readonly NodeAddress[];
  /** Counts renewals; asked once there is something to count. */
  observer(expiry: () => number | undefined): ManagerObserver;
}

/** Keeps a certificate for the addresses of the node. */
export class ServingIdentity implements AsyncDisposable {
  readonly #manager: CertificateManager;
  readonly #listeners: Set<() => void>;

  /** Reads what is stored, and begins to renew. Throws when it cannot be used. */
  static async open(
    { certDir, certFile, keyFile, nodeName }: ServingSettings,
    { client, addresses, observer }: ServingPorts,
  ): Promise<ServingIdentity> {
    const listeners = new Set<() => void>();
    let manager: CertificateManager | undefined;
    const counts = observer(() => manager?.current()?.facts.notAfter);
    manager = await CertificateManager.open({
      store: new CertificateStore({ prefix: 'kubelet-server', directory: certDir, certFile, keyFile }),
      template: () => servingTemplate(nodeName, addresses()),
      signerName: 'kubernetes.io/kubelet-serving',
      usages: servingUsages,
      client: () => client,
      observer: {
        renewFailed: () => counts.renewFailed(),
        renewed: (ageSeconds) => {
          counts.renewed(ageSeconds);
          for (const listener of listeners) listener();
        },
      },
      clock: systemClock,
    });
    manager.start();
    return new ServingIdentity(manager, listeners);
  }

  private constructor(manager: CertificateManager, listeners: Set<() => void>) {
    this.#manager = manager;
    this.#listeners = listeners;
  }

  /** The certificate and its key; undefined before the first one, and after it has expired. */
  current(): { cert: string; key: string } | undefined {
    return this.#manager.current();
  }

  /** Calls the listener for each new certificate, until what it returns is called. */
  onRenewed(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells that `addresses` may return others than before. */
  addressesChanged(): void {
    this.#manager.templateChanged();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#manager.stop();
  }
}
