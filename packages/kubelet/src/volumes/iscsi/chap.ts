// What a volume's secret says to identify the node to a target by CHAP, as settings of iscsiadm. Pure.

/** The secret of a volume, and for what it is used. */
export interface Chap {
  discovery: boolean;
  session: boolean;
  /** Values by the names of iscsiadm's settings. */
  secret: Readonly<Record<string, string>>;
}

/** No identification is asked for. */
export const noChap: Chap = { discovery: false, session: false, secret: {} };

/** A setting of iscsiadm. */
export interface Setting {
  name: string;
  value: string;
}

const keys = ['username', 'password', 'username_in', 'password_in'];

/** The settings of a discovery; none unless it uses CHAP. The first one selects CHAP, the others are secret. */
export function discoverySettings({ discovery, secret }: Chap): Setting[] {
  return discovery ? settings('discovery.sendtargets.auth', secret) : [];
}

/** As for a discovery, the settings of a session. */
export function sessionSettings({ session, secret }: Chap): Setting[] {
  return session ? settings('node.session.auth', secret) : [];
}

function settings(prefix: string, secret: Chap['secret']): Setting[] {
  return [
    { name: `${prefix}.authmethod`, value: 'CHAP' },
    ...keys.flatMap((key) => {
      const value = secret[`${prefix}.${key}`];
      return value ? [{ name: `${prefix}.${key}`, value }] : [];
    }),
  ];
}
