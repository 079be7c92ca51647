// Which plugins to register and to forget. Pure.

/** The sockets there are, by path; the value tells one that was made anew from its predecessor. */
export type PluginSockets = ReadonlyMap<string, string>;

/** What to do about one socket. */
export type RegistrationStep =
  | { do: 'unregister'; path: string }
  | { do: 'register'; path: string; version: string };

/** The steps from what is registered, by path and version, to the sockets that are there: what goes comes first. */
export function registrationSteps(sockets: PluginSockets, registered: PluginSockets): RegistrationStep[] {
  const gone = [...registered].filter(([path, version]) => sockets.get(path) !== version);
  const fresh = [...sockets].filter(([path, version]) => registered.get(path) !== version);
  return [
    ...gone.map(([path]): RegistrationStep => ({ do: 'unregister', path })),
    ...fresh.map(([path, version]): RegistrationStep => ({ do: 'register', path, version })),
  ];
}
