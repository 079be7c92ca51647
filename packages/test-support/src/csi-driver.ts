// A CSI driver for tests: it registers with a kubelet by a real socket, and its volumes are directories that it
// bind-mounts, or loop devices.
import { existsSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CriError, type GrpcCodeName } from '@berth/cri/errors/cri-error.ts';
import { addService } from '@berth/cri/server/server.ts';
import {
  NodeDefinition,
  type NodeExpandVolumeRequest,
  type NodePublishVolumeRequest,
  type NodeServiceCapability_RPC_Type,
  type NodeStageVolumeRequest,
  type NodeUnstageVolumeRequest,
} from '@berth/kubelet/generated/csi.ts';
import { RegistrationDefinition } from '@berth/kubelet/generated/plugin-registration.ts';
import {
  attachLoopDevice,
  detachLoopDevice,
  loopDevices,
  loopDevicesOf,
} from '@berth/linux/files/loop-device.ts';
import { bindMount, isMountPoint, unmount } from '@berth/linux/mounts/mount.ts';
import { growLoopDevice } from '@berth/linux/testing/loop-capacity.ts';
import { Server, ServerCredentials } from '@grpc/grpc-js';

/** The size of a new block device. */
const diskBytes = 16 * 1024 * 1024;

/** What the driver says of itself. */
export interface CsiTestDriverOptions {
  /** E.g. `test.berth.dev`. */
  name: string;
  /** The kubelet's root directory. */
  rootDir: string;
  /** Where its volumes are: for each handle a folder, or a file that is a disk. */
  volumesDir: string;
  capabilities: readonly NodeServiceCapability_RPC_Type[];
  nodeId?: string;
  maxVolumes?: bigint;
  topology?: Record<string, string>;
}

/** A request that the driver has got. */
export interface CsiCall {
  /** E.g. `NodeStageVolume`. */
  method: string;
  request: Readonly<Record<string, unknown>>;
}

interface FailedCall {
  method: string;
  code: GrpcCodeName;
  when: 'before its work' | 'after its work';
}

/** Serves on `plugins_registry/NAME.sock` of a kubelet. */
export class CsiTestDriver implements AsyncDisposable {
  /** Calls that change something, in their order. */
  readonly calls: CsiCall[] = [];
  /** What the kubelet has said of the registration, the newest last. */
  readonly registrations: { pluginRegistered: boolean; error: string }[] = [];
  readonly #options: CsiTestDriverOptions;
  readonly #failures: FailedCall[] = [];
  readonly #holds = new Map<string, Promise<void>>();
  #server: Server | undefined;

  constructor(options: CsiTestDriverOptions) {
    this.#options = options;
  }

  get #socket(): string {
    return join(this.#options.rootDir, 'plugins_registry', `${this.#options.name}.sock`);
  }

  /** Where the files of a volume are. */
  directory(handle: string): string {
    return join(this.#options.volumesDir, handle);
  }

  /** The file with the content of a block device. */
  disk(handle: string): string {
    return `${this.directory(handle)}.disk`;
  }

  /** The names of the calls that concern a volume. */
  methodsOf(handle: string): string[] {
    return this.calls.filter(({ request }) => request['volumeId'] === handle).map(({ method }) => method);
  }

  /** The next call of the method fails: the driver refuses it, or its answer is lost. */
  failNext(method: string, code: GrpcCodeName, when: FailedCall['when'] = 'before its work'): void {
    this.#failures.push({ method, code, when });
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

  /** Makes the socket, by which the kubelet finds the driver. */
  async start(): Promise<void> {
    mkdirSync(join(this.#options.rootDir, 'plugins_registry'), { recursive: true });
    const server = new Server();
    addService(server, RegistrationDefinition, this.#registration(), {});
    addService(server, NodeDefinition, this.#node(), {});
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

  /** Also detaches the loop devices of a test that has failed: nothing else ends them. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    const { rootDir, volumesDir } = this.#options;
    const left = loopDevices().filter(({ backing }) =>
      [rootDir, volumesDir].some((folder) => backing.startsWith(`${folder}/`)),
    );
    for (const { device } of left) detachLoopDevice(device);
  }

  /** The block device of a volume. */
  #device(handle: string): string {
    const disk = this.disk(handle);
    if (!existsSync(disk)) {
      mkdirSync(dirname(disk), { recursive: true });
      writeFileSync(disk, '');
      truncateSync(disk, diskBytes);
    }
    return loopDevicesOf(disk)[0] ?? attachLoopDevice(disk);
  }

  #registration() {
    const { name } = this.#options;
    return {
      getInfo: async () => ({ type: 'CSIPlugin', name, endpoint: '', supportedVersions: ['1.0.0'] }),
      notifyRegistrationStatus: async (status: { pluginRegistered: boolean; error: string }) => {
        this.registrations.push({ ...status });
        return {};
      },
    };
  }

  #node() {
    const { capabilities, nodeId = 'test-node-id', maxVolumes = 0n, topology } = this.#options;
    return {
      nodeGetInfo: async () => ({
        nodeId,
        maxVolumesPerNode: maxVolumes,
        accessibleTopology: topology && { segments: topology },
      }),
      nodeGetCapabilities: async () => ({ capabilities: capabilities.map((type) => ({ rpc: { type } })) }),
      nodeStageVolume: this.#noted('NodeStageVolume', (request: NodeStageVolumeRequest) => {
        if (request.volumeCapability?.block) return void this.#device(request.volumeId);
        const source = this.directory(request.volumeId);
        mkdirSync(source, { recursive: true });
        if (!isMountPoint(request.stagingTargetPath)) bindMount(source, request.stagingTargetPath);
      }),
      nodePublishVolume: this.#noted('NodePublishVolume', (request: NodePublishVolumeRequest) => {
        const { targetPath, stagingTargetPath, volumeId, readonly } = request;
        if (request.volumeCapability?.block) {
          writeFileSync(targetPath, '', { flag: 'a' });
          if (!isMountPoint(targetPath)) bindMount(this.#device(volumeId), targetPath);
          return;
        }
        const source = stagingTargetPath || this.directory(volumeId);
        mkdirSync(source, { recursive: true });
        mkdirSync(targetPath, { recursive: true });
        if (!isMountPoint(targetPath)) bindMount(source, targetPath, { readonly });
      }),
      nodeUnpublishVolume: this.#noted('NodeUnpublishVolume', ({ targetPath }: { targetPath: string }) => {
        unmount(targetPath, { ifMounted: true });
        rmSync(targetPath, { recursive: true, force: true });
      }),
      nodeUnstageVolume: this.#noted('NodeUnstageVolume', (request: NodeUnstageVolumeRequest) => {
        unmount(request.stagingTargetPath, { ifMounted: true });
        detachLoops(this.disk(request.volumeId));
      }),
      nodeExpandVolume: this.#noted('NodeExpandVolume', (request: NodeExpandVolumeRequest) => {
        if (!request.volumeCapability?.block) return;
        truncateSync(this.disk(request.volumeId), Number(request.capacityRange?.requiredBytes));
        growLoopDevice(this.#device(request.volumeId));
      }),
      nodeGetVolumeStats: async () => ({
        usage: [
          { unit: 1, total: 1000n, used: 300n, available: 700n },
          { unit: 2, total: 100n, used: 30n, available: 70n },
        ],
      }),
    };
  }

  #noted<Request extends object>(method: string, run: (request: Request) => void) {
    return async (request: Request): Promise<object> => {
      this.calls.push({ method, request: Object.fromEntries(Object.entries(request)) });
      const index = this.#failures.findIndex((failure) => failure.method === method);
      const [failure] = index < 0 ? [] : this.#failures.splice(index, 1);
      if (failure?.when !== 'before its work') run(request);
      if (failure) throw new CriError(failure.code, `${method} shall fail`);
      await this.#holds.get(method);
      return {};
    };
  }
}

function detachLoops(disk: string): void {
  for (const device of loopDevicesOf(disk)) detachLoopDevice(device);
}
