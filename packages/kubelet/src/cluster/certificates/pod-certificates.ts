// Certificates of pods for podCertificate sources of projected volumes, by PodCertificateRequests.
import { messageOf } from '@berth/common/error-message.ts';
import { isObject } from '@berth/common/json/is-object.ts';
import type { Pod, PodCertificateProjection } from '../../api/pod.ts';
import { type ApiClient, type ApiObject, hasApiCode, type Resource } from '../../apiserver/api-client.ts';
import { listingOf } from '../../apiserver/listing.ts';
import { ObjectFeed } from '../../apiserver/object-feed.ts';
import { apiKey } from '../../apiserver/object-store.ts';
import { untilOrFor } from '../../apiserver/wait.ts';
import { aboutPod, type Recorder } from '../../events/event.ts';
import { createLogger } from '../../klog/klog.ts';
import type { CredentialBundle } from '../../volumes/contents/credential-bundle.ts';
import { maxWaitMs } from '../objects/server-objects.ts';
import { serviceAccounts } from '../tokens/service-account-tokens.ts';
import {
  type CertificateState,
  certificateOf,
  isSettled,
  lookedAt,
  needsRequest,
  problemOf,
  type RequestStatus,
  readRequestStatus,
  requested,
  shownState,
} from './certificate-state.ts';
import { makePodKey, proofOfPossession, publicKey, stubRequest } from './pod-key.ts';

const log = createLogger('pod-certificates.ts');

/** The versions that servers of the last releases have, newest first. */
const versions = ['v1', 'v1beta1'] as const;

/** Which source of a pod. */
export interface CertificateSource {
  volume: string;
  /** Index among the volume's sources. */
  index: number;
  projection: PodCertificateProjection;
}

/** What they need. */
export interface PodCertificatesPorts {
  client: ApiClient;
  nodeName: string;
  /** Undefined while the node is not registered. */
  nodeUid(): string | undefined;
  events: Recorder;
  /** A request of the pod was answered. */
  onAnswer(uid: string): void;
}

/** A source of a pod of this node. */
interface Entry {
  uid: string;
  signerName: string;
  state: CertificateState;
  /** Events about late renewal that were recorded. */
  told: Set<string>;
  asking: Promise<void> | undefined;
  /** Resolved when a request was answered, for those who wait a moment for it. */
  answered: PromiseWithResolvers<void>;
}

/** The certificates. */
export class PodCertificates {
  readonly #ports: PodCertificatesPorts;
  readonly #entries = new Map<string, Entry>();
  #requests: ReadonlyMap<string, RequestStatus> = new Map();
  #feed: ObjectFeed | undefined;
  #starting: Promise<Resource> | undefined;

  constructor(ports: PodCertificatesPorts) {
    this.#ports = ports;
  }

  /** The bundle for a source. Asks for one, and for the next in time. Rejects while there is none. */
  async bundle(pod: Pod, source: CertificateSource): Promise<CredentialBundle> {
    const resource = await this.#started();
    const entry = this.#entry(pod, source);
    this.#look(entry, pod);
    if (needsRequest(entry.state, Date.now())) {
      entry.asking ??= this.#ask(entry, pod, source, resource).finally(() => {
        entry.asking = undefined;
      });
      await this.#settle(entry, pod);
    }
    const issued = certificateOf(entry.state);
    if (issued === undefined) throw new Error(problemOf(entry.state));
    return { key: issued.key, chain: issued.chain };
  }

  /** How many sources are in which state, by signer. */
  report(): { signerName: string; state: string; count: number }[] {
    const now = Date.now();
    const states = [...this.#entries.values()].map(({ signerName, state }) => ({
      signerName,
      state: shownState(state, now),
    }));
    return [...Map.groupBy(states, (each) => JSON.stringify(each)).values()].flatMap((group) => {
      const [first] = group;
      return first ? [{ ...first, count: group.length }] : [];
    });
  }

  /** Forgets the certificates of a pod that has ended. */
  forget(uid: string): void {
    for (const [key, entry] of this.#entries) if (entry.uid === uid) this.#entries.delete(key);
  }

  /** Stops watching. */
  stop(): void {
    void this.#feed?.stop();
  }

  #entry({ metadata: { uid } }: Pod, { volume, index, projection }: CertificateSource): Entry {
    const key = JSON.stringify([uid, volume, index]);
    const known = this.#entries.get(key);
    if (known) return known;
    const entry: Entry = {
      uid,
      signerName: projection.signerName,
      state: { is: 'initial' },
      told: new Set(),
      asking: undefined,
      answered: Promise.withResolvers(),
    };
    this.#entries.set(key, entry);
    return entry;
  }

  /** Waits for the request and, where the pod has no certificate yet, a moment for the answer. */
  async #settle(entry: Entry, pod: Pod): Promise<void> {
    const isRenewal = certificateOf(entry.state) !== undefined;
    try {
      await entry.asking;
    } catch (error) {
      if (!isRenewal) throw error;
      log.error('Unable to renew the certificate of a pod, will try again', { err: error, uid: entry.uid });
    }
    if (isRenewal) return;
    await untilOrFor(entry.answered.promise, maxWaitMs);
    this.#look(entry, pod);
  }

  #look(entry: Entry, pod: Pod): void {
    const { state } = entry;
    if (state.is === 'waiting') {
      const name = `${pod.metadata.namespace}/${state.request}`;
      entry.state = lookedAt(state, this.#requests.get(name), Date.now(), Math.random());
      const { events } = this.#ports;
      const { is } = entry.state;
      if (is === 'fresh') entry.told.clear();
      if (entry.state.is === 'denied' || entry.state.is === 'failed') {
        const { reason, message } = entry.state;
        const what = `PodCertificateRequest ${name} ${is === 'denied' ? 'was denied' : 'failed'}`;
        const why = `reason=${JSON.stringify(reason)}, message=${JSON.stringify(message)}`;
        events.record(aboutPod(pod), 'Warning', is === 'denied' ? 'Denied' : 'Failed', `${what}, ${why}`);
      }
    }
    this.#tellLate(entry, pod);
  }

  #tellLate({ state, told }: Entry, pod: Pod): void {
    const shown = shownState(state, Date.now());
    const late = new Map([
      ['overdue_for_refresh', ['CertificateOverdueForRefresh', 'PodCertificate refresh overdue']],
      ['expired', ['CertificateExpired', 'PodCertificate expired']],
    ]).get(shown);
    if (late === undefined || told.has(shown)) return;
    told.add(shown);
    const [reason = '', message = ''] = late;
    this.#ports.events.record(aboutPod(pod), 'Warning', reason, message);
  }

  async #ask(entry: Entry, pod: Pod, { projection }: CertificateSource, resource: Resource): Promise<void> {
    const { client, nodeName } = this.#ports;
    const { namespace, name: podName, uid } = pod.metadata;
    const serviceAccountName = pod.spec.serviceAccountName || 'default';
    const nodeUID = this.#ports.nodeUid();
    if (nodeUID === undefined) throw new Error('while getting node object from local cache: not found');
    const account = await client
      .get(serviceAccounts, { namespace, name: serviceAccountName })
      .catch((cause: unknown) => {
        throw new Error(`while fetching service account: ${messageOf(cause)}`, { cause });
      });
    const key = await makePodKey(projection.keyType);
    const proof =
      resource.version === 'v1'
        ? { stubPKCS10Request: stubRequest(key).toString('base64') }
        : {
            pkixPublicKey: publicKey(key).toString('base64'),
            proofOfPossession: proofOfPossession(key, uid).toString('base64'),
          };
    const object: ApiObject & { spec: object } = {
      apiVersion: `${resource.group}/${resource.version}`,
      kind: 'PodCertificateRequest',
      metadata: {
        namespace,
        generateName: 'req-',
        ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: podName, uid }],
      },
      spec: {
        signerName: projection.signerName,
        podName,
        podUID: uid,
        serviceAccountName,
        serviceAccountUID: account.metadata?.uid,
        nodeName,
        nodeUID,
        maxExpirationSeconds: projection.maxExpirationSeconds,
        unverifiedUserAnnotations: projection.userAnnotations,
        ...proof,
      },
    };
    const made = await client.create(resource, { namespace }, object).catch((cause: unknown) => {
      throw new Error(`while creating PodCertificateRequest: ${messageOf(cause)}`, { cause });
    });
    const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
    const request = made.metadata?.name ?? '';
    entry.answered = Promise.withResolvers();
    entry.state = requested(entry.state, { key: pem, request, now: Date.now(), random: Math.random() });
  }

  /** Begins to watch; another source tries again when that fails. */
  async #started(): Promise<Resource> {
    this.#starting ??= this.#start().catch((error: unknown) => {
      this.#starting = undefined;
      throw error;
    });
    return await this.#starting;
  }

  async #start(): Promise<Resource> {
    const { client, nodeName } = this.#ports;
    const selection = { fieldSelector: `spec.nodeName=${nodeName}` };
    const resource = await this.#resource(selection);
    this.#feed = new ObjectFeed(listingOf(client, { resource, selection, transform: withStatusOnly }));
    this.#feed.start((objects) => this.#setRequests(objects));
    return resource;
  }

  async #resource(selection: { fieldSelector: string }): Promise<Resource> {
    let last: unknown;
    for (const version of versions) {
      const resource = { group: 'certificates.k8s.io', version, plural: 'podcertificaterequests' };
      try {
        await this.#ports.client.list(resource, selection, { resourceVersion: '0' });
        return resource;
      } catch (error) {
        if (!hasApiCode(error, 404)) throw error;
        last = error;
      }
    }
    throw new Error('the API server has no PodCertificateRequests', { cause: last });
  }

  #setRequests(objects: readonly unknown[]): void {
    this.#requests = new Map(
      objects.filter(isObject).flatMap((object): [string, RequestStatus][] => {
        const status = readRequestStatus(object);
        return status ? [[apiKey(object), status]] : [];
      }),
    );
    const settled = new Set(
      [...this.#requests].filter(([, status]) => isSettled(status)).map(([key]) => key.replace(/.*\//, '')),
    );
    const answered = [...this.#entries.values()].filter(
      ({ state }) => state.is === 'waiting' && settled.has(state.request),
    );
    for (const entry of answered) entry.answered.resolve();
    for (const uid of new Set(answered.map((entry) => entry.uid))) this.#ports.onAnswer(uid);
  }
}

/** Of a request, only the answer is kept. */
function withStatusOnly(object: ApiObject): ApiObject {
  const { name = '', namespace = '', uid = '', resourceVersion = '' } = object.metadata ?? {};
  return Object.assign(
    { metadata: { name, namespace, uid, resourceVersion } },
    { status: Reflect.get(object, 'status') },
  );
}
