// What the kubelet asks of an API server. Everything that needs one takes this port, so that a test needs no server.
import type { DeleteOptions, ListMeta, ObjectMeta, Status } from 'kubernetes-types/meta/v1.d.ts';

/** Where a kind of object is in the API, e.g. `{ group: 'coordination.k8s.io', version: 'v1', plural: 'leases' }`. */
export interface Resource {
  /** Empty for the core group. */
  group: string;
  version: string;
  plural: string;
}

/** Names one object. */
export interface ObjectName {
  name: string;
  /** Absent for what no namespace holds. */
  namespace?: string;
}

/** Selects objects of a kind: of one namespace, or of all of them. */
export interface Selection {
  namespace?: string;
  /** E.g. `spec.nodeName=node1`. */
  fieldSelector?: string;
  labelSelector?: string;
}

export interface RequestOptions {
  signal?: AbortSignal;
  /** E.g. `status`, `token`, `eviction`. */
  subresource?: string;
}

export interface ListOptions extends RequestOptions {
  /** `0`: whatever the server has in its cache. Absent: the newest. */
  resourceVersion?: string;
}

export interface WatchOptions extends RequestOptions {
  /** Absent with `sendsInitialEvents`: the newest. */
  resourceVersion?: string;
  /**
   * Whether the watch begins with an ADDED event for each object there is, and a BOOKMARK after them with the
   * annotation `k8s.io/initial-events-end`.
   */
  sendsInitialEvents?: boolean;
  /** How long the server keeps the watch open. */
  timeoutSeconds?: number;
}

export interface ApiObject {
  apiVersion?: string;
  kind?: string;
  metadata?: ObjectMeta;
}

export interface ObjectList<T> {
  metadata: ListMeta;
  items: T[];
}

export type WatchEvent<T> =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: T }
  | { type: 'BOOKMARK'; object: ApiObject }
  | { type: 'ERROR'; object: Status };

export interface PatchOptions extends RequestOptions {
  /** Who owns the fields; needed for `apply`. */
  fieldManager?: string;
  /** With `apply`: takes fields from other managers. */
  force?: boolean;
}

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

/**
 * One API server, with one identity. Each method rejects with an ApiError when the server answers with a status, and
 * with a ConnectionError when it does not answer. All but `watch` wait and ask again when the server says so (429 and
 * 5xx with Retry-After), ten times at most; no method tries again after another error.
 */
export interface ApiClient {
  get<T extends ApiObject>(resource: Resource, object: ObjectName, options?: ListOptions): Promise<T>;
  list<T extends ApiObject>(
    resource: Resource,
    selection?: Selection,
    options?: ListOptions,
  ): Promise<ObjectList<T>>;
  /** Events of one connection, until the server ends it or `signal` is aborted. Bookmarks are asked for. */
  watch<T extends ApiObject>(
    resource: Resource,
    selection: Selection,
    options: WatchOptions,
  ): AsyncIterable<WatchEvent<T>>;
  create<T extends ApiObject>(
    resource: Resource,
    where: { namespace?: string; name?: string },
    object: T,
    options?: RequestOptions,
  ): Promise<T>;
  update<T extends ApiObject>(
    resource: Resource,
    where: ObjectName,
    object: T,
    options?: RequestOptions,
  ): Promise<T>;
  patch<T extends ApiObject>(
    resource: Resource,
    where: ObjectName,
    type: PatchType,
    patch: unknown,
    options?: PatchOptions,
  ): Promise<T>;
  delete(
    resource: Resource,
    where: ObjectName,
    options?: DeleteOptions,
    request?: RequestOptions,
  ): Promise<void>;
  /** Deletes all objects that are selected. */
  deleteCollection(resource: Resource, selection: Selection, request?: RequestOptions): Promise<void>;
}

/** The server's answer when it refuses a request (metav1.Status). */
export class ApiError extends Error {
  override name = 'ApiError';
  /** The HTTP status, e.g. 409. */
  readonly code: number;
  /** E.g. `Conflict`, `AlreadyExists`, `NotFound`, `Expired`. */
  readonly reason: string;
  readonly status: Status;
  /** When the server says after how long to try again. */
  readonly retryAfterMs: number | undefined;

  constructor(status: Status, code: number, retryAfterMs?: number) {
    super(status.message || `the API server answered ${code}`);
    this.code = code;
    this.reason = status.reason ?? '';
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Whether the server refused a request with one of these HTTP statuses. */
export function hasApiCode(error: unknown, ...codes: readonly number[]): boolean {
  return error instanceof ApiError && codes.includes(error.code);
}
