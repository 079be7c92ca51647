// A driver of resource claims for tests: it registers with a kubelet by a real socket, and writes CDI specifications that
// show in the environment of containers which devices they have.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addService } from '@berth/cri/server/server.ts';
import {
  DRAResourceHealthDefinition,
  type HealthStatus,
  type NodeWatchResourcesResponse,
} from '@berth/kubelet/generated/dra-health-v1.ts';
import {
  type Claim,
  type Device,
  DRAPluginDefinition,
  type NodePrepareResourcesRequest,
  type NodeUnprepareResourcesRequest,
} from '@berth/kubelet/generated/dra-v1.ts';
import { DRAPluginDefinition as DRAPluginV1Beta1 } from '@berth/kubelet/generated/dra-v1beta1.ts';
import { RegistrationDefinition } from '@berth/kubelet/generated/plugin-registration.ts';
import { Server, ServerCredentials } from '@grpc/grpc-js';

/** A device of a claim, without what the driver makes of it. */
export type ClaimDevice = Pick<Device, 'poolName' | 'deviceName' | 'requestNames'> &
  Partial<Pick<Device, 'shareId'>>;

/** What the driver says of itself. */
export interface DraTestDriverOptions {
  /** E.g. `dra.test.berth.dev`. */
  name: string;
  /** The kubelet's root directory. */
  rootDir: string;
  /** Where runtimes look for CDI specifications; undefined: containers get nothing of devices. */
  cdiDir?: string;
  /** What the scheduler has allocated to a claim of this driver. */
  devicesOf(claim: Claim): Promise<ClaimDevice[]>;
  /** Tells several plugins of one driver apart. */
  instance?: string;
  /** What it registers; default: version 1 with health. */
  services?: readonly string[];
}

/** Serves on `plugins_registry/NAME[-INSTANCE].sock` of a kubelet. */
export class DraTestDriver implements AsyncDisposable {
  /** E.g. `NodePrepareResources default/claim`, a line for each claim. */
  readonly calls: string[] = [];
  /** What the kubelet has said of the registration, the newest last. */
  readonly registrations: { pluginRegistered: boolean; error: string }[] = [];
  /** Claims that are prepared, by UID. */
  readonly prepared = new Set<string>();
  readonly #options: DraTestDriverOptions;
  readonly #failures = new Map<string, string>();
  readonly #holds = new Map<string, Promise<void>>();
  #health: NodeWatchResourcesResponse = { devices: [] };
  #healthChanged = Promise.withResolvers<void>();
  #server: Server | undefined;

  constructor(options: DraTestDriverOptions) {
    this.#options = options;
  }

  get #socket(): string {
    const { rootDir, name, instance } = this.#options;
    return join(rootDir, 'plugins_registry', `${name}${instance ? `-${instance}` : ''}.sock`);
  }

  /** The calls that concern a claim, by their methods. */
  methodsOf(claim: string): string[] {
    return this.calls.filter((call) => call.endsWith(`/${claim}`)).map((call) => call.split(' ')[0] ?? '');
  }

  /** The next call of the method fails for its claims. */
  failNext(method: string, error: string): void {
    this.#failures.set(method, error);
  }

  /** The method does its work, and then does not answer before the returned function is called. */
  hold(method: string): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#holds.set(method, promise);
    return () => {
      this.#holds.delete(method);
      resolve();
    };
  }

  /** Tells the health of devices, by `pool/device`. */
  setHealth(
    healths: Readonly<Record<string, { health: HealthStatus; message?: string; seconds?: number }>>,
  ): void {
    this.#health = {
      devices: Object.entries(healths).map(([key, { health, message = '', seconds = 600 }]) => {
        const [poolName = '', deviceName = ''] = key.split('/');
        return {
          device: { poolName, deviceName },
          health,
          message,
          lastUpdatedTime: BigInt(Math.trunc(Date.now() / 1000)),
          healthCheckTimeoutSeconds: BigInt(seconds),
        };
      }),
    };
    this.#healthChanged.resolve();
    this.#healthChanged = Promise.withResolvers();
  }

  /** Makes the socket, by which the kubelet finds the driver. */
  async start(): Promise<void> {
    mkdirSync(join(this.#options.rootDir, 'plugins_registry'), { recursive: true });
    const server = new Server();
    addService(server, RegistrationDefinition, this.#registration(), {});
    addService(server, DRAPluginDefinition, this.#plugin(), {});
    addService(server, DRAPluginV1Beta1, this.#plugin(), {});
    addService(
      server,
      DRAResourceHealthDefinition,
      {
        nodeWatchResources: (_request: object, { signal }: { signal: AbortSignal }) => this.#healths(signal),
      },
      {},
    );
    await new Promise<void>((resolve, reject) => {
      server.bindAsync(`unix:${this.#socket}`, ServerCredentials.createInsecure(), (error) =>
        error ? reject(error) : resolve(),
      );
    });
    this.#server = server;
  }

  /** Removes the socket, as a driver that is upgraded does. */
  stop(): void {
    this.#server?.forceShutdown();
    this.#server = undefined;
    rmSync(this.#socket, { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
  }

  #registration() {
    const { name, services = ['v1.DRAPlugin', 'v1.DRAResourceHealth'] } = this.#options;
    return {
      getInfo: async () => ({ type: 'DRAPlugin', name, endpoint: '', supportedVersions: [...services] }),
      notifyRegistrationStatus: async (status: { pluginRegistered: boolean; error: string }) => {
        this.registrations.push({ ...status });
        return {};
      },
    };
  }

  #plugin() {
    return {
      nodePrepareResources: async ({ claims }: NodePrepareResourcesRequest) => ({
        claims: await this.#each('NodePrepareResources', claims, async (claim) => {
          const devices = await this.#options.devicesOf(claim);
          this.prepared.add(claim.uid);
          return { devices: devices.map((device) => this.#cdiDevice(claim, device)) };
        }),
      }),
      nodeUnprepareResources: async ({ claims }: NodeUnprepareResourcesRequest) => ({
        claims: await this.#each('NodeUnprepareResources', claims, async ({ uid }) => {
          this.prepared.delete(uid);
          if (this.#options.cdiDir !== undefined) rmSync(this.#specification(uid), { force: true });
          return {};
        }),
      }),
    };
  }

  async #each<Result extends object>(
    method: string,
    claims: readonly Claim[],
    run: (claim: Claim) => Promise<Result>,
  ): Promise<Record<string, Result | { error: string }>> {
    const failure = this.#failures.get(method);
    this.#failures.delete(method);
    const results: Record<string, Result | { error: string }> = {};
    for (const claim of claims) {
      this.calls.push(`${method} ${claim.namespace}/${claim.name}`);
      results[claim.uid] = failure === undefined ? await run(claim) : { error: failure };
    }
    await this.#holds.get(method);
    return results;
  }

  #specification(uid: string): string {
    return join(this.#options.cdiDir ?? '', `test.berth.dev-${uid}.json`);
  }

  /** Adds a device to the CDI specification of its claim: containers have it as DEVICE_name=pool. */
  #cdiDevice({ uid }: Claim, device: ClaimDevice): Partial<Device> {
    const { cdiDir } = this.#options;
    if (cdiDir === undefined) return { ...device, cdiDeviceIds: [] };
    const name = `${uid}-${device.deviceName}`;
    const kind = `test.berth.dev/device-${uid}`;
    const env = [`DEVICE_${device.deviceName.replaceAll('-', '_')}=${device.poolName}`];
    this.#devices.set(uid, { ...this.#devices.get(uid), [name]: { name, containerEdits: { env } } });
    mkdirSync(cdiDir, { recursive: true });
    writeFileSync(
      this.#specification(uid),
      JSON.stringify({
        cdiVersion: '0.6.0',
        kind,
        devices: Object.values(this.#devices.get(uid) ?? {}),
        containerEdits: {},
      }),
    );
    return { ...device, cdiDeviceIds: [`${kind}=${name}`] };
  }

  /** Devices of CDI specifications, by claim and name. */
  readonly #devices = new Map<string, Record<string, object>>();

  async *#healths(signal: AbortSignal) {
    const ended = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    while (!signal.aborted) {
      const changed = this.#healthChanged.promise;
      yield this.#health;
      await Promise.race([changed, ended]);
    }
  }
}
