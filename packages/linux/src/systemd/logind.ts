// systemd-logind: has the shutdown of the machine wait, and tells when it begins.
// https://www.freedesktop.org/software/systemd/man/latest/org.freedesktop.login1.html
import { addMatch, hello, systemBusPath } from './bus-calls.ts';
import { callForDescriptor } from './call-for-descriptor.ts';
import { DbusConnection } from './dbus-connection.ts';
import type { MethodCall } from './dbus-message.ts';

const manager = {
  destination: 'org.freedesktop.login1',
  path: '/org/freedesktop/login1',
  interface: 'org.freedesktop.login1.Manager',
};
const SIGHUP = 1;

/** Why a program has the shutdown wait. */
export interface Inhibition {
  who: string;
  why: string;
}

/** A connection to logind. */
export class Logind implements Disposable {
  readonly #path: string;
  readonly #connection: DbusConnection;

  private constructor(path: string, connection: DbusConnection) {
    this.#path = path;
    this.#connection = connection;
  }

  /** Connects. `onShutdown` is told when the machine begins to shut down, and with false when that was cancelled. */
  static async open(onShutdown: (isBeginning: boolean) => void, path = systemBusPath()): Promise<Logind> {
    const connection = await DbusConnection.open(path, ({ member, body }) => {
      if (member === 'PrepareForShutdown') onShutdown(body[0] === 1);
    });
    try {
      await connection.call(hello);
      const rule = `type='signal',interface='${manager.interface}',member='PrepareForShutdown',path='${manager.path}'`;
      await connection.call(addMatch(rule));
    } catch (error) {
      connection.close();
      throw error;
    }
    return new Logind(path, connection);
  }

  /** Resolves when the connection has ended. */
  get closed(): Promise<void> {
    return this.#connection.closed;
  }

  /** How long a shutdown waits for programs at most, in milliseconds. */
  async maxDelayMs(): Promise<number> {
    const call: MethodCall = {
      ...manager,
      interface: 'org.freedesktop.DBus.Properties',
      member: 'Get',
      signature: 'ss',
      body: (writer) => writer.string(manager.interface).string('InhibitDelayMaxUSec'),
    };
    const [delay] = (await this.#connection.call(call)).body;
    if (typeof delay !== 'bigint')
      throw new Error('InhibitDelayMaxUSec from logind is not a uint64 as expected');
    return Number(delay / 1000n);
  }

  /** Has logind read its configuration again. */
  async reload(): Promise<void> {
    await this.#connection.call({
      destination: 'org.freedesktop.systemd1',
      path: '/org/freedesktop/systemd1',
      interface: 'org.freedesktop.systemd1.Manager',
      member: 'KillUnit',
      signature: 'ssi',
      body: (writer) => writer.string('systemd-logind.service').string('all').uint32(SIGHUP),
    });
  }

  /** Has shutdowns wait until the descriptor that this resolves with is closed. */
  async inhibitShutdown({ who, why }: Inhibition): Promise<number> {
    return await callForDescriptor(this.#path, {
      ...manager,
      member: 'Inhibit',
      signature: 'ssss',
      body: (writer) => writer.string('shutdown').string(who).string(why).string('delay'),
    });
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}
