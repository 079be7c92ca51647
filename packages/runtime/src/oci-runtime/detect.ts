// Finds the node's OCI runtimes by handler and decides whether each can work with this cgroup tree.

import { readFileSync, statfsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import type { CgroupNaming } from '../cgroups/naming.ts';
import { plainRuntime, type RuntimeOptions } from '../config/config.ts';
import { findProgram } from '../host/programs.ts';
import { messageWithCauses } from '../rpc/errors.ts';
import { OciRuntime, type RuntimeFlavor } from './runtime.ts';

/** The file systems of the cgroup tree, as statfs(2) types, which decide whether a runtime can work here. */
export interface CgroupTree {
  /** Type of /sys/fs/cgroup. */
  root: number;
  /** Type of /sys/fs/cgroup/unified, where a hybrid host has its v2 hierarchy. */
  unified: number | undefined;
  /** Controllers of the hybrid host's v2 hierarchy, as in cgroup.controllers. */
  unifiedControllers: string;
}

const cgroup2SuperMagic = 0x63677270;
const tmpfsMagic = 0x01021994;

/**
 * Why a runtime cannot create containers with this cgroup tree; undefined when it can. It applies the runtimes' own
 * criteria, so that no test container is needed: crun refuses a hybrid host unless its v2 hierarchy has no
 * controllers; runc then uses the v1 hierarchies.
 */
export function cgroupProblem(flavor: RuntimeFlavor, tree: CgroupTree): string | undefined {
  if (tree.root === cgroup2SuperMagic) return undefined;
  if (tree.root !== tmpfsMagic) return 'no cgroup hierarchy is mounted at /sys/fs/cgroup';
  const controllers = tree.unifiedControllers.trim();
  if (flavor === 'crun' && tree.unified === cgroup2SuperMagic && controllers !== '') {
    return `crun does not support hybrid cgroups while the v2 hierarchy carries controllers (${controllers})`;
  }
  return undefined;
}

/** Reads the facts that `cgroupProblem` needs. */
export function readCgroupTree(mountPoint = '/sys/fs/cgroup'): CgroupTree {
  const type = (path: string) => optional(() => statfsSync(path).type);
  return {
    root: type(mountPoint) ?? 0,
    unified: type(join(mountPoint, 'unified')),
    unifiedControllers:
      optional(() => readFileSync(join(mountPoint, 'unified/cgroup.controllers'), 'utf8')) ?? '',
  };
}

function optional<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** A runtime handler that the node offers, or why it does not. */
export type RuntimeHandler =
  | { name: string; usable: true; runtime: OciRuntime }
  | { name: string; usable: false; problem: string };

export interface DetectOptions {
  /** Parent of the runtimes' state directories, e.g. /run/berth. */
  stateDir: string;
  cgroupNaming: CgroupNaming;
  /** Handlers by name, the preferred one first; by default crun, then runc. */
  handlers?: Readonly<Record<string, RuntimeOptions>>;
  /** The handler behind the empty name; undefined: the first handler that works here. */
  defaultHandler?: string | undefined;
  tree?: CgroupTree;
  /** Search path for programs, instead of PATH. */
  searchPath?: string;
}

/** A pod requested an unknown or unusable runtime handler. */
export class RuntimeHandlerError extends Error {
  override readonly name = 'RuntimeHandlerError';
}

const defaultHandlers = { crun: plainRuntime('crun'), runc: plainRuntime('runc') };

/** The OCI runtimes of this node by runtime handler. The empty name, which most pods use, is the default handler. */
export class OciRuntimes {
  #all: readonly RuntimeHandler[] = [];
  #default: string | undefined;
  readonly #options: DetectOptions;

  constructor(options: DetectOptions) {
    this.#options = options;
    this.detect(options.handlers ?? defaultHandlers, options.defaultHandler);
  }

  /**
   * Finds the runtimes of `handlers`, the preferred one first, and decides for each whether it works here. Takes a
   * few stat calls. Without `defaultHandler`, the first that works is the default.
   */
  detect(handlers: Readonly<Record<string, RuntimeOptions>>, defaultHandler?: string): void {
    const { tree = readCgroupTree() } = this.#options;
    this.#all = Object.entries(handlers).map(([name, handler]) => this.#find(name, handler, tree));
    this.#default = defaultHandler ?? this.#all.find(({ usable }) => usable)?.name;
  }

  get all(): readonly RuntimeHandler[] {
    return this.#all;
  }

  /** The runtime behind a pod's `runtime_handler`; an error names it and says what to do. */
  get(name: string): OciRuntime {
    const wanted = name === '' ? this.#default : name;
    const handler = this.all.find((candidate) => candidate.name === wanted);
    if (handler?.usable === true) return handler.runtime;
    if (handler !== undefined)
      throw new RuntimeHandlerError(`runtime handler "${handler.name}": ${handler.problem}`);
    if (name === '' && this.#default === undefined) {
      const problems = this.all
        .map((each) => `${each.name}: ${each.usable ? 'ok' : each.problem}`)
        .join('; ');
      throw new RuntimeHandlerError(`no OCI runtime works on this host (${problems}); install runc or crun`);
    }
    const known = this.all.map((each) => `"${each.name}"`).join(', ');
    throw new RuntimeHandlerError(`runtime_handler "${wanted}" is not configured; configured are ${known}`);
  }

  #find(name: string, handler: RuntimeOptions, tree: CgroupTree): RuntimeHandler {
    const { stateDir, cgroupNaming, searchPath } = this.#options;
    let path: string;
    try {
      path = findProgram(handler.path, 'its program', searchPath);
    } catch (error) {
      return { name, usable: false, problem: messageWithCauses(error) };
    }
    const flavor = flavorOf(path);
    const problem = cgroupProblem(flavor, tree);
    if (problem !== undefined) return { name, usable: false, problem };
    const root = join(stateDir, `oci-${name}`);
    return {
      name,
      usable: true,
      runtime: new OciRuntime({ name, path, root, flavor, cgroupNaming, handler }),
    };
  }
}

function flavorOf(path: string): RuntimeFlavor {
  const name = basename(path);
  return name === 'crun' || name === 'runc' ? name : 'other';
}
