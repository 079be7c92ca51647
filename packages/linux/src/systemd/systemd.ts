// systemd's manager interface, limited to what pods need: transient slices and scopes.
// https://www.freedesktop.org/software/systemd/man/latest/org.freedesktop.systemd1.html
import { DbusConnection, DbusError } from './dbus-connection.ts';
import { type DbusWriter, type Message, messageType, type Variant } from './dbus-message.ts';

/**
 * systemd's private socket, which systemctl uses as root. It needs no running message bus, and delivers job signals
 * without a subscription.
 */
const socketPath = '/run/systemd/private';
const managerPath = '/org/freedesktop/systemd1';
const managerInterface = 'org.freedesktop.systemd1.Manager';

/** Limit for a job, e.g. stopping a unit: killed processes may wait for a disk. */
const jobTimeoutMs = 90_000;

/** Attempts to start a unit while systemd unloads the former unit of that name. */
const maxAttempts = 5;

/** Properties of a unit by their names in systemd's D-Bus interface. */
export type UnitProperties = Readonly<Record<string, Variant>>;

/** A job that did not succeed; its result is e.g. `timeout`, `failed`, `canceled`. */
export class SystemdJobError extends Error {
  override readonly name = 'SystemdJobError';
}

/** A client of systemd over one connection, made at the first call and again after it was lost. */
export class Systemd {
  #connection: Promise<DbusConnection> | undefined;
  /** Pending jobs by object path; systemd may answer several calls with one job. */
  readonly #waiting = new Map<string, PromiseWithResolvers<string>>();
  /** Results of jobs that ended before the answer that names the job was read. */
  readonly #results = new Map<string, string>();
  #starting = 0;

  /**
   * Starts a transient unit and waits until it is active. False when a unit of that name exists already, whose
   * properties then stay as they are.
   */
  async startTransientUnit(name: string, properties: UnitProperties): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#job(name, 'StartTransientUnit', 'ssa(sv)a(sa(sv))', (body) => {
          writeProperties(body.string(name).string('replace'), properties);
          // No auxiliary units.
          body.array(8, [], () => {});
        });
        return true;
      } catch (error) {
        if (isDbusError(error, 'UnitExists')) {
          if (await this.#startUnit(name)) return false;
        } else if (!isDbusError(error, 'NoSuchUnit')) throw error;
        // The unit or its slice was just stopped, and systemd has not unloaded it yet.
        if (attempt === maxAttempts) throw error;
      }
    }
  }

  /** Starts an existing unit; no effect when it is active. False when it no longer exists. */
  async #startUnit(name: string): Promise<boolean> {
    try {
      await this.#job(name, 'StartUnit', 'ss', (body) => body.string(name).string('replace'));
      return true;
    } catch (error) {
      if (isDbusError(error, 'NoSuchUnit')) return false;
      throw error;
    }
  }

  /** Stops a unit, waits until its processes have ended, and resets its failed state so that systemd unloads it. */
  async stopUnit(name: string): Promise<void> {
    try {
      await this.#job(name, 'StopUnit', 'ss', (body) => body.string(name).string('replace'));
    } catch (error) {
      if (isDbusError(error, 'NoSuchUnit')) return;
      if (!(error instanceof SystemdJobError)) throw error;
    }
    try {
      await this.#call('ResetFailedUnit', 's', (body) => body.string(name));
    } catch (error) {
      // Unloaded already.
      if (!isDbusError(error, 'NoSuchUnit')) throw error;
    }
  }

  /** Sets properties of a unit at runtime (lost at the next boot). */
  async setUnitProperties(name: string, properties: UnitProperties): Promise<void> {
    await this.#call('SetUnitProperties', 'sba(sv)', (body) =>
      writeProperties(body.string(name).boolean(true), properties),
    );
  }

  close(): void {
    this.#connection?.then(
      (connection) => connection.close(),
      () => {},
    );
    this.#connection = undefined;
  }

  /** Calls a method that returns a job, and waits for the job to end. */
  async #job(unit: string, member: string, signature: string, body: (writer: DbusWriter) => void) {
    this.#starting += 1;
    let job: string;
    try {
      const answer = await this.#call(member, signature, body);
      job = String(answer.body[0]);
    } finally {
      this.#starting -= 1;
    }
    const result = this.#results.get(job) ?? (await this.#ended(job, unit));
    if (this.#starting === 0) this.#results.clear();
    if (result !== 'done' && result !== 'skipped') {
      throw new SystemdJobError(`systemd: ${member} ${unit}: the job ended as ${JSON.stringify(result)}`);
    }
  }

  async #ended(job: string, unit: string): Promise<string> {
    const present = this.#waiting.get(job);
    if (present !== undefined) return present.promise;
    const end = Promise.withResolvers<string>();
    const { promise, reject } = end;
    const timer = setTimeout(
      () => reject(new SystemdJobError(`systemd: no end of the job for ${unit} in ${jobTimeoutMs / 1000} s`)),
      jobTimeoutMs,
    );
    this.#waiting.set(job, end);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(job);
    }
  }

  async #call(member: string, signature: string, body: (writer: DbusWriter) => void): Promise<Message> {
    const connection = await this.#connected();
    return connection.call({ path: managerPath, interface: managerInterface, member, signature, body });
  }

  async #connected(): Promise<DbusConnection> {
    const present = this.#connection;
    const connection = await present?.catch(() => undefined);
    if (connection?.isOpen) return connection;
    // Several callers may find the connection lost; the first one reconnects.
    if (present !== this.#connection) return this.#connected();
    this.#connection = DbusConnection.open(socketPath, (signal) => this.#onSignal(signal));
    return this.#connection;
  }

  #onSignal({ type, member, body }: Message): void {
    if (type !== messageType.signal || member !== 'JobRemoved') return;
    const [, job, , result] = body.map(String);
    if (job === undefined || result === undefined) return;
    this.#waiting.get(job)?.resolve(result);
    // JobRemoved may be read before the answer that names the job.
    if (this.#starting > 0) this.#results.set(job, result);
  }
}

function writeProperties(body: DbusWriter, properties: UnitProperties): void {
  body.array(8, Object.entries(properties), ([name, value]) => body.align(8).string(name).variant(value));
}

function isDbusError(error: unknown, name: string): boolean {
  return error instanceof DbusError && error.errorName === `org.freedesktop.systemd1.${name}`;
}
