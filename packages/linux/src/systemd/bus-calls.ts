// Calls of the message bus itself. https://dbus.freedesktop.org/doc/dbus-specification.html#message-bus
import type { MethodCall } from './dbus-message.ts';

const bus = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
};

/** The first call of every connection. */
export const hello: MethodCall = { ...bus, member: 'Hello', signature: '', body: () => {} };

/** Has signals that match a rule sent to this connection. */
export function addMatch(rule: string): MethodCall {
  return { ...bus, member: 'AddMatch', signature: 's', body: (writer) => writer.string(rule) };
}

/** Path of the system's message bus. */
export function systemBusPath(address = process.env['DBUS_SYSTEM_BUS_ADDRESS'] ?? ''): string {
  return /(?:^|;)unix:(?:[^;]*,)?path=([^,;]+)/.exec(address)?.[1] ?? '/run/dbus/system_bus_socket';
}
